/**
 * What a series of buckets remembers: one table a day from (key, bucket) to a count, so that a day is
 * forgotten at once; and, while a bucket is open, the members it has counted.
 */

const FIRST_SLOTS = 64;
const FULLEST = 0.7;
/** Integers a slot: halves of the key, tag, count. A line of the cache holds four slots. */
const SLOT_INTS = 4;

/** Entries of all series together, against the configured cap. */
export interface EntryBudget {
  used: number;
  readonly limit: number;
}

/** The tag of the entry that says that a key was seen on the day; buckets have their number + 1. */
export const PRESENCE = 0x7fff;

/** Counts of one day. */
export class DayCounts {
  /** Bit h: the stream was alive in hour h. */
  hours = 0;
  private slots = new Int32Array(FIRST_SLOTS * SLOT_INTS);
  private mask = FIRST_SLOTS - 1;
  private used = 0;
  private readonly budget: EntryBudget;

  constructor(budget: EntryBudget) {
    this.budget = budget;
  }

  /** @param tag a bucket's number + 1, or PRESENCE. @returns 0 when there is no entry. */
  get(lo: number, hi: number, tag: number): number {
    const at = this.find(lo, hi, tag);
    return at < 0 ? 0 : this.slots[at + 3]!;
  }

  /** @returns the new count, or 0 when the budget has no room for a new entry. */
  add(lo: number, hi: number, tag: number, by: number): number {
    let at = this.find(lo, hi, tag);
    if (at < 0) {
      if (this.budget.used >= this.budget.limit) return 0;
      if (this.used + 1 > FULLEST * (this.mask + 1)) {
        this.grow();
        at = this.find(lo, hi, tag);
      }
      at = ~at;
      this.slots[at] = lo;
      this.slots[at + 1] = hi;
      this.slots[at + 2] = tag;
      this.used++;
      this.budget.used++;
    }
    return (this.slots[at + 3]! += by);
  }

  /** Gives its entries back to the budget; the table is not used again. */
  drop(): void {
    this.budget.used -= this.used;
    this.used = 0;
  }

  get bytes(): number {
    return this.slots.byteLength;
  }

  /** Where the entry is, or the complement (`~`) of the free slot where it belongs. */
  private find(lo: number, hi: number, tag: number): number {
    const { slots, mask } = this;
    let slot = (lo ^ Math.imul(tag, 0x9e3779b1)) & mask;
    for (;;) {
      const at = slot * SLOT_INTS;
      const held = slots[at + 2]!;
      if (held === 0) return ~at;
      if (held === tag && slots[at] === lo && slots[at + 1] === hi) return at;
      slot = (slot + 1) & mask;
    }
  }

  private grow(): void {
    const old = this.slots;
    this.slots = new Int32Array(old.length * 2);
    this.mask = this.mask * 2 + 1;
    for (let from = 0; from < old.length; from += SLOT_INTS) {
      if (old[from + 2] === 0) continue;
      const to = ~this.find(old[from]!, old[from + 1]!, old[from + 2]!);
      this.slots.set(old.subarray(from, from + SLOT_INTS), to);
    }
  }
}

/** The members that the keys of one bucket have: a set of 64-bit hashes over key and member. */
export class MemberSet {
  private slots = new Int32Array(FIRST_SLOTS * 2);
  private mask = FIRST_SLOTS - 1;
  private used = 0;
  private readonly budget: EntryBudget;

  constructor(budget: EntryBudget) {
    this.budget = budget;
  }

  /** @returns whether it is new; `undefined` when the budget has no room for it. */
  add(lo: number, hi: number): boolean | undefined {
    const at = this.find(lo, hi);
    if (at >= 0) return false;
    if (this.budget.used >= this.budget.limit) return undefined;
    this.slots[~at] = lo;
    this.slots[~at + 1] = hi;
    this.used++;
    this.budget.used++;
    if (this.used > FULLEST * (this.mask + 1)) this.grow();
    return true;
  }

  has(lo: number, hi: number): boolean {
    return this.find(lo, hi) >= 0;
  }

  /** Gives its entries back to the budget; the set is not used again. */
  drop(): void {
    this.budget.used -= this.used;
    this.used = 0;
  }

  get bytes(): number {
    return this.slots.byteLength;
  }

  private find(lo: number, hi: number): number {
    const { slots, mask } = this;
    let slot = lo & mask;
    for (;;) {
      const at = slot << 1;
      if (slots[at] === lo && slots[at + 1] === hi) return at;
      if ((slots[at]! | slots[at + 1]!) === 0) return ~at;
      slot = (slot + 1) & mask;
    }
  }

  private grow(): void {
    const old = this.slots;
    this.slots = new Int32Array(old.length * 2);
    this.mask = this.mask * 2 + 1;
    for (let from = 0; from < old.length; from += 2) {
      if ((old[from]! | old[from + 1]!) === 0) continue;
      const to = ~this.find(old[from]!, old[from + 1]!);
      this.slots[to] = old[from]!;
      this.slots[to + 1] = old[from + 1]!;
    }
  }
}
