/** Which keys were there when the stream began, against a plain reader: shuffled arrival, late events, a restart. */

import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../pipeline/clock.ts';
import type { EarlyFeature } from '../../pipeline/detect/early-source.ts';
import { layFeatures } from '../../pipeline/detect/feature-layout.ts';
import { batchFrom, START_MS, type PlainEvent } from '../support/events.ts';

const MINUTE = 60_000;
const LATENESS = 2 * MINUTE;
const EARLY: EarlyFeature = {
  kind: 'early',
  key: 'ip',
  withinMs: 5 * MINUTE,
  untilMs: 20 * MINUTE,
};
const LIMITS = { allowedLatenessMs: LATENESS, maxKeys: 10_000, maxEntries: 100_000 };

interface Arrival {
  readonly atMs: number;
  readonly ip: string | undefined;
  readonly event: PlainEvent;
}

/** It has begun with its hundredth event. */
const BEGUN_BY = 100;

/** Events over an hour, in the order in which they come: some in time, some far too late. */
function arrivals(seed: number): Arrival[] {
  const random = seededRandom(seed);
  return Array.from({ length: 300 }, (_, i) => {
    const atMs = START_MS + i * 12_000;
    const ip = random() < 0.1 ? undefined : `203.0.113.${1 + Math.floor(random() * 60)}`;
    const chance = random();
    const delay = chance < 0.3 ? random() * LATENESS : chance < 0.35 ? random() * 1_800_000 : 0;
    const event = {
      ...{ id: `e-${i}`, type: 'login', accountId: `a-${i}`, ip },
      occurredAt: new Date(atMs).toISOString(),
    };
    return [atMs + delay, { atMs, ip, event }] as const;
  })
    .sort(([a], [b]) => a - b)
    .map(([, arrival]) => arrival);
}

function expected(all: readonly Arrival[]): number[] {
  const stored: Arrival[] = [];
  let watermarkMs = -Infinity;
  return all.map(({ atMs, ip }, i) => {
    const openMs = watermarkMs - LATENESS;
    if (atMs >= openMs) stored.push(all[i]!);
    watermarkMs = Math.max(watermarkMs, atMs);
    const begunMs = stored.map((one) => one.atMs).sort((a, b) => a - b)[BEGUN_BY - 1] ?? Infinity;
    const isEarly = stored.some(
      (one) => one.ip === ip && ip !== undefined && one.atMs - begunMs < EARLY.withinMs,
    );
    return isEarly && Math.max(atMs, openMs) - begunMs < EARLY.untilMs ? 1 : 0;
  });
}

function lay() {
  return layFeatures([{ spec: EARLY, measuredOn: ['login'] }], LIMITS);
}

function measured(all: readonly Arrival[], { store, sources } = lay()): number[] {
  const out: number[] = [];
  for (let from = 0; from < all.length; from += 40) {
    const batch = batchFrom(all.slice(from, from + 40).map(({ event }) => event));
    const matrix = { width: 1, values: new Float64Array(batch.length).fill(7) };
    store.measure(batch, 0, batch.length, matrix);
    for (const source of sources) source.measure(batch, 0, batch.length, matrix);
    out.push(...matrix.values);
  }
  return out;
}

describe('keys that were there when the stream began', () => {
  it.each([1, 2, 3, 4, 5, 6])('are those that a plain reader finds: seed %i', (seed) => {
    const all = arrivals(seed);
    const told = measured(all);
    expect(told).toEqual(expected(all));
    expect(new Set(told)).toEqual(new Set([0, 1]));
  });

  it('are the same after a restart, whatever the order in which events are taken back in', () => {
    const all = [...arrivals(7)].sort((a, b) => a.atMs - b.atMs);
    const layout = lay();
    const before = batchFrom(
      all
        .slice(0, 150)
        .reverse()
        .map(({ event }) => event),
    );
    layout.store.restore(before, 0, before.length);
    for (const source of layout.sources) source.restore(before, 0, before.length);
    const after = measured(all.slice(150), layout);
    expect(after).toEqual(measured(all).slice(150));
    expect(after).toContain(1);
  });

  it('are told though some of the first events are a day old, and came before anything said that they are late', () => {
    const stale = Array.from({ length: 5 }, (_, i): Arrival => {
      const atMs = START_MS - 86_400_000 + i * 3_600_000;
      const event = { id: `stale-${i}`, type: 'login', accountId: 's', ip: '203.0.113.250' };
      const occurredAt = new Date(atMs).toISOString();
      return { atMs, ip: event.ip, event: { ...event, occurredAt } };
    });
    const fresh = [...arrivals(9)].sort((a, b) => a.atMs - b.atMs);
    const told = measured([...stale, ...fresh]);
    expect(told).toEqual(expected([...stale, ...fresh]));
    expect(told.slice(stale.length, 100)).toContain(1);
  });

  it('are none where a beginning has no length', () => {
    const layout = layFeatures(
      [{ spec: { ...EARLY, withinMs: 0 }, measuredOn: ['login'] }],
      LIMITS,
    );
    expect(new Set(measured(arrivals(10), layout))).toEqual(new Set([0]));
    expect(layout.sources[0]!.stats()).toMatchObject({ keys: 0, warming: [] });
  });

  it('are forgotten when the stream has been watched long enough, and until then that is reported', () => {
    const layout = lay();
    const all = [...arrivals(8)].sort((a, b) => a.atMs - b.atMs);
    const [source] = layout.sources;
    measured(all.slice(0, 160), layout);
    expect(source!.stats().keys).toBeGreaterThan(10);
    expect(source!.stats().warming).toEqual([
      { feature: "each ip of the stream's beginning", known: 0.2, needed: 1 / 3, unit: 'hours' },
    ]);
    measured(all.slice(160), layout);
    expect(source!.stats()).toMatchObject({ keys: 0, warming: [] });
  });
});
