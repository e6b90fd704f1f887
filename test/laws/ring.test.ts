/**
 * Rings must be what the oracle finds in the set of events that arrived, for any arrival. fast-check prints
 * the seed and the smallest failing case.
 */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  MAX_RING_ACCOUNTS,
  RING_VALUES,
  type RingFeature,
  type RingLink,
} from '../../pipeline/detect/ring-feature.ts';
import { RingSource } from '../../pipeline/detect/ring-source.ts';
import type { EventType } from '../../pipeline/event.ts';
import { batchOf, type Row } from '../support/batches.ts';
import { RingOracle } from './ring-oracle.ts';

const LATENESS_MS = 5_000;
const MINUTE = 60_000;
const ON: readonly EventType[] = ['payment', 'login', 'account.opened'];
const MEASURED: readonly EventType[] = ['payment', 'login', 'refund'];
const LIMITS = { allowedLatenessMs: LATENESS_MS, maxKeys: 100_000 };

const DEVICE: RingLink = { field: 'deviceId', windowMs: 10 * MINUTE, accounts: 3 };
const CARD: RingLink = { field: 'cardId', windowMs: 4 * MINUTE, accounts: 2 };
const ADDRESS: RingLink = { field: 'ip', windowMs: MINUTE, accounts: 2, newOnly: true };

const ring = (links: readonly RingLink[]): RingFeature[] =>
  RING_VALUES.map((value) => ({ kind: 'ring', on: ON, links, newMs: 2 * MINUTE, value }));

const SPECS: readonly RingFeature[] = [
  ...ring([DEVICE, CARD, ADDRESS]),
  ...ring([DEVICE]),
  ...ring([
    { ...DEVICE, windowMs: 30_000, accounts: 2 },
    { ...ADDRESS, newOnly: false },
  ]),
  { kind: 'ring', on: ON, links: [DEVICE], newMs: 0, value: 'own' },
  { kind: 'ring', on: ON, links: [CARD], newMs: 0, value: 'own' },
];

interface Shape {
  readonly accounts: number;
  readonly values: number;
  readonly forward: fc.Arbitrary<number>;
  readonly behind: fc.Arbitrary<number>;
}

const SHAPES: Readonly<Record<string, Shape>> = {
  'in order': {
    accounts: 8,
    values: 5,
    forward: fc.integer({ min: 0, max: 20_000 }),
    behind: fc.constant(0),
  },
  'out of order within the lateness, with ties': {
    accounts: 10,
    values: 4,
    forward: fc.constantFrom(0, 0, 1000, 7000),
    behind: fc.constantFrom(0, 0, 1000, 4999, 5000),
  },
  'far later than the lateness': {
    accounts: 6,
    values: 4,
    forward: fc.constantFrom(0, 100, 3000, MINUTE),
    behind: fc.constantFrom(0, 0, 5001, 12_000, 20 * MINUTE),
  },
  'more values an account than are kept': {
    accounts: 3,
    values: 24,
    forward: fc.constantFrom(0, 10, 2000),
    behind: fc.constantFrom(0, 0, 3000),
  },
  'jumps that empty the graph': {
    accounts: 8,
    values: 4,
    forward: fc.constantFrom(0, 10, 1000, 3 * MINUTE, 11 * MINUTE, 4000 * MINUTE),
    behind: fc.constantFrom(0, 0, 3000),
  },
};

function rowsOf({ accounts, values, forward, behind }: Shape): fc.Arbitrary<Row[]> {
  const some = (max: number): fc.Arbitrary<number | null> =>
    fc.option(fc.integer({ min: 0, max: max - 1 }), { nil: null, freq: 4 });
  const step = fc.record({
    forwardMs: forward,
    behindMs: behind,
    type: fc.constantFrom<EventType>('payment', 'payment', 'login', 'account.opened', 'refund'),
    accountId: fc.option(fc.integer({ min: 0, max: accounts - 1 }), { nil: null, freq: 20 }),
    deviceId: some(values),
    cardId: some(values),
    ip: some(values),
  });
  return fc.array(step, { minLength: 1, maxLength: 120, size: 'max' }).map((steps) => {
    let clockMs = Date.UTC(2026, 0, 1);
    return steps.map(({ forwardMs, behindMs, type, ...keys }, index) => {
      clockMs += forwardMs;
      const named = Object.entries(keys).flatMap(([field, n]) =>
        n === null ? [] : [[field, `${field}-${n}`]],
      );
      return {
        id: `event-${index}`,
        type,
        occurredAtMs: clockMs - behindMs,
        ...(Object.fromEntries(named) as Partial<Row>),
      };
    });
  });
}

function sourceOf(specs: readonly RingFeature[] = SPECS): RingSource {
  return new RingSource(
    specs.map((spec, column) => ({ spec, measuredOn: MEASURED, column })),
    LIMITS,
  );
}

/** The measures of rows, row by row; `late` as the window store would have set it. */
function measure(source: RingSource, rows: readonly Row[], late: readonly boolean[]): number[][] {
  const batch = batchOf(rows);
  late.forEach((flag, i) => (batch.late[i] = Number(flag)));
  const width = SPECS.length;
  const values = new Float64Array(rows.length * width).fill(-1);
  source.measure(batch, 0, rows.length, { width, values });
  return rows.map((_, i) => [...values.subarray(i * width, (i + 1) * width)]);
}

function wanted(rows: readonly Row[]): { late: boolean; values: number[] }[] {
  const oracle = new RingOracle(SPECS, LATENESS_MS);
  return rows.map((row) => {
    const { late, values } = oracle.take(row);
    const asked = MEASURED.includes(row.type);
    return { late, values: asked ? values : values.map(() => Number.NaN) };
  });
}

function storedOf(rows: readonly Row[]): Row[] {
  let newestMs = -Infinity;
  return rows.filter(({ occurredAtMs }) => {
    newestMs = Math.max(newestMs, occurredAtMs);
    return occurredAtMs >= newestMs - LATENESS_MS;
  });
}

describe.each(Object.entries(SHAPES))('rings of events %s', (_name, shape) => {
  it('are what the oracle finds', () => {
    fc.assert(
      fc.property(rowsOf(shape), (rows) => {
        const answers = wanted(rows);
        const got = measure(
          sourceOf(),
          rows,
          answers.map(({ late }) => late),
        );
        expect(got).toEqual(answers.map(({ values }) => values));
      }),
      { numRuns: 50, interruptAfterTimeLimit: 20_000 },
    );
  });

  it('are the same afterwards, in whatever order and however often the events came', () => {
    fc.assert(
      fc.property(rowsOf(shape), fc.infiniteStream(fc.nat()), (rows, chance) => {
        const stored = storedOf(rows);
        const newestMs = Math.max(...stored.map(({ occurredAtMs }) => occurredAtMs));
        const last = stored.map((row) => ({ ...row, type: 'refund' as const }));
        const probes = last.map((row) => ({ ...row, occurredAtMs: newestMs }));
        const shuffled = [...stored, ...stored]
          .map((row) => ({ row, place: Number(chance.next().value) }))
          .sort((a, b) => a.place - b.place)
          .map(({ row }) => row);
        const live = sourceOf();
        measure(live, stored, []);
        const restored = sourceOf();
        const batch = batchOf(shuffled);
        restored.restore(batch, 0, batch.length);
        expect(measure(restored, probes, [])).toEqual(measure(live, probes, []));
      }),
      { numRuns: 40, interruptAfterTimeLimit: 20_000 },
    );
  });
});

describe('a ring larger than the walk', () => {
  it('is as large as the walk, and the same one in whatever order its events came', () => {
    const rows = Array.from({ length: 600 }, (_, i): Row => ({
      id: `e-${i}`,
      type: 'login',
      occurredAtMs: Date.UTC(2026, 0, 1) + (i % 7) * 100,
      accountId: `a-${Math.floor(i / 2)}`,
      deviceId: `d-${Math.ceil(i / 2)}`,
    }));
    const forwards = sourceOf();
    measure(forwards, rows, []);
    const backwards = sourceOf();
    measure(backwards, rows.toReversed(), []);
    const probe = [{ ...rows[300]!, type: 'refund' as const }];
    const answer = measure(forwards, probe, []);
    expect(answer[0]![0]).toBe(MAX_RING_ACCOUNTS);
    expect(measure(backwards, probe, [])).toEqual(answer);
  });

  it('is the one the oracle finds where everything happened at one instant', () => {
    // A tree: device n was used by account n and by its two children, and some of the accounts are new.
    const rows = Array.from({ length: 360 }, (_, i): Row => {
      const device = Math.floor(i / 3);
      const account = i % 3 === 0 ? device : device * 2 + (i % 3);
      return {
        id: `e-${i}`,
        type: account % 5 < 2 ? 'account.opened' : 'login',
        occurredAtMs: Date.UTC(2026, 0, 1),
        accountId: `a-${account}`,
        deviceId: `d-${device}`,
      };
    });
    const probes = [0, 30, 90, 150, 210, 270].map((i) => ({
      ...rows[i]!,
      type: 'refund' as const,
    }));
    const oracle = new RingOracle(SPECS, LATENESS_MS);
    for (const row of rows) oracle.store(row);
    const wantedOfProbes = probes.map((row) => oracle.take(row).values);
    expect(wantedOfProbes[0]![0]).toBe(MAX_RING_ACCOUNTS);
    for (const arrived of [rows, rows.toReversed()]) {
      const source = sourceOf();
      measure(source, arrived, []);
      expect(measure(source, probes, [])).toEqual(wantedOfProbes);
    }
  });
});
