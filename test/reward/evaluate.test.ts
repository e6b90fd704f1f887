import { describe, expect, test } from 'vitest';
import type { ReserveOp } from '../../pipeline/reward/ledger-op.ts';
import { settle } from '../../pipeline/reward/evaluate.ts';
import { campaigns, ops, type EventFacts } from './scenario.ts';

const only = (facts: EventFacts, settings: Parameters<typeof campaigns>[0] = {}): ReserveOp => {
  const found = ops(campaigns(settings), facts);
  expect(found).toHaveLength(1);
  return found[0] as ReserveOp;
};
const count = (facts: EventFacts, settings: Parameters<typeof campaigns>[0] = {}): number =>
  ops(campaigns(settings), facts).length;

const TIERS = [
  { atLeast: 10_000, off: 500 },
  { atLeast: 20_000, off: 1200 },
  { atLeast: 50_000, off: 4000 },
];

describe('who takes part', () => {
  test('a qualifying payment earns one grant', () => {
    expect(only({ id: 'p' })).toMatchObject({ intent: 'posted', choices: [{ amountMinor: 1000 }] });
  });

  test.each([
    ['another channel', { channel: 'pos' }],
    ['no channel', { channel: undefined }],
    ['another kind of bill', { category: 'fashion' }],
    ['another currency', { currency: 'USD' }],
    ['no currency', { currency: undefined }],
    ['too small an amount', { amountMinor: 29_999 }],
    ['no amount', { amountMinor: undefined }],
    ['another event type', { type: 'login' as const }],
  ])('%s earns nothing', (_title, facts) => {
    expect(count({ id: 'p', ...facts })).toBe(0);
  });

  test('a limit by card leaves out an event that names no card', () => {
    const offer = { limits: [{ per: ['card'], period: 'day', max: 1 }] };
    expect(count({ id: 'p' }, { offer })).toBe(1);
    expect(count({ id: 'p', cardId: undefined }, { offer })).toBe(0);
  });
});

describe('the campaign is open from its first instant to just before its last', () => {
  test.each([
    ['2025-12-31T23:59:59.999+08:00', 0],
    ['2026-01-01T00:00:00.000+08:00', 1],
    ['2026-02-28T23:59:59.999+08:00', 1],
    ['2026-12-31T23:59:59.999+08:00', 1],
    ['2027-01-01T00:00:00.000+08:00', 0],
  ])('%s: %i', (at, expected) => {
    expect(count({ id: 'p', occurredAtMs: Date.parse(at) })).toBe(expected);
  });
});

describe('Friday from 10:00 to 22:00 in Shanghai', () => {
  const offer = { schedule: { weekdays: ['friday'], from: '10:00', to: '22:00' } };
  test.each([
    ['2026-11-20T09:59:59.999+08:00', 0],
    ['2026-11-20T10:00:00.000+08:00', 1],
    ['2026-11-20T21:59:59.999+08:00', 1],
    ['2026-11-20T22:00:00.000+08:00', 0],
    ['2026-11-19T12:00:00.000+08:00', 0],
    ['2026-11-21T12:00:00.000+08:00', 0],
    // Still Thursday evening in UTC, but a Friday night in Shanghai; and the reverse in New York.
    ['2026-11-19T23:00:00.000Z', 0],
    ['2026-11-20T02:00:00.000Z', 1],
    ['2026-11-19T21:00:00.000-05:00', 1],
  ])('%s: %i', (at, expected) => {
    expect(count({ id: 'p', occurredAtMs: Date.parse(at) }, { offer })).toBe(expected);
  });

  test('a day schedule may end at midnight', () => {
    const late = { schedule: { weekdays: ['friday'], from: '22:00', to: '24:00' } };
    const at = (text: string): number =>
      count({ id: 'p', occurredAtMs: Date.parse(text) }, { offer: late });
    expect(at('2026-11-20T23:59:59.999+08:00')).toBe(1);
    expect(at('2026-11-21T00:00:00.000+08:00')).toBe(0);
  });
});

describe('tiers', () => {
  test.each([
    [10_000, 0, 500],
    [19_999, 0, 500],
    [20_000, 1, 1200],
    [49_999, 1, 1200],
    [50_000, 2, 4000],
    [Number.MAX_SAFE_INTEGER, 2, 4000],
  ])('%i fen reach tier %i: %i off', (amountMinor, tier, off) => {
    const { choices } = only({ id: 'p', amountMinor }, { tiers: TIERS });
    expect(choices).toMatchObject([{ tier, amountMinor: off, units: [] }]);
  });

  test('next_lower offers the lower tiers in turn', () => {
    const { choices } = only(
      { id: 'p', amountMinor: 50_000 },
      { tiers: TIERS, offer: { onTierExhausted: 'next_lower' } },
    );
    expect(choices.map(({ tier }) => tier)).toEqual([2, 1, 0]);
  });
});

describe('the verdict', () => {
  const compiled = campaigns();
  test('review holds, block voids, a frozen account says so', () => {
    expect(ops(compiled, { id: 'p' }, 'review')).toMatchObject([
      { intent: 'held', reason: 'held_for_review' },
    ]);
    expect(ops(compiled, { id: 'p' }, 'block')).toMatchObject([
      { intent: 'voided', reason: 'risk_block', choices: [{ amountMinor: 1000 }] },
    ]);
  });

  test('an analyst who confirms voids, one who finds a false alarm releases', () => {
    const label = { id: '1-0', decisionId: 'dec_p', actor: 'ann', reason: 'seen', labelledAtMs: 1 };
    expect(settle({ ...label, label: 'confirmed' })).toMatchObject([
      { kind: 'settle', eventId: 'p', to: 'voided', reason: 'review_confirmed' },
    ]);
    expect(settle({ ...label, label: 'false_positive' })).toMatchObject([
      { eventId: 'p', to: 'posted', reason: 'released' },
    ]);
  });
});

describe('names', () => {
  const limitOf = (facts: EventFacts): string => only(facts).limits[0]!.account;

  test('the grant id depends on the payment and the customer, not on the verdict or the configuration', () => {
    const id = only({ id: 'p' }).grantId;
    expect(only({ id: 'p', amountMinor: 40_000 }).grantId).toBe(id);
    expect(only({ id: 'q' }).grantId).not.toBe(id);
    expect(only({ id: 'p', customerId: 'customer-2' }).grantId).not.toBe(id);
  });

  test('without a customer number the account counts, and the two are never confused', () => {
    const named = limitOf({ id: 'p', customerId: '7', accountId: 'a' });
    const unnamed = limitOf({ id: 'p', customerId: undefined, accountId: '7' });
    expect(named).not.toBe(unnamed);
    expect(limitOf({ id: 'q', customerId: undefined, accountId: '7' })).toBe(unnamed);
  });

  test('a placeholder identifies nobody: a limit by customer leaves the event out, a limit by card does not', () => {
    const nobody: EventFacts = { id: 'p', customerId: undefined, accountId: 'unknown' };
    const found = (facts: EventFacts, offer?: object): number =>
      ops(campaigns({ placeholders: ['unknown'], ...(offer && { offer }) }), facts).length;
    expect(found(nobody)).toBe(0);
    expect(found({ ...nobody, customerId: 'unknown' })).toBe(0);
    expect(found({ ...nobody, customerId: '7' })).toBe(1);
    expect(found({ ...nobody, accountId: '7' })).toBe(1);
    expect(found(nobody, { limits: [{ per: ['card'], period: 'day', max: 1 }] })).toBe(1);
  });

  test('no customer can spell the account of another', () => {
    const crafted = limitOf({ id: 'p', customerId: 'x/category=gas', category: 'water' });
    expect(crafted).not.toBe(limitOf({ id: 'p', customerId: 'x', category: 'gas' }));
    expect(crafted.split('/')).toHaveLength(limitOf({ id: 'p' }).split('/').length);
    expect(limitOf({ id: 'p', customerId: 'a b\nc' })).not.toMatch(/\s/);
  });

  test('the day of a card counts in the local zone', () => {
    const offer = { limits: [{ per: ['card'], period: 'day', max: 1 }] };
    const at = (text: string): string =>
      only({ id: 'p', occurredAtMs: Date.parse(text) }, { offer }).limits[0]!.account;
    expect(at('2026-11-20T15:59:59.999Z')).toContain('2026-11-20');
    expect(at('2026-11-20T16:00:00.000Z')).toContain('2026-11-21');
    expect(at('2026-12-31T15:59:59.999Z')).toContain('2026-12-31');
  });
});

describe('a phase, a narrower window', () => {
  const phases = { wrapup: { from: '2027-01-01T00:00:00+08:00', to: '2027-01-08T00:00:00+08:00' } };
  const window = { from: '2026-02-28T00:00:00+08:00', to: '2026-03-01T00:00:00+08:00' };
  test.each([
    [{ phase: 'wrapup' }, '2026-12-31T23:59:59.999+08:00', 0],
    [{ phase: 'wrapup' }, '2027-01-01T00:00:00.000+08:00', 1],
    [{ phase: 'wrapup' }, '2027-01-07T23:59:59.999+08:00', 1],
    [{ phase: 'wrapup' }, '2027-01-08T00:00:00.000+08:00', 0],
    [{ window }, '2026-02-27T23:59:59.999+08:00', 0],
    [{ window }, '2026-02-28T00:00:00.000+08:00', 1],
    [{ window }, '2026-02-28T23:59:59.999+08:00', 1],
    [{ window }, '2026-03-01T00:00:00.000+08:00', 0],
  ])('%j at %s: %i', (offer, at, expected) => {
    const facts = { id: 'p', occurredAtMs: Date.parse(at) };
    expect(count(facts, { offer, campaign: { phases } })).toBe(expected);
  });

  test('29 February is a day of its own', () => {
    const leap = { from: '2028-02-29T00:00:00+08:00', to: '2028-03-01T00:00:00+08:00' };
    const on = (at: string): number =>
      count({ id: 'p', occurredAtMs: Date.parse(at) }, { campaign: { window: leap } });
    expect(on('2028-02-28T23:59:59.999+08:00')).toBe(0);
    expect(on('2028-02-29T00:00:00.000+08:00')).toBe(1);
    expect(on('2028-02-29T23:59:59.999+08:00')).toBe(1);
    expect(on('2028-03-01T00:00:00.000+08:00')).toBe(0);
  });

  test('the phase is what inPhase counts in', () => {
    const offer = { phase: 'wrapup', eligible: 'inPhase.payments >= 1' };
    const compiled = campaigns({ offer, campaign: { phases } });
    expect(compiled.factPeriods.map(({ id }) => id)).toEqual(['bills', 'bills/wrapup']);
    const facts = { id: 'p', occurredAtMs: Date.parse('2027-01-02T00:00:00+08:00') };
    const during = (periodId: string) => ({
      ...{ payments: periodId === 'bills/wrapup' ? 1 : 0, spendMinor: 0 },
      ...{ firstLoginAtMs: undefined, lastPaymentBeforeMs: undefined },
    });
    expect(ops(compiled, facts, 'allow', { during })).toHaveLength(1);
    expect(ops(compiled, facts)).toHaveLength(0);
  });
});

describe('working days and weekends that were moved', () => {
  const open = (weekdays: string[], at: string): number =>
    count(
      { id: 'p', occurredAtMs: Date.parse(at) },
      {
        offer: { schedule: { weekdays, dayType: 'workday_adjusted' } },
        campaign: { calendar: 'cn' },
      },
    );
  test.each([
    // Saturday 14 February 2026 is worked in exchange for the Spring Festival, 16 to 23 February.
    ['2026-02-14T12:00:00+08:00', ['saturday', 'sunday'], 0],
    ['2026-02-07T12:00:00+08:00', ['saturday', 'sunday'], 1],
    ['2026-02-20T12:00:00+08:00', ['friday'], 0],
    ['2026-02-27T12:00:00+08:00', ['friday'], 1],
  ])('%s on %j: %i', (at, weekdays, expected) => {
    expect(open(weekdays, at)).toBe(expected);
  });
});

describe('refunds', () => {
  test('a refund is handed on whatever the verdict', () => {
    const compiled = campaigns();
    const facts: EventFacts = { id: 'r', type: 'refund', refundOf: 'p', amountMinor: 7 };
    for (const verdict of ['allow', 'review', 'block'] as const) {
      expect(ops(compiled, facts, verdict)).toMatchObject([
        { kind: 'refund', refundId: 'r', paymentId: 'p', refundMinor: 7 },
      ]);
    }
  });
});
