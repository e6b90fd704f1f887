/**
 * What every window store must do, whatever it is made of: answer as the oracle does, for any arrival.
 * fast-check prints the seed and the smallest failing case; `fc.assert(…, {seed, path})` replays it.
 */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compilePlan } from '../../pipeline/detect/feature-plan.ts';
import type { FeaturePlan } from '../../pipeline/detect/feature-plan.ts';
import type { WindowedSpec } from '../../pipeline/detect/feature.ts';
import type { FeatureMatrix, WindowStore } from '../../pipeline/detect/window-store.ts';
import { batchOf } from '../support/batches.ts';
import type { Row } from '../support/batches.ts';
import { DAY, HOUR, LAW_LATENESS_MS, MEASURED, SECOND, SHAPES, rowsOf } from './window-arrivals.ts';
import { WindowOracle } from './window-oracle.ts';

/** Ends the shrinking of a failure, which would otherwise outlast the test's own limit and be lost. */
const LIMIT = { interruptAfterTimeLimit: 45_000 };

/** Makes an empty store with `LAW_LATENESS_MS` of allowed lateness and no cap that a law could meet. */
export type MakeStore = (plan: FeaturePlan) => WindowStore | Promise<WindowStore>;

/** What a law is tried on. */
interface Features {
  readonly specs: readonly WindowedSpec[];
  readonly plan: FeaturePlan;
}

/** The measures of all rows, with the late flags that the store set. */
async function runStore(
  plan: FeaturePlan,
  store: WindowStore,
  rows: readonly Row[],
  batchSizes: readonly number[],
): Promise<{ values: Float64Array; late: boolean[] }> {
  const values = new Float64Array(rows.length * plan.width);
  const late: boolean[] = [];
  for (let from = 0, n = 0; from < rows.length; n++) {
    const size = batchSizes[n % batchSizes.length]!;
    const slice = rows.slice(from, from + size);
    const batch = batchOf(slice);
    const out: FeatureMatrix = {
      width: plan.width,
      values: new Float64Array(slice.length * plan.width),
    };
    await store.measure(batch, 0, slice.length, out);
    values.set(out.values, from * plan.width);
    for (let i = 0; i < slice.length; i++) late.push(batch.late[i] === 1);
    from += size;
  }
  return { values, late };
}

function runOracle(
  specs: readonly WindowedSpec[],
  rows: readonly Row[],
): { values: Float64Array; late: boolean[] } {
  const oracle = new WindowOracle(specs, LAW_LATENESS_MS);
  const answers = rows.map((row) => oracle.take(row));
  return {
    values: Float64Array.from(answers.flatMap(({ values }) => values)),
    late: answers.map(({ late }) => late),
  };
}

/** Counts, extremes and integer sums must be equal; the others to 1e-9 of the size of what went in. */
function firstDifference(
  { specs, plan }: Features,
  rows: readonly Row[],
  got: Float64Array,
  wanted: Float64Array,
): string | undefined {
  for (let at = 0; at < wanted.length; at++) {
    const spec = specs[at % plan.width]!;
    const column = Math.floor(at / plan.width) * plan.width + plan.indexOf(spec);
    const [a, b] = [got[column]!, wanted[at]!];
    if (Object.is(a, b) || a === b) continue;
    const kind = spec.kind ?? spec.aggregate.kind;
    const inexact = ['mean', 'stddev', 'gap'].includes(kind) || ofLongitude(spec);
    const scale = Math.max(Math.abs(a), Math.abs(b), kind === 'stddev' ? 1e3 : 1);
    if (inexact && Math.abs(a - b) <= 1e-9 * scale) continue;
    const index = Math.floor(at / plan.width);
    return `event ${index} ${JSON.stringify(rows[index])}: ${JSON.stringify(spec)} is ${a}, not ${b}`;
  }
  return undefined;
}

function ofLongitude(spec: WindowedSpec): boolean {
  return spec.kind === undefined && 'of' in spec.aggregate && spec.aggregate.of === 'longitude';
}

const batchSizes = fc.array(fc.integer({ min: 1, max: 256 }), { minLength: 1, maxLength: 4 });

/** Registers the suite; `runs` is the number of cases for each law. */
export function windowStoreLaws(
  name: string,
  makeStore: MakeStore,
  specs: readonly WindowedSpec[],
  runs = 20,
): void {
  const plan = compilePlan(specs.map((spec) => ({ spec, measuredOn: MEASURED })));
  const features = { specs, plan };
  describe(`${name} keeps the laws of window stores`, () => {
    for (const [title, shape] of Object.entries(SHAPES)) {
      it(`answers as the oracle does: ${title}`, async () => {
        await fc.assert(
          fc.asyncProperty(rowsOf(shape), batchSizes, async (rows, sizes) => {
            const got = await runStore(plan, await makeStore(plan), rows, sizes);
            const wanted = runOracle(specs, rows);
            expect(got.late).toEqual(wanted.late);
            expect(firstDifference(features, rows, got.values, wanted.values)).toBeUndefined();
          }),
          { numRuns: runs, ...LIMIT },
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
              const store = await makeStore(plan);
              await runStore(plan, store, order, [7]);
              return (await runStore(plan, store, probes, [256])).values;
            }),
          );
          expect(firstDifferenceOfRuns(plan, answers[0]!, answers[1]!)).toBeUndefined();
        }),
        { numRuns: runs, ...LIMIT },
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
              const undisturbed = await runStore(plan, await makeStore(plan), rows, [64]);
              const restored = await makeStore(plan);
              const before = shuffled(
                rows.slice(0, split).map((row, i) => ({ row, late: undisturbed.late[i]! })),
                seed,
              );
              const batch = batchOf(before.map(({ row }) => row));
              before.forEach(({ late }, i) => (batch.late[i] = late ? 1 : 0));
              await restored.restore(batch, 0, before.length);
              const after = await runStore(plan, restored, rows.slice(split), [64]);
              const wanted = undisturbed.values.subarray(split * plan.width);
              expect(after.late).toEqual(undisturbed.late.slice(split));
              expect(firstDifferenceOfRuns(plan, after.values, wanted)).toBeUndefined();
            },
          ),
          { numRuns: runs, ...LIMIT },
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

function firstDifferenceOfRuns(
  plan: FeaturePlan,
  a: Float64Array,
  b: Float64Array,
): string | undefined {
  for (let at = 0; at < b.length; at++) {
    const scale = 1e-9 * Math.max(1, Math.abs(a[at]!), Math.abs(b[at]!));
    if (Object.is(a[at], b[at]) || Math.abs(a[at]! - b[at]!) <= scale) continue;
    return `event ${Math.floor(at / plan.width)}, column ${at % plan.width}: ${a[at]} and ${b[at]}`;
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
