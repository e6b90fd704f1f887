/** What the names that a rule's expressions read can come to, from what they are. */

import type { EventType } from '../event.ts';
import type { NumberField } from '../event-fields.ts';
import { MAX_TERMS } from '../ingest/decode-fields.ts';
import { operandsOf, type FeatureSpec, type WindowFeature } from './feature.ts';
import { ANYTHING, type Known, type Range } from './rule-range.ts';

const COUNTS: Range = { from: 0, to: Infinity };

export type Numbers = Readonly<Record<NumberField, Range>>;

const NUMBERS: Numbers = {
  amountMinor: COUNTS,
  terms: { from: 0, to: MAX_TERMS },
  latitude: { from: -90, to: 90 },
  longitude: { from: -180, to: 180 },
  place: ANYTHING,
  occurredAtMs: COUNTS,
};

const TIMES: Readonly<Record<string, Range>> = {
  weekday: { from: 1, to: 7 },
  hour: { from: 0, to: 23 },
  minute: { from: 0, to: 59 },
  second: { from: 0, to: 59.999 },
};

/** What the numbers of events can be, where no payment is above `maxAmountMinor`. */
export function numbersUpTo(maxAmountMinor: number): Numbers {
  return { ...NUMBERS, amountMinor: { from: 0, to: maxAmountMinor } };
}

export function knownOf(
  on: readonly EventType[],
  features: Readonly<Record<string, FeatureSpec>>,
  params: Readonly<Record<string, number>>,
  numbers: Numbers,
): Known {
  return {
    texts: new Map([['event.type', new Set(on)]]),
    ranges: new Map<string, Range>([
      ...Object.entries({ ...numbers, ...TIMES }).map(
        ([name, range]) => [`event.${name}`, range] as const,
      ),
      ...Object.entries(features).map(
        ([name, spec]) => [`features.${name}`, rangeOfFeature(spec, numbers)] as const,
      ),
      ...Object.entries(params).map(
        ([name, value]) => [`params.${name}`, { from: value, to: value }] as const,
      ),
    ]),
  };
}

function rangeOfFeature(spec: FeatureSpec, numbers: Numbers): Range {
  switch (spec.kind) {
    case undefined:
      return rangeOfAggregate(spec, numbers);
    case 'sequence':
      return spec.windowMs === undefined ? { from: 0, to: spec.withinMs } : COUNTS;
    case 'absence':
      return spec.windowMs === undefined ? { from: 0, to: 1 } : COUNTS;
    case 'lastSeen':
      return { from: 0, to: spec.horizonMs };
    case 'network':
      return { from: 0, to: 2 ** 32 - 1 };
    case 'ratio':
      return operandsOf(spec).every((part) => rangeOfFeature(part, numbers).from >= 0)
        ? COUNTS
        : ANYTHING;
    default:
      return ANYTHING;
  }
}

function rangeOfAggregate(spec: WindowFeature, numbers: Numbers): Range {
  const { aggregate, windowMs } = spec;
  switch (aggregate.kind) {
    case 'distinct':
      return [spec.key].flat().includes(aggregate.of) ? { from: 0, to: 1 } : COUNTS;
    case 'sum':
      return numbers[aggregate.of].from >= 0 ? COUNTS : ANYTHING;
    case 'min':
    case 'max':
    case 'mean':
    case 'last':
    case 'previous':
      return within(numbers[aggregate.of], spec, aggregate.of);
    case 'age':
      return { from: 0, to: windowMs };
    case 'gap':
      return aggregate.statistic === 'variation' ? COUNTS : { from: 0, to: windowMs };
    default:
      return COUNTS;
  }
}

/**
 * When a feature is there: two of the same text are there at the same events; undefined for one that is always
 * there, but at events of nobody's account.
 */
export function presenceOf(name: string, spec: FeatureSpec): string | undefined {
  if (spec.kind !== undefined || !COUNTED.has(spec.aggregate.kind)) return `features.${name}`;
  const fields = [spec.key].flat().filter((field) => field !== 'accountId');
  return fields.length === 0 ? undefined : fields.sort().join();
}

const COUNTED: ReadonlySet<string> = new Set(['count', 'sum', 'distinct', 'bucket']);

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
