import fc from 'fast-check';
import { DateTime } from 'luxon';
import { describe, expect, test } from 'vitest';
import {
  civilOf,
  dateOf,
  dayNumberOf,
  LocalTime,
  monthOf,
  weekdayOf,
  weekOf,
} from '../../pipeline/reward/local-time.ts';

test.each(['Asia/Shanghai', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'UTC'])(
  'day, date, weekday and minute are those of luxon in %s, through every change of the clocks',
  (zone) => {
    const local = new LocalTime(zone);
    const day = { min: Date.parse('1990-01-01'), max: Date.parse('2040-01-01') };
    fc.assert(
      fc.property(fc.integer(day), (atMs) => {
        const expected = DateTime.fromMillis(atMs, { zone });
        expect(dateOf(local.day(atMs))).toBe(expected.toISODate());
        expect(weekdayOf(local.day(atMs))).toBe(expected.weekday);
        expect(Math.floor(local.minuteOfDay(atMs))).toBe(expected.hour * 60 + expected.minute);
      }),
      { numRuns: 2000 },
    );
  },
);

const EVERYWHERE = [
  'Asia/Shanghai',
  'America/New_York',
  'Australia/Lord_Howe',
  // These change their clocks at midnight; Apia left out a whole day.
  'America/Sao_Paulo',
  'America/Santiago',
  'America/Havana',
  'Asia/Beirut',
  'Pacific/Apia',
];
const instants = fc.integer({ min: Date.parse('2012-01-01'), max: Date.parse('2040-01-01') });
/** Instants near a change of the clocks are too rare to be met by chance. */
function nearChange(zone: string): fc.Arbitrary<number> {
  const changes: number[] = [Date.parse('2011-12-30T10:00:00Z')];
  let offset = DateTime.fromMillis(Date.parse('2012-01-01'), { zone }).offset;
  for (let ms = Date.parse('2012-01-01'); ms < Date.parse('2020-01-01'); ms += 86_400_000) {
    const next = DateTime.fromMillis(ms, { zone }).offset;
    if (next !== offset) changes.push(ms);
    offset = next;
  }
  return fc
    .tuple(fc.constantFrom(...changes), fc.integer({ min: -3 * 86_400_000, max: 3 * 86_400_000 }))
    .map(([change, by]) => change + by);
}

describe.each(EVERYWHERE)('in %s', (zone) => {
  const local = new LocalTime(zone);
  const anyInstant = fc.oneof(instants, nearChange(zone));

  test('a local day is over at the first instant that belongs to a later one', () => {
    fc.assert(
      fc.property(anyInstant, fc.integer({ min: 0, max: 40 }), (atMs, plusDays) => {
        const end = local.endOfLocalDay(atMs, plusDays);
        const last = local.day(atMs) + plusDays;
        expect(local.day(end)).toBeGreaterThan(last);
        expect(local.day(end - 1)).toBeLessThanOrEqual(last);
      }),
      { numRuns: 2000 },
    );
  });

  test('months between two dates are as many as can be added to the first, by luxon', () => {
    fc.assert(
      fc.property(anyInstant, anyInstant, (oneMs, otherMs) => {
        const [fromMs, toMs] = oneMs <= otherMs ? [oneMs, otherMs] : [otherMs, oneMs];
        const dateIn = (ms: number): DateTime =>
          DateTime.fromISO(dateOf(local.day(ms)), { zone: 'utc' });
        let expected = 0;
        while (dateIn(fromMs).plus({ months: expected + 1 }) <= dateIn(toMs)) expected++;
        expect(local.monthsBetween(fromMs, toMs)).toBe(expected);
        expect(local.monthsBetween(toMs, fromMs)).toBe(0 - expected);
      }),
      { numRuns: 100 },
    );
  });
});

test('month, week and date are those of luxon, at every year end and any day of two centuries', () => {
  const local = new LocalTime('UTC');
  const check = (day: number): void => {
    const {
      year,
      month,
      day: dayOfMonth,
      weekYear,
      weekNumber,
    } = DateTime.fromMillis(day * 86_400_000, { zone: 'utc' });
    expect(monthOf(day)).toBe(`${year}-${String(month).padStart(2, '0')}`);
    expect(weekOf(day)).toBe(`${weekYear}-W${String(weekNumber).padStart(2, '0')}`);
    expect(civilOf(day)).toEqual({ year, month, day: dayOfMonth });
    expect(local.month(day * 86_400_000)).toBe(month);
    expect(local.dayOfMonth(day * 86_400_000)).toBe(dayOfMonth);
  };
  for (let year = 1900; year < 2100; year++) {
    for (let day = -4; day < 4; day++) check(dayNumberOf(year, 1, 1) + day);
    check(dayNumberOf(year, 3, 1) - 1);
  }
  const days = { min: dayNumberOf(1900, 1, 1), max: dayNumberOf(2100, 1, 1) };
  fc.assert(fc.property(fc.integer(days), check), { numRuns: 1000 });
});

test.each([
  ['2026-08-31T23:00:00', '2027-02-28T01:00:00', 6],
  ['2026-08-31T00:00:00', '2027-02-27T23:59:59', 5],
  ['2027-08-30T12:00:00', '2028-02-29T12:00:00', 6],
  ['2028-02-29T12:00:00', '2029-02-28T12:00:00', 12],
  ['2026-12-31T23:59:59', '2027-01-01T00:00:00', 0],
  ['2026-05-21T23:59:59', '2026-11-21T00:00:00', 6],
])('from %s to %s are %i months', (from, to, months) => {
  const local = new LocalTime('Asia/Shanghai');
  expect(local.monthsBetween(Date.parse(`${from}+08:00`), Date.parse(`${to}+08:00`))).toBe(months);
});

test('thirty days after an anchor end at midnight of the thirty-first, whatever the anchor’s hour', () => {
  const local = new LocalTime('Asia/Shanghai');
  for (const hour of ['00:00:00.000', '23:59:59.999']) {
    const end = local.endOfLocalDay(Date.parse(`2026-01-30T${hour}+08:00`), 30);
    expect(new Date(end).toISOString()).toBe('2026-03-01T16:00:00.000Z');
  }
});
