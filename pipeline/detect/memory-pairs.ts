/**
 * Where a member was last seen in the ring of a key: an open-addressing table from (record, 63-bit hash
 * of the member) to a sequence number. Only keys with many entries have pairs.
 *
 * A slot has three integers, in each of which the record is mixed in by a multiplication of its own: the low and the
 * high half of the member's hash, the first of them the slot's home too, and the sequence number. A fourth integer for
 * the record would tell two pairs apart no better than 63 bits do.
 */

const FIRST_SLOTS = 1024;
const SLOT_INTS = 3;
const FULLEST = 0.7;
/** In the second integer of a slot that is taken; a member's hash leaves the bit free. */
const TAKEN = 1 << 31;

const lowOf = (record: number, lo: number): number => (Math.imul(record, 0x9e3779b1) + lo) | 0;
const highOf = (record: number, hi: number): number => (Math.imul(record, 0x85ebca6b) ^ hi) | TAKEN;
const seqOf = (record: number, seq: number): number => (Math.imul(record, 0xc2b2ae35) + seq) | 0;

export class PairTable {
  private slots = new Int32Array(FIRST_SLOTS * SLOT_INTS);
  private mask = FIRST_SLOTS - 1;
  private used = 0;

  /** Position of the pair in `slots`, or the complement (`~`) of the free slot where it belongs. */
  find(record: number, lo: number, hi: number): number {
    const { slots, mask } = this;
    const low = lowOf(record, lo);
    const high = highOf(record, hi);
    let slot = low & mask;
    for (;;) {
      const at = slot * SLOT_INTS;
      const held = slots[at + 1]!;
      if (held === 0) return ~at;
      if (held === high && slots[at] === low) return at;
      slot = (slot + 1) & mask;
    }
  }

  /** Reads where the pair belongs, so that a `find` soon after has it in the cache. */
  peek(record: number, lo: number): number {
    return this.slots[(lowOf(record, lo) & this.mask) * SLOT_INTS]!;
  }

  /** Sequence number at a position that `find` gave. */
  seqAt(at: number, record: number): number {
    return (this.slots[at + 2]! - seqOf(record, 0)) | 0;
  }

  setSeqAt(at: number, record: number, seq: number): void {
    this.slots[at + 2] = seqOf(record, seq);
  }

  /** Fills a free slot at which `find` ended. Every position found before is void afterwards. */
  fill(at: number, record: number, lo: number, hi: number, seq: number): void {
    const { slots } = this;
    slots[at] = lowOf(record, lo);
    slots[at + 1] = highOf(record, hi);
    slots[at + 2] = seqOf(record, seq);
    if (++this.used > FULLEST * (this.mask + 1)) this.grow();
  }

  /** Moves the pair of the entry `seq` to `to`; entries know the low half of their member only. */
  move(record: number, lo: number, seq: number, to: number): void {
    this.slots[this.positionOf(record, lo, seq) + 2] = seqOf(record, to);
  }

  /** Removes the pair of the entry `seq`. */
  remove(record: number, lo: number, seq: number): void {
    const { slots, mask } = this;
    let hole = this.positionOf(record, lo, seq);
    this.used--;
    let hollow = hole / SLOT_INTS;
    for (let slot = (hollow + 1) & mask; ; slot = (slot + 1) & mask) {
      const at = slot * SLOT_INTS;
      if (slots[at + 1] === 0) break;
      const home = slots[at]! & mask;
      // The pair may fill the hole only if its home is not between the hole and itself.
      if (((slot - home) & mask) < ((slot - hollow) & mask)) continue;
      slots[hole] = slots[at]!;
      slots[hole + 1] = slots[at + 1]!;
      slots[hole + 2] = slots[at + 2]!;
      hole = at;
      hollow = slot;
    }
    slots[hole + 1] = 0;
  }

  clear(): void {
    this.slots = new Int32Array(FIRST_SLOTS * SLOT_INTS);
    this.mask = FIRST_SLOTS - 1;
    this.used = 0;
  }

  get bytes(): number {
    return this.slots.byteLength;
  }

  private positionOf(record: number, lo: number, seq: number): number {
    const { slots, mask } = this;
    const low = lowOf(record, lo);
    const mixed = seqOf(record, seq);
    let slot = low & mask;
    for (;;) {
      const at = slot * SLOT_INTS;
      if (slots[at + 1] === 0) throw new Error('the window store lost a pair: its state is broken');
      if (slots[at] === low && slots[at + 2] === mixed) return at;
      slot = (slot + 1) & mask;
    }
  }

  private grow(): void {
    const old = this.slots;
    this.slots = new Int32Array(old.length * 2);
    this.mask = this.mask * 2 + 1;
    const { slots, mask } = this;
    for (let from = 0; from < old.length; from += SLOT_INTS) {
      if (old[from + 1] === 0) continue;
      let slot = old[from]! & mask;
      while (slots[slot * SLOT_INTS + 1] !== 0) slot = (slot + 1) & mask;
      const at = slot * SLOT_INTS;
      slots[at] = old[from]!;
      slots[at + 1] = old[from + 1]!;
      slots[at + 2] = old[from + 2]!;
    }
  }
}
