/**
 * Finds the nodes of a batch's events. Look-ups of up to CHUNK events go together, and what they need is read
 * first without waiting for it: so the processor fetches many places of the memory at once.
 */

import type { EventBatch } from '../event.ts';
import type { RingNodes } from './ring-nodes.ts';
import type { RingUses } from './ring-uses.ts';

/** Events that are looked up at a time. */
export const CHUNK = 256;
const ACCOUNT = 0;
const NONE = -1;
/** A value that its account did not use before. */
const UNKNOWN = -2;

export class RingLookup {
  private readonly nodes: RingNodes;
  private readonly uses: RingUses;
  /** By kind of node: the column of its key. */
  private readonly columns: Int32Array;
  /** By kind, CHUNK rows each: the nodes that `prepare` found, −1 for none; and the row it began with. */
  private readonly found: Int32Array;
  private first = 0;
  /** What was only read to be near afterwards: kept, so that no compiler leaves the reading out. */
  private fetched = 0;

  /** @param columns of keys, by kind of node: of the account first. */
  constructor(nodes: RingNodes, uses: RingUses, columns: Int32Array) {
    this.nodes = nodes;
    this.uses = uses;
    this.columns = columns;
    this.found = new Int32Array(columns.length * CHUNK);
  }

  /** Prepares up to CHUNK rows. A value that its account used before is not looked up. Hashes the keys. */
  prepare(batch: EventBatch, from: number, to: number): void {
    const { columns, found } = this;
    for (const column of columns) batch.requireKey(column);
    this.first = from;
    this.fetchAccounts(batch, from, to);
    for (let row = from; row < to; row++) found[row - from] = this.byHash(batch, row, ACCOUNT);
    for (let kind = 1; kind < columns.length; kind++) this.fetchValues(batch, from, to, kind);
    for (let kind = 1; kind < columns.length; kind++) {
      const at = kind * CHUNK - from;
      for (let row = from; row < to; row++) {
        if (found[at + row] === UNKNOWN) found[at + row] = this.byHash(batch, row, kind);
      }
    }
  }

  /** Where the key of a kind stands in the batch's columns of keys. */
  cell(batch: EventBatch, row: number, kind: number): number {
    return this.columns[kind]! * batch.capacity + row;
  }

  /** False when the event has no such field, or a placeholder in it. */
  isGiven(batch: EventBatch, row: number, kind: number): boolean {
    const at = this.cell(batch, row, kind);
    return batch.keyLo[at] !== 0 || batch.keyHi[at] !== 0;
  }

  /** The node of a prepared row, or −1: what `prepare` found, unless that was freed or added since. */
  node(batch: EventBatch, row: number, kind: number): number {
    const found = this.found[kind * CHUNK + row - this.first]!;
    const at = this.cell(batch, row, kind);
    return found >= 0 && this.nodes.is(found, batch.keyLo[at]!, batch.keyHi[at]!, kind)
      ? found
      : this.byHash(batch, row, kind);
  }

  /** The node of a row that was added after it was prepared. */
  added(row: number, kind: number, node: number): void {
    this.found[kind * CHUNK + row - this.first] = node;
  }

  private byHash(batch: EventBatch, row: number, kind: number): number {
    const at = this.cell(batch, row, kind);
    const lo = batch.keyLo[at]!;
    const hi = batch.keyHi[at]!;
    return lo === 0 && hi === 0 ? NONE : this.nodes.find(lo, hi, kind);
  }

  /** Reads the rows of accounts and the first of their links, without a branch that would wait for either. */
  private fetchAccounts(batch: EventBatch, from: number, to: number): void {
    const { found, nodes, uses } = this;
    const keys = this.cell(batch, 0, ACCOUNT);
    for (let row = from; row < to; row++) {
      const node = nodes.peek(batch.keyLo[keys + row]!, batch.keyHi[keys + row]!, ACCOUNT);
      found[row - from] = Math.max(0, node);
    }
    for (let row = from; row < to; row++) found[row - from] = uses.at(found[row - from]!);
    let fetched = 0;
    for (let row = from; row < to; row++) fetched ^= uses.peek(found[row - from]!);
    this.fetched = fetched;
  }

  /** Marks the values that their accounts did not use before, and reads where the look-up for them begins. */
  private fetchValues(batch: EventBatch, from: number, to: number, kind: number): void {
    const { found, nodes, uses } = this;
    const { keyLo, keyHi } = batch;
    const at = kind * CHUNK - from;
    const keys = this.cell(batch, 0, kind);
    let { fetched } = this;
    for (let row = from; row < to; row++) {
      const lo = keyLo[keys + row]!;
      const hi = keyHi[keys + row]!;
      const account = found[row - from]!;
      found[at + row] = NONE;
      if ((lo | hi) === 0 || (account >= 0 && uses.find(account, lo, hi, kind) >= 0)) continue;
      found[at + row] = UNKNOWN;
      fetched ^= nodes.peek(lo, hi, kind);
    }
    this.fetched = fetched;
  }
}
