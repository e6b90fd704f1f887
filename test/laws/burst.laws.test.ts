import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BurstFeature } from '../../pipeline/detect/burst-feature.ts';
import { layFeatures, type FeatureLayout } from '../../pipeline/detect/feature-layout.ts';
import type { EventType } from '../../pipeline/event.ts';
import { batchOf, type Row } from '../support/batches.ts';
import { measureBurst } from './burst-oracle.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** The usual one, and one so long that the baseline of an event in time can still change. */
const LATENESSES = [30 * MINUTE, 50 * HOUR] as const;
const LATENESS = LATENESSES[0];
const START = Date.UTC(2026, 0, 1);
const ON: readonly EventType[] = ['payment', 'login', 'account.opened'];

const COMMON = { kind: 'burst', days: 3, knownDays: 2, from: 0 } as const;
const hourly = { ...COMMON, key: 'merchantId', on: ['payment'], bucketMs: HOUR } as const;
const opened = {
  ...COMMON,
  key: ['ip'],
  on: ['account.opened'],
  seenOn: ['login', 'payment'],
  distinct: 'accountId',
  bucketMs: 20 * MINUTE,
  from: 2,
} as const;
const SPECS: readonly BurstFeature[] = [
  ...(['count', 'score', 'baseline', 'known'] as const).map((read) => ({ ...hourly, read })),
  ...(['count', 'score', 'baseline', 'known'] as const).map((read) => ({ ...opened, read })),
  { ...hourly, days: 1, knownDays: 1, read: 'score' },
  { ...hourly, key: ['merchantId', 'ip'], distinct: 'cardId', bucketMs: 5 * MINUTE, read: 'score' },
];

const some = (of: number): fc.Arbitrary<number | null> =>
  fc.option(fc.integer({ min: 0, max: of - 1 }), { nil: null, freq: 9 });

/** Events that crowd around two hours of some days, so that buckets meet their baselines. */
const rows: fc.Arbitrary<readonly Row[]> = fc
  .array(
    fc.record({
      day: fc.integer({ min: 0, max: 5 }),
      hour: fc.constantFrom(0, 9, 9, 9, 23),
      atMs: fc.integer({ min: 0, max: HOUR - 1 }),
      behindMs: fc.constantFrom(0, 0, MINUTE, LATENESS - 1, LATENESS, 3 * HOUR, 2 * DAY),
      type: fc.constantFrom(...ON),
      merchant: some(2),
      ip: some(2),
      account: some(4),
    }),
    { minLength: 1, maxLength: 160, size: 'max' },
  )
  .map((all) =>
    all
      .map((one) => ({ ...one, clockMs: START + one.day * DAY + one.hour * HOUR + one.atMs }))
      .sort((a, b) => a.clockMs - b.clockMs)
      .map(({ clockMs, behindMs, type, merchant, ip, account }, index): Row => ({
        id: `event-${index}`,
        type,
        occurredAtMs: clockMs - behindMs,
        ...(merchant === null ? {} : { merchantId: `merchant-${merchant}` }),
        ...(ip === null ? {} : { ip: `ip-${ip}` }),
        ...(account === null ? {} : { accountId: `account-${account}`, cardId: `card-${account}` }),
      })),
  );

function lay(
  specs = SPECS,
  limits = { maxCounts: 100_000, maxMembers: 100_000 },
  allowedLatenessMs: number = LATENESS,
): FeatureLayout {
  return layFeatures(
    specs.map((spec) => ({ spec, measuredOn: ON })),
    { allowedLatenessMs, maxKeys: 1000, maxEntries: 10_000, bursts: limits },
  );
}

/** Row by row what is measured, and which rows were late. */
function run(
  layout: FeatureLayout,
  events: readonly Row[],
): { values: number[][]; late: boolean[] } {
  const batch = batchOf(events);
  const { width } = layout;
  const out = { width, values: new Float64Array(width * events.length).fill(7) };
  layout.store.measure(batch, 0, events.length, out);
  for (const source of layout.sources) source.measure(batch, 0, events.length, out);
  return {
    values: events.map((_, i) => [...out.values.subarray(i * width, (i + 1) * width)]),
    late: events.map((_, i) => batch.late[i] === 1),
  };
}

/** Ratios of the same integers, worked out in the same order: equal to the last bit. */
function agree(values: readonly number[][], expected: readonly number[][]): void {
  expect(values).toEqual(expected);
}

function oracle(events: readonly Row[], late: readonly boolean[]): number[][] {
  const inTime: Row[] = [];
  return events.map((event, i) => {
    if (late[i]) return SPECS.map(() => Number.NaN);
    inTime.push(event);
    return SPECS.map((spec) => measureBurst(spec, inTime, event));
  });
}

describe('bursts', () => {
  it.each(LATENESSES)(
    'measure what a filter over all events in time measures, late ones being nothing, at a lateness of %d ms',
    (latenessMs) => {
      fc.assert(
        fc.property(rows, (events) => {
          const { values, late } = run(lay(SPECS, undefined, latenessMs), events);
          agree(values, oracle(events, late));
        }),
        { numRuns: 40 },
      );
    },
  );

  it('are compared with the past as it is now, whatever has been measured beyond the newest that was counted', () => {
    const visit = (day: number, hour: number, type: EventType, merchantId?: string): Row => ({
      ...{
        id: `${day}-${type}-${merchantId}`,
        type,
        occurredAtMs: START + day * DAY + hour * HOUR,
      },
      ...(merchantId !== undefined && { merchantId }),
    });
    const events = [
      visit(0, 0, 'payment', 'm'),
      visit(3, 9, 'login', 'm'),
      visit(1, 9, 'payment'),
      visit(3, 9, 'payment', 'm'),
    ];
    const { values, late } = run(lay(SPECS, undefined, LATENESSES[1]), events);
    expect(late).not.toContain(true);
    agree(values, oracle(events, late));
  });

  it('meet every case: known and unknown baselines, scores above and below, late events', () => {
    const seen = { late: 0, score: 0, negative: 0, unknown: 0, baseline: 0 };
    for (const events of fc.sample(rows, { numRuns: 60, seed: 7 })) {
      const { values, late } = run(lay(), events);
      seen.late += late.filter(Boolean).length;
      for (const row of values) {
        seen.score += Number(row[1]! > 0);
        seen.negative += Number(row[1]! < 0);
        seen.baseline += Number(row[2]! > 0);
        seen.unknown += Number(row[0]! > 0 && Number.isNaN(row[1]!));
      }
    }
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(10);
  });

  it('do not depend on the order in which events came before, nor on a restart between', () => {
    fc.assert(
      fc.property(rows, fc.nat(), fc.nat(), (events, cut, seed) => {
        const { late } = run(lay(), events);
        const inTime = events.filter((_, i) => !late[i]);
        const first = inTime.slice(0, cut % (inTime.length + 1));
        const rest = inTime.slice(first.length);
        const undisturbed = lay();
        run(undisturbed, first);
        const expected = run(undisturbed, rest);

        const restarted = lay();
        const shuffled = [...first].sort((a, b) => order(a.id, seed) - order(b.id, seed));
        const batch = batchOf(shuffled);
        restarted.store.restore(batch, 0, batch.length);
        for (const source of restarted.sources) source.restore(batch, 0, batch.length);
        agree(run(restarted, rest).values, expected.values);
      }),
      { numRuns: 60 },
    );
  });

  it('forget days and members that nothing in time can need', () => {
    const layout = lay();
    const source = layout.sources[0]!;
    const visit = (day: number): Row[] =>
      Array.from({ length: 50 }, (_, i) => ({
        id: `${day}-${i}`,
        type: 'account.opened',
        occurredAtMs: START + day * DAY + i * MINUTE,
        ip: `ip-${day}-${i}`,
        accountId: `account-${i}`,
      }));
    for (let day = 0; day < 8; day++) run(layout, visit(day));
    const keys = source.stats().keys;
    for (let day = 8; day < 40; day++) run(layout, visit(day));
    expect(source.stats().keys).toBe(keys);
    expect(source.stats().capped).toBe(0);
  });

  it('count what a cap keeps out, and stay within it', () => {
    const layout = lay(SPECS, { maxCounts: 20, maxMembers: 10 });
    const flood = Array.from({ length: 500 }, (_, i): Row => ({
      id: `f-${i}`,
      type: 'account.opened',
      occurredAtMs: START + i,
      ip: 'ip-1',
      accountId: `account-${i}`,
    }));
    const { values } = run(layout, flood);
    expect(values.at(-1)![4]).toBe(10);
    const { keys, capped } = layout.sources[0]!.stats();
    expect(keys).toBeLessThanOrEqual(20);
    expect(capped).toBe(490);
  });

  it('say how many days they know until they know enough', () => {
    const layout = lay([{ ...hourly, read: 'score' }]);
    const payment = (day: number): Row => ({
      id: `p-${day}`,
      type: 'payment',
      occurredAtMs: START + day * DAY,
      merchantId: 'm',
    });
    const warming = (): unknown => layout.sources[0]!.stats().warming;
    run(layout, [payment(0), payment(1)]);
    expect(warming()).toEqual([
      { feature: 'events per merchantId on payment', known: 1, needed: 3, unit: 'days' },
    ]);
    run(layout, [payment(2), payment(3)]);
    expect(warming()).toEqual([]);
  });
});

function order(id: string, seed: number): number {
  let hash = seed | 1;
  for (const char of id) hash = Math.imul(hash ^ char.charCodeAt(0), 0x01000193);
  return Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
}
