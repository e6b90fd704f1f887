/**
 * Compiles the features that all loaded detectors declare into a plan for a window store.
 *
 * Equal specs share one column. Features whose windows hold the same events share one *stream*: one
 * time-ordered list of entries per key, which serves any number of window lengths and aggregates.
 * Streams of the same key fields form a *dimension* and share the look-up of the key. So the cost of an
 * event grows with the streams its type touches, not with the number of detectors loaded.
 */

import { EVENT_TYPES, typeCodeOf } from '../event.ts';
import type { EventType } from '../event.ts';
import type { KeyField, NumberField } from '../event-fields.ts';
import { flagsOf } from '../type-flags.ts';
import { conditionsIdentity, featureIdentity, isWindowed, reachOf } from './feature.ts';
import type {
  AbsenceFeature,
  Aggregate,
  EventPattern,
  WindowCondition,
  FeatureSpec,
  SequenceFeature,
  WindowedSpec,
} from './feature.ts';
import { draftStreams } from './feature-streams.ts';

/** A feature and the types of the events at which some detector reads it. */
export interface FeatureRequest<Spec extends FeatureSpec = FeatureSpec> {
  readonly spec: Spec;
  readonly measuredOn: readonly EventType[];
  /** Its column in the feature matrix; left out: the next free one. */
  readonly column?: number;
}

/** What a planned feature tells of its window: an aggregate, or how events follow upon each other. */
export type Measurement = Aggregate | SequenceFeature | AbsenceFeature;

export interface PlannedFeature {
  /** Column in the feature matrix. */
  readonly index: number;
  /** How far back it looks. */
  readonly windowMs: number;
  readonly aggregate: Measurement;
  /** 1 at the code of each event type at which the feature is measured. */
  readonly measuredOn: Uint8Array;
}

/** The events that several features look at, and what has to be kept of each. */
export interface StreamPlan {
  /** 1 at the code of each event type whose events enter the windows. */
  readonly feeds: Uint8Array;
  readonly where: readonly WindowCondition[];
  /**
   * The steps of sequences and absences, at most 31: an event enters that matches one, and its entry holds, in
   * the place of a value, the steps it matches as bits. Such a stream has no member, order or value.
   */
  readonly patterns: readonly EventPattern[];
  /** The field whose distinct values are counted. Never together with `orderById`. */
  readonly member: KeyField | undefined;
  /** Entries of one instant are kept in the order of their ids, for the value of the latest. */
  readonly orderById: boolean;
  readonly value: NumberField | undefined;
  /** Events without the value stay out; otherwise they enter and add nothing to a sum, nor are they the latest. */
  readonly valueRequired: boolean;
  readonly features: readonly PlannedFeature[];
  readonly longestWindowMs: number;
}

export interface DimensionPlan {
  readonly keys: readonly KeyField[];
  readonly streams: readonly StreamPlan[];
}

export interface FeaturePlan {
  /** Columns of the feature matrix up to the last one of the plan. */
  readonly width: number;
  /** The column of a declared feature. @throws when the plan was compiled without it. */
  indexOf(spec: FeatureSpec): number;
  /** The columns that are measured at an event of the type; all others hold NaN there. */
  columnsOn(type: EventType): readonly number[];
  /** What a row of the matrix holds, by type code, when every window is empty: `width` values, NaN in columns of others. */
  readonly emptyRows: readonly Float64Array[];
  readonly dimensions: readonly DimensionPlan[];
  /** 0 when there is no feature. */
  readonly longestWindowMs: number;
}

interface Feature extends PlannedFeature {
  readonly spec: WindowedSpec;
}

/** A feature with an aggregate. */
export interface AggregateFeature extends PlannedFeature {
  readonly aggregate: Aggregate;
}

/** The plan for all requests that the window store measures; requests for equal specs are joined. */
export function compilePlan(requests: readonly FeatureRequest[]): FeaturePlan {
  const features = joinEqual(requests);
  const columns = new Map(features.map(({ spec, index }) => [featureIdentity(spec), index]));
  const width = features.reduce((most, { index }) => Math.max(most, index + 1), 0);
  return {
    width,
    indexOf(spec) {
      const index = columns.get(featureIdentity(spec));
      if (index === undefined)
        throw new Error(
          `the plan has no feature ${featureIdentity(spec)}: compile it with the plan`,
        );
      return index;
    },
    columnsOn: (type) =>
      features
        .filter(({ measuredOn }) => measuredOn[typeCodeOf(type)] === 1)
        .map(({ index }) => index),
    emptyRows: EVENT_TYPES.map((_type, code) => {
      const row = new Float64Array(width).fill(Number.NaN);
      for (const { index, measuredOn, aggregate } of features) {
        if (measuredOn[code] === 1 && isZeroWhenEmpty(aggregate)) row[index] = 0;
      }
      return row;
    }),
    dimensions: dimensionsOf(features),
    longestWindowMs: features.reduce((longest, { windowMs }) => Math.max(longest, windowMs), 0),
  };
}

function isZeroWhenEmpty(aggregate: Measurement): boolean {
  const { kind } = aggregate;
  if (kind === 'sequence' || kind === 'absence') return aggregate.windowMs !== undefined;
  return kind === 'count' || kind === 'sum' || kind === 'distinct' || kind === 'bucket';
}

function joinEqual(requests: readonly FeatureRequest[]): Feature[] {
  const byIdentity = new Map<string, Feature>();
  let next = 0;
  for (const { spec, measuredOn, column } of requests) {
    if (!isWindowed(spec)) continue;
    const identity = featureIdentity(spec);
    let feature = byIdentity.get(identity);
    if (feature === undefined) {
      const index = column ?? next;
      next = Math.max(next, index + 1);
      const aggregate = spec.kind === undefined ? spec.aggregate : spec;
      feature = { spec, index, windowMs: reachOf(spec), aggregate, measuredOn: flagsOf([]) };
      byIdentity.set(identity, feature);
    }
    for (const type of measuredOn) feature.measuredOn[typeCodeOf(type)] = 1;
  }
  return [...byIdentity.values()];
}

function keysOf({ key }: WindowedSpec): readonly KeyField[] {
  return typeof key === 'string' ? [key] : key;
}

function dimensionsOf(features: readonly Feature[]): DimensionPlan[] {
  return [...groupBy(features, ({ spec }) => keysOf(spec).join()).values()].map((ofKeys) => ({
    keys: keysOf(ofKeys[0]!.spec),
    streams: [...groupBy(ofKeys, eventSetOf).values()].flatMap(streamsOf),
  }));
}

/** Which events enter the windows, apart from those that lack an aggregated field. */
function eventSetOf({ spec }: Feature): string {
  if (spec.kind === undefined)
    return JSON.stringify([[...new Set(spec.on)].sort(), conditionsIdentity(spec.where)]);
  return JSON.stringify(
    patternsOf(spec).map(({ on, where }) => [[...on].sort(), conditionsIdentity(where)]),
  );
}

/** The patterns of a feature in the order of their bits. */
function patternsOf(spec: SequenceFeature | AbsenceFeature): readonly EventPattern[] {
  return spec.kind === 'sequence' ? spec.steps : [spec.of, spec.without];
}

/** The streams of features that look at the same events. */
function streamsOf(features: readonly Feature[]): StreamPlan[] {
  const { spec } = features[0]!;
  const common = {
    features,
    longestWindowMs: Math.max(...features.map(({ windowMs }) => windowMs)),
  };
  if (spec.kind !== undefined) {
    const patterns = patternsOf(spec);
    return [
      {
        feeds: flagsOf(patterns.flatMap(({ on }) => on)),
        where: [],
        patterns,
        member: undefined,
        orderById: false,
        value: undefined,
        valueRequired: false,
        ...common,
      },
    ];
  }
  return draftStreams(features as readonly AggregateFeature[]).map((draft) => ({
    feeds: flagsOf(spec.on),
    where: spec.where ?? [],
    patterns: [],
    ...draft,
    longestWindowMs: Math.max(...draft.features.map(({ windowMs }) => windowMs)),
  }));
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}
