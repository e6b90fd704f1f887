/** Wall time of a zone, fast: the offset is looked up once per quarter of an hour of event time. */

import { IANAZone } from 'luxon';

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
/** No zone has changed its offset but on a quarter of an hour (UTC) since 2012. */
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

  /** ISO day of the week: 1 is Monday, 7 is Sunday. */
  weekday(atMs: number): number {
    return weekdayOf(this.day(atMs));
  }

  /** The month of the year, 1 to 12. */
  month(atMs: number): number {
    return civilOf(this.day(atMs)).month;
  }

  /** The day of the month, 1 to 31. */
  dayOfMonth(atMs: number): number {
    return civilOf(this.day(atMs)).day;
  }

  /**
   * The instant at which the local day `plusDays` days after that of `atMs` is over: the first one that no
   * longer belongs to it. An offer for n days after an anchor holds while `atMs < endOfLocalDay(anchorMs, n)`.
   */
  endOfLocalDay(atMs: number, plusDays = 0): number {
    return this.startOfDay(this.day(atMs) + plusDays + 1);
  }

  /**
   * The first instant of a local day by its number, or of the next one where the zone left it out. It is not
   * always midnight: where clocks go forward at midnight, the day begins at one.
   */
  startOfDay(day: number): number {
    const midnightMs = day * DAY_MS;
    // Offsets lie within a day of UTC, so these two are the ones before and after any change near midnight.
    const before = midnightMs - this.#offset(midnightMs - DAY_MS);
    const after = midnightMs - this.#offset(midnightMs + DAY_MS);
    if (before === after) return before;
    const earlier = Math.min(before, after);
    return this.day(earlier) >= day ? earlier : Math.max(before, after);
  }

  /**
   * Whole calendar months from the local date of one instant to that of another: the largest n for which the
   * first date n months on, its day clamped to the length of that month, is not after the second. Negative
   * when the second date is the earlier one.
   */
  monthsBetween(fromMs: number, toMs: number): number {
    const from = this.day(fromMs);
    const to = this.day(toMs);
    return from <= to ? wholeMonths(from, to) : 0 - wholeMonths(to, from);
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

/** A day number as `2026-11`. */
export function monthOf(day: number): string {
  return dateOf(day).slice(0, 7);
}

/** The ISO week of a day number, which begins on Monday, as `2026-W47`. */
export function weekOf(day: number): string {
  // A week belongs to the year that its Thursday lies in.
  const thursday = day + 4 - weekdayOf(day);
  const { year } = civilOf(thursday);
  const week = Math.floor((thursday - dayNumberOf(year, 1, 1)) / 7) + 1;
  return `${year}-W${String(week).padStart(2, '0')}`;
}

export interface CivilDate {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  /** 1 to 31. */
  readonly day: number;
}

/** A day number in the Gregorian calendar. Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms". */
export function civilOf(dayNumber: number): CivilDate {
  // Years that begin in March have their leap day at the end; eras of 400 years are all alike.
  const shifted = dayNumber + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1;
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9;
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day };
}

/** The number of a day since 1970-01-01; months from 1. */
export function dayNumberOf(year: number, month: number, day: number): number {
  return Date.UTC(year, month - 1, day) / DAY_MS;
}

/** @param month 1 to 12. */
export function daysInMonth(year: number, month: number): number {
  // Day 0 of a month is the last one of the month before it.
  return new Date(Date.UTC(year, month, 0)).getUTCDate();
}

function wholeMonths(earlier: number, later: number): number {
  const from = civilOf(earlier);
  const to = civilOf(later);
  const months = (to.year - from.year) * 12 + to.month - from.month;
  const due = Math.min(from.day, daysInMonth(to.year, to.month));
  return to.day >= due ? months : months - 1;
}
