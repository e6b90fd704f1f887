/**
 * The keyed 64-bit hash behind every window key and event id.
 *
 * Keys come from people who may want two of them to collide, so the hash must be unpredictable without
 * the seed. Simple tabulation has that property by proof, not by hope: with a table of random words
 * T[position][byte], h(x) = L[length] xor T[0][x0] xor T[1][x1] … is 3-independent, so any two texts
 * chosen without sight of the table collide with probability 2^-64, and linear probing over it stays
 * O(1). Source: Pătraşcu and Thorup, "The Power of Simple Tabulation Hashing", J. ACM 59(3), 2012.
 * In JavaScript it costs two loads a byte; SipHash needs 32-bit rotations by the dozen for the same.
 */

import { createCipheriv, createHash } from 'node:crypto';

/** Longest text that has a table row of its own for each byte; longer texts are hashed in blocks. */
const BLOCK_BYTES = 256;

/** Words from one position's row of T to the next: 512 for the bytes' halves, and a cache line that keeps rows
 * from falling on the same few cache sets. */
const ROW_WORDS = 512 + 16;

/** Two 32-bit words, kept with the deployment: hashes are comparable only under the same seed. */
export type HashSeed = readonly [number, number];

export class KeyHasher {
  /** Halves of the last hash made by `hash`, as signed 32-bit integers; never both 0. */
  lo = 0;
  hi = 0;
  /** T: words `position * ROW_WORDS + byte * 2` and the next are the halves. */
  private readonly table: Int32Array;
  /** L, for lengths 0 to 256. */
  private readonly lengths: Int32Array;

  constructor(seed: HashSeed) {
    const words = randomWords(seed, BLOCK_BYTES * ROW_WORDS + (BLOCK_BYTES + 1) * 2);
    this.table = words.subarray(0, BLOCK_BYTES * ROW_WORDS);
    this.lengths = words.subarray(BLOCK_BYTES * ROW_WORDS);
  }

  /** Hashes bytes `start` to `end` into `lo` and `hi`. The pair (0, 0) is reserved for "absent". */
  hash(bytes: Uint8Array, start: number, end: number): void {
    if (end - start > BLOCK_BYTES) {
      this.hashBlocks(bytes, start, end);
      return;
    }
    const table = this.table;
    let lo = this.lengths[(end - start) * 2]!;
    let hi = this.lengths[(end - start) * 2 + 1]!;
    for (let at = start, row = 0; at < end; at++, row += ROW_WORDS) {
      const cell = row + bytes[at]! * 2;
      lo ^= table[cell]!;
      hi ^= table[cell + 1]!;
    }
    this.lo = (lo | hi) === 0 ? 1 : lo;
    this.hi = hi;
  }

  /** 32 bits over bytes `start` to `end`, for contents that are compared and never keyed by. */
  hash32(bytes: Uint8Array, start: number, end: number): number {
    const table = this.table;
    let total = 0;
    for (let from = start; ; from += BLOCK_BYTES) {
      const to = Math.min(end, from + BLOCK_BYTES);
      let word = this.lengths[(to - from) * 2]!;
      for (let at = from, row = 0; at < to; at++, row += ROW_WORDS)
        word ^= table[row + bytes[at]! * 2]!;
      total = (Math.imul(total, 0x01000193) + word) | 0;
      if (to === end) return total;
    }
  }

  /** Each block's hash is rotated by its position before it is joined, so that blocks cannot be swapped. */
  private hashBlocks(bytes: Uint8Array, start: number, end: number): void {
    let lo = 0;
    let hi = 0;
    for (let from = start; from < end; from += BLOCK_BYTES) {
      this.hash(bytes, from, Math.min(end, from + BLOCK_BYTES));
      const wasLo = lo;
      lo = ((Math.imul(lo, 0x2c1b3c6d) ^ (hi >>> 15)) + this.lo) | 0;
      hi = ((Math.imul(hi, 0x297a2d39) ^ (wasLo >>> 15)) + this.hi) | 0;
    }
    this.lo = (lo | hi) === 0 ? 1 : lo;
    this.hi = hi;
  }
}

/** `count` words of AES-256 in counter mode: random to anyone without the seed, the same everywhere. */
function randomWords(seed: HashSeed, count: number): Int32Array {
  const key = createHash('sha256')
    .update(`sheepdog key hash ${seed[0] >>> 0} ${seed[1] >>> 0}`)
    .digest();
  const stream = createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(
    Buffer.alloc(count * 4),
  );
  const words = new Int32Array(count);
  for (let i = 0; i < count; i++) words[i] = stream.readInt32LE(i * 4);
  return words;
}
