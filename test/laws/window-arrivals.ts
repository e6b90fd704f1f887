/** What the laws of window stores are tried on: the features, and how events arrive. */

import fc from 'fast-check';
import type { EventType } from '../../pipeline/event.ts';
import { placeOf } from '../../pipeline/place.ts';
import type { AbsenceFeature, EventPattern, WindowedSpec } from '../../pipeline/detect/feature.ts';
import type { Row } from '../support/batches.ts';

export const LAW_LATENESS_MS = 5_000;

export const SECOND = 1000;
export const HOUR = 3600 * SECOND;
export const DAY = 24 * HOUR;
const PAID: readonly EventType[] = ['payment', 'instalment'];
export const MEASURED: readonly EventType[] = ['payment', 'instalment', 'refund', 'login'];

/** Every aggregate, over windows from a second to a day, plain and filtered, with one key field and two. */
export const LAW_SPECS: readonly WindowedSpec[] = [
  ...[SECOND, 10 * SECOND, HOUR, DAY].flatMap((windowMs): WindowedSpec[] => [
    { key: 'accountId', on: PAID, windowMs, aggregate: { kind: 'count' } },
    { key: 'accountId', on: PAID, windowMs, aggregate: { kind: 'sum', of: 'amountMinor' } },
    { key: 'accountId', on: PAID, windowMs, aggregate: { kind: 'distinct', of: 'cardId' } },
    {
      key: 'ip',
      on: ['payment', 'login'],
      windowMs,
      aggregate: { kind: 'distinct', of: 'accountId' },
    },
    { key: 'ip', on: PAID, windowMs, aggregate: { kind: 'max', of: 'amountMinor' } },
    { key: 'ip', on: PAID, windowMs, aggregate: { kind: 'min', of: 'latitude' } },
    { key: 'accountId', on: PAID, windowMs, aggregate: { kind: 'mean', of: 'amountMinor' } },
    { key: 'accountId', on: PAID, windowMs, aggregate: { kind: 'stddev', of: 'amountMinor' } },
    { key: 'accountId', on: PAID, windowMs, aggregate: { kind: 'previous', of: 'occurredAtMs' } },
    { key: 'accountId', on: PAID, windowMs, aggregate: { kind: 'last', of: 'amountMinor' } },
    { key: 'accountId', on: PAID, windowMs, aggregate: { kind: 'previous', of: 'latitude' } },
    { key: 'accountId', on: PAID, windowMs, aggregate: { kind: 'sum', of: 'longitude' } },
    { key: 'deviceId', on: PAID, windowMs, aggregate: { kind: 'previous', of: 'amountMinor' } },
    { key: 'deviceId', on: PAID, windowMs, aggregate: { kind: 'last', of: 'amountMinor' } },
    { key: 'deviceId', on: PAID, windowMs, aggregate: { kind: 'sum', of: 'amountMinor' } },
    { key: 'deviceId', on: PAID, windowMs, aggregate: { kind: 'count' } },
    { key: 'deviceId', on: PAID, windowMs, aggregate: { kind: 'last', of: 'occurredAtMs' } },
    { key: 'merchantId', on: PAID, windowMs, aggregate: { kind: 'distinct', of: 'cardId' } },
    { key: 'merchantId', on: PAID, windowMs, aggregate: { kind: 'last', of: 'occurredAtMs' } },
    { key: 'merchantId', on: PAID, windowMs, aggregate: { kind: 'previous', of: 'place' } },
  ]),
  ...[0, 1, 2, 5].map((index): WindowedSpec => ({
    key: 'accountId',
    on: PAID,
    windowMs: 12 * SECOND,
    aggregate: { kind: 'bucket', widthMs: 4 * SECOND, index },
  })),
  {
    key: 'accountId',
    on: PAID,
    windowMs: 10 * SECOND,
    aggregate: { kind: 'count' },
    where: [{ field: 'amountMinor', atMost: 500 }],
  },
  {
    key: ['accountId', 'deviceId'],
    on: PAID,
    windowMs: 10 * SECOND,
    aggregate: { kind: 'distinct', of: 'merchantId' },
    where: [{ field: 'amountMinor', atLeast: 100, atMost: 1_000_000 }],
  },
  {
    key: ['deviceId', 'ip'],
    on: ['login'],
    windowMs: HOUR,
    aggregate: { kind: 'count' },
  },
];

const LOGIN: EventPattern = { on: ['login'] };
const PAYMENT: EventPattern = { on: ['payment'] };
const SMALL: EventPattern = { on: PAID, where: [{ field: 'amountMinor', atMost: 300 }] };
const LARGE: EventPattern = {
  on: PAID,
  where: [
    { field: 'amountMinor', atLeast: 600 },
    { field: 'latitude', atLeast: -45 },
  ],
};

/** How events follow upon each other, and how far apart they lie. */
export const STEP_SPECS: readonly WindowedSpec[] = [
  ...[3 * SECOND, undefined].flatMap((windowMs): WindowedSpec[] => {
    const window = windowMs === undefined ? {} : { windowMs };
    return [
      { kind: 'sequence', key: 'accountId', steps: [LOGIN, PAYMENT], withinMs: SECOND, ...window },
      { kind: 'sequence', key: 'accountId', steps: [LOGIN, PAYMENT], withinMs: HOUR, ...window },
      { kind: 'sequence', key: 'ip', steps: [SMALL, LARGE, SMALL], withinMs: SECOND, ...window },
      { kind: 'sequence', key: ['ip', 'deviceId'], steps: [SMALL, SMALL], withinMs: 1, ...window },
      ...[SECOND, 5 * SECOND, DAY].flatMap((withinMs): WindowedSpec[] => [
        absence(PAYMENT, LOGIN, { side: 'before', withinMs, ...window }),
        absence(LARGE, SMALL, { side: 'before', withinMs, ...window }),
      ]),
    ];
  }),
  ...[SECOND, 5 * SECOND, DAY].flatMap((withinMs): WindowedSpec[] => [
    absence(PAYMENT, LOGIN, { side: 'after', withinMs, windowMs: 10 * SECOND }),
    absence(LARGE, SMALL, { side: 'after', withinMs, windowMs: HOUR }),
  ]),
  ...[SECOND, 10 * SECOND, DAY].flatMap((windowMs): WindowedSpec[] => [
    { key: 'accountId', on: PAID, windowMs, aggregate: { kind: 'age' } },
    { key: 'ip', ...LARGE, windowMs, aggregate: { kind: 'age' } },
    ...(['mean', 'stddev', 'variation'] as const).map((statistic): WindowedSpec => ({
      key: 'accountId',
      on: ['payment', 'login'],
      windowMs,
      aggregate: { kind: 'gap', statistic },
    })),
  ]),
];

function absence(
  of: EventPattern,
  without: EventPattern,
  rest: Pick<AbsenceFeature, 'side' | 'withinMs' | 'windowMs'>,
): WindowedSpec {
  return { kind: 'absence', key: 'accountId', of, without, ...rest };
}

/** One event as fast-check shrinks it: how far the clock moves first, and how far behind it the event lies. */
interface Step {
  readonly forwardMs: number;
  readonly behindMs: number;
  readonly type: EventType;
  readonly account: number | null;
  readonly ip: number | null;
  readonly device: number | null;
  readonly card: number | null;
  readonly amountMinor: number | null;
  readonly latitude: number | null;
}

export interface Shape {
  readonly keys: number;
  readonly forward: fc.Arbitrary<number>;
  readonly behind: fc.Arbitrary<number>;
  readonly length: number;
}

const some = (max: number): fc.Arbitrary<number | null> =>
  fc.option(fc.integer({ min: 0, max: max - 1 }), { nil: null, freq: 12 });

const amount = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 0, max: 1000 }) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 100_000_000_000 }) },
);

export function rowsOf({ keys, forward, behind, length }: Shape): fc.Arbitrary<Row[]> {
  const step: fc.Arbitrary<Step> = fc.record({
    forwardMs: forward,
    behindMs: behind,
    type: fc.oneof(
      { weight: 6, arbitrary: fc.constant<EventType>('payment') },
      { weight: 1, arbitrary: fc.constantFrom<EventType>(...MEASURED) },
    ),
    account: some(keys),
    ip: some(keys),
    device: some(2),
    card: some(6),
    amountMinor: fc.option(amount, { nil: null, freq: 12 }),
    latitude: fc.option(fc.double({ min: -90, max: 90, noNaN: true }), { nil: null }),
  });
  return fc
    .array(step, { minLength: 1, maxLength: length, size: 'max' })
    .map((steps) => placed(steps, Date.UTC(2026, 0, 1)));
}

function geo(latitude: number, longitude: number): Partial<Row> {
  return { latitude, longitude, place: placeOf(latitude, longitude) };
}

function placed(steps: readonly Step[], startMs: number): Row[] {
  let clockMs = startMs;
  return steps.map((step, index) => {
    clockMs += step.forwardMs;
    const text = (name: string, value: number | null): Record<string, string> =>
      value === null ? {} : { [name]: `${name}-${value}` };
    const numbers = {
      ...(step.amountMinor === null ? {} : { amountMinor: step.amountMinor }),
      ...(step.latitude === null ? {} : geo(step.latitude, 2 * step.latitude)),
    };
    return {
      id: `event-${index}`,
      type: step.type,
      occurredAtMs: clockMs - step.behindMs,
      ...text('accountId', step.account),
      ...text('ip', step.ip),
      ...text('deviceId', step.device),
      ...text('cardId', step.card),
      ...text('merchantId', step.card === null ? null : step.card % 3),
      ...numbers,
    };
  });
}

const soon = fc.integer({ min: 0, max: 400 });
const never = fc.constant(0);
const withinLateness = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: LAW_LATENESS_MS }));

export const SHAPES: Readonly<Record<string, Shape>> = {
  'in order': { keys: 3, forward: soon, behind: never, length: 150 },
  'ties and single steps': {
    keys: 2,
    forward: fc.constantFrom(0, 0, 0, 1, 1000),
    behind: fc.constantFrom(0, 0, 1, 1000),
    length: 150,
  },
  'out of order within the lateness': {
    keys: 3,
    forward: soon,
    behind: withinLateness,
    length: 150,
  },
  'far later than the lateness': {
    keys: 2,
    forward: fc.constantFrom(0, 100, 3000, HOUR),
    behind: fc.constantFrom(0, 0, 0, 4999, 5000, 5001, 12_000, HOUR, 2 * DAY, 400 * DAY),
    length: 150,
  },
  'jumps that empty the windows': {
    keys: 3,
    forward: fc.constantFrom(
      0,
      10,
      200,
      30 * SECOND,
      HOUR,
      25 * HOUR,
      20 * DAY,
      26 * DAY,
      60 * DAY,
      4000 * DAY,
    ),
    behind: fc.constantFrom(0, 0, 3000),
    length: 150,
  },
  'hot keys': { keys: 1, forward: fc.integer({ min: 0, max: 60 }), behind: never, length: 500 },
  'hot keys, out of order': {
    keys: 1,
    forward: fc.integer({ min: 0, max: 60 }),
    behind: withinLateness,
    length: 500,
  },
  'many keys that come and go': {
    keys: 60,
    forward: fc.constantFrom(0, 1000, 600_000),
    behind: fc.constantFrom(0, 0, 0, 2500),
    length: 300,
  },
};
