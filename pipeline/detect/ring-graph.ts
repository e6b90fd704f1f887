/**
 * The graph of accounts and the values they used, as far back as any link reaches. Only latest times are
 * kept, so that the graph follows from the set of events that arrived. Memory is bounded by the number of
 * nodes; what expired is dropped by a hand that moves over the nodes a little with every event.
 */

import {
  keyColumn,
  TEXT_FIELDS,
  typeCodeOf,
  type AttributeKey,
  type EventBatch,
  type EventType,
} from '../event.ts';
import { attributeText } from '../event-attributes.ts';
import type { Budget } from './budget.ts';
import { VALUES_AN_ACCOUNT, type LinkField } from './ring-feature.ts';
import { RingLinks } from './ring-links.ts';
import { EXCLUSION_BITS, RingNodes, ROW, TEXT_LENGTH, widened } from './ring-nodes.ts';
import { RingTexts } from './ring-texts.ts';

/** One kind of value, as the graph keeps it: for all who look at it. */
export interface GraphField {
  readonly field: LinkField;
  /** Accounts that are kept of a value: one more than the largest limit anybody has for it. */
  readonly keep: number;
}

export interface GraphSettings {
  readonly on: readonly EventType[];
  readonly fields: readonly GraphField[];
  /** The longest window of any link, and how long an account is new at most. */
  readonly longestMs: number;
  readonly latenessMs: number;
  readonly maxNodes: number;
}

/** Events that are looked up at a time. */
export const CHUNK = 256;
/** Nodes that the hand of eviction looks at for each event. */
const HAND_STEPS = 8;
/** Of text for each node that there may be. */
const TEXT_BYTES_A_NODE = 48;
const OPENED = typeCodeOf('account.opened');
const ACCOUNT = 0;

export class RingGraph implements Budget {
  readonly bound = 'ringNodes';
  readonly most: number;
  limit: number;
  readonly nodes = new RingNodes();
  readonly links = new RingLinks(this.nodes);
  readonly texts: RingTexts;
  readonly fields: readonly GraphField[];
  /** Links and texts that there was no room for. */
  capped = 0;
  /** The latest `account.opened` of an account, −Infinity when there is none. */
  openedMs = new Float64Array(0);
  private readonly settings: GraphSettings;
  private readonly feeds: Uint8Array;
  private readonly columns: Int32Array;
  /** By kind of node: the column of its text, −1 where it stands among the attributes. */
  private readonly textColumns: Int32Array;
  private readonly accountColumn = keyColumn('accountId');
  private watermarkMs = Number.NEGATIVE_INFINITY;
  private hand = 0;
  /** By kind, CHUNK rows each: the nodes that `prepare` found, −1 for none; and the row it began with. */
  private readonly found: Int32Array;
  private first = 0;

  constructor(settings: GraphSettings) {
    this.settings = settings;
    this.most = settings.maxNodes;
    this.limit = this.most;
    this.found = new Int32Array((settings.fields.length + 1) * CHUNK);
    this.fields = settings.fields;
    this.texts = new RingTexts(this.nodes, settings.maxNodes * TEXT_BYTES_A_NODE);
    this.feeds = new Uint8Array(256);
    for (const type of settings.on) this.feeds[typeCodeOf(type)] = 1;
    this.columns = Int32Array.from(settings.fields, ({ field }) => keyColumn(field));
    this.textColumns = Int32Array.from(
      ['accountId', ...settings.fields.map(({ field }) => field)],
      (field) => (TEXT_FIELDS as readonly string[]).indexOf(field),
    );
  }

  get used(): number {
    return this.nodes.size;
  }

  get bytes(): number {
    const { nodes, links, texts } = this;
    return nodes.bytes + links.bytes + texts.bytes + this.openedMs.byteLength;
  }

  /**
   * Looks up the nodes of up to CHUNK events before they are taken: look-ups that do not wait for each other
   * overlap in the memory. Hashes the keys that it reads.
   */
  prepare(batch: EventBatch, from: number, to: number): void {
    const { columns, found } = this;
    for (const column of columns) batch.requireKey(column);
    this.first = from;
    for (let row = from; row < to; row++) {
      found[row - from] = this.nodeOf(batch, row, this.accountColumn, ACCOUNT);
    }
    for (let n = 0; n < columns.length; n++) {
      const at = (n + 1) * CHUNK - from;
      for (let row = from; row < to; row++) {
        found[at + row] = this.nodeOf(batch, row, columns[n]!, n + 1);
      }
    }
  }

  /** The earliest time that a late event may be measured at. */
  get openMs(): number {
    return this.watermarkMs - this.settings.latenessMs;
  }

  /** The account's node, or −1: it has no link, or is nobody. The row was prepared; so for `valueOf`. */
  accountOf(batch: EventBatch, row: number): number {
    return this.known(batch, row, this.accountColumn, ACCOUNT);
  }

  /** False when the account is missing or a placeholder. */
  hasAccount(batch: EventBatch, row: number): boolean {
    return isGiven(batch, row, this.accountColumn);
  }

  hasValue(batch: EventBatch, row: number, n: number): boolean {
    return isGiven(batch, row, this.columns[n]!);
  }

  /** The node of the event's own value of field n, or −1. */
  valueOf(batch: EventBatch, row: number, n: number): number {
    return this.known(batch, row, this.columns[n]!, n + 1);
  }

  /** Takes an event of a prepared row in. The caller has kept late ones away; restored ones may come in any order. */
  take(batch: EventBatch, row: number): void {
    const timeMs = batch.occurredAtMs[row]!;
    if (timeMs > this.watermarkMs) this.watermarkMs = timeMs;
    const openMs = this.openMs - this.settings.longestMs;
    this.sweep(openMs);
    if (timeMs <= openMs || this.feeds[batch.typeCode[row]!] === 0) return;
    if (!this.hasAccount(batch, row)) return;
    const opens = batch.typeCode[row] === OPENED;
    let account = opens ? this.reach(batch, row, this.accountColumn, ACCOUNT) : -1;
    if (opens && account >= 0 && timeMs > this.openedMs[account]!) this.openedMs[account] = timeMs;
    for (let n = 0; n < this.columns.length; n++) {
      if (!this.hasValue(batch, row, n)) continue;
      if (account < 0) account = this.reach(batch, row, this.accountColumn, ACCOUNT);
      const value = this.reach(batch, row, this.columns[n]!, n + 1);
      if (account < 0 || value < 0) continue;
      this.links.note(account, value, timeMs, VALUES_AN_ACCOUNT, openMs);
      this.links.note(value, account, timeMs, this.fields[n]!.keep, openMs);
    }
  }

  /** What is known of exclusions no longer holds. */
  forgetExclusions(): void {
    const { rows, used } = this.nodes;
    for (let node = 0; node < used; node++) rows[node * ROW + TEXT_LENGTH]! &= ~EXCLUSION_BITS;
  }

  /** Values of a field by the accounts that are kept of them: index k counts those with k. */
  distribution(n: number): number[] {
    const counts = new Array<number>(this.fields[n]!.keep + 1).fill(0);
    for (let node = 0; node < this.nodes.used; node++) {
      if (this.nodes.kindOf(node) === n + 1) counts[this.links.count(node)]!++;
    }
    return counts;
  }

  private nodeOf(batch: EventBatch, row: number, column: number, kind: number): number {
    const at = column * batch.capacity + row;
    const lo = batch.keyLo[at]!;
    const hi = batch.keyHi[at]!;
    return lo === 0 && hi === 0 ? -1 : this.nodes.find(lo, hi, kind);
  }

  /** What `prepare` found, unless that was freed or added since. */
  private known(batch: EventBatch, row: number, column: number, kind: number): number {
    const found = this.found[kind * CHUNK + row - this.first]!;
    const at = column * batch.capacity + row;
    return found >= 0 && this.nodes.is(found, batch.keyLo[at]!, batch.keyHi[at]!, kind)
      ? found
      : this.nodeOf(batch, row, column, kind);
  }

  /** The node, added when it is new; −1 when there is no room. */
  private reach(batch: EventBatch, row: number, column: number, kind: number): number {
    const at = column * batch.capacity + row;
    const lo = batch.keyLo[at]!;
    const hi = batch.keyHi[at]!;
    const known = this.known(batch, row, column, kind);
    if (known >= 0) return known;
    if (this.nodes.size >= this.limit) {
      this.capped++;
      return -1;
    }
    const node = this.nodes.add(lo, hi, kind);
    if (node >= this.openedMs.length) this.grow();
    this.found[kind * CHUNK + row - this.first] = node;
    if (!this.keepText(node, batch, row, kind)) this.capped++;
    return node;
  }

  private grow(): void {
    const fresh = new Float64Array(this.nodes.room).fill(Number.NEGATIVE_INFINITY);
    this.openedMs = widened(this.openedMs, fresh);
  }

  /** Keeps the text of a new node, from its column of the event or from the attributes. */
  private keepText(node: number, batch: EventBatch, row: number, kind: number): boolean {
    const column = this.textColumns[kind]!;
    if (column >= 0) {
      const at = column * batch.capacity + row;
      return this.texts.keep(node, batch.source[row]!, batch.spanStart[at]!, batch.spanLength[at]!);
    }
    const field = this.fields[kind - 1]!.field as AttributeKey;
    const text = Buffer.from(attributeText(batch, field, row) ?? '');
    return this.texts.keep(node, text, 0, text.length);
  }

  /**
   * A node goes when its own links have all expired. Whoever else still lists it does so with a link that is
   * no later than these, which nobody follows any more.
   */
  private sweep(openMs: number): void {
    const { nodes, links } = this;
    for (let step = 0; step < HAND_STEPS && nodes.used > 0; step++) {
      if (this.hand >= nodes.used) this.hand = 0;
      const node = this.hand++;
      if (nodes.kindOf(node) < 0) continue;
      if (links.mayBeLater(node, openMs) || this.openedMs[node]! > openMs) continue;
      links.release(node);
      this.texts.release(node);
      nodes.free(node);
      this.openedMs[node] = Number.NEGATIVE_INFINITY;
    }
  }
}

function isGiven(batch: EventBatch, row: number, column: number): boolean {
  const at = column * batch.capacity + row;
  return batch.keyLo[at] !== 0 || batch.keyHi[at] !== 0;
}
