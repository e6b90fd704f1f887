/**
 * Working days of mainland China: weekdays that are no public holiday, and the weekend days that are worked
 * in exchange. The dates are those that the State Council publishes each autumn for the next year, in the
 * pinned release of chinese-days. A year that it does not hold is refused: guessed deadlines look official.
 */

import chineseDays from 'chinese-days';
import { Failure } from '../failure.ts';
import { civilOf, dayNumberOf, type LocalTime } from './local-time.ts';

/** 1 for a working day, by day of the year from 0; undefined for a year that is not published. */
type YearTable = Uint8Array | undefined;

const tables = new Map<number, YearTable>();

export class WorkingDays {
  readonly #local: LocalTime;

  constructor(local: LocalTime) {
    this.#local = local;
  }

  /** Whether the working days of a year are known. */
  covers(year: number): boolean {
    return tableOf(year) !== undefined;
  }

  /**
   * Whether people work on the local day of an instant.
   * @throws Failure (exit code 2) when the day's year is not published.
   */
  isWorkday(atMs: number): boolean {
    return isWorkingDay(this.#local.day(atMs));
  }

  /**
   * When the n-th working day after the anchor's local day is over: the first instant that is too late. With
   * 0, the anchor's own day ends it.
   * @throws Failure (exit code 2) when a year on the way is not published.
   */
  deadline(anchorMs: number, workingDays: number): number {
    let day = this.#local.day(anchorMs);
    for (let left = workingDays; left > 0;) {
      day++;
      if (isWorkingDay(day)) left--;
    }
    return this.#local.startOfDay(day + 1);
  }
}

function isWorkingDay(day: number): boolean {
  const { year } = civilOf(day);
  const table = tableOf(year);
  if (table === undefined) {
    throw new Failure(
      `the working days of ${year} are not known: install a release of chinese-days that has them, or use a deadline in calendar days`,
      { exitCode: 2 },
    );
  }
  return table[day - dayNumberOf(year, 1, 1)] === 1;
}

function tableOf(year: number): YearTable {
  if (!tables.has(year)) tables.set(year, makeTable(year));
  return tables.get(year);
}

function makeTable(year: number): YearTable {
  // The library reads a date by the machine's own clock on the wall, so noon of that clock names the day
  // in every zone.
  const noon = (month: number, day: number): Date => new Date(year, month - 1, day, 12);
  const holidays = chineseDays.getHolidaysInRange(noon(1, 1), noon(12, 31), false);
  if (holidays.length === 0) return undefined;
  const days = dayNumberOf(year + 1, 1, 1) - dayNumberOf(year, 1, 1);
  return Uint8Array.from({ length: days }, (_, index) =>
    Number(chineseDays.isWorkday(noon(1, index + 1))),
  );
}
