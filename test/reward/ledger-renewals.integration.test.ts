/** What was kept back as abuse and is asked for anew by a person's word, beside refunds, other rewards and stock. */

import { describe, expect, test } from 'vitest';
import type { LedgerOp, ReserveOp, SettleOp } from '../../pipeline/reward/ledger-op.ts';
import { rebuild } from '../../pipeline/reward/rebuild.ts';
import { verify } from '../../pipeline/reward/verify.ts';
import { apply, ledger, one, sent, standing, useLedger } from './ledger-fixture.ts';
import { authorise, capture, claim, DAY_MS, goodsChoice, reserve } from './ledger-offers.ts';
import { FRIDAY_NOON_MS, label, offer, refund, SPEND, TOTAL } from './ledger-scenario.ts';
import { NO_HISTORY, wholeState } from './ledger-state.ts';

useLedger();

const BLOCKED = { intent: 'voided', reason: 'risk_block' } as const;
const DOUBTED = { intent: 'held', reason: 'held_for_review' } as const;
const word = (wordId: string, atMs = FRIDAY_NOON_MS): Partial<ReserveOp> => ({
  reason: 'compensated',
  anew: { wordId, atMs },
});
const takenBack = (id: string): SettleOp => ({
  ...{ kind: 'settle', id: `claw-${id}`, grantId: id, to: 'voided', reason: 'late_truth' },
  occurredAtMs: FRIDAY_NOON_MS - 1,
});
/** A line of one reward, which somebody else has. */
const NARROW = offer({ total: 1000 });
const taken = (): LedgerOp => reserve({ id: 'q', customerId: 'c2' }, { of: NARROW });

/** A rebuild finds what there is. */
async function expectRebuilt(): Promise<void> {
  const before = await wholeState(ledger);
  await rebuild(ledger, NO_HISTORY);
  expect(await wholeState(ledger)).toEqual(before);
  expect((await verify(ledger, NO_HISTORY)).differences).toEqual([]);
}

describe('a reward that is given anew after refunds of its payment', () => {
  test.each([
    ['all of it', 30_000, { state: 'clawed_back', reason: 'refunded' }, 0],
    ['half of it', 15_000, { state: 'posted', reason: 'partly_refunded' }, 500],
  ])('is what they leave: %s', async (_how, amount, left, cost) => {
    await apply([
      reserve({ id: 'p' }, DOUBTED),
      ...label('p', 'confirmed'),
      ...refund('r', 'p', amount),
    ]);
    expect(await ledger.grant('g_p')).toMatchObject({ state: 'voided' });
    expect(await one([reserve({ id: 'p' }, word('w'))])).toMatchObject({ id: 'g_p', ...left });
    expect(await standing(SPEND)).toEqual([cost, 0]);
    await expectRebuilt();
  });
});

describe('a renewal that is turned down leaves no trace of the old reward where refunds look', () => {
  const proof = (given: Partial<ReserveOp>): ReserveOp =>
    reserve(
      { id: 'x', customerId: 'c9' },
      { of: NARROW, accountId: 'account-2', provenPaymentId: 'p', ...given },
    );
  const kept = [proof(DOUBTED), ...label('x', 'confirmed')];
  const renewed = proof(word('w'));
  const own = reserve({ id: 'p' }, { of: NARROW });

  test('of a payment that it proved: the payment’s own reward is taken back', async () => {
    await apply([...kept, own]);
    expect(await one([renewed])).toMatchObject({ id: 'g_x', reason: 'budget_exhausted' });
    await expectRebuilt();
    expect(await one(refund('r', 'p', 30_000))).toMatchObject({
      ...{ id: 'g_p', state: 'clawed_back' },
    });
    expect(await standing(TOTAL)).toEqual([0, 0]);
  });

  test('nor where the refused answer has been forgotten since', async () => {
    await apply([...kept, own, renewed]);
    await ledger.redis.del(ledger.keys.refused, ledger.keys.refusedBefore);
    expect(await one(refund('r', 'p', 30_000))).toMatchObject({ id: 'g_p' });
  });

  test('while the payer’s refund waits: it takes effect when the payment comes', async () => {
    const mine = { accountId: 'account-1', customerId: 'customer-1' };
    await apply([...refund('r', 'p', 30_000).map((op) => ({ ...op, ...mine })), ...kept]);
    await apply([
      taken(),
      renewed,
      ...refund('s', 'q', 30_000).map((op) => ({ ...op, customerId: 'c2' })),
    ]);
    expect(await one([own])).toMatchObject({ id: 'g_p', state: 'clawed_back', reason: 'refunded' });
    expect(await standing(TOTAL)).toEqual([0, 0]);
    await expectRebuilt();
  });

  test('though what was refunded by then stays refunded: another proof of the payment is given nothing', async () => {
    const back = refund('r', 'p', 30_000).map((op) => ({ ...op, accountId: 'account-2' }));
    await apply([...kept, ...back, taken(), renewed]);
    expect(await ledger.redis.hkeys(ledger.keys.payments)).toEqual(['q']);
    const second = reserve({ id: 'y', customerId: 'c8' }, { provenPaymentId: 'p' });
    expect(await one([second])).toMatchObject({ state: 'clawed_back', reason: 'refunded' });
    await expectRebuilt();
  });

  test('of a payment that captured it, also one whose name is spelt in an account', async () => {
    const id = '支付 1/ä%';
    const review = { of: NARROW, reviewHold: { timeoutMs: DAY_MS, onTimeout: 'void' } } as const;
    await apply([
      authorise({ id: 'a' }, review),
      capture(id, 'a', 30_000, BLOCKED),
      taken(),
      reserve({ id }, { of: NARROW, grantId: 'g_a', ifAbsent: true, ...word('w') }),
    ]);
    expect(await ledger.grant('g_a')).toMatchObject({ reason: 'budget_exhausted' });
    expect(await ledger.redis.hkeys(ledger.keys.payments)).toEqual(['q']);
    await expectRebuilt();
  });

  test('of an answer that claimed it', async () => {
    const next = { kind: 'claim', untilMs: FRIDAY_NOON_MS + DAY_MS } as const;
    const prize = { of: NARROW, next };
    await apply([
      reserve({ id: 'p' }, prize),
      claim('g_p', { id: 'c', intent: 'held' }),
      ...label('c', 'confirmed'),
      taken(),
    ]);
    const refused = await one([reserve({ id: 'p' }, { ...prize, ...word('w') })]);
    expect(refused).toMatchObject({ id: 'g_p', reason: 'budget_exhausted' });
    expect(await ledger.redis.hkeys(ledger.keys.payments)).toEqual(['q']);
    await expectRebuilt();
  });
});

test('a reward that is given anew stands last among those of its payment, also once it is rebuilt', async () => {
  await apply([
    reserve({ id: 'p' }, DOUBTED),
    ...label('p', 'confirmed'),
    reserve({ id: 'p', category: 'gas' }, { grantId: 'g_other' }),
    reserve({ id: 'p' }, word('w')),
  ]);
  expect(await ledger.redis.hget(ledger.keys.payments, 'p')).toBe('g_other g_p');
  await expectRebuilt();
});

test('of two rewards of which one excludes the other, one that was given anew excludes it as the first did', async () => {
  const a = (given: Partial<ReserveOp>) => reserve({ id: 'p', category: 'a' }, given);
  const b = (given: Partial<ReserveOp>) =>
    reserve({ id: 'p', category: 'b' }, { grantId: 'g_b', rivals: ['g_p'], ...given });
  await apply([a(BLOCKED), b(BLOCKED), a(word('w1')), takenBack('g_p')]);
  // Taken back by a later word than the first, given once more by a still later one.
  await apply([{ ...takenBack('g_p'), id: 'claw-2', occurredAtMs: FRIDAY_NOON_MS + 1 }]);
  await apply([a(word('w2', FRIDAY_NOON_MS + 2))]);
  expect(await ledger.grant('g_p.again')).toMatchObject({ state: 'posted' });
  expect(await one([b(word('w3', FRIDAY_NOON_MS + 3))])).toMatchObject({ reason: 'not_stackable' });
  expect(await standing(SPEND)).toEqual([1000, 0]);
});

test('a reward that was given anew goes by what is told afterwards, however early that is dated', async () => {
  const [given, dated] = [FRIDAY_NOON_MS, FRIDAY_NOON_MS - DAY_MS];
  const chargeback = (toldAtMs: number): SettleOp[] =>
    label('p', 'confirmed', dated).map((op) => ({ ...op, toldAtMs }));
  await apply([reserve({ id: 'p' }, BLOCKED), reserve({ id: 'p' }, word('w', given))]);
  await apply(chargeback(given - 1));
  expect(await ledger.grant('g_p')).toMatchObject({ state: 'posted' });
  await apply(chargeback(given + 1));
  expect(await ledger.grant('g_p')).toMatchObject({
    ...{ state: 'clawed_back', reason: 'review_confirmed' },
  });
  await expectRebuilt();
});

test('goods that are out of the house stay out when the renewal is turned down', async () => {
  const cup = { of: NARROW, choices: [goodsChoice('cup', 1, 1000)] };
  const limited = cup.choices.map((choice) => ({
    ...choice,
    values: choice.values.map((leg) => (leg.account === TOTAL ? { ...leg, limit: 1000 } : leg)),
  }));
  await apply([reserve({ id: 'c' }, { choices: limited }), takenBack('g_c'), taken()]);
  expect(await one([reserve({ id: 'c' }, { choices: limited, ...word('w') })])).toMatchObject({
    reason: 'budget_exhausted',
  });
  expect(await standing('stock/bills/cup')).toEqual([1, 0]);
  expect(await sent()).toContain('reversal goods');
  await expectRebuilt();
});

test('a claim in doubt that nobody judged in time gives back all that it had reserved', async () => {
  const [right, quota] = ['limit/bills/off/customer-1/water', 'quota/bills/all'];
  await apply([
    reserve(
      { id: 'p' },
      {
        ...{ choices: [goodsChoice('cup', 1)], quotas: [{ account: quota, limit: 1 }] },
        next: { kind: 'claim', untilMs: FRIDAY_NOON_MS + DAY_MS },
        reviewHold: { timeoutMs: DAY_MS, onTimeout: 'void' },
      },
    ),
    claim('g_p', { id: 'c', intent: 'held' }),
    { kind: 'advance', occurredAtMs: FRIDAY_NOON_MS + DAY_MS },
  ]);
  expect(await ledger.grant('g_p')).toMatchObject({ state: 'voided', reason: 'hold_expired' });
  for (const account of [right, quota, 'stock/bills/cup', SPEND])
    expect(await standing(account), account).toEqual([0, 0]);
  await expectRebuilt();
});
