import { describe, expect, test } from 'vitest';
import type { LedgerOp } from '../../pipeline/reward/ledger-op.ts';
import { apply, ledger, one, standing, useLedger } from './ledger-fixture.ts';
import { authorise, cancel, capture, DAY_MS, reserve } from './ledger-offers.ts';
import { FRIDAY_NOON_MS, label, offer, refund, SPEND, TIER_1, TOTAL } from './ledger-scenario.ts';

useLedger();

describe('an authorisation', () => {
  test('its payment posts what waits; refunds then name the payment', async () => {
    await apply([authorise({ id: 'a' })]);
    expect(await standing(SPEND)).toEqual([0, 1000]);
    const posted = await one([capture('p', 'a')]);
    expect(posted).toMatchObject({ state: 'posted', reason: 'granted', eventId: 'a' });
    expect(await one([capture('p', 'a')])).toEqual(posted);
    expect(await one(refund('r', 'p', 15_000))).toMatchObject({ id: 'g_a', clawedBackMinor: 500 });
    expect(await one(refund('r2', 'p', 15_000))).toMatchObject({ state: 'clawed_back' });
  });

  test('what is captured less counts as refunded', async () => {
    await apply([authorise({ id: 'a' })]);
    expect(await one([capture('p', 'a', 20_000)])).toMatchObject({
      state: 'posted',
      reason: 'partly_refunded',
      clawedBackMinor: 333,
    });
    // 200.00 of the 300.00 were paid, 100.00 of them go back: 200.00 in all.
    expect(await one(refund('r', 'p', 10_000))).toMatchObject({ clawedBackMinor: 667 });
    expect(await one(refund('r2', 'p', 10_001))).toMatchObject({
      state: 'clawed_back',
      reason: 'refund_exceeds_payment',
    });
  });

  test('a payment of nothing gives it back; one that says no amount is one of all that was authorised', async () => {
    await apply([authorise({ id: 'a', category: 'k1' }), authorise({ id: 'b', category: 'k2' })]);
    expect(await one([capture('p', 'a', 0)])).toMatchObject({
      state: 'voided',
      reason: 'payment_cancelled',
    });
    expect(await standing(SPEND)).toEqual([0, 1000]);
    expect(await one([capture('q', 'b', 0, { amountMinor: undefined })])).toMatchObject({
      state: 'posted',
      reason: 'granted',
    });
    expect(await standing(SPEND)).toEqual([1000, 0]);
    expect(await one(refund('r', 'q', 15_000))).toMatchObject({ clawedBackMinor: 500 });
  });

  test('is captured and cancelled by its own account only', async () => {
    await apply([authorise({ id: 'a' })]);
    const waiting = await ledger.grant('g_a');
    const strange = capture('p', 'a', 30_000, { accountId: 'account-2' });
    const refused = await one([strange]);
    const rejected = { state: 'rejected', reason: 'not_yours', accountId: 'account-2' };
    expect(refused).toMatchObject({ id: 'capture_p', ...rejected });
    expect(await one([strange])).toEqual(refused);
    expect(await one([cancel('x', 'a', 'account-2')])).toMatchObject({
      id: 'cancel_x',
      ...rejected,
    });
    expect(await ledger.grant('g_a')).toEqual(waiting);
    expect(await one([capture('p2', 'a')])).toMatchObject({ id: 'g_a', state: 'posted' });
  });

  test('a refund names the payment: under its authorisation there is none to refund any more', async () => {
    await apply([authorise({ id: 'a' }), ...refund('r', 'a', 15_000)]);
    const posted = await one([capture('p', 'a')]);
    const refused = await one(refund('r2', 'a', 30_000));
    expect(refused).toMatchObject({ id: 'refund_r2', reason: 'payment_not_found' });
    expect(await ledger.grant('g_a')).toEqual(posted);
    // What was said before the capture gets the answer that it had.
    expect(await one(refund('r', 'a', 15_000))).toEqual(posted);
    expect(await one(refund('r3', 'p', 30_000))).toMatchObject({ state: 'clawed_back' });
  });

  test('a refund that came before its capture waits for it', async () => {
    await apply([authorise({ id: 'a' })]);
    expect(await one(refund('r', 'p', 15_000))).toMatchObject({ reason: 'payment_not_found' });
    // It went back whole, so that the share is owed.
    expect(await one([capture('p', 'a')])).toMatchObject({ clawedBackMinor: 0, owedMinor: 500 });
  });

  test('never paid, cancelled or blocked: every leg returns', async () => {
    await apply([
      authorise({ id: 'a1', category: 'k1' }),
      authorise({ id: 'a2', category: 'k2' }),
      authorise({ id: 'a3', category: 'k3' }),
      cancel('x', 'a1'),
      capture('p2', 'a2', 30_000, { intent: 'voided', reason: 'risk_block' }),
      reserve(
        { id: 'q', customerId: 'c', occurredAtMs: FRIDAY_NOON_MS + DAY_MS },
        { of: offer({ tiers: [{ atLeast: 1, off: 1 }] }) },
      ),
    ]);
    const reasons = [];
    for (const id of ['g_a1', 'g_a2', 'g_a3']) reasons.push(await ledger.grant(id));
    expect(reasons).toMatchObject([
      { state: 'voided', reason: 'payment_cancelled' },
      { state: 'voided', reason: 'risk_block' },
      { state: 'voided', reason: 'authorisation_expired' },
    ]);
    expect(await standing(TIER_1)).toEqual([0, 0]);
    expect(await standing(SPEND)).toEqual([1, 0]);
    expect(await one([capture('late', 'a3')])).toMatchObject({ id: 'g_a3', state: 'voided' });
  });

  test('a payment under review holds it on; a word on the authorisation alone does not post it', async () => {
    const reviewHold = { timeoutMs: DAY_MS, onTimeout: 'manual_review' } as const;
    await apply([authorise({ id: 'a' }, { reviewHold })]);
    expect(await one(label('a', 'false_positive'))).toMatchObject({ reason: 'awaiting_payment' });
    const held = capture('p', 'a', 30_000, { intent: 'held', reason: 'held_for_review' });
    expect(await one([held])).toMatchObject({ state: 'held', reason: 'held_for_review' });
    await apply([reserve({ id: 'q', customerId: 'c', occurredAtMs: FRIDAY_NOON_MS + DAY_MS })]);
    expect(await ledger.grant('g_a')).toMatchObject({ state: 'held', reason: 'review_overdue' });
    expect(await one(label('p', 'false_positive'))).toMatchObject({
      state: 'posted',
      reason: 'released',
    });
  });

  test('a payment that came again and is blocked now gives back what it had got', async () => {
    await apply([authorise({ id: 'a' }), capture('p', 'a')]);
    const blocked = capture('p', 'a', 30_000, { intent: 'voided', reason: 'account_frozen' });
    expect(await one([blocked])).toMatchObject({ state: 'clawed_back', reason: 'account_frozen' });
    expect(await standing(SPEND)).toEqual([0, 0]);
  });

  test('that ran out is not taken again for a payment in time when another offer has closed it meanwhile', async () => {
    const room = [SPEND, TOTAL].map((account) => ({ account, limit: 1_000_000 }));
    const gift = 'limit/bills/gift/customer-1';
    const waiting = (n: number): LedgerOp =>
      authorise({ id: `a${n}`, category: `k${n}` }, { unless: [gift] });
    const paid = (n: number): LedgerOp => capture(`p${n}`, `a${n}`, 30_000, { room });
    await apply([
      waiting(1),
      waiting(2),
      { kind: 'advance', occurredAtMs: FRIDAY_NOON_MS + DAY_MS },
    ]);
    expect(await one([paid(1)])).toMatchObject({ state: 'posted' });
    await apply([reserve({ id: 'new' }, { limits: [{ account: gift, limit: 1 }] })]);
    expect(await one([paid(2)])).toMatchObject({
      ...{ state: 'voided', reason: 'authorisation_expired' },
    });
    expect(await standing(SPEND)).toEqual([2000, 0]);
  });

  test('the same offer earned by the payment itself finds what the authorisation got', async () => {
    const authorised = await one([authorise({ id: 'a' })]);
    const fallback = reserve({ id: 'p' }, { grantId: 'g_a', ifAbsent: true });
    expect(await one([fallback])).toEqual(authorised);
    expect(
      await one([reserve({ id: 'p' }, { grantId: 'g_b', ifAbsent: true, limits: [] })]),
    ).toMatchObject({ state: 'posted', eventId: 'p' });
  });
});
