/** The UTF-8 texts of the graph's nodes, for the people who are shown a ring: in pieces of one pool of bytes. */

import { widened } from './ring-nodes.ts';

const PIECE = 16;
/** A longer text is cut: ids are shorter, and a stranger decides how long they are. */
const MAX_BYTES = 512;
const NONE = -1;

export class RingTexts {
  private readonly maxBytes: number;
  private pool = new Uint8Array(64 * PIECE);
  /** The piece where a node's text begins, and its length in bytes; −1: it has none. */
  private at = new Int32Array(0);
  private length = new Uint16Array(0);
  private used = 0;
  private readonly free = new Int32Array(MAX_BYTES / PIECE + 1).fill(NONE);

  /** @param maxBytes beyond it, nodes stay without a text. */
  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }

  get bytes(): number {
    return this.pool.length + this.at.length * 6;
  }

  reach(room: number): void {
    if (room <= this.at.length) return;
    this.at = widened(this.at, new Int32Array(room));
    this.length = widened(this.length, new Uint16Array(room));
  }

  /** Keeps the text of a new node. @returns false when there was no room for it. */
  keep(node: number, text: Uint8Array): boolean {
    const length = Math.min(MAX_BYTES, text.length);
    this.length[node] = 0;
    if (length === 0) return true;
    const piece = this.take(Math.ceil(length / PIECE));
    if (piece < 0) return false;
    this.pool.set(text.subarray(0, length), piece * PIECE);
    this.at[node] = piece;
    this.length[node] = length;
    return true;
  }

  /** The text of a node; undefined where there was no room for it. */
  of(node: number): string | undefined {
    const length = this.length[node]!;
    if (length === 0) return undefined;
    const from = this.at[node]! * PIECE;
    return Buffer.from(this.pool.buffer, from, length).toString('utf8');
  }

  release(node: number): void {
    const pieces = Math.ceil(this.length[node]! / PIECE);
    if (pieces === 0) return;
    const at = this.at[node]!;
    new DataView(this.pool.buffer).setInt32(at * PIECE, this.free[pieces]!);
    this.free[pieces] = at;
    this.length[node] = 0;
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
      const room = Math.min(this.maxBytes, this.pool.length * 2);
      this.pool = widened(this.pool, new Uint8Array(Math.max(room, needed)));
    }
    this.used += pieces;
    return this.used - pieces;
  }
}
