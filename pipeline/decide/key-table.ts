/**
 * A map from 64-bit keys to small integers in typed arrays: twelve bytes a slot, at most two thirds of the
 * slots taken, linear probing. The keys are seeded hashes (ingest/hash.ts), so their low half spreads by
 * itself and nobody outside can choose two that collide: a hit is taken for the value itself. Among a
 * million entries, a value that is on no list meets one by chance with probability 2^-44.
 */

const FIRST_SLOTS = 1024;
const EMPTY = -1;

export class KeyTable {
  #lo = new Int32Array(0);
  #hi = new Int32Array(0);
  /** The value of a slot, EMPTY where there is none. */
  #values = new Int32Array(0);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The value of a key, or −1. */
  get(lo: number, hi: number): number {
    if (this.#size === 0) return EMPTY;
    return this.#values[this.#slotOf(lo, hi)]!;
  }

  /** @param value from 0 on. */
  set(lo: number, hi: number, value: number): void {
    if ((this.#size + 1) * 3 > this.#values.length * 2) this.#grow();
    const slot = this.#slotOf(lo, hi);
    if (this.#values[slot] === EMPTY) this.#size++;
    this.#lo[slot] = lo;
    this.#hi[slot] = hi;
    this.#values[slot] = value;
  }

  /** Slots behind the freed one move up, so that no grave makes later searches longer. */
  delete(lo: number, hi: number): void {
    if (this.#size === 0) return;
    const mask = this.#values.length - 1;
    let free = this.#slotOf(lo, hi);
    if (this.#values[free] === EMPTY) return;
    this.#size--;
    for (let at = (free + 1) & mask; this.#values[at] !== EMPTY; at = (at + 1) & mask) {
      const home = this.#lo[at]! & mask;
      // What lies between the free slot and its own home may stay.
      if (((at - home) & mask) < ((at - free) & mask)) continue;
      this.#lo[free] = this.#lo[at]!;
      this.#hi[free] = this.#hi[at]!;
      this.#values[free] = this.#values[at]!;
      free = at;
    }
    this.#values[free] = EMPTY;
  }

  /** Every key in its halves, with its value; the table must not change meanwhile. */
  *entries(): Generator<readonly [number, number, number]> {
    for (let slot = 0; slot < this.#values.length; slot++) {
      const value = this.#values[slot]!;
      if (value !== EMPTY) yield [this.#lo[slot]!, this.#hi[slot]!, value];
    }
  }

  /** The slot of a key, or the empty one in which it would stand. */
  #slotOf(lo: number, hi: number): number {
    const mask = this.#values.length - 1;
    let slot = lo & mask;
    while (this.#values[slot] !== EMPTY && (this.#lo[slot] !== lo || this.#hi[slot] !== hi)) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  #grow(): void {
    const [lo, hi, values] = [this.#lo, this.#hi, this.#values];
    const slots = Math.max(FIRST_SLOTS, values.length * 2);
    this.#lo = new Int32Array(slots);
    this.#hi = new Int32Array(slots);
    this.#values = new Int32Array(slots).fill(EMPTY);
    for (let old = 0; old < values.length; old++) {
      if (values[old] === EMPTY) continue;
      const slot = this.#slotOf(lo[old]!, hi[old]!);
      this.#lo[slot] = lo[old]!;
      this.#hi[slot] = hi[old]!;
      this.#values[slot] = values[old]!;
    }
  }
}
