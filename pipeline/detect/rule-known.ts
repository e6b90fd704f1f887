/** What the names that a rule's expressions read can come to, from what they are. */

import type { EventType, NumberField } from '../event.ts';
import { operandsOf, type FeatureSpec, type WindowFeature } from './feature.ts';
import { ANYTHING, type Known, type Range } from './rule-range.ts';

const COUNTS: Range = { from: 0, to: Infinity };

const NUMBERS: Readonly<Record<NumberField, Range>> = {
  amountMinor: COUNTS,
  terms: COUNTS,
  latitude: { from: -90, to: 90 },
  longitude: { from: -180, to: 180 },
  place: ANYTHING,
  occurredAtMs: COUNTS,
};

const EVENT: Readonly<Record<string, Range>> = {
  ...NUMBERS,
  weekday: { from: 1, to: 7 },
  hour: { from: 0, to: 23 },
  minute: { from: 0, to: 59 },
  second: { from: 0, to: 59.999 },
};

export function knownOf(
  on: readonly EventType[],
  features: Readonly<Record<string, FeatureSpec>>,
  params: Readonly<Record<string, number>>,
): Known {
  return {
    types: on,
    ranges: new Map<string, Range>([
      ...Object.entries(EVENT).map(([name, range]) => [`event.${name}`, range] as const),
      ...Object.entries(features).map(
        ([name, spec]) => [`features.${name}`, rangeOfFeature(spec)] as const,
      ),
      ...Object.entries(params).map(
        ([name, value]) => [`params.${name}`, { from: value, to: value }] as const,
      ),
    ]),
  };
}

function rangeOfFeature(spec: FeatureSpec): Range {
  switch (spec.kind) {
    case undefined:
      return rangeOfAggregate(spec);
    case 'sequence':
      return spec.windowMs === undefined ? { from: 0, to: spec.withinMs } : COUNTS;
    case 'absence':
      return spec.windowMs === undefined ? { from: 0, to: 1 } : COUNTS;
    case 'lastSeen':
      return { from: 0, to: spec.horizonMs };
    case 'ratio':
      return operandsOf(spec).every((part) => rangeOfFeature(part).from >= 0) ? COUNTS : ANYTHING;
    default:
      return ANYTHING;
  }
}

function rangeOfAggregate(spec: WindowFeature): Range {
  const { aggregate, windowMs } = spec;
  switch (aggregate.kind) {
    case 'distinct':
      return [spec.key].flat().includes(aggregate.of) ? { from: 0, to: 1 } : COUNTS;
    case 'sum':
      return NUMBERS[aggregate.of].from >= 0 ? COUNTS : ANYTHING;
    case 'min':
    case 'max':
    case 'mean':
    case 'last':
    case 'previous':
      return within(NUMBERS[aggregate.of], spec, aggregate.of);
    case 'age':
      return { from: 0, to: windowMs };
    case 'gap':
      return aggregate.statistic === 'variation' ? COUNTS : { from: 0, to: windowMs };
    default:
      return COUNTS;
  }
}

/** The filter of a window holds for every value in it. */
function within(
  range: Range,
  { where = [] }: Pick<WindowFeature, 'where'>,
  field: NumberField,
): Range {
  return where.reduce<Range>((now, condition) => {
    if (condition.field !== field || !('atLeast' in condition || 'atMost' in condition)) return now;
    const { atLeast = -Infinity, atMost = Infinity } = condition;
    return { from: Math.max(now.from, atLeast), to: Math.min(now.to, atMost) };
  }, range);
}
