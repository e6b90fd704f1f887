import fc from 'fast-check';
import { DateTime } from 'luxon';
import { expect, test } from 'vitest';
import { dateOf, LocalTime, weekdayOf } from '../../pipeline/reward/local-time.ts';

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
