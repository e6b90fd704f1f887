/**
 * Fixed-size records of numbers by the seeded 64-bit hash of a customer: an open-addressing index over
 * records in pages. Pages never move, so growing costs no copy of what is known; two hashes that collide
 * share a record, as everywhere (see ingest/hash.ts).
 */

import { reserved } from '../detect/memory-reserve.ts';

/** A page is a few hundred kilobytes: what nobody has touched is cleared when it is, not all at once. */
const RECORDS_A_PAGE = 256;
const PAGE_SHIFT = 8;
const FIRST_SLOTS = 1024;
const FULLEST = 0.75;
/** Share of the records that goes, least recently seen first, when the bound bites: one pass pays for many. */
const DROPPED_SHARE = 1 / 16;
const AGES = 4096;

/** Integer columns that the table itself keeps. A free record has the hash (0, 0), which no text has. */
const KEY_LO = 0;
const KEY_HI = 1;
const SEEN_MINUTE = 2;
/** The first integer column that belongs to the user of the table. */
export const FIRST_INT = 3;
const MINUTE_MS = 60_000;

export interface FactTableOptions {
  /** Double columns of a record, NaN at first. */
  readonly doubles: number;
  /** Integer columns of a record beside the table's own, 0 at first. */
  readonly ints: number;
  readonly maxRecords: number;
  /** Told of each record that is dropped, before another one takes its number. */
  readonly onDrop: (record: number) => void;
}

/** One record, as far as its columns go. Move it with `FactTable.seek`. */
export class FactRecord {
  doubles: Float64Array = new Float64Array(0);
  ints: Int32Array = new Int32Array(0);
  /** Index of the first double column, and of the first integer column. */
  doubleAt = 0;
  intAt = 0;

  /** Lowers a double to `value` when that is less; of NaN and a number, the number stays. */
  earliest(column: number, value: number): void {
    const known = this.doubles[this.doubleAt + column]!;
    if (value < known || Number.isNaN(known)) this.doubles[this.doubleAt + column] = value;
  }

  /** As `earliest`, upwards. */
  latest(column: number, value: number): void {
    const known = this.doubles[this.doubleAt + column]!;
    if (value > known || Number.isNaN(known)) this.doubles[this.doubleAt + column] = value;
  }

  /** Adds to a double, which is NaN before the first sum. */
  sum(column: number, by: number): void {
    const known = this.doubles[this.doubleAt + column]!;
    this.doubles[this.doubleAt + column] = Number.isNaN(known) ? by : known + by;
  }

  /** Adds to an integer. */
  count(column: number, by: number): void {
    this.ints[this.intAt + column]! += by;
  }
}

export class FactTable {
  readonly #options: FactTableOptions;
  /** Doubles from one record to the next; the integers lie behind a record's own doubles. */
  readonly #stride: number;
  readonly #doubles: Float64Array[] = [];
  readonly #ints: Int32Array[] = [];
  /** Two integers a slot: the record (0 = free) and the low half of its hash, which is also its home. */
  #slots = new Int32Array(FIRST_SLOTS * 2);
  #mask = FIRST_SLOTS - 1;
  #size = 0;
  #dropped = 0;
  #free: number[] = [];
  /** The first record never handed out; record 0 stands for "not found". */
  #top = 1;

  constructor(options: FactTableOptions) {
    this.#options = options;
    this.#stride = options.doubles + Math.ceil((FIRST_INT + options.ints) / 2);
  }

  get size(): number {
    return this.#size;
  }

  /** Records forgotten because the bound bit. */
  get dropped(): number {
    return this.#dropped;
  }

  get bytes(): number {
    return this.#slots.byteLength + this.#doubles.length * RECORDS_A_PAGE * this.#stride * 8;
  }

  /** The record of a hash, or 0. */
  find(lo: number, hi: number): number {
    const slots = this.#slots;
    const mask = this.#mask;
    for (let slot = lo & mask; ; slot = (slot + 1) & mask) {
      const record = slots[slot << 1]!;
      if (record === 0) return 0;
      if (slots[(slot << 1) + 1] === lo && this.#int(record, KEY_HI) === hi) return record;
    }
  }

  /** A new record for a hash that `find` did not find; the least recently seen ones make room for it. */
  add(lo: number, hi: number): number {
    if (this.#size >= this.#options.maxRecords) this.#dropOldest();
    if (this.#size + 1 > FULLEST * (this.#mask + 1)) this.#grow();
    const record = this.#free.pop() ?? this.#top++;
    const page = record >>> PAGE_SHIFT;
    if (page === this.#doubles.length) this.#addPage();
    const doubles = this.#doubles[page]!;
    const from = (record & (RECORDS_A_PAGE - 1)) * this.#stride;
    const ints = from + this.#options.doubles;
    doubles.fill(NaN, from, ints);
    // Eight bytes of zeros are two integers 0.
    doubles.fill(0, ints, from + this.#stride);
    this.#setInt(record, KEY_LO, lo);
    this.#setInt(record, KEY_HI, hi);
    this.#place(record, lo);
    this.#size++;
    return record;
  }

  /** Points `at` to a record, which stays there until the next `add`. */
  seek(record: number, at: FactRecord): void {
    const page = record >>> PAGE_SHIFT;
    at.doubles = this.#doubles[page]!;
    at.ints = this.#ints[page]!;
    at.doubleAt = (record & (RECORDS_A_PAGE - 1)) * this.#stride;
    at.intAt = (at.doubleAt + this.#options.doubles) * 2;
  }

  /** Notes that an event of this time came; times may go back. */
  saw({ ints, intAt }: FactRecord, atMs: number): void {
    const minute = Math.floor(atMs / MINUTE_MS);
    if (minute > ints[intAt + SEEN_MINUTE]!) ints[intAt + SEEN_MINUTE] = minute;
  }

  #int(record: number, column: number): number {
    const ints = this.#ints[record >>> PAGE_SHIFT]!;
    return ints[this.#intAt(record) + column]!;
  }

  #setInt(record: number, column: number, value: number): void {
    this.#ints[record >>> PAGE_SHIFT]![this.#intAt(record) + column] = value;
  }

  #intAt(record: number): number {
    return ((record & (RECORDS_A_PAGE - 1)) * this.#stride + this.#options.doubles) * 2;
  }

  #addPage(): void {
    const ints = reserved(RECORDS_A_PAGE * this.#stride * 2);
    this.#doubles.push(new Float64Array(ints.buffer));
    this.#ints.push(ints);
  }

  #place(record: number, lo: number): void {
    const slots = this.#slots;
    const mask = this.#mask;
    let slot = lo & mask;
    while (slots[slot << 1] !== 0) slot = (slot + 1) & mask;
    slots[slot << 1] = record;
    slots[(slot << 1) + 1] = lo;
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Int32Array(old.length * 2);
    this.#mask = this.#mask * 2 + 1;
    for (let at = 0; at < old.length; at += 2) {
      if (old[at] !== 0) this.#place(old[at]!, old[at + 1]!);
    }
  }

  /** Records are compared by the minute they were last seen in; within the last minute taken, by their number. */
  #dropOldest(): void {
    const target = Math.max(1, Math.floor(this.#size * DROPPED_SHARE));
    const { first, width, counts } = this.#ages();
    let bucket = 0;
    let older = 0;
    while (older + counts[bucket]! < target) older += counts[bucket++]!;
    let leftOfBucket = target - older;
    for (let record = 1; record < this.#top; record++) {
      if (this.#isFree(record)) continue;
      const age = Math.floor((this.#int(record, SEEN_MINUTE) - first) / width);
      if (age > bucket || (age === bucket && leftOfBucket-- <= 0)) continue;
      this.#drop(record);
    }
  }

  /** How many records were last seen in each of some stretches of time of one width, the oldest first. */
  #ages(): { readonly first: number; readonly width: number; readonly counts: Int32Array } {
    let first = Infinity;
    let last = -Infinity;
    for (let record = 1; record < this.#top; record++) {
      if (this.#isFree(record)) continue;
      const minute = this.#int(record, SEEN_MINUTE);
      if (minute < first) first = minute;
      if (minute > last) last = minute;
    }
    const width = Math.max(1, Math.ceil((last - first + 1) / AGES));
    const counts = new Int32Array(AGES);
    for (let record = 1; record < this.#top; record++) {
      if (this.#isFree(record)) continue;
      counts[Math.floor((this.#int(record, SEEN_MINUTE) - first) / width)]!++;
    }
    return { first, width, counts };
  }

  #isFree(record: number): boolean {
    return this.#int(record, KEY_LO) === 0 && this.#int(record, KEY_HI) === 0;
  }

  #drop(record: number): void {
    const slots = this.#slots;
    const mask = this.#mask;
    let hole = this.#int(record, KEY_LO) & mask;
    while (slots[hole << 1] !== record) hole = (hole + 1) & mask;
    for (let slot = (hole + 1) & mask; slots[slot << 1] !== 0; slot = (slot + 1) & mask) {
      const home = slots[(slot << 1) + 1]! & mask;
      // The entry may fill the hole unless its home lies after the hole, in probing order.
      if (((slot - home) & mask) < ((slot - hole) & mask)) continue;
      slots[hole << 1] = slots[slot << 1]!;
      slots[(hole << 1) + 1] = slots[(slot << 1) + 1]!;
      hole = slot;
    }
    slots[hole << 1] = 0;
    this.#setInt(record, KEY_LO, 0);
    this.#setInt(record, KEY_HI, 0);
    this.#free.push(record);
    this.#size--;
    this.#dropped++;
    this.#options.onDrop(record);
  }
}
