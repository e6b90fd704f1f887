/**
 * What every window store must do, whatever it is made of: answer as the oracle does, for any arrival.
 * fast-check prints the seed and the smallest failing case; `fc.assert(…, {seed, path})` replays it.
 */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EventType } from '../../pipeline/event.ts';
import { compilePlan } from '../../pipeline/detect/feature-plan.ts';
import type { FeaturePlan } from '../../pipeline/detect/feature-plan.ts';
import type { FeatureSpec } from '../../pipeline/detect/feature.ts';
import type { FeatureMatrix, WindowStore } from '../../pipeline/detect/window-store.ts';
import { batchOf } from '../support/batches.ts';
import type { Row } from '../support/batches.ts';
import { WindowOracle } from './window-oracle.ts';

export const LAW_LATENESS_MS = 5_000;

/** Makes an empty store with `LAW_LATENESS_MS` of allowed lateness and no cap that a law could meet. */
export type MakeStore = (plan: FeaturePlan) => WindowStore | Promise<WindowStore>;

const SECOND = 1000;
const HOUR = 3600 * SECOND;
const DAY = 24 * HOUR;
const PAID: readonly EventType[] = ['payment', 'instalment'];
const MEASURED: readonly EventType[] = ['payment', 'instalment', 'refund', 'login'];

/** Every aggregate, over windows from a second to a day, plain and filtered, with one key field and two. */
export const LAW_SPECS: readonly FeatureSpec[] = [
  ...[SECOND, 10 * SECOND, HOUR, DAY].flatMap((windowMs): FeatureSpec[] => [
    { key: 'accountId', on: PAID, windowMs, aggregate: { kind: 'count' } },
    { key: 'accountId', on: PAID, windowMs, aggregate: { kind: 'sum', of: 'amountMinor' } },
    { key: 'accountId', on: PAID, windowMs, aggregate: { kind: 'distinct', of: 'cardId' } },
    {
      key: 'ip',
      on: ['payment', 'login'],
      windowMs,
      aggregate: { kind: 'distinct', of: 'accountId' },
    },
    { key: 'ip', on: PAID, windowMs, aggregate: { kind: 'max', of: 'amountMinor' } },
    { key: 'ip', on: PAID, windowMs, aggregate: { kind: 'min', of: 'latitude' } },
    { key: 'accountId', on: PAID, windowMs, aggregate: { kind: 'mean', of: 'amountMinor' } },
    { key: 'accountId', on: PAID, windowMs, aggregate: { kind: 'stddev', of: 'amountMinor' } },
    { key: 'accountId', on: PAID, windowMs, aggregate: { kind: 'previous', of: 'occurredAtMs' } },
    { key: 'accountId', on: PAID, windowMs, aggregate: { kind: 'last', of: 'amountMinor' } },
    { key: 'accountId', on: PAID, windowMs, aggregate: { kind: 'previous', of: 'latitude' } },
    { key: 'accountId', on: PAID, windowMs, aggregate: { kind: 'sum', of: 'longitude' } },
  ]),
  ...[0, 1, 2, 5].map((index): FeatureSpec => ({
    key: 'accountId',
    on: PAID,
    windowMs: 12 * SECOND,
    aggregate: { kind: 'bucket', widthMs: 4 * SECOND, index },
  })),
  {
    key: 'accountId',
    on: PAID,
    windowMs: 10 * SECOND,
    aggregate: { kind: 'count' },
    where: { field: 'amountMinor', atMost: 500 },
  },
  {
    key: ['accountId', 'deviceId'],
    on: PAID,
    windowMs: 10 * SECOND,
    aggregate: { kind: 'distinct', of: 'merchantId' },
    where: { field: 'amountMinor', atLeast: 100, atMost: 1_000_000 },
  },
  {
    key: ['deviceId', 'ip'],
    on: ['login'],
    windowMs: HOUR,
    aggregate: { kind: 'count' },
  },
];

const PLAN = compilePlan(LAW_SPECS.map((spec) => ({ spec, measuredOn: MEASURED })));

/** One event as fast-check shrinks it: how far the clock moves first, and how far behind it the event lies. */
interface Step {
  readonly forwardMs: number;
  readonly behindMs: number;
  readonly type: EventType;
  readonly account: number | null;
  readonly ip: number | null;
  readonly device: number | null;
  readonly card: number | null;
  readonly amountMinor: number | null;
  readonly latitude: number | null;
}

interface Shape {
  readonly keys: number;
  readonly forward: fc.Arbitrary<number>;
  readonly behind: fc.Arbitrary<number>;
  readonly length: number;
}

const some = (max: number): fc.Arbitrary<number | null> =>
  fc.option(fc.integer({ min: 0, max: max - 1 }), { nil: null, freq: 12 });

const amount = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 0, max: 1000 }) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 100_000_000_000 }) },
);

function rowsOf({ keys, forward, behind, length }: Shape): fc.Arbitrary<Row[]> {
  const step: fc.Arbitrary<Step> = fc.record({
    forwardMs: forward,
    behindMs: behind,
    type: fc.oneof(
      { weight: 6, arbitrary: fc.constant<EventType>('payment') },
      { weight: 1, arbitrary: fc.constantFrom<EventType>(...MEASURED) },
    ),
    account: some(keys),
    ip: some(keys),
    device: some(2),
    card: some(6),
    amountMinor: fc.option(amount, { nil: null, freq: 12 }),
    latitude: fc.option(fc.double({ min: -90, max: 90, noNaN: true }), { nil: null }),
  });
  return fc
    .array(step, { minLength: 1, maxLength: length, size: 'max' })
    .map((steps) => placed(steps, Date.UTC(2026, 0, 1)));
}

function placed(steps: readonly Step[], startMs: number): Row[] {
  let clockMs = startMs;
  return steps.map((step, index) => {
    clockMs += step.forwardMs;
    const text = (name: string, value: number | null): Record<string, string> =>
      value === null ? {} : { [name]: `${name}-${value}` };
    const numbers = {
      ...(step.amountMinor === null ? {} : { amountMinor: step.amountMinor }),
      ...(step.latitude === null ? {} : { latitude: step.latitude, longitude: 2 * step.latitude }),
    };
    return {
      id: `event-${index}`,
      type: step.type,
      occurredAtMs: clockMs - step.behindMs,
      ...text('accountId', step.account),
      ...text('ip', step.ip),
      ...text('deviceId', step.device),
      ...text('cardId', step.card),
      ...text('merchantId', step.card === null ? null : step.card % 3),
      ...numbers,
    };
  });
}

const soon = fc.integer({ min: 0, max: 400 });
const never = fc.constant(0);
const withinLateness = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: LAW_LATENESS_MS }));

const SHAPES: Readonly<Record<string, Shape>> = {
  'in order': { keys: 3, forward: soon, behind: never, length: 150 },
  'ties and single steps': {
    keys: 2,
    forward: fc.constantFrom(0, 0, 0, 1, 1000),
    behind: fc.constantFrom(0, 0, 1, 1000),
    length: 150,
  },
  'out of order within the lateness': {
    keys: 3,
    forward: soon,
    behind: withinLateness,
    length: 150,
  },
  'far later than the lateness': {
    keys: 2,
    forward: fc.constantFrom(0, 100, 3000, HOUR),
    behind: fc.constantFrom(0, 0, 0, 4999, 5000, 5001, 12_000, HOUR, 2 * DAY, 400 * DAY),
    length: 150,
  },
  'jumps that empty the windows': {
    keys: 3,
    forward: fc.constantFrom(
      0,
      10,
      200,
      30 * SECOND,
      HOUR,
      25 * HOUR,
      20 * DAY,
      26 * DAY,
      60 * DAY,
      4000 * DAY,
    ),
    behind: fc.constantFrom(0, 0, 3000),
    length: 150,
  },
  'hot keys': { keys: 1, forward: fc.integer({ min: 0, max: 60 }), behind: never, length: 500 },
  'hot keys, out of order': {
    keys: 1,
    forward: fc.integer({ min: 0, max: 60 }),
    behind: withinLateness,
    length: 500,
  },
  'many keys that come and go': {
    keys: 60,
    forward: fc.constantFrom(0, 1000, 600_000),
    behind: fc.constantFrom(0, 0, 0, 2500),
    length: 300,
  },
};

/** The measures of all rows, with the late flags that the store set. */
async function runStore(
  store: WindowStore,
  rows: readonly Row[],
  batchSizes: readonly number[],
): Promise<{ values: Float64Array; late: boolean[] }> {
  const values = new Float64Array(rows.length * PLAN.width);
  const late: boolean[] = [];
  for (let from = 0, n = 0; from < rows.length; n++) {
    const size = batchSizes[n % batchSizes.length]!;
    const slice = rows.slice(from, from + size);
    const batch = batchOf(slice);
    const out: FeatureMatrix = {
      width: PLAN.width,
      values: new Float64Array(slice.length * PLAN.width),
    };
    await store.measure(batch, 0, slice.length, out);
    values.set(out.values, from * PLAN.width);
    for (let i = 0; i < slice.length; i++) late.push(batch.late[i] === 1);
    from += size;
  }
  return { values, late };
}

function runOracle(rows: readonly Row[]): { values: Float64Array; late: boolean[] } {
  const oracle = new WindowOracle(LAW_SPECS, LAW_LATENESS_MS);
  const answers = rows.map((row) => oracle.take(row));
  return {
    values: Float64Array.from(answers.flatMap(({ values }) => values)),
    late: answers.map(({ late }) => late),
  };
}

/** Counts, extremes and integer sums must be equal; the others to 1e-9 of the size of what went in. */
function firstDifference(
  rows: readonly Row[],
  got: Float64Array,
  wanted: Float64Array,
): string | undefined {
  for (let at = 0; at < wanted.length; at++) {
    const spec = LAW_SPECS[at % PLAN.width]!;
    const column = Math.floor(at / PLAN.width) * PLAN.width + PLAN.indexOf(spec);
    const [a, b] = [got[column]!, wanted[at]!];
    if (Object.is(a, b) || a === b) continue;
    const inexact = ['mean', 'stddev'].includes(spec.aggregate.kind) || ofLongitude(spec);
    const scale = Math.max(Math.abs(a), Math.abs(b), spec.aggregate.kind === 'stddev' ? 1e3 : 1);
    if (inexact && Math.abs(a - b) <= 1e-9 * scale) continue;
    const index = Math.floor(at / PLAN.width);
    return `event ${index} ${JSON.stringify(rows[index])}: ${JSON.stringify(spec)} is ${a}, not ${b}`;
  }
  return undefined;
}

function ofLongitude({ aggregate }: FeatureSpec): boolean {
  return 'of' in aggregate && aggregate.of === 'longitude';
}

const batchSizes = fc.array(fc.integer({ min: 1, max: 256 }), { minLength: 1, maxLength: 4 });

/** Registers the suite; `runs` is the number of cases for each law. */
export function windowStoreLaws(name: string, makeStore: MakeStore, runs = 30): void {
  describe(`${name} keeps the laws of window stores`, { timeout: 120_000 }, () => {
    for (const [title, shape] of Object.entries(SHAPES)) {
      it(`answers as the oracle does: ${title}`, async () => {
        await fc.assert(
          fc.asyncProperty(rowsOf(shape), batchSizes, async (rows, sizes) => {
            const got = await runStore(await makeStore(PLAN), rows, sizes);
            const wanted = runOracle(rows);
            expect(got.late).toEqual(wanted.late);
            expect(firstDifference(rows, got.values, wanted.values)).toBeUndefined();
          }),
          { numRuns: runs },
        );
      });
    }

    it('is in the same state after the same set of events, whatever their order', async () => {
      await fc.assert(
        fc.asyncProperty(rowsOf(SHAPES['in order']!), fc.integer(), async (rows, seed) => {
          // All within the lateness of the last, so that any order stores all of them.
          const recent = rows.filter(
            ({ occurredAtMs }) => occurredAtMs >= rows.at(-1)!.occurredAtMs - LAW_LATENESS_MS,
          );
          const probes = probesAfter(recent);
          const answers = await Promise.all(
            [recent, shuffled(recent, seed)].map(async (order) => {
              const store = await makeStore(PLAN);
              await runStore(store, order, [7]);
              return (await runStore(store, probes, [256])).values;
            }),
          );
          expect(firstDifferenceOfRuns(answers[0]!, answers[1]!)).toBeUndefined();
        }),
        { numRuns: runs },
      );
    });

    for (const title of [
      'out of order within the lateness',
      'hot keys',
      'jumps that empty the windows',
      'far later than the lateness',
    ]) {
      it(`is restored to the state of an undisturbed run: ${title}`, async () => {
        await fc.assert(
          fc.asyncProperty(
            rowsOf(SHAPES[title]!),
            fc.double({ min: 0, max: 1, noNaN: true }),
            fc.integer(),
            async (rows, share, seed) => {
              const split = Math.floor(rows.length * share);
              const undisturbed = await runStore(await makeStore(PLAN), rows, [64]);
              const restored = await makeStore(PLAN);
              const before = shuffled(
                rows.slice(0, split).map((row, i) => ({ row, late: undisturbed.late[i]! })),
                seed,
              );
              const batch = batchOf(before.map(({ row }) => row));
              before.forEach(({ late }, i) => (batch.late[i] = late ? 1 : 0));
              await restored.restore(batch, 0, before.length);
              const after = await runStore(restored, rows.slice(split), [64]);
              const wanted = undisturbed.values.subarray(split * PLAN.width);
              expect(after.late).toEqual(undisturbed.late.slice(split));
              expect(firstDifferenceOfRuns(after.values, wanted)).toBeUndefined();
            },
          ),
          { numRuns: runs },
        );
      });
    }
  });
}

/** Events that ask for every key at later and later times, through types that enter few windows. */
function probesAfter(rows: readonly Row[]): Row[] {
  const last = Math.max(...rows.map(({ occurredAtMs }) => occurredAtMs));
  return [0, 500, 8 * SECOND, HOUR / 2, DAY - SECOND].flatMap((afterMs, round) =>
    rows.map((row, i) => ({
      ...row,
      id: `probe-${round}-${i}`,
      type: 'refund' as const,
      occurredAtMs: last + afterMs,
    })),
  );
}

function firstDifferenceOfRuns(a: Float64Array, b: Float64Array): string | undefined {
  for (let at = 0; at < b.length; at++) {
    const scale = 1e-9 * Math.max(1, Math.abs(a[at]!), Math.abs(b[at]!));
    if (Object.is(a[at], b[at]) || Math.abs(a[at]! - b[at]!) <= scale) continue;
    return `event ${Math.floor(at / PLAN.width)}, column ${at % PLAN.width}: ${a[at]} and ${b[at]}`;
  }
  return undefined;
}

function shuffled<T>(items: readonly T[], seed: number): T[] {
  const order = items.map((item, index) => ({
    item,
    key: Math.imul(index + 1, seed | 1) ^ (seed >> 3),
  }));
  return order
    .sort((x, y) => ((x.key * 2654435761) % 4294967296) - ((y.key * 2654435761) % 4294967296))
    .map(({ item }) => item);
}
