/**
 * The measures that no cursor answers in one step: min, max, mean, deviation, last, previous, bucket counts,
 * age, gaps, sequences and absences. They are asked before the event itself enters the ring, and add it on their own.
 */

import type { ExtremaTree } from './memory-extrema.ts';
import { isLatestTime } from './feature-streams.ts';
import type { Measurement, PlannedFeature } from './feature-plan.ts';
import { gapValue } from './memory-gaps.ts';
import { VALUE_ABSENT, firstAfter } from './memory-layout.ts';
import type { Ring } from './memory-layout.ts';
import { MOMENT_NUMBERS, addMoment, deviationOf, sumOf } from './memory-moments.ts';
import type { StreamState } from './memory-state.ts';
import { compileSteps, stepValue } from './memory-steps.ts';
import type { StepQuery } from './memory-steps.ts';

export interface ColdFeature {
  readonly kind: Measurement['kind'];
  /** Column in the matrix. */
  readonly index: number;
  readonly windowMs: number;
  /** For `last` and `previous`: the entry's time is asked for, not its value. */
  readonly ofTime: boolean;
  /** Its place among the stream's windows with cursors; −1 for an aggregate that needs none. */
  readonly window: number;
  /** For `bucket`: the bucket is (time − to, time − from]. */
  readonly fromMs: number;
  readonly toMs: number;
  /** For `gap`. */
  readonly statistic: 'mean' | 'stddev' | 'variation';
  /** For `sequence` and `absence`. */
  readonly steps: StepQuery | null;
}

export function coldFeaturesOf(
  features: readonly PlannedFeature[],
  windows: Int32Array,
): ColdFeature[] {
  return features.map(({ aggregate, index, windowMs }) => ({
    kind: aggregate.kind,
    index,
    windowMs,
    ofTime: isLatestTime(aggregate),
    window: windows.indexOf(windowMs),
    fromMs: aggregate.kind === 'bucket' ? aggregate.index * aggregate.widthMs : 0,
    toMs: aggregate.kind === 'bucket' ? (aggregate.index + 1) * aggregate.widthMs : 0,
    statistic: aggregate.kind === 'gap' ? aggregate.statistic : 'mean',
    steps:
      aggregate.kind === 'sequence' || aggregate.kind === 'absence'
        ? compileSteps(aggregate)
        : null,
  }));
}

/**
 * Writes the cold features of the event. `state.ring` holds the key's entries and `end` is the first
 * one later than the event. For moments the caller has filled `foundMoments` and `foundCounts`.
 * @param tree over the ring, or null for a small one, which is scanned.
 */
export function measureCold(state: StreamState, end: number, tree: ExtremaTree | null): void {
  for (const feature of state.cold)
    state.out[state.row + feature.index] = coldValue(state, feature, end, tree);
}

function coldValue(
  state: StreamState,
  feature: ColdFeature,
  end: number,
  tree: ExtremaTree | null,
): number {
  const { ring } = state;
  switch (feature.kind) {
    case 'last':
    case 'previous':
      return latest(state, feature, end);
    case 'bucket':
      return bucketCount(state, feature, end);
    case 'age':
      return age(state, feature, end);
    case 'gap':
      return gapValue(state, feature.statistic, feature.windowMs, end);
    case 'sequence':
    case 'absence':
      return stepValue(state, feature.steps!, end);
    case 'min':
    case 'max': {
      const first = firstAfter(ring, ring.first, end, state.anchor - feature.windowMs);
      return extreme(state, feature.kind, first, end, tree);
    }
    default:
      return momentValue(state, feature);
  }
}

function latest(state: StreamState, feature: ColdFeature, end: number): number {
  const { ring } = state;
  const own = feature.kind === 'last' && state.included && (feature.ofTime || state.hasValue);
  const ownValue = feature.ofTime ? state.timeMs : state.value;
  const bound = (state.anchor - feature.windowMs) | 0;
  let seq = end;
  while (seq !== ring.first) {
    seq = (seq - 1) | 0;
    const at = ring.base + ((seq & ring.mask) << 2);
    const time = ring.ints[at]!;
    if (((time - bound) | 0) <= 0) break;
    if (feature.ofTime) return own ? ownValue : state.timeAt(ring.ints, at);
    if (ring.ints[at + 1] === VALUE_ABSENT) continue;
    const ownIsLater =
      time !== state.time || isIdAfter(state.lo, state.hi, ring.ints[at + 2]!, ring.ints[at + 3]!);
    return own && ownIsLater ? ownValue : state.valueAt(ring.ints, at);
  }
  return own ? ownValue : Number.NaN;
}

/** Whether the id with hash a comes after the one with hash b: as unsigned 64-bit numbers. */
export function isIdAfter(aLo: number, aHi: number, bLo: number, bHi: number): boolean {
  return aHi === bHi ? aLo >>> 0 > bLo >>> 0 : aHi >>> 0 > bHi >>> 0;
}

/** Milliseconds since the window's first event. */
function age(state: StreamState, feature: ColdFeature, end: number): number {
  const { ring, time, anchor } = state;
  const first = firstAfter(ring, ring.first, end, anchor - feature.windowMs);
  if (first === end) return state.included ? 0 : Number.NaN;
  return (time - ring.ints[ring.base + ((first & ring.mask) << 2)]!) | 0;
}

function bucketCount(state: StreamState, feature: ColdFeature, end: number): number {
  const { ring, anchor, time } = state;
  // A late event's window begins later than it would have; so may its bucket.
  const windowStart = feature.windowMs + ((time - anchor) | 0);
  const toMs = Math.min(feature.toMs, windowStart);
  if (feature.fromMs >= toMs) return state.included && feature.fromMs === 0 ? 1 : 0;
  const first = firstAfter(ring, ring.first, end, time - toMs);
  const stop = feature.fromMs === 0 ? end : firstAfter(ring, first, end, time - feature.fromMs);
  return ((stop - first) | 0) + (state.included && feature.fromMs === 0 ? 1 : 0);
}

function extreme(
  state: StreamState,
  kind: 'min' | 'max',
  first: number,
  end: number,
  tree: ExtremaTree | null,
): number {
  const best = tree === null ? scanExtreme(state, kind, first, end) : queryTree(tree);
  function queryTree(of: ExtremaTree): number {
    of.query(state.ring, first, end, state.valueAt);
    return of[kind];
  }
  if (!state.included) return best;
  if (Number.isNaN(best)) return state.value;
  return kind === 'min' ? Math.min(best, state.value) : Math.max(best, state.value);
}

function scanExtreme(
  { ring, valueAt }: StreamState,
  kind: 'min' | 'max',
  first: number,
  end: number,
): number {
  let best = Number.NaN;
  for (let seq = first; seq !== end; seq = (seq + 1) | 0) {
    const value = valueAt(ring.ints, ring.base + ((seq & ring.mask) << 2));
    // Written so that the first value replaces NaN.
    if (kind === 'min' ? !(value >= best) : !(value <= best)) best = value;
  }
  return best;
}

function momentValue(state: StreamState, { kind, window }: ColdFeature): number {
  const { foundMoments } = state;
  const count = state.foundCounts[window]!;
  const at = window * MOMENT_NUMBERS;
  if (kind === 'sum') return sumOf(foundMoments, at);
  if (count === 0) return Number.NaN;
  return kind === 'mean' ? sumOf(foundMoments, at) / count : deviationOf(foundMoments, at, count);
}

/** Fills `foundMoments` and `foundCounts` from a small ring's entries before `end` and the event. */
export function findMomentsSmall(state: StreamState, end: number): void {
  const { ring, windows, windowCount, foundMoments } = state;
  for (let w = 0; w < windowCount; w++) {
    const first = firstAfter(ring, ring.first, end, state.anchor - windows[w]!);
    const at = w * MOMENT_NUMBERS;
    foundMoments.fill(0, at, at + MOMENT_NUMBERS);
    for (let seq = first; seq !== end; seq = (seq + 1) | 0)
      addMoment(foundMoments, at, entryValue(state, ring, seq), 1);
    state.foundCounts[w] = (end - first) | 0;
  }
  if (state.included) addOwnMoments(state);
}

/** Adds the event itself to what was found. */
export function addOwnMoments(state: StreamState): void {
  for (let w = 0; w < state.windowCount; w++) {
    addMoment(state.foundMoments, w * MOMENT_NUMBERS, state.value, 1);
    state.foundCounts[w] = state.foundCounts[w]! + 1;
  }
}

/** The value of entry `seq`. */
export function entryValue(state: StreamState, ring: Ring, seq: number): number {
  return state.valueAt(ring.ints, ring.base + ((seq & ring.mask) << 2));
}
