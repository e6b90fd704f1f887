/** Wall time of a zone, fast: the offset is looked up once per quarter of an hour of event time. */

import { IANAZone } from 'luxon';

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
/** No zone has changed its offset but on a quarter of an hour (UTC) since 1980. */
const STEP_MS = 900_000;
/** A year of event time; beyond it the table is made anew. */
const LARGEST_TABLE = 40_000;

export class LocalTime {
  readonly #zone: IANAZone;
  readonly #offsets = new Map<number, number>();

  /** @param zone an IANA name, e.g. Asia/Shanghai. */
  constructor(zone: string) {
    this.#zone = IANAZone.create(zone);
  }

  /** Number of the local day since 1970-01-01. */
  day(atMs: number): number {
    return Math.floor((atMs + this.#offset(atMs)) / DAY_MS);
  }

  /** Minutes since local midnight, by the clock on the wall, with their fraction. */
  minuteOfDay(atMs: number): number {
    const local = atMs + this.#offset(atMs);
    return (local - Math.floor(local / DAY_MS) * DAY_MS) / MINUTE_MS;
  }

  #offset(atMs: number): number {
    const step = Math.floor(atMs / STEP_MS);
    let offset = this.#offsets.get(step);
    if (offset === undefined) {
      if (this.#offsets.size >= LARGEST_TABLE) this.#offsets.clear();
      offset = this.#zone.offset(step * STEP_MS) * MINUTE_MS;
      this.#offsets.set(step, offset);
    }
    return offset;
  }
}

/** ISO day of the week of a day number: 1 is Monday, 7 is Sunday. 1970-01-01 was a Thursday. */
export function weekdayOf(day: number): number {
  return ((((day + 3) % 7) + 7) % 7) + 1;
}

/** A day number as `2026-11-21`. */
export function dateOf(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}
