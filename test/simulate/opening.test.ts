import { describe, expect, test } from 'vitest';
import { openingBefore } from '../../pipeline/simulate/opening.ts';

const at = (local: string): number => Date.parse(`${local}+08:00`);
const window = (from: string, to: string) => ({
  from: at(`${from}T00:00:00`),
  to: at(`${to}T00:00:00`),
});
const BILLS = window('2026-09-01', '2026-12-01');
const CARDS = window('2026-10-01', '2026-12-30');

describe('a simulation begins', () => {
  test.each([
    ['on the latest Friday', '2026-11-22T12:00:00', '2026-11-20T09:50:00'],
    ['on a Friday as it opens', '2026-11-20T09:50:00', '2026-11-20T09:50:00'],
    ['a week earlier a moment before', '2026-11-20T09:49:59.999', '2026-11-13T09:50:00'],
    [
      'on the last Friday of all campaigns, not of some',
      '2026-12-20T12:00:00',
      '2026-11-27T09:50:00',
    ],
    ['on it years later', '2028-02-29T12:00:00', '2026-11-27T09:50:00'],
    ['on the latest Friday before all of them', '2026-03-03T12:00:00', '2026-02-27T09:50:00'],
  ])('%s', (_title, now, expected) => {
    expect(openingBefore(at(now), [BILLS, CARDS])).toBe(at(expected));
  });

  test('on the latest Friday without any campaign', () => {
    expect(openingBefore(at('2026-11-22T12:00:00'), [])).toBe(at('2026-11-20T09:50:00'));
  });
});
