import { describe, expect, test } from 'vitest';
import type { LedgerOp, SettleOp } from '../../pipeline/reward/ledger-op.ts';
import { rebuild } from '../../pipeline/reward/rebuild.ts';
import { apply, ledger, one, standing, useLedger } from './ledger-fixture.ts';
import { authorise, cancel, capture, claim, DAY_MS, reserve } from './ledger-offers.ts';
import { FRIDAY_NOON_MS, label, offer, refund, SPEND, TIER_1 } from './ledger-scenario.ts';
import { NO_HISTORY, wholeState } from './ledger-state.ts';

useLedger();

const DOUBTED = { reason: 'awaiting_payment_and_review' } as const;
const advance = (occurredAtMs: number): LedgerOp => ({ kind: 'advance', occurredAtMs });
const settle = (id: string, to: SettleOp['to'], reason: SettleOp['reason']): SettleOp => ({
  ...{ kind: 'settle', id: `s_${id}_${to}_${reason}`, grantId: `g_${id}`, to, reason },
  occurredAtMs: FRIDAY_NOON_MS,
});

describe('an authorisation that was in doubt', () => {
  test('keeps its reward held when its payment is allowed, until a person has judged either', async () => {
    for (const [n, judged] of ['a1', 'p2'].entries()) {
      const [id, payment] = [`a${n + 1}`, `p${n + 1}`];
      await apply([authorise({ id, category: `k${n}` }, DOUBTED)]);
      expect(await one([capture(payment, id)])).toMatchObject({
        state: 'held',
        reason: 'authorisation_in_review',
      });
      expect(await one(label(judged, 'false_positive'))).toMatchObject({
        state: 'posted',
        reason: 'released',
      });
    }
  });

  test('waits for its payment alone once it was judged', async () => {
    await apply([authorise({ id: 'a' }, DOUBTED)]);
    expect(await one(label('a', 'false_positive'))).toMatchObject({
      state: 'held',
      reason: 'awaiting_payment',
    });
    expect(await one([capture('p', 'a')])).toMatchObject({ state: 'posted', reason: 'granted' });
  });

  test('with a payment in doubt too: a word on the authorisation is not one on the payment', async () => {
    await apply([
      authorise({ id: 'a' }, DOUBTED),
      capture('p', 'a', 30_000, { intent: 'held', reason: 'held_for_review' }),
    ]);
    expect(await one(label('a', 'false_positive'))).toMatchObject({ reason: 'held_for_review' });
    expect(await one(label('p', 'false_positive'))).toMatchObject({ state: 'posted' });
  });

  test('is given back when it is judged abuse, is cancelled, or its payment never comes', async () => {
    await apply([
      authorise({ id: 'a1', category: 'k1' }, DOUBTED),
      authorise({ id: 'a2', category: 'k2' }, DOUBTED),
      authorise({ id: 'a3', category: 'k3' }, DOUBTED),
      ...label('a1', 'confirmed'),
      cancel('x', 'a2'),
      advance(FRIDAY_NOON_MS + DAY_MS),
    ]);
    const reasons = [];
    for (const id of ['g_a1', 'g_a2', 'g_a3']) reasons.push((await ledger.grant(id))?.reason);
    expect(reasons).toEqual(['review_confirmed', 'payment_cancelled', 'authorisation_expired']);
    expect(await standing(SPEND)).toEqual([0, 0]);
  });
});

describe('event time without rewards', () => {
  test('ends holds and claims at their time, once, and not a millisecond before', async () => {
    const held = { intent: 'held', reason: 'held_for_review' } as const;
    const next = { kind: 'claim', untilMs: FRIDAY_NOON_MS + DAY_MS } as const;
    await apply([
      reserve(
        { id: 'h', category: 'k1' },
        { ...held, hold: { timeoutMs: DAY_MS, onTimeout: 'void' } },
      ),
      reserve({ id: 'c', category: 'k2' }, { next }),
      advance(FRIDAY_NOON_MS + DAY_MS - 1),
    ]);
    expect(await ledger.grant('g_h')).toMatchObject({ state: 'held' });
    expect(await apply([advance(FRIDAY_NOON_MS + DAY_MS)])).toEqual([]);
    expect(await ledger.grant('g_h')).toMatchObject({ state: 'voided', reason: 'hold_expired' });
    expect(await ledger.grant('g_c')).toMatchObject({ state: 'forfeited' });
    const sequence = await ledger.sequence();
    await apply([advance(FRIDAY_NOON_MS + DAY_MS), advance(FRIDAY_NOON_MS)]);
    expect(await ledger.sequence()).toBe(sequence);
    expect(await one([claim('g_c', { id: 'w' })])).toMatchObject({ reason: 'claim_late' });
  });
});

describe('a word that is told again', () => {
  const [doubt, cleared] = [
    settle('a', 'held', 'held_for_review'),
    settle('a', 'posted', 'approved'),
  ];

  test.each([
    ['the doubt came first', [doubt, cleared], 'awaiting_payment'],
    ['the doubt came last', [cleared, doubt], 'awaiting_payment_and_review'],
  ])('does not undo what was said after it: %s', async (_title, said, reason) => {
    await apply([authorise({ id: 'a' }), ...said]);
    const before = await wholeState(ledger);
    expect(await one(said)).toMatchObject({ state: 'held', reason });
    expect(await wholeState(ledger)).toEqual(before);
  });

  test('posts nothing that was doubted after it', async () => {
    await apply([authorise({ id: 'a' }), cleared, doubt, capture('p', 'a')]);
    expect(await one([cleared])).toMatchObject({
      ...{ state: 'held', reason: 'authorisation_in_review' },
    });
    expect(await one([{ ...cleared, occurredAtMs: FRIDAY_NOON_MS + 1 }])).toMatchObject({
      state: 'posted',
    });
  });
});

describe('what comes to be known later', () => {
  test('lets a reward that waits for its payment wait for a review too, and no other', async () => {
    await apply([
      authorise({ id: 'a', category: 'k1' }),
      reserve({ id: 'p', category: 'k2' }),
      reserve({ id: 'h', category: 'k3' }, { intent: 'held', reason: 'held_for_review' }),
    ]);
    expect(await one([settle('a', 'held', 'held_for_review')])).toMatchObject(DOUBTED);
    expect(await one([settle('p', 'held', 'held_for_review')])).toMatchObject({ state: 'posted' });
    expect(await one([settle('h', 'held', 'held_for_review')])).toMatchObject({
      reason: 'held_for_review',
    });
    expect(await one([settle('a', 'posted', 'approved')])).toMatchObject({
      state: 'held',
      reason: 'awaiting_payment',
    });
  });

  test('claws back what has not gone back yet, exactly once', async () => {
    await apply([reserve({ id: 'p' }), ...refund('r', 'p', 10_000)]);
    expect(await ledger.grant('g_p')).toMatchObject({ clawedBackMinor: 333 });
    expect(await standing(SPEND)).toEqual([667, 0]);
    const taken = await one([settle('p', 'voided', 'late_truth')]);
    expect(taken).toMatchObject({
      ...{ state: 'clawed_back', reason: 'late_truth', clawedBackMinor: 1000 },
    });
    expect(await one([settle('p', 'voided', 'late_truth')])).toEqual(taken);
    expect(await one(refund('r2', 'p', 20_000))).toMatchObject({
      state: 'clawed_back',
      reason: 'late_truth',
    });
    expect(await standing(SPEND)).toEqual([0, 0]);
  });
});

describe('a reward that was voided by a freeze', () => {
  const FROZEN = { intent: 'voided', reason: 'account_frozen' } as const;
  const ANEW = { reason: 'compensated', anew: { wordId: 'word-1', atMs: FRIDAY_NOON_MS } } as const;

  test('is granted anew under its id, once, and only when that is asked', async () => {
    await apply([reserve({ id: 'p' }, FROZEN)]);
    expect(await one([reserve({ id: 'p' })])).toMatchObject({ state: 'voided' });
    const given = await one([reserve({ id: 'p' }, ANEW)]);
    expect(given).toMatchObject({ id: 'g_p', state: 'posted', amountMinor: 1000 });
    expect(await one([reserve({ id: 'p' }, ANEW)])).toEqual(given);
    // What is delivered again after a crash, block and all, takes nothing back.
    expect(await one([reserve({ id: 'p' }, FROZEN)])).toEqual(given);
    expect(await standing(SPEND)).toEqual([1000, 0]);
    expect(await one(refund('r', 'p', 30_000))).toMatchObject({ state: 'clawed_back' });
  });

  test('is not when its quota has gone meanwhile, and that answer stays', async () => {
    const of = offer({ quota: 1 });
    await apply([reserve({ id: 'p' }, { of, ...FROZEN })]);
    await apply([reserve({ id: 'q', customerId: 'c2' }, { of })]);
    const refused = await one([reserve({ id: 'p' }, { of, ...ANEW })]);
    expect(refused).toMatchObject({ state: 'rejected', reason: 'quota_exhausted' });
    await apply(refund('r', 'q', 30_000));
    expect(await one([reserve({ id: 'p' }, { of, ...ANEW })])).toEqual(refused);
    expect(await standing(TIER_1)).toEqual([1, 0]);
  });

  test('between authorisation and payment, and refused now: that is what stands, also after a rebuild', async () => {
    const of = offer({ quota: 1 });
    await apply([
      authorise({ id: 'a' }, { of }),
      capture('p', 'a', 30_000, { intent: 'voided', reason: 'account_frozen' }),
      reserve({ id: 'q', customerId: 'c2' }, { of }),
    ]);
    const anew = { of, grantId: 'g_a', ...ANEW } as const;
    const refused = await one([reserve({ id: 'p' }, anew)]);
    expect(refused).toMatchObject({ state: 'rejected', reason: 'quota_exhausted' });
    expect(await ledger.grant('g_a')).toEqual(refused);
    const before = await wholeState(ledger);
    await rebuild(ledger, NO_HISTORY);
    expect(await wholeState(ledger)).toEqual(before);
    expect(await ledger.grant('g_a')).toEqual(refused);
    // Its payment has earned nothing that a refund could reach.
    expect(await one(refund('r', 'a', 30_000))).toMatchObject({ reason: 'payment_not_found' });
  });

  test('between authorisation and payment: the payment earns it, and a rebuild finds the same', async () => {
    await apply([
      authorise({ id: 'a' }),
      capture('p', 'a', 30_000, { intent: 'voided', reason: 'account_frozen' }),
    ]);
    expect(await ledger.grant('g_a')).toMatchObject({ state: 'voided' });
    const anew = { grantId: 'g_a', anew: { wordId: 'word-1', atMs: FRIDAY_NOON_MS } } as const;
    expect(await one([reserve({ id: 'p' }, anew)])).toMatchObject({ id: 'g_a', state: 'posted' });
    await rebuild(ledger, NO_HISTORY);
    expect(await one(refund('r', 'p', 15_000))).toMatchObject({ id: 'g_a', clawedBackMinor: 500 });
    expect(await one(refund('r2', 'p', 15_000))).toMatchObject({ state: 'clawed_back' });
    expect(await standing(SPEND)).toEqual([0, 0]);
  });
});
