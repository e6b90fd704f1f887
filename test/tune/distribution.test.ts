import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../pipeline/clock.ts';
import { AccountDays } from '../../pipeline/tune/account-days.ts';
import { Distribution } from '../../pipeline/tune/distribution.ts';

describe.each(['atLeast', 'atMost'] as const)('a distribution where %s is worse', (direction) => {
  const reaches = (value: number, threshold: number): boolean =>
    direction === 'atLeast' ? value >= threshold : value <= threshold;

  it.each([10_000, 50])('says exactly what reaches each candidate, keeping %i values', (cap) => {
    const random = seededRandom(11);
    const values = Array.from({ length: 3000 }, () => (random() - 0.2) * 10 ** (random() * 6));
    values.push(0, 0, -3, 3);
    const distribution = new Distribution(direction, cap);
    for (const value of values) distribution.add(value, value > 5 ? 'fraud' : 'honest');
    const candidates = distribution.candidates();
    expect(distribution.isSketched).toBe(cap === 50);
    expect(candidates.length).toBeGreaterThan(100);
    for (const { threshold, fraud, honest } of candidates) {
      const reaching = values.filter((value) => reaches(value, threshold));
      expect({ threshold, fraud: reaching.filter((value) => value > 5).length }).toEqual({
        threshold,
        fraud,
      });
      expect(fraud + honest).toBe(reaching.length);
    }
  });
});

describe('accounts a day', () => {
  it('are exact below the bound: each account once a day, by its worst value', () => {
    const days = new AccountDays('atMost');
    days.add(1, 10, 5);
    days.add(1, 10, 3);
    days.add(1, 11, 9);
    days.add(2, 10, 7);
    expect(days.reaching([2, 3, 7, 100])).toEqual([0, 1, 2, 3]);
    expect(days.isExact).toBe(true);
  });

  it('are estimated above it, in bounded memory', () => {
    const random = seededRandom(2);
    const days = new AccountDays('atLeast', 2000);
    for (let i = 0; i < 50_000; i++) days.add(Math.floor(random() * 2 ** 53), i % 7, i % 2);
    const [half, all] = days.reaching([1, 0]);
    expect(days.isExact).toBe(false);
    expect(all! / 50_000).toBeGreaterThan(0.9);
    expect(all! / 50_000).toBeLessThan(1.1);
    expect(half! / all!).toBeCloseTo(0.5, 1);
  });
});
