/**
 * The accounts of the values of one span: all of them up to a bound, then those of a sample of the values. Of one
 * value, too, all accounts up to a bound and then a sample of them, so that a few large values do not drive the
 * others out. What is known follows from the set of pairs that were added, whatever their order.
 */

/** Pairs of value and account that are kept. */
export const SAMPLE_PAIRS = 16_384;
/** Accounts of one value that are counted; of more every second one is kept, every fourth … */
export const VALUE_PAIRS = 64;

const FIRST_SLOTS = 1024;
/** Words of a pair: the halves of the value's hash and of the account's, which are 0 where the slot is free. */
const PAIR = 4;
/** Words of a value: the halves of its hash, and its accounts with the level of their sample: 0 where it is free. */
const VALUE = 3;
const KEPT_BITS = 0xff;
const LEVEL_SHIFT = 8;
/** Far more accounts of a value than there are people. */
const MOST_LEVELS = 28;

export class SharingSample {
  /** Values are kept whose hash has so many zero bits at its end. */
  private level = 0;
  private pairs = new Int32Array(FIRST_SLOTS * PAIR);
  private values = new Int32Array(FIRST_SLOTS * VALUE);
  /** By number of accounts, as `binOf` has it: values that have so many. */
  private readonly bins = new Int32Array(VALUE_PAIRS * (MOST_LEVELS + 2));
  /** Where the last quantile was found, and the values that lie above it. */
  private bin = 0;
  private above = 0;
  private pairCount = 0;
  private valueCount = 0;
  /** Slots of pairs that are taken: also by those that a value no longer keeps. */
  private taken = 0;
  /** Of each value its accounts, at most VALUE_PAIRS: unlike `pairCount` it never falls as accounts come. */
  private charge = 0;

  /** Pairs that are kept. */
  get size(): number {
    return this.pairCount;
  }

  get bytes(): number {
    return this.pairs.byteLength + this.values.byteLength + this.bins.byteLength;
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

  /**
   * Adds an account to a value; both by the halves of their hashes, the account's not both 0.
   * @returns whether it was new, and is kept.
   */
  add(lo: number, hi: number, accountLo: number, accountHi: number): boolean {
    if (!this.keeps(hi)) return false;
    const at = this.slotOf(lo, hi);
    const word = this.values[at + 2]!;
    if (!isSampled(word >> LEVEL_SHIFT, lo, accountHi)) return false;
    if (!this.enter(lo, hi, accountLo, accountHi)) return false;
    if (word === 0) {
      this.values[at] = lo;
      this.values[at + 1] = hi;
      this.valueCount++;
    } else {
      this.count(word, -1);
    }
    if (word < VALUE_PAIRS) this.charge++;
    this.values[at + 2] = word + 1;
    if (((word + 1) & KEPT_BITS) > VALUE_PAIRS) this.halve(at);
    this.count(this.values[at + 2]!, 1);
    while (this.charge > SAMPLE_PAIRS) this.thin();
    this.makeRoom();
    return true;
  }

  /** Accounts that a share of the values does not pass, 0 where there are none. @param share 0 to 1. */
  quantile(share: number): number {
    if (this.valueCount === 0) return 0;
    const { bins } = this;
    const most = this.valueCount - Math.max(1, Math.ceil(share * this.valueCount));
    // It lies where it was found last, or near.
    while (this.above > most) this.above -= bins[++this.bin]!;
    while (this.above + bins[this.bin]! <= most) this.above += bins[this.bin--]!;
    return accountsOf(this.bin);
  }

  /** The place of a value, or of the free slot for it. */
  private slotOf(lo: number, hi: number): number {
    const { values } = this;
    const mask = values.length / VALUE - 1;
    for (let at = lo & mask; ; at = (at + 1) & mask) {
      const place = at * VALUE;
      if (values[place + 2] === 0 || (values[place] === lo && values[place + 1] === hi)) {
        return place;
      }
    }
  }

  /** @returns false when the pair is known. */
  private enter(lo: number, hi: number, accountLo: number, accountHi: number): boolean {
    const { pairs } = this;
    const mask = pairs.length / PAIR - 1;
    const mixed = Math.imul(lo ^ Math.imul(accountLo, 0x9e3779b1), 0x85ebca6b);
    for (let at = (mixed ^ (mixed >>> 15)) & mask; ; at = (at + 1) & mask) {
      const place = at * PAIR;
      if ((pairs[place + 2]! | pairs[place + 3]!) === 0) {
        pairs[place] = lo;
        pairs[place + 1] = hi;
        pairs[place + 2] = accountLo;
        pairs[place + 3] = accountHi;
        this.pairCount++;
        this.taken++;
        return true;
      }
      if (
        pairs[place + 2] === accountLo &&
        pairs[place + 3] === accountHi &&
        pairs[place] === lo &&
        pairs[place + 1] === hi
      ) {
        return false;
      }
    }
  }

  /** Keeps of a value's accounts every second one of those before; the others stay in the table until it is laid anew. */
  private halve(at: number): void {
    const { pairs, values } = this;
    const lo = values[at]!;
    const hi = values[at + 1]!;
    let level = values[at + 2]! >> LEVEL_SHIFT;
    let kept = values[at + 2]! & KEPT_BITS;
    while (kept > VALUE_PAIRS && level < MOST_LEVELS) {
      level++;
      this.pairCount -= kept;
      kept = 0;
      for (let place = 0; place < pairs.length; place += PAIR) {
        if (pairs[place] !== lo || pairs[place + 1] !== hi) continue;
        if ((pairs[place + 2]! | pairs[place + 3]!) === 0) continue;
        if (isSampled(level, lo, pairs[place + 3]!)) kept++;
      }
      this.pairCount += kept;
    }
    values[at + 2] = (level << LEVEL_SHIFT) | kept;
  }

  /** Counts a value in, or out. */
  private count(word: number, by: 1 | -1): void {
    const bin = binOf(word & KEPT_BITS, word >> LEVEL_SHIFT);
    this.bins[bin]! += by;
    if (bin > this.bin) this.above += by;
  }

  /** Keeps half of the values. */
  private thin(): void {
    this.level++;
    this.lay(this.values.length, this.pairs.length);
  }

  private makeRoom(): void {
    const { values, pairs } = this;
    const isFull = this.taken * PAIR * 4 > pairs.length * 3;
    const areMany = this.valueCount * VALUE * 2 > values.length;
    if (!isFull && !areMany) return;
    const isShort = this.pairCount * PAIR * 2 > pairs.length;
    this.lay(values.length * (areMany ? 2 : 1), pairs.length * (isShort ? 2 : 1));
  }

  /** Lays the tables anew, without what is no longer kept. */
  private lay(valueWords: number, pairWords: number): void {
    const { pairs, values } = this;
    this.pairs = new Int32Array(pairWords);
    this.values = new Int32Array(valueWords);
    this.bins.fill(0);
    this.bin = 0;
    this.above = 0;
    this.pairCount = 0;
    this.valueCount = 0;
    this.taken = 0;
    this.charge = 0;
    for (let place = 0; place < values.length; place += VALUE) {
      const word = values[place + 2]!;
      if (word === 0 || !this.keeps(values[place + 1]!)) continue;
      const at = this.slotOf(values[place]!, values[place + 1]!);
      for (let n = 0; n < VALUE; n++) this.values[at + n] = values[place + n]!;
      this.valueCount++;
      this.charge += Math.min(word, VALUE_PAIRS);
      this.count(word, 1);
    }
    for (let place = 0; place < pairs.length; place += PAIR) {
      const lo = pairs[place]!;
      const hi = pairs[place + 1]!;
      const accountHi = pairs[place + 3]!;
      if ((pairs[place + 2]! | accountHi) === 0 || !this.keeps(hi)) continue;
      const level = this.values[this.slotOf(lo, hi) + 2]! >> LEVEL_SHIFT;
      if (isSampled(level, lo, accountHi)) this.enter(lo, hi, pairs[place + 2]!, accountHi);
    }
  }
}

/** Whether a value whose accounts are sampled so far keeps an account: another part of them for each value. */
function isSampled(level: number, lo: number, accountHi: number): boolean {
  if (level === 0) return true;
  const mixed = Math.imul(accountHi ^ Math.imul(lo, 0xc2b2ae35), 0x27d4eb2f);
  return ((mixed ^ (mixed >>> 16)) & ((1 << level) - 1)) === 0;
}

/** Numbers of accounts in their order: one by one below 2 × VALUE_PAIRS, then as a floating point number has them. */
function binOf(kept: number, level: number): number {
  let [digits, power] = [kept, level];
  while (power > 0 && digits < VALUE_PAIRS) {
    digits *= 2;
    power--;
  }
  return power * VALUE_PAIRS + digits;
}

/** The number of accounts that a bin counts. */
function accountsOf(bin: number): number {
  const power = Math.max(0, Math.floor(bin / VALUE_PAIRS) - 1);
  return (bin - power * VALUE_PAIRS) * 2 ** power;
}
