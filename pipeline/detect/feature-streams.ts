/**
 * Shares out the features that look at the same events of a key over streams: lists of entries, of which
 * each has room for one value and one member.
 */

import type { KeyField, NumberField } from '../event-fields.ts';
import type { Aggregate } from './feature.ts';
import type { AggregateFeature, Measurement } from './feature-plan.ts';

interface StreamDraft {
  member: KeyField | undefined;
  value: NumberField | undefined;
  readonly valueRequired: boolean;
  orderById: boolean;
  readonly features: AggregateFeature[];
}

/**
 * Shares out features over as few streams as can serve them. An entry has room for one value and for
 * one member (or the id's hash, to order by), and may lack either: count, distinct, sums of integers and
 * the latest value bear that. The other aggregates need streams in which every entry has its value.
 */
export function draftStreams(features: readonly AggregateFeature[]): StreamDraft[] {
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
  if (!('of' in aggregate)) return NEEDS_NOTHING;
  if (aggregate.kind === 'distinct') return NEEDS_MEMBER;
  if (!isLatest(aggregate)) return NEEDS_VALUE;
  return isLatestTime(aggregate) ? NEEDS_NOTHING : NEEDS_ORDER;
}

/** The most demanding first, so that the others find room beside them. */
function byNeed(a: AggregateFeature, b: AggregateFeature): number {
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

function take(draft: StreamDraft, feature: AggregateFeature): void {
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
export function isLatestTime(aggregate: Measurement): boolean {
  const { kind } = aggregate;
  return (kind === 'last' || kind === 'previous') && aggregate.of === 'occurredAtMs';
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
