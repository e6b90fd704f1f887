/**
 * The accounts of the values of one span: all of them up to a bound, then those of a sample of the values. What
 * is known follows from the set of pairs that were added, whatever their order.
 */

/** Pairs of value and account that are kept. */
export const SAMPLE_PAIRS = 16_384;
/** Accounts of one value that are told apart: a hub must not fill the sample. */
export const MOST_ACCOUNTS = 4096;

/** Twice what is kept, so that probing stays short. */
const SLOTS = SAMPLE_PAIRS * 2;
const MASK = SLOTS - 1;
/** Words of a pair: the half of the value's hash that says whether it is kept, and the pair's own hash. */
const PAIR = 3;
/** Words of a value: its hash and its accounts, 0 where the slot is free. */
const VALUE = 3;

export class SharingSample {
  /** Values are kept whose hash has so many zero bits at its end. */
  private level = 0;
  private pairs = new Int32Array(SLOTS * PAIR);
  private values = new Int32Array(SLOTS * VALUE);
  /** By number of accounts: values that have so many. */
  private counts = new Int32Array(MOST_ACCOUNTS + 1);
  private pairCount = 0;
  private valueCount = 0;

  /** Pairs that are kept. */
  get size(): number {
    return this.pairCount;
  }

  get bytes(): number {
    return this.pairs.byteLength + this.values.byteLength + this.counts.byteLength;
  }

  /** Values that are kept. */
  get kept(): number {
    return this.valueCount;
  }

  /** All values, estimated where not all are kept. */
  get all(): number {
    return this.valueCount * 2 ** this.level;
  }

  /** Whether a value is looked at. @param hi the upper half of its hash. */
  keeps(hi: number): boolean {
    return (hi & ((1 << this.level) - 1)) === 0;
  }

  /** Adds an account to a value; both by the halves of their hashes. */
  add(lo: number, hi: number, accountLo: number, accountHi: number): void {
    if (!this.keeps(hi)) return;
    const value = this.slotOf(lo, hi);
    const accounts = this.values[value + 2]!;
    if (accounts >= MOST_ACCOUNTS) return;
    const pairLo = Math.imul(lo ^ Math.imul(accountLo, 0x9e3779b1), 0x85ebca6b) ^ accountHi;
    // The last bit tells a pair from a free slot.
    const pairHi = (Math.imul(hi ^ Math.imul(accountHi, 0xc2b2ae35), 0x27d4eb2f) ^ accountLo) | 1;
    if (!this.enter(hi, pairLo, pairHi)) return;
    if (accounts === 0) {
      this.values[value] = lo;
      this.values[value + 1] = hi;
      this.valueCount++;
    } else {
      this.counts[accounts]!--;
    }
    this.values[value + 2] = accounts + 1;
    this.counts[accounts + 1]!++;
    while (this.pairCount > SAMPLE_PAIRS) this.thin();
  }

  /** Accounts that a share of the values does not pass, 0 where there are none. @param share 0 to 1. */
  quantile(share: number): number {
    let above = this.valueCount - Math.max(1, Math.ceil(share * this.valueCount));
    if (this.valueCount === 0) return 0;
    for (let accounts = MOST_ACCOUNTS; accounts > 0; accounts--) {
      above -= this.counts[accounts]!;
      if (above < 0) return accounts;
    }
    return 0;
  }

  /** The place of a value, or of the free slot for it. */
  private slotOf(lo: number, hi: number): number {
    const { values } = this;
    for (let at = lo & MASK; ; at = (at + 1) & MASK) {
      const place = at * VALUE;
      if (values[place + 2] === 0 || (values[place] === lo && values[place + 1] === hi)) {
        return place;
      }
    }
  }

  /** @returns false when the pair is known. */
  private enter(hi: number, pairLo: number, pairHi: number): boolean {
    const { pairs } = this;
    for (let at = (pairLo ^ (pairLo >>> 15)) & MASK; ; at = (at + 1) & MASK) {
      const place = at * PAIR;
      if (pairs[place + 2] === 0) {
        pairs[place] = hi;
        pairs[place + 1] = pairLo;
        pairs[place + 2] = pairHi;
        this.pairCount++;
        return true;
      }
      if (pairs[place + 1] === pairLo && pairs[place + 2] === pairHi) return false;
    }
  }

  /** Keeps half of the values. */
  private thin(): void {
    const { pairs, values } = this;
    this.level++;
    this.pairs = new Int32Array(SLOTS * PAIR);
    this.values = new Int32Array(SLOTS * VALUE);
    this.counts = new Int32Array(MOST_ACCOUNTS + 1);
    this.pairCount = 0;
    this.valueCount = 0;
    for (let place = 0; place < pairs.length; place += PAIR) {
      if (pairs[place + 2] === 0 || !this.keeps(pairs[place]!)) continue;
      this.enter(pairs[place]!, pairs[place + 1]!, pairs[place + 2]!);
    }
    for (let place = 0; place < values.length; place += VALUE) {
      const lo = values[place]!;
      const hi = values[place + 1]!;
      const accounts = values[place + 2]!;
      if (accounts === 0 || !this.keeps(hi)) continue;
      this.values.set([lo, hi, accounts], this.slotOf(lo, hi));
      this.counts[accounts]!++;
      this.valueCount++;
    }
  }
}
