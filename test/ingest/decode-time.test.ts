import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NOT_A_TIME, TimeParser } from '../../pipeline/ingest/decode-time.ts';

const parser = new TimeParser();

function parse(text: string): number | undefined {
  const bytes = Buffer.from(`#${text}#`);
  const ms = parser.parse(bytes, 1, bytes.length - 1);
  return ms === NOT_A_TIME ? undefined : ms;
}

describe('an RFC 3339 time', () => {
  it('is the instant that Date reads, for every year, month and offset', () => {
    const instant = fc.date({
      min: new Date('0000-01-02T00:00:00Z'),
      max: new Date('9999-12-30T00:00:00Z'),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(instant, fc.integer({ min: -1439, max: 1439 }), (date, offset) => {
        const local = new Date(date.getTime() + offset * 60_000).toISOString().slice(0, -1);
        const size = Math.abs(offset);
        const hours = String(Math.floor(size / 60)).padStart(2, '0');
        const written = `${local}${offset < 0 ? '-' : '+'}${hours}:${String(size % 60).padStart(2, '0')}`;
        fc.pre(/^\d{4}-/.test(local));
        expect(parse(written)).toBe(date.getTime());
        expect(parse(date.toISOString())).toBe(date.getTime());
      }),
      { numRuns: 500 },
    );
  });

  it('exists exactly when its date does', () => {
    for (const year of [1900, 2000, 2023, 2024]) {
      for (let month = 0; month <= 13; month++) {
        for (let day = 0; day <= 32; day++) {
          const text = `${year}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
          const date = new Date(Date.UTC(year, month - 1, day));
          const exists = date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
          expect(parse(`${text}T00:00:00Z`)).toBe(exists ? date.getTime() : undefined);
        }
      }
    }
  });

  it.each([
    ['2026-03-02T02:00:00.1Z', 100],
    ['2026-03-02T02:00:00.12Z', 120],
    ['2026-03-02T02:00:00.1239999999Z', 123],
    ['2026-03-02t02:00:00z', 0],
    ['2026-03-02T02:00:00-00:00', 0],
    ['2026-03-02T10:00:00.005+08:00', 5],
  ])('%s has its milliseconds, cut and never rounded', (text, millis) => {
    expect(parse(text)).toBe(Date.UTC(2026, 2, 2, 2) + millis);
  });

  it('with a leap second is the second before it, and only at the end of a UTC day', () => {
    expect(parse('2016-12-31T23:59:60Z')).toBe(Date.UTC(2016, 11, 31, 23, 59, 59));
    expect(parse('2017-01-01T07:59:60.5+08:00')).toBe(Date.UTC(2016, 11, 31, 23, 59, 59, 500));
    expect(parse('2016-12-31T12:59:60Z')).toBeUndefined();
    expect(parse('2016-12-31T23:59:60+08:00')).toBeUndefined();
  });

  it.each([
    ...[
      '2026-03-02T02:00:00',
      '2026-03-02 02:00:00Z',
      '2026-03-02T24:00:00Z',
      '2026-03-02T02:60:00Z',
    ],
    ...[
      '2026-03-02T02:00:61Z',
      '2026-03-02T02:00Z',
      '2026-03-02T02:00:00.Z',
      '2026-03-02T02:00:00+0800',
    ],
    ...[
      '2026-03-02T02:00:00+24:00',
      '2026-03-02T02:00:00+08:60',
      '2026-03-02T02:00:00Z ',
      '02026-03-02T02:00:00Z',
    ],
    ...[
      '2026/03/02T02:00:00Z',
      '2026-3-2T02:00:00.000Z',
      '+026-03-02T02:00:00Z',
      '２026-03-02T02:00:00Z',
      'now',
    ],
    ...[
      '2026-03-02T02:00:00,5Z',
      '2026-03-02T02:00:00ZZ',
      '2026-W10-1T02:00:00Z',
      '2026-03-02T02:00:00+08',
    ],
  ])('is not %j', (text) => {
    expect(parse(text)).toBeUndefined();
  });
});
