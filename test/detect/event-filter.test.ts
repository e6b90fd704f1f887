import { describe, expect, it } from 'vitest';
import { EventFilter, StepMatcher } from '../../pipeline/detect/event-filter.ts';
import type { FeatureCondition, WindowCondition } from '../../pipeline/detect/feature.ts';
import { batchFrom, eventOf, paymentOf, type PlainEvent } from '../support/events.ts';

function passing(where: readonly WindowCondition[], events: readonly PlainEvent[]): boolean[] {
  const batch = batchFrom(events.map((event, i) => ({ ...event, id: `e-${i}` })));
  const filter = new EventFilter(where);
  filter.bind(batch);
  return events.map((_, row) => filter.passes(row));
}

const categories = ['fuel', 'fue', 'fuels', '加油', '', undefined].map((category) =>
  paymentOf({ category }),
);

describe('a condition about a text', () => {
  it('keeps events whose text is one of the words, byte for byte', () => {
    expect(passing([{ field: 'category', in: ['fuel', '加油'] }], categories)).toEqual([
      ...[true, false, false, true, false, false],
    ]);
    expect(passing([{ field: 'category', in: [] }], categories)).not.toContain(true);
  });

  it('keeps with notIn those that have another text, not those that have none', () => {
    expect(passing([{ field: 'category', notIn: ['fuel'] }], categories)).toEqual([
      ...[false, true, true, true, false, false],
    ]);
  });

  it('can be about an attribute, escapes and integers included', () => {
    const payees = ['p-1', 'p "1"\n', '支付宝', 42, '42', '', true, undefined].map((payeeId) =>
      paymentOf({ payeeId, other: 'p-1' }),
    );
    const where = { field: 'payeeId', in: ['p "1"\n', '支付宝', '42'] } as const;
    expect(passing([where], payees)).toEqual([
      ...[false, true, true, true, true, false, false, false],
    ]);
    expect(passing([{ field: 'payeeId', notIn: where.in }], payees)).toEqual([
      ...[true, false, false, false, false, false, false, false],
    ]);
  });
});

describe('a condition about networks', () => {
  it('keeps events outside of all ranges, and those that have no address to lie in one', () => {
    const events = [
      ...['198.51.100.7', '198.51.101.7', '2001:db8:ff::1', '2001:db8:fe::1', 'a-token', undefined],
    ].map((ip) => paymentOf({ ip }));
    const outside = ['198.51.100.0/24', '2001:db8:ff::/48'];
    expect(passing([{ field: 'ip', outside }], events)).toEqual([
      ...[false, true, false, true, true, true],
    ]);
  });
});

describe('several conditions', () => {
  it('must all be met', () => {
    const where: FeatureCondition[] = [
      { field: 'amountMinor', atLeast: 100 },
      { field: 'amountMinor', atMost: 200 },
      { field: 'channel', notIn: ['pos'] },
      { field: 'currency', in: ['CNY'] },
    ];
    const events = [
      paymentOf({ amount: 100 }),
      paymentOf({ amount: 201 }),
      paymentOf({ amount: 99 }),
      paymentOf({ amount: 150, channel: 'pos' }),
      paymentOf({ amount: 150, currency: 'USD' }),
      paymentOf({ amount: undefined }),
    ];
    expect(passing(where, events)).toEqual([true, false, false, false, false, false]);
  });
});

describe('several patterns', () => {
  it('are told as bits, those of another type never', () => {
    const matcher = new StepMatcher([
      { on: ['login'] },
      { on: ['payment', 'login'], where: [{ field: 'channel', in: ['app'] }] },
      { on: ['payment'], where: [{ field: 'amountMinor', atLeast: 1000 }] },
    ]);
    const batch = batchFrom([
      eventOf('login', { channel: 'app' }),
      eventOf('login', { id: 'e-2', channel: 'web' }),
      paymentOf({ amount: 999 }),
      paymentOf({ id: 'p-2', amount: 1000, channel: 'pos' }),
      eventOf('refund', { id: 'e-3', channel: 'app' }),
    ]);
    matcher.bind(batch);
    expect([0, 1, 2, 3, 4].map((row) => matcher.match(row))).toEqual([
      0b011, 0b001, 0b010, 0b100, 0,
    ]);
  });
});
