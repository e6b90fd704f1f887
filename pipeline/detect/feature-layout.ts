/**
 * Where every declared feature stands in the matrix, and who measures it.
 *
 * Every kind of feature has one source. The sources take the events in turn: the window store first, which
 * also tells which events are late, then the others in the order of the list below.
 */

import type { EventBatch } from '../event.ts';
import type { FeatureRequest } from './feature-plan.ts';
import { compilePlan } from './feature-plan.ts';
import { MemoryWindowStore, type WindowLimits } from './memory-store.ts';
import type { FeatureMatrix } from './window-store.ts';

/** Something that measures features beside the window store. */
export interface FeatureSource {
  /** The kind of its features, for counters. */
  readonly name: string;
  /**
   * Takes the events `from` (inclusive) to `to` (exclusive) in order; each one enters the state, unless its
   * `late` flag is 1, and then the source's own columns of its row are written: NaN is absent. State and measures
   * follow from the set of events that arrived, never from their order.
   */
  measure(batch: EventBatch, from: number, to: number, out: FeatureMatrix): void;
  /** As `measure` after a restart: nothing is measured, and the events may come in any order. */
  restore(batch: EventBatch, from: number, to: number): void;
  stats(): FeatureSourceStats;
}

export interface FeatureSourceStats {
  readonly keys: number;
  readonly bytes: number;
  /** Events or links that a configured cap kept out. */
  readonly capped: number;
}

export interface FeatureLayout {
  /** Columns of the matrix. */
  readonly width: number;
  readonly store: MemoryWindowStore;
  /** Beside the store. */
  readonly sources: readonly FeatureSource[];
  /** How far back any of them looks. */
  readonly longestWindowMs: number;
}

/** @param requests feature f is column f, as `CompiledDetectors` reads them. */
export function layFeatures(
  requests: readonly FeatureRequest[],
  limits: WindowLimits,
): FeatureLayout {
  const placed = requests.map((request, column) => ({ ...request, column }));
  const plan = compilePlan(placed);
  return {
    width: requests.length,
    store: new MemoryWindowStore(plan, limits),
    sources: [],
    longestWindowMs: plan.longestWindowMs,
  };
}
