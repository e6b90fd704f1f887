/** What is usual for a key at an hour of day: taken from the days before, once an hour and key, and kept. */

import { median, medianAbsoluteDeviation } from 'simple-statistics';
import { PRESENCE, type DayCounts } from './burst-counts.ts';

/** From a median absolute deviation to the standard deviation of a normal sample. */
const MAD_TO_SIGMA = 1.4826;
/** Two slots a line, for the even and the odd hours: around a full hour events of both come in turns. */
const LINES = 8192;
const HOURS_A_DAY = 24;

/** The days that a series remembers, by number of the day since 1970. */
export type Days = ReadonlyMap<number, DayCounts>;

export class Baseline {
  /** Of the key and hour last asked for; NaN when too little is known. */
  median = Number.NaN;
  /** What one step of the score is: never below 1. */
  scale = Number.NaN;
  /** Buckets that are known. */
  known = 0;
  readonly #days: number;
  readonly #knownDays: number;
  readonly #bucketsAnHour: number;
  /** Halves of the key, hour since 1970 and the version under which the values were taken. */
  readonly #slots = new Int32Array(LINES * 2 * 4);
  readonly #values = new Float64Array(LINES * 2 * 3);
  #version = 1;

  constructor(options: {
    readonly days: number;
    readonly knownDays: number;
    readonly bucketsAnHour: number;
  }) {
    this.#days = options.days;
    this.#knownDays = options.knownDays;
    this.#bucketsAnHour = options.bucketsAnHour;
  }

  /** Forgets what it took for the key: something in its past has changed. */
  forget(lo: number): void {
    const at = (lo & (LINES - 1)) * 8;
    this.#slots[at + 3] = 0;
    this.#slots[at + 7] = 0;
  }

  /** Forgets what it took for all keys. */
  forgetAll(): void {
    this.#version++;
  }

  /** Sets `median`, `scale` and `known` for a key in an hour (number of the hour since 1970). */
  read(days: Days, lo: number, hi: number, hour: number): void {
    const slot = ((lo & (LINES - 1)) << 1) | (hour & 1);
    const at = slot * 4;
    const held = this.#slots;
    const values = this.#values;
    if (
      held[at + 3] !== this.#version ||
      held[at] !== lo ||
      held[at + 1] !== hi ||
      held[at + 2] !== hour
    ) {
      this.#take(days, lo, hi, hour);
      held[at] = lo;
      held[at + 1] = hi;
      held[at + 2] = hour;
      held[at + 3] = this.#version;
      values[slot * 3] = this.median;
      values[slot * 3 + 1] = this.scale;
      values[slot * 3 + 2] = this.known;
      return;
    }
    this.median = values[slot * 3]!;
    this.scale = values[slot * 3 + 1]!;
    this.known = values[slot * 3 + 2]!;
  }

  #take(days: Days, lo: number, hi: number, hour: number): void {
    const today = Math.floor(hour / HOURS_A_DAY);
    const hourOfDay = hour - today * HOURS_A_DAY;
    const first = hourOfDay * this.#bucketsAnHour + 1;
    const counts: number[] = [];
    let seen = false;
    for (let day = today - this.#days; day < today; day++) {
      const table = days.get(day);
      if (table === undefined) continue;
      seen ||= table.get(lo, hi, PRESENCE) > 0;
      if (!seen || ((table.hours >>> hourOfDay) & 1) === 0) continue;
      for (let tag = first; tag < first + this.#bucketsAnHour; tag++) {
        counts.push(table.get(lo, hi, tag));
      }
    }
    this.known = counts.length;
    if (counts.length < this.#knownDays * this.#bucketsAnHour) {
      this.median = Number.NaN;
      this.scale = Number.NaN;
      return;
    }
    this.median = median(counts);
    this.scale = Math.max(
      MAD_TO_SIGMA * medianAbsoluteDeviation(counts),
      Math.sqrt(Math.max(1, this.median)),
    );
  }
}
