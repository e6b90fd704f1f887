/**
 * Smallest and largest value of any stretch of a ring in O(log n): a tree over blocks of entries, kept
 * by position in the ring. A block that an answer uses whole holds live entries only, so entries that
 * left the windows need no removal.
 */

import type { Ring } from './memory-layout.ts';

const BLOCK_BITS = 4;
const BLOCK = 1 << BLOCK_BITS;

/** The value of the entry that starts at `at`. */
export type ValueAt = (ints: Int32Array, at: number) => number;

export class ExtremaTree {
  private readonly blocks: number;
  private readonly least: Float64Array;
  private readonly most: Float64Array;
  /** The answer of the last `query`; both NaN when the stretch was empty. */
  min = Number.NaN;
  max = Number.NaN;

  /** @param capacity of the ring: a power of two, at least 16. */
  constructor(capacity: number) {
    this.blocks = capacity >> BLOCK_BITS;
    this.least = new Float64Array(2 * this.blocks).fill(Number.POSITIVE_INFINITY);
    this.most = new Float64Array(2 * this.blocks).fill(Number.NEGATIVE_INFINITY);
  }

  /** Takes note that the entries [first, end) were written. */
  refresh(ring: Ring, first: number, end: number, valueAt: ValueAt): void {
    const count = (end - first) | 0;
    if (count <= 0) return;
    const start = first & ring.mask;
    const touched = ((start & (BLOCK - 1)) + count + BLOCK - 1) >> BLOCK_BITS;
    let block = start >> BLOCK_BITS;
    for (let n = Math.min(touched, this.blocks); n > 0; n--) {
      this.refreshBlock(ring, block, valueAt);
      block = (block + 1) & (this.blocks - 1);
    }
  }

  /** Sets `min` and `max` over the entries [first, end). */
  query(ring: Ring, first: number, end: number, valueAt: ValueAt): void {
    this.min = Number.POSITIVE_INFINITY;
    this.max = Number.NEGATIVE_INFINITY;
    let seq = first;
    while (((end - seq) | 0) > 0) {
      const left = (end - seq) | 0;
      const position = seq & ring.mask;
      if ((position & (BLOCK - 1)) === 0 && left >= BLOCK) {
        // Whole blocks up to the end of the stretch or of the ring, whichever comes first.
        const from = position >> BLOCK_BITS;
        const whole = Math.min(left >> BLOCK_BITS, this.blocks - from);
        this.takeBlocks(from + this.blocks, from + whole + this.blocks);
        seq = (seq + (whole << BLOCK_BITS)) | 0;
      } else {
        const value = valueAt(ring.ints, ring.base + (position << 2));
        if (value < this.min) this.min = value;
        if (value > this.max) this.max = value;
        seq = (seq + 1) | 0;
      }
    }
    if (((end - first) | 0) <= 0) this.min = this.max = Number.NaN;
  }

  get bytes(): number {
    return this.least.byteLength * 2;
  }

  private takeBlocks(from: number, to: number): void {
    let left = from;
    let right = to;
    while (left < right) {
      if ((left & 1) === 1) this.take(left++);
      if ((right & 1) === 1) this.take(--right);
      left >>= 1;
      right >>= 1;
    }
  }

  private take(node: number): void {
    this.min = Math.min(this.min, this.least[node]!);
    this.max = Math.max(this.max, this.most[node]!);
  }

  private refreshBlock(ring: Ring, block: number, valueAt: ValueAt): void {
    let least = Number.POSITIVE_INFINITY;
    let most = Number.NEGATIVE_INFINITY;
    let at = ring.base + (block << (BLOCK_BITS + 2));
    for (let n = 0; n < BLOCK; n++, at += 4) {
      const value = valueAt(ring.ints, at);
      if (value < least) least = value;
      if (value > most) most = value;
    }
    let node = block + this.blocks;
    this.least[node] = least;
    this.most[node] = most;
    for (node >>= 1; node >= 1; node >>= 1) {
      this.least[node] = Math.min(this.least[2 * node]!, this.least[2 * node + 1]!);
      this.most[node] = Math.max(this.most[2 * node]!, this.most[2 * node + 1]!);
    }
  }
}
