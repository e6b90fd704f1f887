import { expect, test } from 'vitest';
import { daysOf, periodsOf } from '../../pipeline/report/periods.ts';
import { at, AUTUMN } from './history.ts';

const WHOLE = { firstMs: at('2026-01-01 00:00'), lastMs: at('2027-01-01 00:00') };

test('the baseline is as long as the window, retention thirty days after it, dormancy six whole months before', () => {
  expect(periodsOf(AUTUMN, WHOLE)).toMatchObject({
    base: at('2026-09-19 00:00'),
    until: at('2026-10-13 00:00'),
    spanFrom: at('2026-09-28 00:00'),
    spanTo: at('2026-10-16 00:00'),
    retainedTo: at('2026-11-12 00:00'),
    // A payment on 1 April leaves six whole months until 1 October: that customer is dormant.
    dormantSince: at('2026-04-02 00:00'),
    comparable: true,
  });
});

test('a record that begins on the second day of the baseline has none', () => {
  const from = (local: string) => periodsOf(AUTUMN, { ...WHOLE, firstMs: at(local) }).comparable;
  expect([from('2026-09-19 23:59:59.999'), from('2026-09-20 00:00')]).toEqual([true, false]);
});

test('days are those of the zone, the shorter one of a clock change too', () => {
  const days = daysOf(
    Date.parse('2026-03-28T12:00:00Z'),
    Date.parse('2026-03-30T00:00:00Z'),
    'Europe/Berlin',
  );
  expect(days).toEqual(['2026-03-28', '2026-03-29', '2026-03-30']);
});
