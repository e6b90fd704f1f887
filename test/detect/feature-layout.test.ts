import { describe, expect, it } from 'vitest';
import { layFeatures } from '../../pipeline/detect/feature-layout.ts';
import type { FeatureRequest } from '../../pipeline/detect/feature-plan.ts';
import type { FeatureSpec, WindowFeature } from '../../pipeline/detect/feature.ts';
import { batchFrom, eventOf, paymentOf, type PlainEvent } from '../support/events.ts';

const HOUR = 3_600_000;
const LIMITS = { allowedLatenessMs: HOUR, maxKeys: 1000, maxEntries: 10_000 };

/** The row of the last event, the columns of operands that nobody requested included. */
function lastRow(requests: readonly FeatureRequest[], events: readonly PlainEvent[]): number[] {
  const { store, sources, width } = layFeatures(requests, LIMITS);
  const batch = batchFrom(events.map((event, i) => ({ ...event, id: `e-${i}` })));
  const out = { width, values: new Float64Array(width * batch.length).fill(7) };
  store.measure(batch, 0, batch.length, out);
  for (const source of sources) source.measure(batch, 0, batch.length, out);
  return [...out.values.slice(-width)];
}

const PAYMENTS: WindowFeature = {
  ...{ key: 'merchantId', on: ['payment'], windowMs: HOUR },
  aggregate: { kind: 'count' },
};
const REFUNDS: WindowFeature = { ...PAYMENTS, on: ['refund'] };
const RATE: FeatureSpec = { kind: 'ratio', of: REFUNDS, to: PAYMENTS };
const onPayment = (spec: FeatureSpec): FeatureRequest => ({ spec, measuredOn: ['payment'] });
const refund = eventOf('refund', { merchantId: 'mer-1' });

describe('a ratio', () => {
  it('is worked out from features that nobody else declares', () => {
    const row = lastRow([onPayment(RATE)], [refund, refund, refund, paymentOf(), paymentOf()]);
    expect(row[0]).toBe(1.5);
  });

  it('shares the columns of features that are declared, and has them measured where it is', () => {
    const requests = [{ spec: PAYMENTS, measuredOn: ['payment'] as const }, onPayment(RATE)];
    expect(layFeatures(requests, LIMITS).width).toBe(3);
    const elsewhere: FeatureRequest[] = [requests[0]!, { spec: RATE, measuredOn: ['refund'] }];
    expect(lastRow(elsewhere, [paymentOf(), refund, refund])[1]).toBe(2);
  });

  it('can be made of ratios, in whatever order they are declared', () => {
    const twice: FeatureSpec = { kind: 'ratio', of: RATE, to: RATE };
    const events = [refund, paymentOf(), paymentOf()];
    expect(lastRow([onPayment(twice), onPayment(RATE)], events).slice(0, 2)).toEqual([1, 0.5]);
    expect(lastRow([onPayment(twice)], events)[0]).toBe(1);
  });

  it('is absent over nothing, and at events where it is not measured', () => {
    expect(lastRow([{ spec: RATE, measuredOn: ['refund'] }], [refund])[0]).toBeNaN();
    expect(lastRow([onPayment(RATE)], [paymentOf(), refund])[0]).toBeNaN();
  });
});

describe('keys that events carry among their attributes', () => {
  it('are the keys and members of windows, from whatever batch they come', () => {
    const accounts: FeatureSpec = {
      ...{ key: 'payeeId', on: ['payment'], windowMs: HOUR },
      aggregate: { kind: 'distinct', of: 'accountId' },
    };
    const payees: FeatureSpec = {
      ...{ key: 'category', on: ['payment'], windowMs: HOUR },
      aggregate: { kind: 'distinct', of: 'payeeId' },
    };
    const pay = (accountId: string, payeeId: unknown): PlainEvent =>
      paymentOf({ accountId, payeeId });
    const events = [pay('a', 'p'), pay('b', 'p'), pay('b', 5), pay('c', 'unknown'), pay('c', 'p')];
    expect(lastRow([onPayment(accounts), onPayment(payees)], events)).toEqual([3, 2]);
  });

  it('count identical amounts by making the amount a part of the key', () => {
    const same: FeatureSpec = { ...PAYMENTS, key: ['merchantId', 'amount'] };
    const amounts = [500, 500, 501, 500].map((amount) => paymentOf({ amount }));
    expect(lastRow([onPayment(same)], amounts)).toEqual([3]);
  });
});

describe('features that look back for months', () => {
  it('are refused as a window, and allowed as the time since a key was last seen', () => {
    const days90 = 90 * 24 * HOUR;
    expect(() => layFeatures([onPayment({ ...PAYMENTS, windowMs: days90 })], LIMITS)).toThrow(
      'pass 24 days',
    );
    const spec: FeatureSpec = {
      ...{ kind: 'lastSeen', key: 'accountId', on: ['login'], horizonMs: days90 },
    };
    const login = eventOf('login', { occurredAt: '2026-01-01T00:00:00Z' });
    const payment = paymentOf({ occurredAt: '2026-03-02T00:00:00Z' });
    expect(lastRow([onPayment(spec)], [login, payment])).toEqual([60 * 24 * HOUR]);
  });
});
