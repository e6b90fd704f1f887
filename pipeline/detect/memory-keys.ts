/**
 * The keys of one dimension: an open-addressing table from the seeded 64-bit hash of a key to a record,
 * and the records' lines. Record 0 stands for "never seen"; it stays empty.
 */

import { CAPACITY, KEY_HI, KEY_LO, LINE_INTS, NEWEST } from './memory-layout.ts';
import { reserved } from './memory-reserve.ts';

const FIRST_SLOTS = 256;
const FULLEST = 0.75;
/** 4 MiB, claimed at first and free until touched; beyond them room for all is claimed, copied to once, in 2 ms. */
const FIRST_INTS = 2 ** 20;
/** In CAPACITY of the first line of a record that is on the free list. */
const FREE = -1;

/** Keys of all dimensions together, against the configured cap. */
export interface KeyBudget {
  used: number;
  readonly limit: number;
}

export class KeyTable {
  /** Record r's line of stream s starts at `(r * streams + s) * LINE_INTS`. */
  lines: Int32Array;
  /**
   * 1 where stream s of record r holds entries: at `r * streams + s`. Elsewhere the line is not even
   * initialised, so that a key costs no cache line for a stream that it never enters.
   */
  held: Uint8Array;
  private readonly streams: number;
  private readonly recordInts: number;
  private readonly budget: KeyBudget;
  /** Two integers a slot: the record (0 = free) and the low half of its hash, which is also its home. */
  private table = new Int32Array(FIRST_SLOTS * 2);
  private mask = FIRST_SLOTS - 1;
  private used = 0;
  private freeRecord = 0;
  /** The first record never handed out. */
  private top = 1;

  constructor(streams: number, budget: KeyBudget) {
    this.streams = streams;
    this.recordInts = streams * LINE_INTS;
    this.budget = budget;
    this.lines = reserved(Math.min(FIRST_INTS, this.allInts));
    this.held = new Uint8Array(Math.ceil(this.lines.length / LINE_INTS));
  }

  /** The record of a key, or 0. */
  find(lo: number, hi: number): number {
    const { table, mask, lines, recordInts } = this;
    let slot = lo & mask;
    for (;;) {
      const record = table[slot << 1]!;
      if (record === 0) return 0;
      if (table[(slot << 1) + 1] === lo && lines[record * recordInts + KEY_HI] === hi)
        return record;
      slot = (slot + 1) & mask;
    }
  }

  /** The record of a key that `find` did not find, or 0 when the budget is spent. */
  add(lo: number, hi: number): number {
    if (this.budget.used >= this.budget.limit) return 0;
    if (this.used + 1 > FULLEST * (this.mask + 1)) this.growTable();
    const record = this.takeRecord();
    this.budget.used++;
    this.used++;
    const line = record * this.recordInts;
    this.lines[line + CAPACITY] = 0;
    this.lines[line + KEY_LO] = lo;
    this.lines[line + KEY_HI] = hi;
    this.place(record, lo);
    return record;
  }

  /** Forgets a record whose lines hold nothing any more. */
  remove(record: number): void {
    const { table, mask } = this;
    const line = record * this.recordInts;
    const held = record * this.streams;
    this.held.fill(0, held, held + this.streams);
    let hole = this.lines[line + KEY_LO]! & mask;
    while (table[hole << 1] !== record) hole = (hole + 1) & mask;
    for (let slot = (hole + 1) & mask; table[slot << 1] !== 0; slot = (slot + 1) & mask) {
      const home = table[(slot << 1) + 1]! & mask;
      if (((slot - home) & mask) < ((slot - hole) & mask)) continue;
      table[hole << 1] = table[slot << 1]!;
      table[(hole << 1) + 1] = table[(slot << 1) + 1]!;
      hole = slot;
    }
    table[hole << 1] = 0;
    this.lines[line + CAPACITY] = FREE;
    this.lines[line + NEWEST] = this.freeRecord;
    this.freeRecord = record;
    this.used--;
    this.budget.used--;
  }

  isFree(record: number): boolean {
    return this.lines[record * this.recordInts + CAPACITY] === FREE;
  }

  clear(): void {
    this.budget.used -= this.used;
    this.held.fill(0, 0, this.top * this.streams);
    this.table = new Int32Array(FIRST_SLOTS * 2);
    this.mask = FIRST_SLOTS - 1;
    this.used = 0;
    this.freeRecord = 0;
    this.top = 1;
  }

  get size(): number {
    return this.used;
  }

  /** Records are numbered from 1 up to this one, exclusive; some of them may be free. */
  get end(): number {
    return this.top;
  }

  get bytes(): number {
    return this.table.byteLength + this.top * (this.recordInts * 4 + this.streams);
  }

  private takeRecord(): number {
    const free = this.freeRecord;
    if (free !== 0) {
      this.freeRecord = this.lines[free * this.recordInts + NEWEST]!;
      return free;
    }
    const record = this.top++;
    if ((record + 1) * this.recordInts > this.lines.length) this.growLines();
    return record;
  }

  private growLines(): void {
    // The budget may have shrunk meanwhile, and grow again.
    const lines = reserved(Math.max(this.allInts, 2 * this.lines.length));
    lines.set(this.lines);
    this.lines = lines;
    const held = new Uint8Array(reserved(Math.ceil(lines.length / LINE_INTS / 4)).buffer);
    held.set(this.held);
    this.held = held;
  }

  /** Integers in the lines of as many records as the budget allows, the first one that stays empty included. */
  private get allInts(): number {
    return (this.budget.limit + 2) * this.recordInts;
  }

  private place(record: number, lo: number): void {
    const { table, mask } = this;
    let slot = lo & mask;
    while (table[slot << 1] !== 0) slot = (slot + 1) & mask;
    table[slot << 1] = record;
    table[(slot << 1) + 1] = lo;
  }

  private growTable(): void {
    const old = this.table;
    this.table = new Int32Array(old.length * 2);
    this.mask = this.mask * 2 + 1;
    for (let at = 0; at < old.length; at += 2)
      if (old[at] !== 0) this.place(old[at]!, old[at + 1]!);
  }
}
