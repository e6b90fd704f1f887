import { describe, expect, it } from 'vitest';
import { compilePlan } from '../../pipeline/detect/feature-plan.ts';
import type { FeatureRequest } from '../../pipeline/detect/feature-plan.ts';
import type { Aggregate, FeatureSpec, WindowFeature } from '../../pipeline/detect/feature.ts';

const MINUTE = 60_000;

function spec(aggregate: Aggregate, more: Partial<WindowFeature> = {}): FeatureSpec {
  return { key: 'accountId', on: ['payment'], windowMs: MINUTE, aggregate, ...more };
}

function planOf(...specs: FeatureSpec[]): ReturnType<typeof compilePlan> {
  return compilePlan(specs.map((one): FeatureRequest => ({ spec: one, measuredOn: ['payment'] })));
}

function streamsOf(...specs: FeatureSpec[]): number {
  return planOf(...specs).dimensions.reduce((sum, { streams }) => sum + streams.length, 0);
}

const COUNT = spec({ kind: 'count' });
const CARDS = spec({ kind: 'distinct', of: 'cardId' });
const SUM = spec({ kind: 'sum', of: 'amountMinor' });

describe('the columns of a plan', () => {
  it('are shared by equal features, however they are written', () => {
    const plan = planOf(
      spec({ kind: 'count' }, { on: ['payment', 'refund'] }),
      spec({ kind: 'count' }, { key: ['accountId'], on: ['refund', 'payment', 'refund'] }),
    );
    expect(plan.width).toBe(1);
    expect(plan.indexOf(spec({ kind: 'count' }, { on: ['refund', 'payment'] }))).toBe(0);
  });

  it('differ for features that differ in key, types, window, aggregate or filter', () => {
    const plan = planOf(
      COUNT,
      spec({ kind: 'count' }, { key: 'ip' }),
      spec({ kind: 'count' }, { on: ['refund'] }),
      spec({ kind: 'count' }, { windowMs: 2 * MINUTE }),
      CARDS,
      spec({ kind: 'count' }, { where: [{ field: 'amountMinor', atMost: 5 }] }),
      spec({ kind: 'count' }, { where: [{ field: 'amountMinor', atLeast: 5 }] }),
    );
    expect(plan.width).toBe(7);
  });

  it('cannot be asked for a feature that was never declared', () => {
    expect(() => planOf(COUNT).indexOf(SUM)).toThrow('the plan has no feature');
  });

  it('are measured at every type that some detector reads them at', () => {
    const plan = compilePlan([
      { spec: COUNT, measuredOn: ['payment'] },
      { spec: SUM, measuredOn: ['payment'] },
      { spec: COUNT, measuredOn: ['login'] },
    ]);
    expect(plan.columnsOn('login')).toEqual([plan.indexOf(COUNT)]);
    expect(plan.columnsOn('payment')).toEqual([plan.indexOf(COUNT), plan.indexOf(SUM)]);
    expect(plan.columnsOn('refund')).toEqual([]);
  });
});

describe('the streams of a plan', () => {
  it('serve all windows and the countable aggregates of one key from one list of entries', () => {
    const windows = [MINUTE, 2 * MINUTE, 24 * 60 * MINUTE];
    const all = [COUNT, CARDS, SUM].flatMap((one) =>
      windows.map((windowMs) => ({ ...one, windowMs })),
    );
    const [dimension] = planOf(...all).dimensions;
    expect(dimension!.streams).toHaveLength(1);
    expect(dimension!.streams[0]).toMatchObject({
      member: 'cardId',
      value: 'amountMinor',
      valueRequired: false,
      longestWindowMs: 24 * 60 * MINUTE,
    });
  });

  it('are two where two fields are counted distinctly, and counts ride along with the first', () => {
    expect(streamsOf(CARDS, spec({ kind: 'distinct', of: 'deviceId' }), COUNT, SUM)).toBe(2);
  });

  it('keep events without the value out where an average or an extreme is taken', () => {
    const [dimension] = planOf(COUNT, spec({ kind: 'mean', of: 'amountMinor' }), SUM).dimensions;
    expect(dimension!.streams.map(({ valueRequired }) => valueRequired)).toEqual([false, true]);
    expect(dimension!.streams[1]!.features).toHaveLength(2);
  });

  it('let counts share the entries of times, because every event has a time', () => {
    expect(streamsOf(COUNT, spec({ kind: 'previous', of: 'occurredAtMs' }))).toBe(1);
  });

  it('let counts, sums and the latest value share entries, of which some lack the value', () => {
    const [dimension] = planOf(
      COUNT,
      SUM,
      spec({ kind: 'previous', of: 'amountMinor' }),
      spec({ kind: 'last', of: 'occurredAtMs' }),
    ).dimensions;
    expect(dimension!.streams).toHaveLength(1);
    expect(dimension!.streams[0]).toMatchObject({ orderById: true, valueRequired: false });
  });

  it('let the time of the latest event ride along with distinct members', () => {
    expect(streamsOf(CARDS, spec({ kind: 'previous', of: 'occurredAtMs' }))).toBe(1);
    expect(streamsOf(CARDS, spec({ kind: 'previous', of: 'amountMinor' }))).toBe(2);
  });

  it('are apart for other event types and filters, and share the look-up of the key', () => {
    const plan = planOf(
      COUNT,
      spec({ kind: 'count' }, { on: ['refund'] }),
      spec({ kind: 'count' }, { where: [{ field: 'amountMinor', atMost: 5 }] }),
    );
    expect(plan.dimensions).toHaveLength(1);
    expect(plan.dimensions[0]!.streams).toHaveLength(3);
  });
});
