/** What the window bench and its memory part share: which features, and how a run is driven. */

import { EventBatch } from '../../pipeline/event.ts';
import type { DECODED_KEYS } from '../../pipeline/event-fields.ts';
import { compilePlan } from '../../pipeline/detect/feature-plan.ts';
import type { FeaturePlan } from '../../pipeline/detect/feature-plan.ts';
import type { FeatureSpec } from '../../pipeline/detect/feature.ts';
import { MemoryWindowStore } from '../../pipeline/detect/memory-store.ts';
import { MapWindows } from './map-store.ts';
import { fillBatch } from './workload.ts';
import type { Workload } from './workload.ts';

export const MINUTE = 60_000;
export const FOUR_WINDOWS = [MINUTE, 10 * MINUTE, 60 * MINUTE, 24 * 60 * MINUTE];
const BATCH = 256;
const EVICT_EVERY = 1024 * BATCH;
/** Smaller than the product's default, so that windows fill and empty at the workload's pace. */
const LATENESS_MS = 1000;

/** Key and the member whose distinct values are counted. */
type KeyField = (typeof DECODED_KEYS)[number];
export type Dimension = readonly [key: KeyField, member: KeyField];

export const THREE_DIMENSIONS: readonly Dimension[] = [
  ['ip', 'accountId'],
  ['deviceId', 'accountId'],
  ['accountId', 'deviceId'],
];
export const FOUR_DIMENSIONS: readonly Dimension[] = [
  ...THREE_DIMENSIONS,
  ['merchantId', 'accountId'],
];

/** Count, sum and distinct for every dimension and window: in the order of MapWindows' answers. */
export function planOf(dimensions: readonly Dimension[], windows: readonly number[]): FeaturePlan {
  const on = ['payment'] as const;
  const specs = dimensions.flatMap(([key, member]) =>
    windows.flatMap((windowMs): FeatureSpec[] => [
      { key, on, windowMs, aggregate: { kind: 'count' } },
      { key, on, windowMs, aggregate: { kind: 'sum', of: 'amountMinor' } },
      { key, on, windowMs, aggregate: { kind: 'distinct', of: member } },
    ]),
  );
  return compilePlan(specs.map((spec) => ({ spec, measuredOn: on })));
}

export function newStore(plan: FeaturePlan): MemoryWindowStore {
  return new MemoryWindowStore(plan, {
    allowedLatenessMs: LATENESS_MS,
    maxKeys: 16_000_000,
    maxEntries: 128_000_000,
  });
}

/**
 * Takes the workload through a store, batch by batch, and folds every answer into a checksum.
 * @param leaveOut wraps what is not part of the store's work: filling the batch.
 * @param onBatch called after each batch with the events so far.
 */
export function driveStore(
  store: MemoryWindowStore,
  plan: FeaturePlan,
  work: Workload,
  leaveOut: (fill: () => void) => void,
  onBatch?: (events: number) => void,
): number {
  const batch = new EventBatch(BATCH);
  const out = { width: plan.width, values: new Float64Array(BATCH * plan.width) };
  let sum = 0;
  for (let from = 0; from < work.events; from += BATCH) {
    leaveOut(() => {
      sum = fold(sum, out.values, batch.length * plan.width);
      fillBatch(batch, work, from);
    });
    store.measure(batch, 0, batch.length, out);
    onBatch?.(from + batch.length);
  }
  return fold(sum, out.values, batch.length * plan.width);
}

/** The same through Maps. */
export function driveMaps(
  dimensions: readonly Dimension[],
  windows: readonly number[],
  work: Workload,
  leaveOut: (fill: () => void) => void,
): { readonly checksum: number; readonly stores: readonly MapWindows[] } {
  const stores = dimensions.map(() => new MapWindows(windows));
  const width = dimensions.length * windows.length * 3;
  const rows = new Float64Array(BATCH * width);
  const longest = Math.max(...windows);
  let sum = 0;
  const texts = dimensions.map(() => ({ key: [''], member: [''] }));
  for (let from = 0; from < work.events; from += BATCH) {
    const to = Math.min(work.events, from + BATCH);
    leaveOut(() => {
      for (const [d, [key, member]] of dimensions.entries())
        texts[d] = { key: textsOf(work, key, from, to), member: textsOf(work, member, from, to) };
    });
    for (let i = from; i < to; i++) {
      const time = work.occurredAtMs[i]!;
      const amount = work.amountMinor[i]!;
      for (let d = 0; d < stores.length; d++) {
        const at = (i - from) * width + d * windows.length * 3;
        const { key, member } = texts[d]!;
        stores[d]!.add(key[i - from]!, time, amount, member[i - from]!, rows, at);
      }
    }
    leaveOut(() => {
      sum = fold(sum, rows, (to - from) * width);
    });
    if (from % EVICT_EVERY === 0)
      for (const store of stores) store.evict(work.occurredAtMs[from]! - longest);
  }
  return { checksum: sum, stores };
}

/** The keys as a parser gives them: a new string for each event. */
function textsOf(work: Workload, field: KeyField, from: number, to: number): string[] {
  const prefix = field[0]!.toUpperCase();
  return Array.from(work.keys[field].subarray(from, to), (number) => {
    return prefix + String(number).padStart(9, '0');
  });
}

/** Order matters, so that answers at the wrong event or column do not cancel out. */
function fold(sum: number, values: Float64Array, count: number): number {
  let result = sum;
  for (let n = 0; n < count; n++) result = (result * 31 + values[n]!) % 9_007_199_254_740_881;
  return result;
}
