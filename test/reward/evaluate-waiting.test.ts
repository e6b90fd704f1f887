import { describe, expect, test } from 'vitest';
import type { ReserveOp } from '../../pipeline/reward/ledger-op.ts';
import { campaigns, ops, type EventFacts } from './scenario.ts';

const only = (facts: EventFacts, settings: Parameters<typeof campaigns>[0] = {}): ReserveOp => {
  const found = ops(campaigns(settings), facts);
  expect(found).toHaveLength(1);
  return found[0] as ReserveOp;
};

describe('an offer that runs before the payment', () => {
  const offer = {
    ...{ on: ['payment.authorising'], settle: 'preauth' },
    ...{ authorisation: '30m', hold: { timeout: '72h', onTimeout: 'manual_review' } },
  };
  const compiled = campaigns({ offer });
  const reserved = ops(compiled, { id: 'auth', type: 'payment.authorising' })[0] as ReserveOp;

  test('is held for the payment, and given back when it does not come', () => {
    expect(reserved).toMatchObject({
      ...{ intent: 'held', reason: 'awaiting_payment' },
      hold: { timeoutMs: 1_800_000, onTimeout: 'void' },
      reviewHold: { timeoutMs: 259_200_000, onTimeout: 'manual_review' },
    });
    // A payment that came before it has the answer.
    expect(reserved.ifAbsent).toBe(true);
  });

  test('waits for a person too when the authorisation is in doubt', () => {
    expect(ops(compiled, { id: 'auth', type: 'payment.authorising' }, 'review')).toMatchObject([
      { intent: 'held', reason: 'awaiting_payment_and_review', hold: { timeoutMs: 1_800_000 } },
    ]);
  });

  test('is captured by the payment that names the authorisation, which earns nothing beside it', () => {
    const facts: EventFacts = { id: 'pay', attributes: { authorisationId: 'auth' } };
    for (const [verdict, intent] of [
      ['allow', 'posted'],
      ['review', 'held'],
      ['block', 'voided'],
    ] as const) {
      const [capture, fallback] = ops(compiled, facts, verdict);
      expect(capture).toMatchObject({
        ...{ kind: 'capture', id: 'pay', authorisationId: 'auth', amountMinor: 30_000, intent },
      });
      expect(fallback).toMatchObject({ grantId: reserved.grantId, intent, ifAbsent: true });
    }
  });

  test('is earned afterwards by a payment that had no authorisation', () => {
    const found = ops(compiled, { id: 'pay' });
    expect(found).toMatchObject([{ kind: 'reserve', eventId: 'pay', intent: 'posted' }]);
    expect((found[0] as ReserveOp).grantId).not.toBe(reserved.grantId);
  });

  test('is given up when the payment is cancelled, whatever the verdict', () => {
    const facts: EventFacts = {
      ...{ id: 'c', type: 'payment.cancelled', attributes: { authorisationId: 'auth' } },
    };
    for (const verdict of ['allow', 'block'] as const) {
      expect(ops(compiled, facts, verdict)).toMatchObject([
        { kind: 'cancel', id: 'c', authorisationId: 'auth' },
      ]);
    }
  });
});

describe('a reward that waits', () => {
  test('for approval does so whatever the verdict, short of a block', () => {
    const compiled = campaigns({ offer: { review: 'always' } });
    for (const verdict of ['allow', 'review'] as const) {
      expect(ops(compiled, { id: 'p' }, verdict)).toMatchObject([
        { intent: 'held', reason: 'awaiting_review' },
      ]);
    }
    expect(ops(compiled, { id: 'p' }, 'block')).toMatchObject([{ intent: 'voided' }]);
  });

  // Ten working days after 23 December 2025 reach over New Year's holidays and a worked Sunday.
  test.each([
    ['campaign_end', '10wd', '2026-01-08T00:00:00+08:00'],
    ['campaign_end', '30d', '2026-01-23T00:00:00+08:00'],
    ['grant', '1wd', '2025-11-25T00:00:00+08:00'],
    ['grant', '1d', '2025-11-24T00:00:00+08:00'],
  ])('to be claimed, from %s within %s: until %s', (anchor, within, until) => {
    const window = { from: '2025-01-01T00:00:00+08:00', to: '2025-12-24T00:00:00+08:00' };
    const facts = { id: 'p', occurredAtMs: Date.parse('2025-11-22T23:00:00+08:00') };
    const { next } = only(facts, {
      offer: { claim: { anchor, within } },
      campaign: { calendar: 'cn', window },
    });
    expect(next).toEqual({ kind: 'claim', untilMs: Date.parse(until) });
  });
});

describe('what a customer wishes', () => {
  const compiled = campaigns();
  const wish = (
    type: EventFacts['type'],
    attributes: object,
    verdict: 'allow' | 'review' | 'block' = 'allow',
  ) =>
    ops(
      compiled,
      { id: 'w', ...(type && { type }), attributes, amountMinor: 700 } as EventFacts,
      verdict,
    );

  test('is handed on with who wishes it', () => {
    const own = { id: 'w', customerId: 'customer-1' };
    expect(wish('claim.submitted', { grantId: 'g' })).toMatchObject([
      { kind: 'claim', ...own, grantId: 'g' },
    ]);
    expect(wish('choice.made', { grantId: 'g', option: 'cup' })).toMatchObject([
      { kind: 'choose', ...own, grantId: 'g', option: 'cup' },
    ]);
    expect(wish('voucher.redeemed', { voucherId: 'g.1' })).toMatchObject([
      { kind: 'redeem', ...own, voucherId: 'g.1', amountMinor: 700 },
    ]);
  });

  test('is kept for a person to judge when its event is under review', () => {
    const intents = (verdict: 'allow' | 'review'): unknown[] =>
      [
        ...wish('claim.submitted', { grantId: 'g' }, verdict),
        ...wish('choice.made', { grantId: 'g', option: 'cup' }, verdict),
      ].map((op) => 'intent' in op && op.intent);
    expect(intents('allow')).toEqual(['posted', 'posted']);
    expect(intents('review')).toEqual(['held', 'held']);
  });

  test('is not done for an event that is blocked, nor when it names nothing', () => {
    const refused = (reason: string): object[] => [{ kind: 'refuse', reason }];
    expect(wish('claim.submitted', { grantId: 'g' }, 'block')).toMatchObject(refused('risk_block'));
    expect(wish('claim.submitted', {})).toMatchObject(refused('grant_not_named'));
    expect(wish('choice.made', { grantId: 'g' })).toMatchObject(refused('option_not_named'));
    expect(wish('voucher.redeemed', { voucherId: {} })).toMatchObject(refused('voucher_not_named'));
    expect(wish('payment.cancelled', {})).toMatchObject(refused('authorisation_not_named'));
  });
});

describe('a voucher that runs longer', () => {
  const offer = {
    ...{ on: ['login'], extend: { vouchers: ['off'], by: '30d' }, limits: [] },
  };
  const login: EventFacts = {
    ...{ id: 'l', type: 'login', amountMinor: undefined, currency: undefined },
    attributes: { voucherId: 'g.1' },
  };
  const compiled = campaigns({ offer });

  test('does so once for each offer, whichever event asks', () => {
    const [first] = ops(compiled, login);
    expect(first).toMatchObject({
      ...{ kind: 'extend', voucherId: 'g.1', vouchers: ['off'], byMs: 30 * 86_400_000 },
    });
    const [second] = ops(compiled, { ...login, id: 'l2' });
    expect((second as { id: string }).id).toBe((first as { id: string }).id);
  });

  test('does not while the event is in doubt, nor without its name', () => {
    expect(ops(compiled, login, 'review')).toEqual([]);
    expect(ops(compiled, { ...login, attributes: {} })).toEqual([]);
  });
});

describe('what a refund may take back', () => {
  const tiers = [
    { atLeast: 10_000, off: 500 },
    { atLeast: 20_000, off: 1200 },
  ];
  test.each([
    [{}, { quota: 'keep', right: 'keep', keepAtLeastMinor: 0 }],
    [{ refund: { quota: 'restore' } }, { quota: 'restore', right: 'keep', keepAtLeastMinor: 0 }],
    [{ refund: { right: 'restore' } }, { quota: 'keep', right: 'restore', keepAtLeastMinor: 0 }],
  ])('%j: %j', (offer, expected) => {
    expect(only({ id: 'p' }, { tiers, offer }).onRefund).toEqual(expected);
  });

  test('what must remain is the threshold of the tier that is granted, not of a lower one', () => {
    const kept = (offer: object): unknown[] =>
      only({ id: 'p' }, { tiers, offer }).choices.map((choice) => choice.keepAtLeastMinor);
    expect(kept({})).toEqual([undefined]);
    expect(kept({ refund: { below: 'revoke' } })).toEqual([20_000]);
    const lower = { refund: { below: 'revoke' }, onTierExhausted: 'next_lower' };
    expect(kept(lower)).toEqual([20_000, 10_000]);
  });

  test('counted anew, as much stays as the rest of the payment earns', () => {
    const offer = { refund: { below: 'reprice' }, onTierExhausted: 'next_lower' };
    const { choices } = only({ id: 'p' }, { tiers, offer });
    const [high, low] = [
      [20_000, 1200],
      [10_000, 500],
    ];
    expect(choices.map(({ reprice }) => reprice)).toEqual([[high, low], [low]]);
  });
});
