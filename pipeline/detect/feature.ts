/**
 * What detectors and rules may measure.
 *
 * All features hold to one contract. Only event times count. A measure at event e follows from the *set* of
 * events that have arrived so far, e included, never from their order. An event that came later than the
 * allowed lateness is measured as if it were stored, and is not stored. An event that lacks the key, the
 * aggregated field or a field of `where` is not in the feature; one without the key has an empty window.
 * NaN is "absent" throughout.
 */

import type { EventType } from '../event.ts';
import type { KeyField, NumberField } from '../event-fields.ts';
import type { BurstFeature } from './burst-feature.ts';
import type { NetworkFeature } from './network-source.ts';
import type { EarlyFeature } from './early-source.ts';
import type { RingFeature } from './ring-feature.ts';
import type { SharingFeature } from './sharing-feature.ts';

/** One key field, or several that together make one composite key. An event that lacks one has no key. */
export type FeatureKey = KeyField | readonly KeyField[];

/** Texts that a condition can be about: they are compared byte by byte as they are recorded. */
export type ConditionText = Exclude<KeyField, 'ipPrefix' | 'amount'> | 'currency';

/** Keeps events whose number lies in [atLeast, atMost]; a missing bound is no bound. */
export interface RangeCondition {
  readonly field: NumberField;
  readonly atLeast?: number;
  readonly atMost?: number;
}

/** Keeps events whose text is one of a few. */
export interface InCondition {
  readonly field: ConditionText;
  readonly in: readonly string[];
}

/** Keeps events that have the text, and whose text is none of these. */
export interface NotInCondition {
  readonly field: ConditionText;
  readonly notIn: readonly string[];
}

/** An event that lacks the field, or whose text is empty, meets no condition about it, `notIn` included. */
export type FeatureCondition = RangeCondition | InCondition | NotInCondition;

/**
 * Keeps events whose address lies in none of these ranges, such as `100.64.0.0/10`. One without an address, or with
 * a token instead of one, lies in none.
 */
export interface OutsideCondition {
  readonly field: 'ip';
  readonly outside: readonly string[];
}

export type WindowCondition = FeatureCondition | OutsideCondition;

/** What one event has to be: of one of the types, and all conditions met. */
export interface EventPattern {
  readonly on: readonly EventType[];
  readonly where?: readonly FeatureCondition[];
}

/** `stddev` is the population's. */
export type Aggregate =
  | { readonly kind: 'count' }
  | { readonly kind: 'distinct'; readonly of: KeyField }
  | {
      readonly kind: 'sum' | 'min' | 'max' | 'mean' | 'stddev';
      readonly of: NumberField;
    }
  /** The value at the latest event of the window by (occurredAt, hash of the id). */
  | { readonly kind: 'last'; readonly of: NumberField }
  /** As `last`, but the event being measured is left out. */
  | { readonly kind: 'previous'; readonly of: NumberField }
  /**
   * Events in the bucket `index` of width `widthMs` counted back from the event: 0 is the newest. A rate per
   * minute now is the bucket 0 of 60,000; it equals a count over a window of that length.
   */
  | { readonly kind: 'bucket'; readonly widthMs: number; readonly index: number }
  /**
   * Milliseconds since the first event of the window: 0 at the first itself. The window keeps 16 bytes for
   * each of its events, so long windows are for rare types (`account.opened`).
   */
  | { readonly kind: 'age' }
  /**
   * The milliseconds between consecutive events of the window's newest GAP_EVENTS (feature-gap.ts): their mean (NaN with fewer
   * than two events), their population standard deviation or its share of the mean, the coefficient of
   * variation (NaN with fewer than three events; 0 where all lie at one instant). Machines are regular: near 0.
   */
  | { readonly kind: 'gap'; readonly statistic: 'mean' | 'stddev' | 'variation' };

/**
 * An aggregate over the sliding window of a key.
 *
 * The window of length `windowMs` at event e holds the events x of the same key and of a type in `on`
 * that pass `where` and have arrived so far, e included if it qualifies, with
 * `e.occurredAtMs − windowMs < x.occurredAtMs ≤ e.occurredAtMs`.
 * Empty window: 0 for count, sum, distinct and bucket counts; NaN (absent) for the others.
 *
 * Events of the same amount as this one: a count with `amount` as the last field of the key.
 */
export interface WindowFeature {
  readonly kind?: never;
  readonly on: readonly EventType[];
  readonly where?: readonly WindowCondition[];
  readonly key: FeatureKey;
  readonly windowMs: number;
  readonly aggregate: Aggregate;
}

/**
 * "A then B then C within w" on one key.
 *
 * An event c *completes* the sequence when there are events x1 … xn = c of the key that match steps 1 … n,
 * each strictly later than the one before (events of one instant have no order), with
 * `c.occurredAtMs − withinMs < x1.occurredAtMs`. Other events may lie between them; one event may take part in
 * several completions.
 * - `windowMs` given: the number of completing events c with `e − windowMs < c ≤ e`, e included; 0 when none.
 * - left out: milliseconds from the latest possible x1 to e where e itself completes the sequence, NaN elsewhere.
 *
 * Partial matches are bounded: of a key, the newest STEP_EVENTS events up to e are looked at (step-look.ts). Where
 * there are more, the answer is that of the set without the older ones (a lower bound), and it is counted.
 * `windowMs` and `withinMs` together are as long as a window may be.
 */
export interface SequenceFeature {
  readonly kind: 'sequence';
  readonly key: FeatureKey;
  /** Two to eight. */
  readonly steps: readonly EventPattern[];
  readonly withinMs: number;
  readonly windowMs?: number;
}

/**
 * "A and no B within w": the number of events a of the key that match `of` and miss their b matching `without`.
 *
 * - `side: 'before'`: no b with `a − withinMs < b ≤ a`. Counted are the a with `e − windowMs < a ≤ e`; with
 *   `windowMs` left out the answer is about e alone: 1 or 0 where e matches `of`, NaN elsewhere.
 * - `side: 'after'`: no b with `a ≤ b < a + withinMs`. An a is counted once its time is over: those with
 *   `e − windowMs < a + withinMs ≤ e`; `windowMs` is needed.
 *
 * A b of the same instant is there; an event that matches both patterns is its own b.
 * Bounded as a sequence is, and never in favour of an alarm: an a whose b could be among the events that were not looked at is not counted.
 */
export interface AbsenceFeature {
  readonly kind: 'absence';
  readonly key: FeatureKey;
  readonly of: EventPattern;
  readonly without: EventPattern;
  readonly side: 'before' | 'after';
  readonly withinMs: number;
  readonly windowMs?: number;
}

/**
 * Milliseconds from the latest event x ≠ e of the key that matches, with x ≤ e, to e: how long the key had been
 * quiet. NaN when there is none with `e − horizonMs < x`. It costs one time a key, whether the horizon is an hour or a
 * year; kept are the newest KEPT_TIMES (last-seen.ts), so that an event that comes out of order behind as many
 * others of its key is not answered (NaN, counted). Nor is an event that came later than the allowed lateness.
 * The horizon may be longer than a window: for accounts that wake after months.
 */
export interface LastSeenFeature extends EventPattern {
  readonly kind: 'lastSeen';
  readonly key: FeatureKey;
  readonly horizonMs: number;
}

/** One feature over another, at the same event. NaN where either is absent or the second is 0. */
export interface RatioFeature {
  readonly kind: 'ratio';
  readonly of: FeatureSpec;
  readonly to: FeatureSpec;
}

/**
 * A declared feature. One kind of feature is measured by one `FeatureSource` (feature-layout.ts); a spec
 * without `kind`, a sequence and an absence are measured over sliding windows by the window store.
 */
export type FeatureSpec =
  | WindowFeature
  | SequenceFeature
  | AbsenceFeature
  | LastSeenFeature
  | RatioFeature
  | BurstFeature
  | NetworkFeature
  | RingFeature
  | SharingFeature
  | EarlyFeature;

/** Specs that the window store measures. */
export type WindowedSpec = WindowFeature | SequenceFeature | AbsenceFeature;

export function isWindowed(spec: FeatureSpec): spec is WindowedSpec {
  return spec.kind === undefined || spec.kind === 'sequence' || spec.kind === 'absence';
}

/** The features that one is worked out from; they must be measured at the same events. */
export function operandsOf(spec: FeatureSpec): readonly FeatureSpec[] {
  return spec.kind === 'ratio' ? [spec.of, spec.to] : [];
}

/** How far back a feature of the window store looks, in milliseconds: what must be kept for it. */
export function reachOf(spec: WindowedSpec): number {
  return spec.kind === undefined ? spec.windowMs : spec.withinMs + (spec.windowMs ?? 0);
}

/** Lists whose order and repeats say nothing. */
const SETS: ReadonlySet<string> = new Set(['on', 'in', 'notIn', 'outside', 'where']);

/** The canonical text of a spec: equal texts share one state and cost one. */
export function featureIdentity(spec: FeatureSpec): string {
  return canonical(spec);
}

function canonical(value: unknown, name = ''): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) {
    const items = value.map((item) => canonical(item));
    return `[${(SETS.has(name) ? [...new Set(items)].sort() : items).join()}]`;
  }
  const members = Object.entries(value).filter(([key, child]) => isSaid(key, child));
  return `{${members
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, child]) => `${key}:${canonical(key === 'key' ? [child].flat() : child, key)}`)
    .join()}}`;
}

/** The canonical text of what an event has to meet. */
export function conditionsIdentity(where: readonly WindowCondition[] = []): string {
  return canonical(where, 'where');
}

/** An empty list of conditions and one that is left out say the same. */
function isSaid(key: string, child: unknown): boolean {
  return child !== undefined && !(key === 'where' && Array.isArray(child) && child.length === 0);
}
