/**
 * The links of every node: a short list each, the newest first, those of one instant in the order of their
 * hashes. Lists live in one pool, in pieces of 1, 2, 4 … places, since most have a single link.
 */

import { LINKS_AT, LINKS_LENGTH, ROW, TOUCHED, widened, type RingNodes } from './ring-nodes.ts';

const SIZES = 17;
const MINUTE_MS = 60_000;
/** Of LINKS_LENGTH: the number of links below, the size of their piece above. */
const LENGTH_BITS = 0xffff;
const SIZE_SHIFT = 16;
const NONE = -1;

export class RingLinks {
  private readonly nodes: RingNodes;
  /** A link is its latest time and, behind it, the number of its other end. */
  private pool = new Float64Array(2048);
  private used = 0;
  private readonly free = new Int32Array(SIZES).fill(NONE);

  constructor(nodes: RingNodes) {
    this.nodes = nodes;
  }

  get bytes(): number {
    return this.pool.byteLength;
  }

  /** The place of a node's first link; the others follow. */
  at(node: number): number {
    return this.nodes.rows[node * ROW + LINKS_AT]!;
  }

  /** How many links a node has, expired ones among them. */
  count(node: number): number {
    return this.nodes.rows[node * ROW + LINKS_LENGTH]! & LENGTH_BITS;
  }

  /** False only where all links of a node are at or before a time. */
  mayBeLater(node: number, timeMs: number): boolean {
    return this.nodes.rows[node * ROW + TOUCHED]! * MINUTE_MS > timeMs;
  }

  endAt(place: number): number {
    return this.pool[place * 2 + 1]!;
  }

  timeAt(place: number): number {
    return this.pool[place * 2]!;
  }

  /**
   * Notes that `owner` was linked with `end` at a time. Of one kind of end at most `most` links are kept, the
   * newest: a link that falls out can only come back with a newer event, so the list follows from the set of events.
   * @param openMs links at or before it are dropped.
   */
  note(owner: number, end: number, timeMs: number, most: number, openMs: number): void {
    this.trim(owner, openMs);
    const { nodes } = this;
    const from = this.at(owner);
    const until = from + this.count(owner);
    const endKind = nodes.kindOf(end);
    let ofKind = 0;
    let oldest = NONE;
    let place = from;
    for (; place < until; place++) {
      const other = this.endAt(place);
      if (other === end) break;
      // The ends of a value are all accounts, and of what is newer only the number counts.
      if (endKind !== 0 && nodes.kindOf(other) !== endKind) continue;
      ofKind++;
      oldest = place;
    }
    if (place < until) {
      if (timeMs <= this.timeAt(place)) return;
    } else if (ofKind < most) {
      place = this.extend(owner);
    } else {
      if (!this.isNewer(timeMs, end, oldest)) return;
      place = oldest;
    }
    this.settle(this.at(owner), place, end, timeMs);
    const touched = owner * ROW + TOUCHED;
    const minutes = Math.ceil(timeMs / MINUTE_MS);
    if (minutes > nodes.rows[touched]!) nodes.rows[touched] = minutes;
  }

  /** Drops what lies at or before a time. */
  trim(node: number, openMs: number): void {
    const from = this.at(node);
    let length = this.count(node);
    if (length === 0 || this.timeAt(from + length - 1) > openMs) return;
    while (length > 0 && this.timeAt(from + length - 1) <= openMs) length--;
    this.setLength(node, length);
  }

  /** How many links are later than a time; the list is in order. */
  later(node: number, openMs: number): number {
    const from = this.at(node);
    let count = this.count(node);
    // Almost all lists hold nothing that has expired.
    if (count === 0 || this.timeAt(from + count - 1) > openMs) return count;
    let low = 0;
    while (low < count) {
      const middle = (low + count) >> 1;
      if (this.timeAt(from + middle) > openMs) low = middle + 1;
      else count = middle;
    }
    return low;
  }

  /** Gives the list's piece back. */
  release(node: number): void {
    const size = this.nodes.rows[node * ROW + LINKS_LENGTH]! >> SIZE_SHIFT;
    if (size > 0) this.giveBack(this.at(node), size);
    this.nodes.rows[node * ROW + LINKS_LENGTH] = 0;
  }

  private setLength(node: number, length: number): void {
    const cell = node * ROW + LINKS_LENGTH;
    this.nodes.rows[cell] = (this.nodes.rows[cell]! & ~LENGTH_BITS) | length;
  }

  private isNewer(timeMs: number, end: number, place: number): boolean {
    const other = this.timeAt(place);
    return timeMs > other || (timeMs === other && this.nodes.precedes(end, this.endAt(place)));
  }

  /** Moves a link up to where it belongs; its old place is free to be written over. */
  private settle(from: number, place: number, end: number, timeMs: number): void {
    const { pool } = this;
    let at = place;
    while (at > from && this.isNewer(timeMs, end, at - 1)) {
      pool[at * 2] = pool[at * 2 - 2]!;
      pool[at * 2 + 1] = pool[at * 2 - 1]!;
      at--;
    }
    pool[at * 2] = timeMs;
    pool[at * 2 + 1] = end;
  }

  /** Makes room for one more link. @returns its place, the last one. */
  private extend(owner: number): number {
    const { rows } = this.nodes;
    const row = owner * ROW;
    const length = this.count(owner);
    const size = rows[row + LINKS_LENGTH]! >> SIZE_SHIFT;
    if (size === 0 || length === 1 << (size - 1)) {
      const at = this.take(size + 1);
      const old = rows[row + LINKS_AT]!;
      if (size > 0) {
        this.pool.copyWithin(at * 2, old * 2, (old + length) * 2);
        this.giveBack(old, size);
      }
      rows[row + LINKS_AT] = at;
      rows[row + LINKS_LENGTH] = (size + 1) << SIZE_SHIFT;
    }
    this.setLength(owner, length + 1);
    return rows[row + LINKS_AT]! + length;
  }

  private take(size: number): number {
    const at = this.free[size]!;
    if (at >= 0) {
      this.free[size] = this.pool[at * 2]!;
      return at;
    }
    const places = 1 << (size - 1);
    if ((this.used + places) * 2 > this.pool.length) {
      this.pool = widened(this.pool, new Float64Array(this.pool.length * 2));
    }
    this.used += places;
    return this.used - places;
  }

  private giveBack(at: number, size: number): void {
    this.pool[at * 2] = this.free[size]!;
    this.free[size] = at;
  }
}
