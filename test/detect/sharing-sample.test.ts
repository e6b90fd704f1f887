/** The sample behind what is usual, against plain maps and sets. */

import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../pipeline/clock.ts';
import { SAMPLE_PAIRS, SharingSample, VALUE_PAIRS } from '../../pipeline/detect/sharing-sample.ts';

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
    const all = pairs(3000, VALUE_PAIRS);
    expect(all.length).toBeLessThan(SAMPLE_PAIRS);
    const sample = sampleOf([...all, ...shuffled(all)]);
    expect(sample).toMatchObject({ kept: 3000, all: 3000, size: all.length });
    for (const share of [0.01, 0.5, 0.9, 0.99, 0.999, 1, 0.98, 0.01]) {
      expect([share, sample.quantile(share)]).toEqual([share, exactQuantile(all, share)]);
    }
  });

  it('is bounded beyond that, and a fair one', () => {
    const all = pairs(400_000, 1500);
    const sample = sampleOf(all);
    expect(sample.size).toBeLessThanOrEqual(SAMPLE_PAIRS);
    expect(sample.size).toBeGreaterThan(SAMPLE_PAIRS / 4);
    expect(sample.bytes).toBeLessThan(1_000_000);
    expect(Math.abs(sample.all / 400_000 - 1)).toBeLessThan(0.05);
    expect(sample.quantile(0.99)).toBe(exactQuantile(all, 0.99));
  });

  it.each([25, 40, 63, 64, 65, 200, 3000])(
    'keeps enough values to tell what is usual where each has %i accounts',
    (each) => {
      const all = Array.from({ length: 700 }, () => pairs(1, each)).flat();
      const sample = sampleOf(all);
      expect(sample.kept).toBeGreaterThan(90);
      expect(Math.abs(sample.all / 700 - 1)).toBeLessThan(0.3);
      expect(Math.abs(sample.quantile(0.5) / each - 1)).toBeLessThanOrEqual(
        each > VALUE_PAIRS ? 0.1 : 0,
      );
    },
  );

  it('estimates the accounts of a value of many, and never loses the order of two', () => {
    for (const accounts of [70, 150, 1000, 20_000]) {
      const told = sampleOf(pairs(1, accounts)).quantile(1);
      expect([accounts, Math.abs(told / accounts - 1) < 0.35]).toEqual([accounts, true]);
    }
    const sample = sampleOf([...pairs(50, 1), ...pairs(1, 20_000), ...pairs(1, 900)]);
    const shares = [0.5, 51 / 52, 1, 0.5, 51 / 52, 1];
    const told = shares.map((share) => sample.quantile(share));
    expect(told.slice(0, 3)).toEqual(told.slice(3));
    expect(told[0]).toBeLessThan(told[1]!);
    expect(told[1]).toBeLessThan(told[2]!);
  });

  it('follows from what was added, in whatever order it came', () => {
    for (const all of [
      pairs(60_000, 5000),
      Array.from({ length: 300 }, () => pairs(2, 130)).flat(),
    ]) {
      const told = figures(sampleOf(all));
      for (let round = 0; round < 3; round++) {
        expect(figures(sampleOf(shuffled([...all, ...all.slice(0, 1000)])))).toEqual(told);
      }
    }
  });

  it('keeps few accounts of one value, so that it does not fill the sample', () => {
    const sample = sampleOf([...pairs(1, 50_000), ...pairs(2000, 1)]);
    expect(sample.kept).toBe(2001);
    expect(sample.size).toBeLessThanOrEqual(VALUE_PAIRS + 2000);
    expect(sample.bytes).toBeLessThan(250_000);
  });

  it('takes little memory where there is little to keep', () => {
    expect(sampleOf(pairs(300, 1)).bytes).toBeLessThan(50_000);
  });

  it('has no quantile of nothing', () => {
    expect(new SharingSample().quantile(0.99)).toBe(0);
  });
});
