/**
 * Lists of links, one of a node each: the newest link first, those of one instant in the order of the hashes of
 * their ends. Lists live in one pool, in pieces of 1, 2, 4 … places, since most have a single link.
 */

import { reserved } from './memory-reserve.ts';
import {
  LENGTH_BITS,
  LINKS_AT,
  LINKS_LENGTH,
  ROW,
  SIZE_BITS,
  SIZE_SHIFT,
  type RingNodes,
} from './ring-nodes.ts';

const SIZES = 17;
const NONE = -1;
/** Claimed at first, and free until touched. */
const FIRST_PLACES = 2 ** 18;

export class RingLists {
  protected readonly nodes: RingNodes;
  /** A link is its latest time and, behind it, words that tell its other end. */
  protected times: Float64Array;
  /** The same memory. */
  protected words: Int32Array;
  protected readonly wordsALink: number;
  private readonly doublesALink: number;
  private used = 0;
  private readonly free = new Int32Array(SIZES).fill(NONE);

  /** @param doublesALink the time and what stands behind it, in units of eight bytes. */
  constructor(nodes: RingNodes, doublesALink: number) {
    this.nodes = nodes;
    this.doublesALink = doublesALink;
    this.wordsALink = doublesALink * 2;
    this.words = reserved(FIRST_PLACES * this.wordsALink);
    this.times = new Float64Array(this.words.buffer);
  }

  get bytes(): number {
    return this.used * this.doublesALink * Float64Array.BYTES_PER_ELEMENT;
  }

  /** The place of a node's first link; the others follow. */
  at(node: number): number {
    return this.nodes.rows[node * ROW + LINKS_AT]!;
  }

  /** How many links a node has, expired ones among them. */
  count(node: number): number {
    return this.nodes.rows[node * ROW + LINKS_LENGTH]! & LENGTH_BITS;
  }

  timeAt(place: number): number {
    return this.times[place * this.doublesALink]!;
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
    const cell = node * ROW + LINKS_LENGTH;
    const size = (this.nodes.rows[cell]! & SIZE_BITS) >> SIZE_SHIFT;
    if (size > 0) this.giveBack(this.at(node), size);
    this.nodes.rows[cell] = 0;
  }

  /** Makes room for one more link. @returns its place, the last one. */
  protected extend(node: number): number {
    const { rows } = this.nodes;
    const row = node * ROW;
    const word = rows[row + LINKS_LENGTH]!;
    const length = word & LENGTH_BITS;
    const size = (word & SIZE_BITS) >> SIZE_SHIFT;
    if (size === 0 || length === 1 << (size - 1)) {
      const at = this.take(size + 1);
      if (size > 0) {
        const old = rows[row + LINKS_AT]!;
        const { words, wordsALink } = this;
        // A loop copies a few words faster than a call does.
        for (let n = length * wordsALink - 1; n >= 0; n--)
          words[at * wordsALink + n] = words[old * wordsALink + n]!;
        this.giveBack(old, size);
      }
      rows[row + LINKS_AT] = at;
      rows[row + LINKS_LENGTH] = (word & ~SIZE_BITS) | ((size + 1) << SIZE_SHIFT);
    }
    this.setLength(node, length + 1);
    return rows[row + LINKS_AT]! + length;
  }

  private setLength(node: number, length: number): void {
    const cell = node * ROW + LINKS_LENGTH;
    this.nodes.rows[cell] = (this.nodes.rows[cell]! & ~LENGTH_BITS) | length;
  }

  private take(size: number): number {
    const at = this.free[size]!;
    if (at >= 0) {
      this.free[size] = this.words[at * this.wordsALink]!;
      return at;
    }
    const places = 1 << (size - 1);
    if ((this.used + places) * this.doublesALink > this.times.length) {
      // As integers: a double may lose the bits of what is none.
      const words = reserved(this.words.length * 2);
      words.set(this.words);
      this.words = words;
      this.times = new Float64Array(words.buffer);
    }
    this.used += places;
    return this.used - places;
  }

  private giveBack(at: number, size: number): void {
    this.words[at * this.wordsALink] = this.free[size]!;
    this.free[size] = at;
  }
}
