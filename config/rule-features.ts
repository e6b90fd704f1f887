/** The features that a rule declares: what each form of YAML means, and what is wrong with it. */

import { z } from 'zod';
import {
  type Aggregate,
  type EventPattern,
  type FeatureCondition,
  type FeatureSpec,
} from '../pipeline/detect/feature.ts';
import { EVENT_TYPES } from '../pipeline/event.ts';
import { KEY_FIELDS, NUMBER_FIELDS } from '../pipeline/event-fields.ts';
import { duration, LONGEST_WINDOW_MS, windowDuration } from './duration.ts';

const TEXTS = [
  ...KEY_FIELDS.filter((field) => field !== 'ipPrefix' && field !== 'amount'),
  'currency',
] as const;
type Text = Exclude<(typeof TEXTS)[number], 'ipPrefix' | 'amount'>;
const LONGEST_HORIZON_MS = 366 * 86_400_000;

const numberField = z.enum(NUMBER_FIELDS);
const keyField = z.enum(KEY_FIELDS);
export const eventTypes = z
  .array(z.enum(EVENT_TYPES))
  .min(1, 'name one event type at least')
  .check(({ value, issues }) => {
    for (const [index, type] of value.entries()) {
      if (value.indexOf(type) === index) continue;
      issues.push({
        code: 'custom',
        path: [index],
        message: `"${type}" stands here twice`,
        input: value,
      });
    }
  });

const range = z
  .strictObject({ atLeast: z.number().optional(), atMost: z.number().optional() })
  .check(({ value, issues }) => {
    const { atLeast, atMost } = value;
    const add = (path: string[], message: string): void => {
      issues.push({ code: 'custom', path, message, input: value });
    };
    if (atLeast === undefined && atMost === undefined) add([], 'write atLeast, atMost or both');
    else if ((atLeast ?? -Infinity) > (atMost ?? Infinity)) {
      add(['atMost'], `is below ${atLeast!}: no event can pass`);
    }
  });
const members = z.array(z.string().min(1)).min(1, 'an empty list lets nothing pass: leave it out');
const texts = z
  .strictObject({ in: members.optional(), notIn: members.optional() })
  .refine((value) => (value.in === undefined) !== (value.notIn === undefined), {
    message: 'write in or notIn',
  });

const where = z
  .strictObject({
    ...(Object.fromEntries(NUMBER_FIELDS.map((field) => [field, range.optional()])) as Record<
      (typeof NUMBER_FIELDS)[number],
      z.ZodOptional<typeof range>
    >),
    ...(Object.fromEntries(TEXTS.map((field) => [field, texts.optional()])) as Record<
      Text,
      z.ZodOptional<typeof texts>
    >),
  })
  .transform((fields): FeatureCondition[] =>
    Object.entries(fields).flatMap(([field, condition]) =>
      condition === undefined ? [] : [{ field, ...condition } as FeatureCondition],
    ),
  );

const pattern = z
  .strictObject({ on: eventTypes, where: where.optional() })
  .transform((value) => without(value) as EventPattern);

const positive = duration.refine((value) => value > 0, 'must be longer than 0');

/** The keys of which every feature has exactly one. */
const MEASURES = {
  count: z.literal(true, 'write count: true'),
  sum: numberField,
  min: numberField,
  max: numberField,
  mean: numberField,
  stddev: numberField,
  last: numberField,
  previous: numberField,
  distinct: keyField,
  age: z.literal(true, 'write age: true'),
  gap: z.enum(['mean', 'stddev', 'variation']),
  rate: z.strictObject({ per: windowDuration }),
  bucket: z.strictObject({ width: windowDuration, index: z.int().min(0).max(10_000) }),
  sequence: z.strictObject({
    steps: z.array(pattern).min(2, 'write two steps at least').max(8, 'write eight steps at most'),
    within: windowDuration,
  }),
  absence: z.strictObject({
    of: pattern,
    without: pattern,
    within: windowDuration,
    side: z.enum(['before', 'after']),
  }),
  lastSeen: z.strictObject({
    within: positive.refine((value) => value <= LONGEST_HORIZON_MS, 'is at most 366d'),
  }),
  /** `asn`: the number of the address's autonomous system, as networks.asnDatabase has it. */
  network: z.enum(['asn']),
  ratio: z.tuple(
    [z.string(), z.string()],
    'write the names of two features, such as [part, whole]',
  ),
} as const;
type MeasureName = keyof typeof MEASURES;
const MEASURE_NAMES = Object.keys(MEASURES) as MeasureName[];

/** A ratio knows its parts by their names until all features of the rule are known. */
export type FeatureForm =
  { readonly ratio: readonly [string, string] } | { readonly spec: FeatureSpec };

const written = z.strictObject({
  ...(Object.fromEntries(
    Object.entries(MEASURES).map(([name, schema]) => [name, schema.optional()]),
  ) as { [Name in MeasureName]: z.ZodOptional<(typeof MEASURES)[Name]> }),
  key: z
    .union([
      keyField,
      z
        .array(keyField)
        .min(1, 'name one key field at least')
        .max(4)
        .refine((fields) => new Set(fields).size === fields.length, 'names a field twice'),
    ])
    .optional(),
  on: eventTypes.optional(),
  where: where.optional(),
  window: windowDuration.optional(),
});
type Written = z.output<typeof written>;

/** Which keys go with a measure. */
function keysFor(measure: MeasureName): Readonly<Record<'key' | 'on' | 'where' | 'window', Need>> {
  switch (measure) {
    case 'ratio':
    case 'network':
      return { key: 'no', on: 'no', where: 'no', window: 'no' };
    case 'rate':
    case 'lastSeen':
      return { key: 'yes', on: 'yes', where: 'maybe', window: 'no' };
    case 'bucket':
      return { key: 'yes', on: 'yes', where: 'maybe', window: 'no' };
    case 'sequence':
    case 'absence':
      return { key: 'yes', on: 'no', where: 'no', window: 'maybe' };
    default:
      return { key: 'yes', on: 'yes', where: 'maybe', window: 'yes' };
  }
}
type Need = 'yes' | 'maybe' | 'no';

export const feature = written
  .check(({ value, issues }) => {
    if (issues.length > 0) return;
    const add = (path: readonly string[], message: string): void => {
      issues.push({ code: 'custom', path: [...path], message, input: value });
    };
    const said = measuresIn(value);
    if (said.length !== 1) {
      const which = said.length === 0 ? '' : `, not ${said.join(' and ')} together`;
      add([], `write one of ${MEASURE_NAMES.join(', ')}${which}`);
      return;
    }
    const [measure] = said as [MeasureName];
    for (const [key, need] of Object.entries(keysFor(measure))) {
      const there = value[key as keyof Written] !== undefined;
      if (need === 'yes' && !there) add([key], 'is missing');
      if (need === 'no' && there) add([key], `has no meaning with ${measure}`);
    }
    const { within } = value.sequence ?? value.absence ?? { within: 0 };
    if (within + (value.window ?? 0) > LONGEST_WINDOW_MS && value.window !== undefined) {
      add(['window'], 'window and within together are at most 21d');
    }
    if (measure === 'absence' && value.absence?.side === 'after' && value.window === undefined) {
      add(['window'], 'is missing: what did not come after is counted once its time is over');
    }
    if (value.bucket !== undefined && bucketReach(value.bucket) > LONGEST_WINDOW_MS) {
      add(['bucket', 'index'], 'the bucket lies more than 21d back');
    }
  })
  .transform((value): FeatureForm => formOf(value));

function measuresIn(value: Written): MeasureName[] {
  return MEASURE_NAMES.filter((name) => value[name] !== undefined);
}

function bucketReach({ width, index }: NonNullable<Written['bucket']>): number {
  return width * (index + 1);
}

function formOf(value: Written): FeatureForm {
  const { ratio, network, sequence, absence, lastSeen } = value;
  if (ratio !== undefined) return { ratio };
  if (network !== undefined) return { spec: { kind: 'network', read: network } };
  const key = value.key!;
  const windowMs = value.window;
  if (sequence !== undefined) {
    const { steps, within: withinMs } = sequence;
    return { spec: without({ kind: 'sequence', key, steps, withinMs, windowMs }) as FeatureSpec };
  }
  if (absence !== undefined) {
    const { within: withinMs, ...rest } = absence;
    return { spec: without({ kind: 'absence', key, ...rest, withinMs, windowMs }) as FeatureSpec };
  }
  const matching = { key, on: value.on!, where: value.where };
  if (lastSeen !== undefined) {
    const spec = { kind: 'lastSeen', ...matching, horizonMs: lastSeen.within };
    return { spec: without(spec) as FeatureSpec };
  }
  const [aggregate, ofMs] = aggregateOf(value);
  return { spec: without({ ...matching, windowMs: ofMs ?? windowMs!, aggregate }) as FeatureSpec };
}

/** The aggregate, and its window where it has one of its own. */
function aggregateOf(value: Written): readonly [Aggregate, number?] {
  const { rate, bucket, distinct, gap } = value;
  if (rate !== undefined) return [{ kind: 'bucket', widthMs: rate.per, index: 0 }, rate.per];
  if (bucket !== undefined) {
    const { width: widthMs, index } = bucket;
    return [{ kind: 'bucket', widthMs, index }, bucketReach(bucket)];
  }
  if (distinct !== undefined) return [{ kind: 'distinct', of: distinct }];
  if (gap !== undefined) return [{ kind: 'gap', statistic: gap }];
  if (value.count !== undefined) return [{ kind: 'count' }];
  if (value.age !== undefined) return [{ kind: 'age' }];
  const kind = (['sum', 'min', 'max', 'mean', 'stddev', 'last', 'previous'] as const).find(
    (name) => value[name] !== undefined,
  )!;
  return [{ kind, of: value[kind]! } as Aggregate];
}

/** Without the members that are undefined. */
function without<T extends object>(value: T): T {
  return Object.fromEntries(
    Object.entries(value).filter(([, member]) => member !== undefined),
  ) as T;
}
