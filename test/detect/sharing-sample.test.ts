/** The sample behind what is usual, against plain maps and sets. */

import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../pipeline/clock.ts';
import {
  MOST_ACCOUNTS,
  SAMPLE_PAIRS,
  SharingSample,
} from '../../pipeline/detect/sharing-sample.ts';

/** A value and an account, each by the halves of a hash. */
type Pair = readonly [lo: number, hi: number, accountLo: number, accountHi: number];

const random = seededRandom(20261122);
const half = (): number => (random() * 2 ** 32) | 0;

/** Values of one to `most` accounts, most of them of one: by rank as in a market. */
function pairs(values: number, most: number): Pair[] {
  return Array.from({ length: values }, (_, rank) => {
    const [lo, hi] = [half(), half()];
    const accounts = Math.max(1, Math.floor(most / (rank + 1)));
    return Array.from({ length: accounts }, (): Pair => [lo, hi, half(), half()]);
  }).flat();
}

function sampleOf(all: readonly Pair[]): SharingSample {
  const sample = new SharingSample();
  for (const pair of all) sample.add(...pair);
  return sample;
}

function shuffled<T>(items: readonly T[]): T[] {
  return items
    .map((item) => [random(), item] as const)
    .sort(([a], [b]) => a - b)
    .map(([, item]) => item);
}

/** The number of accounts that the share of the values does not pass. */
function exactQuantile(all: readonly Pair[], share: number): number {
  const accounts = new Map<string, number>();
  for (const [lo, hi] of all) accounts.set(`${lo} ${hi}`, (accounts.get(`${lo} ${hi}`) ?? 0) + 1);
  const sorted = [...accounts.values()].sort((a, b) => a - b);
  return sorted[Math.max(1, Math.ceil(share * sorted.length)) - 1]!;
}

const figures = (sample: SharingSample) => ({
  kept: sample.kept,
  all: sample.all,
  size: sample.size,
  quantiles: [0.01, 0.5, 0.9, 0.99, 0.999, 1].map((share) => sample.quantile(share)),
});

describe('a sample of what values have', () => {
  it('is exact while all of it can be kept, however often a pair comes', () => {
    const all = pairs(3000, 1500);
    expect(all.length).toBeLessThan(SAMPLE_PAIRS);
    const sample = sampleOf([...all, ...shuffled(all)]);
    expect(sample).toMatchObject({ kept: 3000, all: 3000, size: all.length });
    for (const share of [0.01, 0.5, 0.9, 0.99, 0.999, 1]) {
      expect([share, sample.quantile(share)]).toEqual([share, exactQuantile(all, share)]);
    }
  });

  it('is bounded beyond that, and a fair one', () => {
    const all = pairs(400_000, 1500);
    const sample = sampleOf(all);
    expect(sample.size).toBeLessThanOrEqual(SAMPLE_PAIRS);
    expect(sample.size).toBeGreaterThan(SAMPLE_PAIRS / 4);
    expect(sample.bytes).toBe(new SharingSample().bytes);
    expect(Math.abs(sample.all / 400_000 - 1)).toBeLessThan(0.05);
    expect(sample.quantile(0.99)).toBe(exactQuantile(all, 0.99));
  });

  it('follows from what was added, in whatever order it came', () => {
    const all = pairs(60_000, 5000);
    const told = figures(sampleOf(all));
    expect(told.kept).toBeLessThan(30_000);
    for (let round = 0; round < 3; round++) {
      expect(figures(sampleOf(shuffled([...all, ...all.slice(0, 1000)])))).toEqual(told);
    }
  });

  it('counts no further than it has to, so that one value does not fill it', () => {
    const [lo, hi] = [half(), half()];
    const hub = Array.from({ length: 50_000 }, (): Pair => [lo, hi, half(), half()]);
    const sample = sampleOf([...hub, ...pairs(2000, 1)]);
    expect(sample.quantile(1)).toBe(MOST_ACCOUNTS);
    expect(sample).toMatchObject({ kept: 2001, size: MOST_ACCOUNTS + 2000 });
  });

  it('has no quantile of nothing', () => {
    expect(new SharingSample().quantile(0.99)).toBe(0);
  });
});
