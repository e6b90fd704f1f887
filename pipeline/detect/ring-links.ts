/**
 * The links of every node: a short list each, the newest first, those of one instant in the order of their
 * hashes. Lists live in one pool, in pieces of 1, 2, 4 … places, since most have a single link.
 */

import { widened, type RingNodes } from './ring-nodes.ts';

const SIZES = 17;
const NONE = -1;

export class RingLinks {
  /** Where a node's list begins in the pool. */
  at = new Int32Array(0);
  length = new Uint16Array(0);
  /** The other end of a link, and its latest time. */
  ends = new Int32Array(1024);
  times = new Float64Array(1024);
  private readonly nodes: RingNodes;
  /** The list has 2^(size − 1) places; 0: none. */
  private size = new Uint8Array(0);
  private used = 0;
  private readonly free = new Int32Array(SIZES).fill(NONE);

  constructor(nodes: RingNodes) {
    this.nodes = nodes;
  }

  get bytes(): number {
    return this.at.length * 7 + this.times.length * 12;
  }

  /** Gives every node number a list, empty for new ones. */
  reach(room: number): void {
    if (room <= this.at.length) return;
    this.at = widened(this.at, new Int32Array(room));
    this.length = widened(this.length, new Uint16Array(room));
    this.size = widened(this.size, new Uint8Array(room));
  }

  /**
   * Notes that `owner` was linked with `end` at a time. Of one kind of end at most `most` links are kept, the
   * newest: a link that falls out can only come back with a newer event, so the list follows from the set of events.
   * @param openMs links at or before it are dropped.
   */
  note(owner: number, end: number, timeMs: number, most: number, openMs: number): void {
    this.trim(owner, openMs);
    const { kind } = this.nodes;
    const from = this.at[owner]!;
    const until = from + this.length[owner]!;
    const endKind = kind[end]!;
    let ofKind = 0;
    let oldest = NONE;
    let place = from;
    for (; place < until; place++) {
      const other = this.ends[place]!;
      if (other === end) break;
      if (kind[other] !== endKind) continue;
      ofKind++;
      oldest = place;
    }
    if (place < until) {
      if (timeMs <= this.times[place]!) return;
    } else if (ofKind < most) {
      place = this.extend(owner);
    } else {
      if (!this.isNewer(timeMs, end, oldest)) return;
      place = oldest;
    }
    this.settle(this.at[owner]!, place, end, timeMs);
  }

  /** Drops what lies at or before a time. */
  trim(node: number, openMs: number): void {
    const from = this.at[node]!;
    let length = this.length[node]!;
    while (length > 0 && this.times[from + length - 1]! <= openMs) length--;
    this.length[node] = length;
  }

  /** How many links are later than a time; the list is in order. */
  later(node: number, openMs: number): number {
    const from = this.at[node]!;
    let count = this.length[node]!;
    // Almost all lists hold nothing that has expired.
    if (count === 0 || this.times[from + count - 1]! > openMs) return count;
    let low = 0;
    while (low < count) {
      const middle = (low + count) >> 1;
      if (this.times[from + middle]! > openMs) low = middle + 1;
      else count = middle;
    }
    return low;
  }

  /** Gives the list's piece back. */
  release(node: number): void {
    const size = this.size[node]!;
    if (size > 0) this.giveBack(this.at[node]!, size);
    this.size[node] = 0;
    this.length[node] = 0;
  }

  private isNewer(timeMs: number, end: number, place: number): boolean {
    const other = this.times[place]!;
    return timeMs > other || (timeMs === other && this.nodes.precedes(end, this.ends[place]!));
  }

  /** Moves a link up to where it belongs; its old place is free to be written over. */
  private settle(from: number, place: number, end: number, timeMs: number): void {
    let at = place;
    while (at > from && this.isNewer(timeMs, end, at - 1)) {
      this.ends[at] = this.ends[at - 1]!;
      this.times[at] = this.times[at - 1]!;
      at--;
    }
    this.ends[at] = end;
    this.times[at] = timeMs;
  }

  /** Makes room for one more link. @returns its place, the last one. */
  private extend(owner: number): number {
    const length = this.length[owner]!;
    const size = this.size[owner]!;
    if (size === 0 || length === 1 << (size - 1)) {
      const at = this.take(size + 1);
      const old = this.at[owner]!;
      if (size > 0) {
        this.ends.copyWithin(at, old, old + length);
        this.times.copyWithin(at, old, old + length);
        this.giveBack(old, size);
      }
      this.at[owner] = at;
      this.size[owner] = size + 1;
    }
    this.length[owner] = length + 1;
    return this.at[owner]! + length;
  }

  private take(size: number): number {
    const at = this.free[size]!;
    if (at >= 0) {
      this.free[size] = this.ends[at]!;
      return at;
    }
    const places = 1 << (size - 1);
    if (this.used + places > this.ends.length) {
      this.ends = widened(this.ends, new Int32Array(this.ends.length * 2));
      this.times = widened(this.times, new Float64Array(this.times.length * 2));
    }
    this.used += places;
    return this.used - places;
  }

  private giveBack(at: number, size: number): void {
    this.ends[at] = this.free[size]!;
    this.free[size] = at;
  }
}
