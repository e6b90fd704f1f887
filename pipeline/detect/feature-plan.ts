/**
 * Compiles the features that all loaded detectors declare into a plan for a window store.
 *
 * Equal specs share one column. Features whose windows hold the same events share one *stream*: one
 * time-ordered list of entries per key, which serves any number of window lengths and aggregates.
 * Streams of the same key fields form a *dimension* and share the look-up of the key. So the cost of an
 * event grows with the streams its type touches, not with the number of detectors loaded.
 */

import { EVENT_TYPES, typeCodeOf } from '../event.ts';
import type { EventType, KeyField, NumberField } from '../event.ts';
import { featureIdentity } from './feature.ts';
import type { Aggregate, FeatureFilter, FeatureSpec, WindowFeature } from './feature.ts';

/** A feature and the types of the events at which some detector reads it. */
export interface FeatureRequest<Spec extends FeatureSpec = FeatureSpec> {
  readonly spec: Spec;
  readonly measuredOn: readonly EventType[];
  /** Its column in the feature matrix; left out: the next free one. */
  readonly column?: number;
}

export interface PlannedFeature {
  /** Column in the feature matrix. */
  readonly index: number;
  readonly windowMs: number;
  readonly aggregate: Aggregate;
  /** 1 at the code of each event type at which the feature is measured. */
  readonly measuredOn: Uint8Array;
}

/** The events that several features look at, and what has to be kept of each. */
export interface StreamPlan {
  /** 1 at the code of each event type whose events enter the windows. */
  readonly feeds: Uint8Array;
  readonly where: FeatureFilter | undefined;
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
  readonly spec: WindowFeature;
}

interface StreamDraft {
  member: KeyField | undefined;
  value: NumberField | undefined;
  readonly valueRequired: boolean;
  orderById: boolean;
  readonly features: Feature[];
}

/** The plan for all requests; requests for equal specs are joined. */
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

function isZeroWhenEmpty({ kind }: Aggregate): boolean {
  return kind === 'count' || kind === 'sum' || kind === 'distinct' || kind === 'bucket';
}

function joinEqual(requests: readonly FeatureRequest[]): Feature[] {
  const byIdentity = new Map<string, Feature>();
  let next = 0;
  for (const { spec, measuredOn, column } of requests) {
    const identity = featureIdentity(spec);
    let feature = byIdentity.get(identity);
    if (feature === undefined) {
      const { windowMs, aggregate } = spec;
      const index = column ?? next;
      next = Math.max(next, index + 1);
      feature = { spec, index, windowMs, aggregate, measuredOn: typeFlags([]) };
      byIdentity.set(identity, feature);
    }
    for (const type of measuredOn) feature.measuredOn[typeCodeOf(type)] = 1;
  }
  return [...byIdentity.values()];
}

function typeFlags(types: readonly EventType[]): Uint8Array {
  const flags = new Uint8Array(EVENT_TYPES.length);
  for (const type of types) flags[typeCodeOf(type)] = 1;
  return flags;
}

function keysOf({ key }: WindowFeature): readonly KeyField[] {
  return typeof key === 'string' ? [key] : key;
}

function dimensionsOf(features: readonly Feature[]): DimensionPlan[] {
  return [...groupBy(features, ({ spec }) => keysOf(spec).join()).values()].map((ofKeys) => ({
    keys: keysOf(ofKeys[0]!.spec),
    streams: [...groupBy(ofKeys, eventSetOf).values()].flatMap((ofEvents) =>
      draftStreams(ofEvents).map(finish),
    ),
  }));
}

/** Which events enter the windows, apart from those that lack an aggregated field. */
function eventSetOf({ spec: { on, where } }: Feature): string {
  return JSON.stringify([
    [...new Set(on)].sort(),
    where === undefined ? null : [where.field, where.atLeast ?? null, where.atMost ?? null],
  ]);
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

/**
 * Shares out features over as few streams as can serve them. An entry has room for one value and for
 * one member (or the id's hash, to order by), and may lack either: count, distinct, sums of integers and
 * the latest value bear that. The other aggregates need streams in which every entry has its value.
 */
function draftStreams(features: readonly Feature[]): StreamDraft[] {
  const strict = new Map<NumberField, StreamDraft>();
  for (const feature of features) {
    const value = strictValueOf(feature.aggregate);
    if (value !== undefined && !strict.has(value))
      strict.set(value, {
        member: undefined,
        value,
        valueRequired: true,
        orderById: false,
        features: [],
      });
  }
  const open: StreamDraft[] = [];
  for (const feature of [...features].sort(byNeed)) {
    const { aggregate } = feature;
    let draft =
      needOf(aggregate) === NEEDS_NOTHING && open.length === 0
        ? // Every event has a time, so a stream over times holds the same events as an open one.
          strict.get('occurredAtMs')
        : 'of' in aggregate
          ? strict.get(aggregate.of as NumberField)
          : undefined;
    draft ??= open.find((candidate) => hasRoomFor(aggregate, candidate));
    if (draft === undefined) {
      draft = {
        member: undefined,
        value: undefined,
        valueRequired: false,
        orderById: false,
        features: [],
      };
      open.push(draft);
    }
    take(draft, feature);
  }
  return [...open, ...strict.values()];
}

const NEEDS_ORDER = 0;
const NEEDS_MEMBER = 1;
const NEEDS_VALUE = 2;
const NEEDS_NOTHING = 3;

/** What an entry must offer beside its time. */
function needOf(aggregate: Aggregate): number {
  if (aggregate.kind === 'count' || aggregate.kind === 'bucket') return NEEDS_NOTHING;
  if (aggregate.kind === 'distinct') return NEEDS_MEMBER;
  if (!isLatest(aggregate)) return NEEDS_VALUE;
  return isLatestTime(aggregate) ? NEEDS_NOTHING : NEEDS_ORDER;
}

/** The most demanding first, so that the others find room beside them. */
function byNeed(a: Feature, b: Feature): number {
  return needOf(a.aggregate) - needOf(b.aggregate);
}

function hasRoomFor(aggregate: Aggregate, draft: StreamDraft): boolean {
  const need = needOf(aggregate);
  if (need === NEEDS_NOTHING || !('of' in aggregate)) return true;
  if (aggregate.kind === 'distinct')
    return !draft.orderById && (draft.member === undefined || draft.member === aggregate.of);
  const hasValue = draft.value === undefined || draft.value === aggregate.of;
  return hasValue && (need !== NEEDS_ORDER || draft.member === undefined);
}

function take(draft: StreamDraft, feature: Feature): void {
  const { aggregate } = feature;
  draft.features.push(feature);
  const need = needOf(aggregate);
  if (aggregate.kind === 'distinct') draft.member = aggregate.of;
  else if (need !== NEEDS_NOTHING && 'of' in aggregate) draft.value = aggregate.of;
  if (need === NEEDS_ORDER) draft.orderById = true;
}

function isLatest({ kind }: Aggregate): boolean {
  return kind === 'last' || kind === 'previous';
}

/** The time of the latest event: every entry has its time, and it is the same whichever id comes last. */
export function isLatestTime(aggregate: Aggregate): boolean {
  return isLatest(aggregate) && 'of' in aggregate && aggregate.of === 'occurredAtMs';
}

/** The field without which an event must stay out of the stream; undefined when it may enter. */
function strictValueOf(aggregate: Aggregate): NumberField | undefined {
  switch (aggregate.kind) {
    case 'min':
    case 'max':
    case 'mean':
    case 'stddev':
      return aggregate.of;
    case 'sum':
      return isSmallInteger(aggregate.of) ? undefined : aggregate.of;
    default:
      return undefined;
  }
}

/** Fields whose plain running sum in double precision is exact: integers that stay below 2^53 in sum. */
export function isSmallInteger(field: NumberField): boolean {
  return field === 'amountMinor' || field === 'terms';
}

function finish(draft: StreamDraft): StreamPlan {
  const { on, where } = draft.features[0]!.spec;
  return {
    feeds: typeFlags(on),
    where,
    member: draft.member,
    orderById: draft.orderById,
    value: draft.value,
    valueRequired: draft.valueRequired,
    features: draft.features,
    longestWindowMs: Math.max(...draft.features.map(({ windowMs }) => windowMs)),
  };
}
