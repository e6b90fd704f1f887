/** The memory behind the entries: power-of-two blocks from one array, and a column for odd values. */

import type { Budget } from './budget.ts';
import { LEAST_PLAIN, VALUE_ABSENT } from './memory-layout.ts';
import { reserved } from './memory-reserve.ts';

const ENTRY_BYTES = 16;
/** 4 MiB, claimed at first; beyond them the whole reserve is, copied to once. Neither costs until touched. */
const FIRST_ENTRIES = 2 ** 18;
const LARGEST_POOL = 2 ** 28;

/** Blocks of 2^n entries: taken from the end, or from the free list of their size. */
export class EntryPool implements Budget {
  readonly bound = 'entries';
  readonly most: number;
  limit: number;
  ints: Int32Array;
  private top = 0;
  private readonly freeHeads = new Int32Array(32).fill(-1);

  /** @param limit entries that all blocks together may hold. */
  constructor(limit: number) {
    this.most = Math.min(limit, LARGEST_POOL);
    this.limit = this.most;
    this.ints = reserved(4 * Math.min(this.limit, FIRST_ENTRIES));
  }

  /** Offset of a block, in entries, or −1 when the limit would be passed. `ints` may be a new array. */
  take(capacity: number): number {
    const size = 31 - Math.clz32(capacity);
    const head = this.freeHeads[size]!;
    if (head >= 0) {
      this.freeHeads[size] = this.ints[head << 2]!;
      return head;
    }
    if (this.top + capacity > this.limit) return -1;
    const offset = this.top;
    this.top += capacity;
    if (this.top * 4 > this.ints.length) this.grow();
    return offset;
  }

  give(offset: number, capacity: number): void {
    const size = 31 - Math.clz32(capacity);
    this.ints[offset << 2] = this.freeHeads[size]!;
    this.freeHeads[size] = offset;
  }

  clear(): void {
    this.top = 0;
    this.freeHeads.fill(-1);
  }

  /** Entries for which memory is taken, in use or on a free list. */
  get used(): number {
    return this.top;
  }

  get bytes(): number {
    return this.top * ENTRY_BYTES;
  }

  private grow(): void {
    const larger = reserved(this.most * 4);
    larger.set(this.ints);
    this.ints = larger;
  }
}

/** Values that are no small integers: fractions and amounts beyond 2^31. An entry holds their code. */
export class OddValues {
  private values = new Float64Array(16);
  private next = new Int32Array(16);
  private free = -1;
  private top = 0;
  /** Slots in use. */
  live = 0;

  /** The code of a value that must not be absent. */
  put(value: number): number {
    let slot = this.free;
    if (slot >= 0) this.free = this.next[slot]!;
    else {
      slot = this.top++;
      if (slot >= this.values.length) this.grow();
    }
    this.values[slot] = value;
    this.live++;
    return VALUE_ABSENT + 1 + slot;
  }

  /** The value behind a code below LEAST_PLAIN; NaN when the entry has none. */
  get(code: number): number {
    return code === VALUE_ABSENT ? Number.NaN : this.values[code - VALUE_ABSENT - 1]!;
  }

  /** Lets go of a code; one that stands in its entry needs nothing. */
  drop(code: number): void {
    if (code >= LEAST_PLAIN || code === VALUE_ABSENT) return;
    const slot = code - VALUE_ABSENT - 1;
    this.next[slot] = this.free;
    this.free = slot;
    this.live--;
  }

  clear(): void {
    this.free = -1;
    this.top = 0;
    this.live = 0;
  }

  get bytes(): number {
    return this.top * 12;
  }

  private grow(): void {
    const values = new Float64Array(this.values.length * 2);
    values.set(this.values);
    this.values = values;
    const next = new Int32Array(this.next.length * 2);
    next.set(this.next);
    this.next = next;
  }
}
