import { describe, expect, it } from 'vitest';
import type { FeatureSpec } from '../../pipeline/detect/feature.ts';
import { FeatureLayers } from '../../pipeline/detect/feature-layers.ts';
import { batchOf } from '../support/batches.ts';

const HOUR_MS = 3_600_000;
const MOST = 20;

const request = (spec: FeatureSpec) => ({ spec, measuredOn: ['payment'] as const });
const countPer = (key: 'accountId' | 'deviceId' | 'ip') =>
  request({ key, on: ['payment'], windowMs: HOUR_MS, aggregate: { kind: 'count' } });
const lastSeen = (key: 'accountId' | 'deviceId') =>
  request({ kind: 'lastSeen', key: [key], on: ['payment'], horizonMs: HOUR_MS });
const ring = (field: 'cardId' | 'deviceId') =>
  request({
    ...{ kind: 'ring', on: ['payment'], value: 'accounts', newMs: HOUR_MS },
    links: [{ field, windowMs: HOUR_MS, accounts: 5 }],
  });

/** Payments of accounts and devices that nobody saw before, a second apart. */
function strangers(fromMs: number, count: number): ReturnType<typeof batchOf> {
  return batchOf(
    Array.from({ length: count }, (_, n) => {
      const who = `${fromMs + n}`;
      const occurredAtMs = fromMs + n * 1000;
      const keys = { accountId: `a${who}`, deviceId: `d${who}`, cardId: `c${who}` };
      return { id: `e${who}`, type: 'payment', occurredAtMs, ...keys };
    }),
  );
}

describe('what is usual of a kind of value', () => {
  const LIMITS = { allowedLatenessMs: 0, maxKeys: MOST, maxEntries: 10_000 };
  const usual = (field: 'cardId' | 'deviceId', quantile: number) =>
    request({
      ...{ kind: 'sharing', field, on: ['payment'], windowMs: HOUR_MS },
      ...{ quantile, values: 1 },
    });
  const first = [usual('deviceId', 0.9), usual('cardId', 0.9)];

  it('is told, and reported as warming, only by the features that the one who judges reads', () => {
    const layers = new FeatureLayers(first, LIMITS);
    layers.complete(layers.lay([usual('deviceId', 0.99)]));
    // Another quantile for devices, the same one for cards.
    const columns = new Set([1, 2]);
    expect(layers.sharing(columns).map(({ field }) => field)).toEqual(['cardId', 'deviceId']);
    expect(layers.warming(columns).map(({ feature }) => feature)).toEqual([
      'usual accounts per cardId',
      'usual accounts per deviceId',
    ]);
    expect(layers.warming(new Set([2])).length).toBe(1);
    expect(layers.sharing(new Set([0, 1])).length).toBe(2);
  });
});

describe('keys of the beginning of the stream', () => {
  it('are reported as warming only where the one who judges reads them', () => {
    const early = (withinMs: number) =>
      request({ kind: 'early', key: 'ip', withinMs, untilMs: HOUR_MS });
    const limits = { allowedLatenessMs: 0, maxKeys: MOST, maxEntries: 10_000 };
    const layers = new FeatureLayers([countPer('ip'), early(60_000)], limits);
    layers.complete(layers.lay([early(0)]));
    expect(layers.warming(new Set([0, 1])).length).toBe(1);
    expect(layers.warming(new Set([0, 2]))).toEqual([]);
  });
});

describe('days that bursts are held against', () => {
  it('are reported as warming only where the one who judges reads them', () => {
    const burst = (days: number) =>
      request({
        ...{ kind: 'burst', key: 'ip', on: ['payment'], distinct: 'accountId', read: 'score' },
        ...{ bucketMs: HOUR_MS, days, knownDays: 1, from: 1 },
      });
    const limits = { allowedLatenessMs: 0, maxKeys: MOST, maxEntries: 10_000 };
    const layers = new FeatureLayers([countPer('ip'), burst(2)], limits);
    layers.complete(layers.lay([burst(3)]));
    expect(layers.warming(new Set([0, 2])).map(({ needed }) => needed)).toEqual([3]);
  });
});

describe('layers share the configured bounds', () => {
  const kinds = {
    windows: [countPer('accountId'), countPer('deviceId')],
    'last seen': [lastSeen('accountId'), lastSeen('deviceId')],
    rings: [ring('cardId'), ring('deviceId')],
  } as const;
  for (const [name, [first, second]] of Object.entries(kinds)) {
    it(`${name}: together they hold no more, and the last one gets room when the others let go`, () => {
      const limits = { allowedLatenessMs: 0, maxKeys: MOST, maxEntries: 10_000 };
      const layers = new FeatureLayers([first], limits);
      const held = (): number =>
        layers.sources.reduce((sum, source) => sum + source.stats().keys, layers.stats().keys);
      const feed = (fromMs: number, count: number): void => {
        const batch = strangers(fromMs, count);
        layers.measure(batch, 0, batch.length);
      };
      feed(0, 2 * MOST);
      expect(held()).toBe(MOST);
      const layer = layers.lay([second]);
      layers.complete(layer);
      feed(100_000, 10);
      expect(held()).toBe(MOST);
      // The first layer's windows have passed: the hand lets go of a few keys with every event.
      for (let n = 1; n < 60; n++) feed(10 * HOUR_MS * n, 2);
      feed(1000 * HOUR_MS, MOST);
      const { store, sources } = layer.layout;
      const own = sources.reduce((sum, source) => sum + source.stats().keys, store.stats().keys);
      expect(own).toBeGreaterThanOrEqual(MOST / 4);
      expect(held()).toBeLessThanOrEqual(MOST);
    });
  }

  it('gives back what an abandoned layer held', () => {
    const limits = { allowedLatenessMs: 0, maxKeys: MOST, maxEntries: 10_000 };
    const layers = new FeatureLayers([countPer('accountId')], limits);
    const layer = layers.lay([countPer('deviceId')]);
    const batch = strangers(0, 4 * MOST);
    layers.measure(batch, 0, batch.length);
    expect(layers.stats().keys).toBeLessThanOrEqual(MOST);
    layers.abandon(layer);
    const more = strangers(200_000, 4 * MOST);
    layers.measure(more, 0, more.length);
    expect(layers.stats().keys).toBe(MOST);
  });
});
