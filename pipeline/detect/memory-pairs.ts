/**
 * Where a member was last seen in the ring of a key: an open-addressing table from (record, 63-bit hash
 * of the member) to a sequence number. Only keys with many entries have pairs.
 */

const FIRST_SLOTS = 1024;
/** Slots are 16 bytes, so that a probe stays in one cache line most of the time. */
const FULLEST = 0.7;

export class PairTable {
  /** Four integers a slot: record (0 = free), low and high half of the member, sequence number. */
  slots = new Int32Array(FIRST_SLOTS * 4);
  private mask = FIRST_SLOTS - 1;
  private used = 0;

  /** Position of the pair in `slots`, or the complement (`~`) of the free slot where it belongs. */
  find(record: number, lo: number, hi: number): number {
    const { slots, mask } = this;
    let slot = (Math.imul(record, 0x9e3779b1) + lo) & mask;
    for (;;) {
      const at = slot << 2;
      const held = slots[at]!;
      if (held === 0) return ~at;
      if (held === record && slots[at + 1] === lo && slots[at + 2] === hi) return at;
      slot = (slot + 1) & mask;
    }
  }

  /** Reads where the pair belongs, so that a `find` soon after has it in the cache. */
  peek(record: number, lo: number): number {
    return this.slots[((Math.imul(record, 0x9e3779b1) + lo) & this.mask) << 2]!;
  }

  /** Sequence number at a position that `find` gave. */
  seqAt(at: number): number {
    return this.slots[at + 3]!;
  }

  setSeqAt(at: number, seq: number): void {
    this.slots[at + 3] = seq;
  }

  /** Fills a free slot at which `find` ended. Every position found before is void afterwards. */
  fill(at: number, record: number, lo: number, hi: number, seq: number): void {
    const { slots } = this;
    slots[at] = record;
    slots[at + 1] = lo;
    slots[at + 2] = hi;
    slots[at + 3] = seq;
    if (++this.used > FULLEST * (this.mask + 1)) this.grow();
  }

  /** Moves the pair of the entry `seq` to `to`; entries know the low half of their member only. */
  move(record: number, lo: number, seq: number, to: number): void {
    this.slots[this.positionOf(record, lo, seq) + 3] = to;
  }

  /** Removes the pair of the entry `seq`. */
  remove(record: number, lo: number, seq: number): void {
    const { slots, mask } = this;
    let hole = this.positionOf(record, lo, seq) >> 2;
    this.used--;
    for (let slot = (hole + 1) & mask; slots[slot << 2] !== 0; slot = (slot + 1) & mask) {
      const at = slot << 2;
      const home = (Math.imul(slots[at]!, 0x9e3779b1) + slots[at + 1]!) & mask;
      // The pair may fill the hole only if its home is not between the hole and itself.
      if (((slot - home) & mask) < ((slot - hole) & mask)) continue;
      const to = hole << 2;
      slots[to] = slots[at]!;
      slots[to + 1] = slots[at + 1]!;
      slots[to + 2] = slots[at + 2]!;
      slots[to + 3] = slots[at + 3]!;
      hole = slot;
    }
    slots[hole << 2] = 0;
  }

  clear(): void {
    this.slots = new Int32Array(FIRST_SLOTS * 4);
    this.mask = FIRST_SLOTS - 1;
    this.used = 0;
  }

  get bytes(): number {
    return this.slots.byteLength;
  }

  private positionOf(record: number, lo: number, seq: number): number {
    const { slots, mask } = this;
    let slot = (Math.imul(record, 0x9e3779b1) + lo) & mask;
    for (;;) {
      const at = slot << 2;
      const held = slots[at]!;
      if (held === record && slots[at + 3] === seq && slots[at + 1] === lo) return at;
      if (held === 0) throw new Error('the window store lost a pair: its state is broken');
      slot = (slot + 1) & mask;
    }
  }

  private grow(): void {
    const old = this.slots;
    this.slots = new Int32Array(old.length * 2);
    this.mask = this.mask * 2 + 1;
    const { slots, mask } = this;
    for (let from = 0; from < old.length; from += 4) {
      if (old[from] === 0) continue;
      let slot = (Math.imul(old[from]!, 0x9e3779b1) + old[from + 1]!) & mask;
      while (slots[slot << 2] !== 0) slot = (slot + 1) & mask;
      const at = slot << 2;
      slots[at] = old[from]!;
      slots[at + 1] = old[from + 1]!;
      slots[at + 2] = old[from + 2]!;
      slots[at + 3] = old[from + 3]!;
    }
  }
}
