/** The UTF-8 texts of the graph's nodes, for the people who are shown a ring: in pieces of one pool of bytes. */

import type { EventBatch } from '../event.ts';
import { TEXT_FIELDS, type AttributeKey } from '../event-fields.ts';
import { attributeText } from '../event-attributes.ts';
import { reserved } from './memory-reserve.ts';
import { EXCLUSION_BITS, ROW, TEXT_AT, TEXT_LENGTH, type RingNodes } from './ring-nodes.ts';

const PIECE = 16;
/** A longer text is cut: ids are shorter, and a stranger decides how long they are. */
const MAX_BYTES = 512;
const NONE = -1;
/** Claimed at first, free until touched; beyond it room for all is claimed, copied to once. */
const FIRST_BYTES = 2 ** 23;
/** The walk's bits lie below the length. */
const SHIFT = 2;
/** Texts kept as strings: those of the nodes that are told of again and again. A power of two. */
const CACHED = 4096;

export class RingTexts {
  private readonly nodes: RingNodes;
  private readonly maxBytes: number;
  private readonly fields: readonly string[];
  /** Of the fields; −1 for one among the attributes. */
  private readonly columns: Int32Array;
  private pool: Uint8Array;
  private used = 0;
  /** By pieces in a row: the first free place; each names the next one. */
  private readonly free = new Int32Array(MAX_BYTES / PIECE + 1).fill(NONE);
  /** By node modulo CACHED: the node whose string stands there, and the string. */
  private readonly cachedNode = new Int32Array(CACHED).fill(NONE);
  private readonly cachedText = new Array<string>(CACHED).fill('');

  /**
   * @param maxBytes beyond it, nodes stay without a text.
   * @param fields by kind of node: where its text stands in an event.
   */
  constructor(nodes: RingNodes, maxBytes: number, fields: readonly string[]) {
    this.nodes = nodes;
    this.fields = fields;
    this.columns = Int32Array.from(fields, (field) =>
      (TEXT_FIELDS as readonly string[]).indexOf(field),
    );
    this.maxBytes = maxBytes;
    this.pool = claimed(Math.min(FIRST_BYTES, maxBytes));
  }

  get bytes(): number {
    return this.used * PIECE;
  }

  /** Keeps the text of an event for a node that has none. @returns false when there was no room for it. */
  keep(node: number, batch: EventBatch, row: number, kind: number): boolean {
    const column = this.columns[kind]!;
    if (column < 0) {
      const text = Buffer.from(attributeText(batch, this.fields[kind] as AttributeKey, row) ?? '');
      return this.keepBytes(node, text, 0, text.length);
    }
    const at = column * batch.capacity + row;
    return this.keepBytes(node, batch.source[row]!, batch.spanStart[at]!, batch.spanLength[at]!);
  }

  private keepBytes(node: number, source: Uint8Array, start: number, bytes: number): boolean {
    if (bytes <= 0) return true;
    const length = Math.min(MAX_BYTES, bytes);
    const piece = this.take((length + PIECE - 1) >> 4);
    if (piece < 0) return false;
    const { pool } = this;
    const to = piece * PIECE;
    // Ids are short: a loop copies them faster than a call that needs a view.
    for (let i = 0; i < length; i++) pool[to + i] = source[start + i]!;
    this.nodes.rows[node * ROW + TEXT_AT] = piece;
    this.nodes.rows[node * ROW + TEXT_LENGTH]! |= length << SHIFT;
    return true;
  }

  has(node: number): boolean {
    return this.lengthOf(node) > 0;
  }

  /** The text of a node; undefined where there was no room for it. */
  of(node: number): string | undefined {
    const length = this.lengthOf(node);
    if (length === 0) return undefined;
    const slot = node & (CACHED - 1);
    if (this.cachedNode[slot] !== node) {
      const from = this.nodes.rows[node * ROW + TEXT_AT]! * PIECE;
      this.cachedText[slot] = Buffer.from(this.pool.buffer, from, length).toString('utf8');
      this.cachedNode[slot] = node;
    }
    return this.cachedText[slot];
  }

  release(node: number): void {
    const pieces = (this.lengthOf(node) + PIECE - 1) >> 4;
    if (pieces === 0) return;
    if (this.cachedNode[node & (CACHED - 1)] === node) this.cachedNode[node & (CACHED - 1)] = NONE;
    const at = this.nodes.rows[node * ROW + TEXT_AT]!;
    new DataView(this.pool.buffer).setInt32(at * PIECE, this.free[pieces]!);
    this.free[pieces] = at;
    this.nodes.rows[node * ROW + TEXT_LENGTH]! &= EXCLUSION_BITS;
  }

  private lengthOf(node: number): number {
    return this.nodes.rows[node * ROW + TEXT_LENGTH]! >> SHIFT;
  }

  /** @returns the first of so many pieces in a row, or −1 when the pool is full. */
  private take(pieces: number): number {
    const at = this.free[pieces]!;
    if (at >= 0) {
      this.free[pieces] = new DataView(this.pool.buffer).getInt32(at * PIECE);
      return at;
    }
    const needed = (this.used + pieces) * PIECE;
    if (needed > this.pool.length) {
      if (needed > this.maxBytes) return NONE;
      const wider = claimed(this.maxBytes);
      wider.set(this.pool);
      this.pool = wider;
    }
    this.used += pieces;
    return this.used - pieces;
  }
}

function claimed(bytes: number): Uint8Array {
  return new Uint8Array(reserved(Math.ceil(bytes / Int32Array.BYTES_PER_ELEMENT)).buffer);
}
