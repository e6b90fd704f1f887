import { describe, expect, it, vi } from 'vitest';
import { Failure } from '../../pipeline/failure.ts';
import { dateOf, LocalTime, weekdayOf } from '../../pipeline/reward/local-time.ts';
import { WorkingDays } from '../../pipeline/reward/working-days.ts';

const shanghai = new LocalTime('Asia/Shanghai');
const days = new WorkingDays(shanghai);
const at = (text: string): number => Date.parse(`${text}+08:00`);
const date = (text: string): number => Date.parse(`${text}T00:00:00Z`) / 86_400_000;

/** Every date from the first to the last, both included. */
function range(first: string, last: string): string[] {
  const from = date(first);
  return Array.from({ length: date(last) - from + 1 }, (_, index) => dateOf(from + index));
}

/**
 * The State Council's arrangement for 2026 (国办发明电〔2025〕7号): what is off, and which weekend days are
 * worked instead.
 */
const OFF_2026 = [
  ...range('2026-01-01', '2026-01-03'),
  ...range('2026-02-15', '2026-02-23'),
  ...range('2026-04-04', '2026-04-06'),
  ...range('2026-05-01', '2026-05-05'),
  ...range('2026-06-19', '2026-06-21'),
  ...range('2026-09-25', '2026-09-27'),
  ...range('2026-10-01', '2026-10-07'),
];
const WORKED_2026 = [
  '2026-01-04',
  '2026-02-14',
  '2026-02-28',
  '2026-05-09',
  '2026-09-20',
  '2026-10-10',
];

describe('a working day', () => {
  it('in 2026 is a weekday outside the seven holidays, or one of the six weekend days worked instead', () => {
    for (const each of range('2026-01-01', '2026-12-31')) {
      const weekend = weekdayOf(date(each)) >= 6;
      const expected = WORKED_2026.includes(each) || (!weekend && !OFF_2026.includes(each));
      expect([each, days.isWorkday(at(`${each}T12:00:00`))]).toEqual([each, expected]);
    }
    expect(WORKED_2026.every((each) => weekdayOf(date(each)) >= 6)).toBe(true);
  });

  it('is one of the local day, whatever the day is elsewhere', () => {
    // Saturday 14 February 2026 is worked; the Sunday after it begins the Spring Festival.
    expect(days.isWorkday(at('2026-02-14T00:00:00'))).toBe(true);
    expect(days.isWorkday(at('2026-02-14T23:59:59.999'))).toBe(true);
    expect(days.isWorkday(at('2026-02-15T00:00:00'))).toBe(false);
    expect(days.isWorkday(at('2026-02-13T23:59:59'))).toBe(true);
  });

  it.each(['Asia/Shanghai', 'America/New_York', 'Pacific/Kiritimati', 'America/Sao_Paulo'])(
    'is the same on a machine whose own zone is %s',
    async (zone) => {
      const expected = range('2025-01-01', '2026-12-31').map((each) =>
        days.isWorkday(at(`${each}T12:00:00`)),
      );
      const own = process.env['TZ'];
      try {
        process.env['TZ'] = zone;
        vi.resetModules();
        const again = await import('../../pipeline/reward/working-days.ts');
        const there = new again.WorkingDays(shanghai);
        const found = range('2025-01-01', '2026-12-31').map((each) =>
          there.isWorkday(at(`${each}T12:00:00`)),
        );
        expect(found).toEqual(expected);
      } finally {
        if (own === undefined) delete process.env['TZ'];
        else process.env['TZ'] = own;
      }
    },
  );

  it('of a year that is not published is refused, not guessed', () => {
    expect(days.covers(2026)).toBe(true);
    expect(days.covers(2004)).toBe(true);
    expect(days.covers(2003)).toBe(false);
    const unpublished = 2200;
    expect(days.covers(unpublished)).toBe(false);
    expect(() => days.isWorkday(at(`${unpublished}-06-01T12:00:00`))).toThrow(Failure);
    expect(() => days.isWorkday(at(`${unpublished}-06-01T12:00:00`))).toThrow(/2200 are not known/);
  });
});

describe('a deadline in working days', () => {
  const ends = (anchor: string, n: number): string =>
    new Date(days.deadline(at(anchor), n) + 8 * 3_600_000).toISOString();

  it.each([
    ['counts from the day after its anchor', '2026-03-02T00:00:00', 1, '2026-03-04'],
    [
      'is the same from the first to the last instant of a day',
      '2026-03-02T23:59:59.999',
      1,
      '2026-03-04',
    ],
    ['skips a weekend', '2026-03-06T12:00:00', 1, '2026-03-10'],
    ['with an anchor on a weekend counts from Monday', '2026-03-07T12:00:00', 1, '2026-03-10'],
    [
      'counts the Saturday worked before the Spring Festival',
      '2026-02-13T12:00:00',
      1,
      '2026-02-15',
    ],
    ['skips all of the Spring Festival', '2026-02-14T12:00:00', 1, '2026-02-25'],
    [
      'counts the Saturday worked after the Spring Festival',
      '2026-02-27T12:00:00',
      1,
      '2026-03-01',
    ],
    ['skips the National Day week', '2026-09-30T12:00:00', 1, '2026-10-09'],
    ['counts the Saturday worked after National Day', '2026-10-09T12:00:00', 1, '2026-10-11'],
    ['counts the Sunday worked before Mid-Autumn', '2026-09-18T12:00:00', 2, '2026-09-22'],
    ['crosses a year end', '2025-12-31T12:00:00', 1, '2026-01-05'],
    ['reaches back over a year end', '2025-12-30T12:00:00', 2, '2026-01-05'],
    ['may lie in a leap year on 29 February', '2024-02-28T12:00:00', 1, '2024-03-01'],
    ['of none ends with the day of its anchor', '2026-10-03T12:00:00', 0, '2026-10-04'],
    ['of fifteen crosses holidays and worked weekends', '2026-02-06T12:00:00', 15, '2026-03-06'],
  ])('%s', (_claim, anchor, n, expected) => {
    expect(ends(anchor, n)).toBe(`${expected}T00:00:00.000Z`);
  });

  it('holds to the last millisecond of its day, and not one longer', () => {
    const deadline = days.deadline(at('2026-11-20T18:00:00'), 10);
    expect(deadline).toBe(at('2026-12-05T00:00:00'));
    expect(dateOf(shanghai.day(deadline - 1))).toBe('2026-12-04');
  });

  it('that would need an unpublished year is refused, though its anchor is in a published one', () => {
    expect(() => days.deadline(Date.parse('2003-12-31T12:00:00+08:00') - 86_400_000, 1)).toThrow(
      Failure,
    );
    let last = 2026;
    while (days.covers(last + 1)) last++;
    expect(() => days.deadline(at(`${last}-12-31T12:00:00`), 1)).toThrow(
      `the working days of ${last + 1} are not known`,
    );
  });
});
