/** The rhythm of a Chinese bank's day, week and month. All local times are UTC+8, which has no summer time. */

export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;
const OFFSET_MS = 8 * HOUR_MS;
const FRIDAY = 5;

/** Hour of the local day as a fraction: 13.5 is half past one in the afternoon. */
export function localHour(atMs: number): number {
  return ((((atMs + OFFSET_MS) % DAY_MS) + DAY_MS) % DAY_MS) / HOUR_MS;
}

/** Number of the local day since 1970-01-01. */
export function localDay(atMs: number): number {
  return Math.floor((atMs + OFFSET_MS) / DAY_MS);
}

/** 0 is Sunday. 1970-01-01 was a Thursday. */
function weekday(atMs: number): number {
  return (localDay(atMs) + 4) % 7;
}

/** Monday to Friday: the simulator knows no holidays. */
export function isWorkday(atMs: number): boolean {
  const day = weekday(atMs);
  return day >= 1 && day <= 5;
}

/** Wages arrive on the 10th and the 15th; people pay their bills that day. */
export function isSalaryDay(atMs: number): boolean {
  const dayOfMonth = new Date(localDay(atMs) * DAY_MS).getUTCDate();
  return dayOfMonth === 10 || dayOfMonth === 15;
}

/** Whether the Friday offer is open: every Friday from 10:00 to 22:00. */
export function isFridayOffer(atMs: number): boolean {
  const hour = localHour(atMs);
  return weekday(atMs) === FRIDAY && hour >= 10 && hour < 22;
}

/** The first Friday, 10:00 local, at or after the given time. */
export function nextFridayOpening(atMs: number): number {
  const opensOn = (day: number): number => day * DAY_MS - OFFSET_MS + 10 * HOUR_MS;
  let day = localDay(atMs);
  while ((day + 4) % 7 !== FRIDAY || opensOn(day) < atMs) day += 1;
  return opensOn(day);
}

/** The first full hour at or after the given time. */
export function nextFullHour(atMs: number): number {
  return Math.ceil(atMs / HOUR_MS) * HOUR_MS;
}

/** Share of the day's traffic by local hour, hour by hour: breakfast, lunch and evening peaks. */
const BY_HOUR = [
  0.25, 0.14, 0.09, 0.07, 0.08, 0.18, 0.45, 0.9, 1.15, 1.1, 1.15, 1.45, 1.85, 1.35, 1.0, 0.98, 1.05,
  1.3, 1.7, 1.95, 1.9, 1.65, 1.15, 0.6,
];

/** How busy a moment is, relative to an average one; constant within a minute. */
export function intensity(atMs: number): number {
  const hour = localHour(atMs);
  const from = Math.floor(hour);
  const share = hour - from;
  const curve = BY_HOUR[from]! * (1 - share) + BY_HOUR[(from + 1) % 24]! * share;
  return curve * (isSalaryDay(atMs) ? 1.5 : 1) * (isFridayOffer(atMs) ? 1.25 : 1);
}

/** The mean of `intensity` over [fromMs, toMs), sampled every five minutes of at most a week. */
export function meanIntensity(fromMs: number, toMs: number): number {
  const until = Math.min(toMs, fromMs + 7 * DAY_MS);
  let sum = 0;
  let samples = 0;
  for (let at = fromMs; at < until; at += 5 * MINUTE_MS) {
    sum += intensity(at);
    samples += 1;
  }
  return samples === 0 ? 1 : sum / samples;
}

/** RFC 3339 with the local offset, to the millisecond. */
export function localTimestamp(atMs: number): string {
  return `${new Date(atMs + OFFSET_MS).toISOString().slice(0, 23)}+08:00`;
}
