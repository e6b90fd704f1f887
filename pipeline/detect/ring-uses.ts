/**
 * The values of every account. A link names its value by its hash too, so that a value that the account used
 * before is told without a look at the value; and it says whether anybody else used it. Most values have one
 * account: of these the link here is the only one, and the value itself only names the account.
 */

import { RingLists } from './ring-lists.ts';
import type { RingNodes } from './ring-nodes.ts';

/** The time, the hash of the value, its number, and its kind with the bit below. */
const DOUBLES = 3;
const WORDS = DOUBLES * 2;
const LO = 2;
const HI = 3;
const VALUE = 4;
const KIND = 5;
/** The value has no links of its own. */
const ALONE_BIT = 256;
const NONE = -1;

/** What `enter` did. */
export const REFUSED = 0;
export const ENTERED = 1;
/** Another link went for it, whose value has no links of its own: see `displaced`. */
export const DISPLACED = 2;

export class RingUses extends RingLists {
  /** The value of the link that went last, and its time. */
  displaced = NONE;
  displacedMs = 0;

  constructor(nodes: RingNodes) {
    super(nodes, DOUBLES);
  }

  valueAt(place: number): number {
    return this.words[place * WORDS + VALUE]!;
  }

  kindAt(place: number): number {
    return this.words[place * WORDS + KIND]! & ~ALONE_BIT;
  }

  /** Whether nobody else is linked with the value. */
  isAloneAt(place: number): boolean {
    return (this.words[place * WORDS + KIND]! & ALONE_BIT) !== 0;
  }

  /** Whether the link is with the value of a hash, of whichever kind it is. */
  isHashAt(place: number, lo: number, hi: number): boolean {
    const at = place * WORDS;
    return this.words[at + LO] === lo && this.words[at + HI] === hi;
  }

  /** The value has links of its own from now on. */
  shareAt(place: number): void {
    this.words[place * WORDS + KIND]! &= ~ALONE_BIT;
  }

  /** The place of the account's link with a value, expired ones among them, or −1. */
  find(account: number, lo: number, hi: number, kind: number): number {
    const { words } = this;
    const from = this.at(account);
    const until = from + this.count(account);
    for (let place = from; place < until; place++) {
      const at = place * WORDS;
      if (words[at + LO] !== lo || words[at + HI] !== hi) continue;
      if ((words[at + KIND]! & ~ALONE_BIT) === kind) return place;
    }
    return NONE;
  }

  /** As `find`, by the number of the value; −1 too when the number is no account's any more. */
  placeOf(account: number, value: number): number {
    if (this.nodes.kindOf(account) !== 0) return NONE;
    const from = this.at(account);
    const until = from + this.count(account);
    for (let place = from; place < until; place++) {
      if (this.valueAt(place) === value) return place;
    }
    return NONE;
  }

  /** Reads a place, if it is one, so that it is near afterwards. */
  peek(place: number): number {
    const at = place * WORDS;
    return at < this.words.length ? this.words[at]! : 0;
  }

  /** Moves a link to a later time. */
  renew(account: number, place: number, timeMs: number): void {
    const { words } = this;
    const at = place * WORDS;
    const lo = words[at + LO]!;
    const hi = words[at + HI]!;
    this.settle(this.at(account), place, timeMs, lo, hi, words[at + VALUE]!, words[at + KIND]!);
  }

  /**
   * Adds a link with a value that `find` has not found. Of one kind at most `most` are kept, the newest.
   * @param isAlone whether the value has no links of its own.
   */
  enter(
    account: number,
    value: number,
    kind: number,
    isAlone: boolean,
    timeMs: number,
    most: number,
  ): number {
    const lo = this.nodes.loOf(value);
    const hi = this.nodes.hiOf(value);
    const from = this.at(account);
    const until = from + this.count(account);
    let ofKind = 0;
    let oldest = NONE;
    for (let place = from; place < until; place++) {
      if (this.kindAt(place) !== kind) continue;
      ofKind++;
      oldest = place;
    }
    let done = ENTERED;
    let place = oldest;
    if (ofKind < most) {
      place = this.extend(account);
    } else {
      if (!this.isNewer(timeMs, lo, hi, kind, oldest)) return REFUSED;
      if (this.isAloneAt(oldest)) {
        this.displaced = this.valueAt(oldest);
        this.displacedMs = this.timeAt(oldest);
        done = DISPLACED;
      }
    }
    const word = isAlone ? kind | ALONE_BIT : kind;
    this.settle(this.at(account), place, timeMs, lo, hi, value, word);
    return done;
  }

  private isNewer(timeMs: number, lo: number, hi: number, kind: number, place: number): boolean {
    const other = this.timeAt(place);
    if (timeMs !== other) return timeMs > other;
    const at = place * WORDS;
    const { words } = this;
    if (words[at + HI] !== hi) return hi < words[at + HI]!;
    if (words[at + LO] !== lo) return lo < words[at + LO]!;
    return kind < this.kindAt(place);
  }

  /** Moves a link up to where it belongs; its old place is free to be written over. */
  private settle(
    from: number,
    place: number,
    timeMs: number,
    lo: number,
    hi: number,
    value: number,
    kind: number,
  ): void {
    const { words } = this;
    let slot = place;
    while (slot > from && this.isNewer(timeMs, lo, hi, kind & ~ALONE_BIT, slot - 1)) {
      const at = slot * WORDS;
      for (let n = 0; n < WORDS; n++) words[at + n] = words[at - WORDS + n]!;
      slot--;
    }
    const at = slot * WORDS;
    this.times[slot * DOUBLES] = timeMs;
    words[at + LO] = lo;
    words[at + HI] = hi;
    words[at + VALUE] = value;
    words[at + KIND] = kind;
  }
}
