/** Calendar dates as day numbers since 1970-01-01: what months and ends of days come to. */

const DAY_MS = 86_400_000;

/** The month of a day number: 1 is January. */
export function monthOfDay(day: number): number {
  return new Date(day * DAY_MS).getUTCMonth() + 1;
}

/** Whole calendar months from one day to a later one: 31 August to 28 February is six. */
export function wholeMonths(fromDay: number, toDay: number): number {
  const from = new Date(fromDay * DAY_MS);
  const to = new Date(toDay * DAY_MS);
  const months =
    (to.getUTCFullYear() - from.getUTCFullYear()) * 12 + to.getUTCMonth() - from.getUTCMonth();
  const lastOfMonth = new Date(Date.UTC(to.getUTCFullYear(), to.getUTCMonth() + 1, 0));
  const due = Math.min(from.getUTCDate(), lastOfMonth.getUTCDate());
  return to.getUTCDate() < due ? months - 1 : months;
}
