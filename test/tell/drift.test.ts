import { describe, expect, it } from 'vitest';
import { FindingRates, RATE_BUCKET_MS, type Drift } from '../../pipeline/tell/drift.ts';
import { seededRandom } from '../../pipeline/clock.ts';

const LATENESS = 600_000;

/** Buckets of 1,000 events each with findings at the given rates, told in the order of a shuffle. */
function run(rates: readonly number[], seed = 1, restartAfter?: number): Drift[] {
  const random = seededRandom(seed);
  const scatter = seededRandom(99);
  const history: { atMs: number; found: boolean }[] = [];
  let told = new FindingRates(LATENESS);
  const changes: Drift[] = [];
  rates.forEach((rate, bucket) => {
    const events = Array.from({ length: 1000 }, (_, i) => ({
      atMs: bucket * RATE_BUCKET_MS + i * 300,
      found: scatter() < rate,
    }));
    for (const event of events.sort(() => random() - 0.5)) {
      told.observe(event.atMs, event.found ? [{ detector: 'd' }] : []);
      history.push(event);
    }
    changes.push(...told.settle((bucket + 1) * RATE_BUCKET_MS - 1));
    if (bucket === restartAfter) {
      told = new FindingRates(LATENESS);
      for (const { atMs, found } of history) told.observe(atMs, found ? [{ detector: 'd' }] : []);
      told.settle((bucket + 1) * RATE_BUCKET_MS - 1);
    }
  });
  return changes;
}

const level = (rate: number, buckets: number): number[] => new Array<number>(buckets).fill(rate);

describe('the rate of findings', () => {
  it('stays in its band while it only scatters', () => {
    expect(run(level(0.02, 300))).toEqual([]);
  });

  it('leaves it downwards when a detector falls silent', () => {
    const [change] = run([...level(0.05, 40), ...level(0, 8)]);
    expect(change).toMatchObject({ detector: 'd', state: 'below', rate: 0 });
    expect(change!.bucketStartMs).toBe(40 * RATE_BUCKET_MS);
    expect(change!.usual).toBeCloseTo(0.05, 2);
  });

  it('leaves it upwards in a flood, and comes back when the flood is over', () => {
    const states = run([...level(0.02, 40), ...level(0.3, 1), ...level(0.02, 10)]).map(
      ({ state }) => state,
    );
    expect(states).toEqual(['above', 'usual']);
  });

  it('says nothing before it knows a band', () => {
    expect(run([...level(0.02, 5), ...level(0.5, 5)])).toEqual([]);
  });

  it('does not depend on the order within a bucket, nor on a restart', () => {
    const rates = [...level(0.05, 30), ...level(0.2, 3), ...level(0, 10)];
    const expected = run(rates);
    expect(expected.length).toBeGreaterThan(1);
    expect(run(rates, 2)).toEqual(expected);
    expect(run(rates, 1, 29)).toEqual(expected);
  });

  it('tells how long each detector has been silent, in event time', () => {
    const rates = new FindingRates(LATENESS);
    expect(rates.secondsSinceFinding('d', 5000)).toBe(0);
    rates.observe(1000, []);
    expect(rates.secondsSinceFinding('d', 5000)).toBe(4);
    rates.observe(3000, [{ detector: 'd' }]);
    rates.observe(2000, [{ detector: 'd' }]);
    expect(rates.secondsSinceFinding('d', 5000)).toBe(2);
  });
});
