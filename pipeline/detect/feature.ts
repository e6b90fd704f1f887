/**
 * What a detector may measure: a declared aggregate over the sliding window of a key.
 *
 * The window of length `windowMs` at event e holds the events x of the same key and of a type in `on`
 * that pass `where` and have arrived so far, e included if it qualifies, with
 * `e.occurredAtMs − windowMs < x.occurredAtMs ≤ e.occurredAtMs`.
 * An event that lacks the key, the aggregated field or a `where` field is not in the window.
 * Empty window: 0 for count, sum, distinct and bucket counts; NaN (absent) for the others.
 */

import type { EventType, KeyField, NumberField } from '../event.ts';

export type Aggregate =
  | { readonly kind: 'count' }
  | { readonly kind: 'distinct'; readonly of: KeyField }
  | {
      readonly kind: 'sum' | 'min' | 'max' | 'mean' | 'stddev';
      readonly of: NumberField;
    }
  /** The value at the latest event of the window by (occurredAt, hash of the id). `stddev` above is the population's. */
  | { readonly kind: 'last'; readonly of: NumberField }
  /** As `last`, but the event being measured is left out. */
  | { readonly kind: 'previous'; readonly of: NumberField }
  /** Events in the bucket `index` of width `widthMs` counted back from the event: 0 is the newest. */
  | { readonly kind: 'bucket'; readonly widthMs: number; readonly index: number };

export interface FeatureFilter {
  /** Keeps events whose number field lies in [atLeast, atMost]. */
  readonly field: NumberField;
  readonly atLeast?: number;
  readonly atMost?: number;
}

/** An aggregate over the sliding window of a key. */
export interface WindowFeature {
  /** One key field, or several that together make one composite key. */
  readonly key: KeyField | readonly KeyField[];
  /** Types of the events that enter the window. */
  readonly on: readonly EventType[];
  readonly windowMs: number;
  readonly aggregate: Aggregate;
  readonly where?: FeatureFilter;
}

/**
 * A declared feature. One kind of feature is measured by one `FeatureSource` (feature-layout.ts); a spec
 * without `kind` is an aggregate over a sliding window.
 */
export type FeatureSpec = WindowFeature;

/** The canonical text of a spec: equal texts share one state and cost one. */
export function featureIdentity(spec: FeatureSpec): string {
  const key = typeof spec.key === 'string' ? [spec.key] : spec.key;
  const where = spec.where;
  return JSON.stringify([
    key,
    [...new Set(spec.on)].sort(),
    spec.windowMs,
    Object.entries(spec.aggregate).sort(),
    where === undefined ? null : [where.field, where.atLeast ?? null, where.atMost ?? null],
  ]);
}
