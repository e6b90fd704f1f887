/** What is usual of a kind, against plain maps and sets: shuffled arrival, late events, a restart. */

import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../pipeline/clock.ts';
import { layFeatures } from '../../pipeline/detect/feature-layout.ts';
import type { FeatureRequest } from '../../pipeline/detect/feature-plan.ts';
import type { SharingFeature } from '../../pipeline/detect/sharing-feature.ts';
import { batchFrom, type PlainEvent } from '../support/events.ts';

const HOUR = 3_600_000;
const LATENESS = HOUR / 2;
const START = Date.parse('2026-03-06T02:00:00Z');
const LIMITS = { allowedLatenessMs: LATENESS, maxKeys: 100_000, maxEntries: 1_000_000 };
const PAYEES: SharingFeature = {
  ...{ kind: 'sharing', field: 'payeeId', on: ['payment'], windowMs: HOUR },
  ...{ quantile: 0.8, values: 4 },
};
const DEVICES: SharingFeature = { ...PAYEES, field: 'deviceId', on: ['payment', 'login'] };
const REQUESTS = [
  { spec: PAYEES, measuredOn: ['payment', 'login'] },
  // Fed by more than it is measured at.
  { spec: DEVICES, measuredOn: ['login'] },
] as const satisfies readonly FeatureRequest[];

interface Arrival {
  readonly atMs: number;
  readonly event: PlainEvent;
}

function arrivals(seed: number, count: number): Arrival[] {
  const random = seededRandom(seed);
  const pick = (name: string, of: number): string => `${name}-${Math.floor(of * random() ** 3)}`;
  return Array.from({ length: count }, (_, i): Arrival => {
    const atMs = START + Math.floor(i * ((5 * HOUR) / count));
    return {
      atMs,
      event: {
        id: `e-${i}`,
        type: random() < 0.7 ? 'payment' : 'login',
        occurredAt: new Date(atMs).toISOString(),
        accountId: random() < 0.05 ? 'unknown' : pick('a', 60),
        ...(random() < 0.8 && { payeeId: random() < 0.1 ? '' : pick('p', 12) }),
        ...(random() < 0.8 && { deviceId: pick('d', 20) }),
        ...{ amount: 100, currency: 'CNY' },
      },
    };
  });
}

/** Moves some events back by less than the lateness, some by far more. */
function delayed(all: readonly Arrival[], seed: number): Arrival[] {
  const random = seededRandom(seed);
  return all
    .map((one) => {
      const chance = random();
      const byMs = chance < 0.2 ? random() * LATENESS : chance < 0.25 ? random() * 3 * HOUR : 0;
      return [one.atMs + byMs, one] as const;
    })
    .sort(([a], [b]) => a - b)
    .map(([, one]) => one);
}

/** What a plain reader says at every event, NaN as −1. */
function expected(all: readonly Arrival[]): number[][] {
  const stored: Arrival[] = [];
  let watermarkMs = -Infinity;
  return all.map((one) => {
    const isLate = one.atMs < watermarkMs - LATENESS;
    const beforeMs = watermarkMs;
    watermarkMs = Math.max(watermarkMs, one.atMs);
    if (!isLate) stored.push(one);
    const timeMs = isLate ? Math.max(one.atMs, beforeMs - LATENESS) : one.atMs;
    const span = Math.floor(timeMs / HOUR) - 1;
    return REQUESTS.map(({ spec: { field, on, quantile, values }, measuredOn }) => {
      if (!(measuredOn as readonly unknown[]).includes(one.event['type'])) return -1;
      const accounts = new Map<unknown, Set<unknown>>();
      const eighths = stored
        .filter(({ atMs }) => Math.floor(atMs / HOUR) === span)
        .map(({ atMs }) => Math.floor(((atMs % HOUR) * 8) / HOUR));
      if (new Set(eighths).size < 8) return -1;
      for (const { atMs, event } of stored) {
        const value = event[field];
        if (Math.floor(atMs / HOUR) !== span || !(on as readonly unknown[]).includes(event['type']))
          continue;
        if (value === undefined || value === '' || event['accountId'] === 'unknown') continue;
        accounts.set(value, (accounts.get(value) ?? new Set()).add(event['accountId']));
      }
      const sizes = [...accounts.values()].map(({ size }) => size).sort((a, b) => a - b);
      return sizes.length < values ? -1 : sizes[Math.ceil(quantile * sizes.length) - 1]!;
    });
  });
}

/** What the source says; the first `restored` events are taken back in before, in any order. */
function measured(all: readonly Arrival[], restored: readonly Arrival[] = []): number[][] {
  const { store, sources, width } = layFeatures(REQUESTS, LIMITS);
  if (restored.length > 0) {
    const history = batchFrom(restored.map(({ event }) => event));
    store.restore(history, 0, history.length);
    for (const source of sources) source.restore(history, 0, history.length);
  }
  const out: number[][] = [];
  for (let from = 0; from < all.length; from += 60) {
    const batch = batchFrom(all.slice(from, from + 60).map(({ event }) => event));
    const matrix = { width, values: new Float64Array(width * batch.length).fill(7) };
    store.measure(batch, 0, batch.length, matrix);
    for (const source of sources) source.measure(batch, 0, batch.length, matrix);
    for (let row = 0; row < batch.length; row++) {
      const values = [...matrix.values.subarray(row * width, row * width + 2)];
      out.push(values.map((value) => (Number.isNaN(value) ? -1 : value)));
    }
  }
  return out;
}

describe('what is usual of a kind of value', () => {
  it.each([1, 2, 3, 4, 5])('is what a plain reader says at every event: seed %i', (seed) => {
    const all = delayed(arrivals(seed, 600), seed + 100);
    const told = measured(all);
    expect(told).toEqual(expected(all));
    expect(new Set(told.flat()).size).toBeGreaterThan(3);
    expect(told[0]).toEqual([-1, -1]);
  });

  it('is the same after a restart, whatever the order in which events are taken back in', () => {
    const all = arrivals(9, 600);
    const before = all.slice(0, 400);
    const after = all.slice(400);
    const shuffled = delayed([...before].reverse(), 3);
    expect(measured(after, shuffled)).toEqual(measured(all).slice(400));
  });

  it('is not told of where it is not asked', () => {
    const requests: FeatureRequest[] = [{ spec: DEVICES, measuredOn: ['payment'] }];
    const { sources } = layFeatures(requests, LIMITS);
    const batch = batchFrom([{ type: 'login', accountId: 'a', deviceId: 'd' }]);
    const matrix = { width: 1, values: new Float64Array([7]) };
    sources[0]!.measure(batch, 0, 1, matrix);
    expect(matrix.values[0]).toBeNaN();
  });

  it('is not told of an hour that the stream began in, or in which it stood still', () => {
    const all = arrivals(6, 600);
    const second = all.slice(Math.floor(600 / 5), 2 * Math.floor(600 / 5));
    const third = all.slice(2 * Math.floor(600 / 5), 3 * Math.floor(600 / 5));
    const tell = (known: readonly Arrival[]) => new Set(measured(third, known).map(([one]) => one));
    const atMinute = ({ atMs }: Arrival): number => (atMs % HOUR) / 60_000;
    expect(tell(second)).not.toEqual(new Set([-1]));
    expect(tell(second.filter((one) => atMinute(one) >= 40))).toEqual(new Set([-1]));
    expect(tell(second.filter((one) => atMinute(one) < 20 || atMinute(one) > 40))).toEqual(
      new Set([-1]),
    );
  });

  it.each([25, 40, 100])('is told where each of 700 values has %i accounts', (each) => {
    const spec: SharingFeature = { ...DEVICES, quantile: 0.99, values: 500 };
    const { sources, width } = layFeatures([{ spec, measuredOn: ['login'] }], LIMITS);
    const login = (atMs: number, n: number): PlainEvent => ({
      ...{ id: `e-${atMs}-${n}`, type: 'login', occurredAt: new Date(atMs).toISOString() },
      ...{ accountId: `a-${n}`, deviceId: `d-${n % 700}` },
    });
    const count = 700 * each;
    const hour = Array.from({ length: count }, (_, n) =>
      login(START + Math.floor((n * HOUR) / count), n),
    );
    const batch = batchFrom([...hour, login(START + HOUR, 0)]);
    const values = new Float64Array(batch.length);
    sources[0]!.measure(batch, 0, batch.length, { width, values });
    expect(Math.abs(values.at(-1)! / each - 1)).toBeLessThanOrEqual(each <= 64 ? 0 : 0.5);
  });

  describe('is reported', () => {
    const source = () => {
      const made = layFeatures(REQUESTS, LIMITS).sources[0]!;
      const take = (all: readonly Arrival[]): void => {
        const batch = batchFrom(all.map(({ event }) => event));
        made.restore(batch, 0, batch.length);
      };
      const warming = (isRead?: (column: number) => boolean) =>
        made.stats(isRead).warming!.map(({ feature, known, needed, unit }) => {
          return `${feature}: ${known} of ${needed} ${unit}`;
        });
      return { take, warming };
    };

    it('as long as no span was seen as a whole', () => {
      const { take, warming } = source();
      const all = arrivals(1, 600);
      expect(warming()).toEqual([
        'usual accounts per payeeId: 0 of 1 hours',
        'usual accounts per deviceId: 0 of 1 hours',
      ]);
      take(all.slice(0, 60));
      expect(warming()[0]).toBe('usual accounts per payeeId: 0.5 of 1 hours');
      take(all.slice(60));
      expect(warming()).toEqual([]);
    });

    it('no longer of a kind that has too few values, and never will have more', () => {
      const { take, warming } = source();
      take(arrivals(1, 600).map(({ atMs, event: { payeeId: _, ...event } }) => ({ atMs, event })));
      expect(warming()).toEqual([]);
    });

    it('of the columns that are read', () => {
      expect(source().warming((column) => column === 1)).toEqual([
        'usual accounts per deviceId: 0 of 1 hours',
      ]);
    });
  });
});
