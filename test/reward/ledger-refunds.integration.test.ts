import { describe, expect, test } from 'vitest';
import { hasOffer } from '../../pipeline/reward/grant.ts';
import { Ledger } from '../../pipeline/reward/ledger.ts';
import { apply, standard, ledger, one, standing, useLedger } from './ledger-fixture.ts';
import type { ReserveOp } from '../../pipeline/reward/ledger-op.ts';
import { NOTHING_WON, reserve } from './ledger-offers.ts';
import { rebuild } from '../../pipeline/reward/rebuild.ts';
import { NO_HISTORY } from './ledger-state.ts';
import { label, money, offer, ops, other, refund, SPEND, TIER_1 } from './ledger-scenario.ts';

useLedger();

test('three refunds of 100.00 on 300.00 with 10.00 off return exactly 10.00', async () => {
  await apply(ops(standard, { id: 'p' }));
  const back = [];
  for (const id of ['r1', 'r2', 'r3']) back.push(await one(refund(id, 'p', 10_000)));
  expect(back.map(({ clawedBackMinor }) => clawedBackMinor)).toEqual([333, 667, 1000]);
  expect(back.map(({ state }) => state)).toEqual(['posted', 'posted', 'clawed_back']);
  expect(await standing(SPEND)).toEqual([0, 0]);
  // The right was used: neither quota nor limit comes back.
  expect(await standing(TIER_1)).toEqual([1, 0]);
  expect(await one(ops(standard, { id: 'q' }))).toMatchObject({ reason: 'limit_reached' });
});

test.each([
  ['small', 1, 2, 1, 1],
  ['just below', 1, 3, 1, 0],
  [
    'beyond 2^53',
    9_007_199_254_740_989,
    9_007_199_254_740_990,
    4_503_599_627_370_495,
    4_503_599_627_370_495,
  ],
])('an exact half goes up: %s', async (_title, off, paid, back, expected) => {
  const exact = offer({ total: Number.MAX_SAFE_INTEGER, tiers: [{ atLeast: off, off }] });
  await apply(ops(exact, { id: 'p', amountMinor: paid }));
  // 9007199254740989 × 4503599627370495 / 9007199254740990 is a half above 4503599627370494.
  expect(await one(refund('r', 'p', back))).toMatchObject({ clawedBackMinor: expected });
});

test('a repeated refund takes nothing back again; another body under its id is a conflict', async () => {
  await apply(ops(standard, { id: 'p' }));
  const first = await one(refund('r', 'p', 10_000));
  expect(await one(refund('r', 'p', 10_000))).toEqual(first);
  expect(await one(refund('r', 'p', 20_000))).toMatchObject({ reason: 'id_conflict' });
  expect(await standing(SPEND)).toEqual([667, 0]);
});

test('a refund larger than the payment takes the whole reward and says so; one after it finds nothing', async () => {
  await apply(ops(standard, { id: 'p' }));
  expect(await one(refund('r1', 'p', 99_000))).toMatchObject({
    state: 'clawed_back',
    reason: 'refund_exceeds_payment',
    clawedBackMinor: 1000,
  });
  expect(await one(refund('r2', 'p', 1))).toMatchObject({
    id: 'refund_r2',
    state: 'rejected',
    reason: 'refund_exceeds_payment',
  });
  expect(await standing(SPEND)).toEqual([0, 0]);
});

test('a refund before its payment waits for it', async () => {
  expect(await one(refund('r1', 'p', 10_000))).toMatchObject({
    reason: 'payment_not_found',
    paymentMinor: 10_000,
  });
  await apply(refund('r1', 'p', 10_000));
  await apply(refund('r2', 'p', 5000));
  expect(await one(ops(standard, { id: 'p' }))).toMatchObject({
    state: 'posted',
    reason: 'partly_refunded',
    clawedBackMinor: 500,
  });
  expect(await ledger.grant('refund_r1')).toMatchObject({ reason: 'refund_applied' });
  expect(await one(refund('r1', 'p', 10_000))).toMatchObject({ clawedBackMinor: 500 });
  expect(await one(refund('r3', 'p', 15_000))).toMatchObject({ clawedBackMinor: 1000 });
});

test('refunds of payments that earned nothing leave two generations of bounded size and no balance', async () => {
  const small = new Ledger(ledger.redis, { generationSize: 10 });
  for (let n = 0; n < 50; n++) await small.apply(refund(`r${n}`, `none-${n}`, 5));
  const { balances, parked, parkedBefore } = small.keys;
  expect(await ledger.redis.hlen(balances)).toBe(0);
  const sizes = [await ledger.redis.hlen(parked), await ledger.redis.hlen(parkedBefore)];
  expect(sizes[0]! + sizes[1]!).toBeLessThanOrEqual(20);
});

test('no offer stands behind the record of a refund that took nothing back; one does behind a grant', async () => {
  const unknown = await one(refund('r1', 'none', 5));
  const refused = await one(refund('r2', undefined, 5));
  const rejected = await one(ops(offer({ quota: 0 }), { id: 'p' }));
  expect([unknown, refused, rejected].map(hasOffer)).toEqual([false, false, true]);
});

test('a refund that names no payment or no amount is recorded with its reason', async () => {
  expect(await one(refund('r1', undefined, 5))).toMatchObject({
    reason: 'payment_not_named',
  });
  expect(await one(refund('r2', 'p', undefined))).toMatchObject({
    reason: 'refund_without_amount',
  });
});

test('a held grant whose payment is refunded whole is voided; in part, it is reduced when released', async () => {
  await apply([...ops(standard, other(1), 'review'), ...ops(standard, other(2), 'review')]);
  expect(await one(refund('r1', 'p1', 30_000))).toMatchObject({
    state: 'voided',
    reason: 'refunded',
  });
  expect(await one(refund('r2', 'p2', 15_000))).toMatchObject({ state: 'held' });
  expect(await one(label('p2', 'false_positive'))).toMatchObject({
    state: 'posted',
    amountMinor: 1000,
    clawedBackMinor: 500,
  });
  expect(await standing(SPEND)).toEqual([500, 0]);
});

test('counted anew, what stays is what the rest of the payment earns, after every refund', async () => {
  const [op] = ops(standard, { id: 'p' }) as [ReserveOp];
  const reprice = [
    [30_000, 1000],
    [10_000, 300],
  ] as const;
  await apply([{ ...op, choices: op.choices.map((choice) => ({ ...choice, reprice })) }]);
  const taken = async (id: string, amount: number): Promise<number> =>
    (await one(refund(id, 'p', amount))).clawedBackMinor;
  expect([await taken('r1', 1), await taken('r2', 19_999), await taken('r3', 1)]).toEqual([
    700, 700, 1000,
  ]);
  expect(await ledger.grant(op.grantId)).toMatchObject({ state: 'clawed_back' });
});

test.each([
  ['another account and customer', { accountId: 'account-2', customerId: 'customer-2' }],
  ['another account that names nobody', { accountId: 'account-2', customerId: '' }],
])("a refund by %s of somebody else's payment takes nothing back", async (_who, whose) => {
  await apply(ops(standard, { id: 'p' }));
  const [asked] = refund('r', 'p', 10_000);
  expect(await one([{ ...asked!, ...whose }])).toMatchObject({ reason: 'not_yours' });
  expect(await standing(SPEND)).toEqual([1000, 0]);
  // Before the payment too, and its waiting ends.
  const [early] = refund('r2', 'q', 10_000);
  await apply([{ ...early!, ...whose }, ...ops(standard, { id: 'q', category: 'gas' })]);
  expect(await ledger.grant('refund_r2')).toMatchObject({ reason: 'not_yours' });
  expect(await standing(SPEND)).toEqual([2000, 0]);
});

test('a refund to another account of the same customer takes back what is due', async () => {
  await apply(ops(standard, { id: 'p' }));
  const [asked] = refund('r', 'p', 30_000);
  expect(await one([{ ...asked!, accountId: 'account-2' }])).toMatchObject({
    clawedBackMinor: 1000,
  });
});

test('a refund in another currency takes nothing back', async () => {
  await apply(ops(standard, { id: 'p' }));
  const [asked] = refund('r', 'p', 30_000);
  expect(await one([{ ...asked!, foreignTo: ['bills'] }])).toMatchObject({
    reason: 'currency_not_eligible',
  });
  expect(await one([{ ...asked!, refundId: 'r2', foreignTo: ['others'] }])).toMatchObject({
    state: 'clawed_back',
  });
});

test('a refund in another currency takes nothing back either when its payment comes after it, also after a rebuild', async () => {
  const foreign = (id: string, paymentId: string) => ({
    ...refund(id, paymentId, 30_000)[0]!,
    foreignTo: ['bills'],
  });
  await apply([foreign('r1', 'p'), ...ops(standard, { id: 'p' }), foreign('r2', 'q')]);
  await rebuild(ledger, NO_HISTORY);
  await apply(ops(standard, { id: 'q', category: 'gas' }));
  for (const id of ['refund_r1', 'refund_r2'])
    expect(await ledger.grant(id)).toMatchObject({ reason: 'currency_not_eligible' });
  expect(await standing(SPEND)).toEqual([2000, 0]);
});

test('that nothing was won stays known when the payment is refunded', async () => {
  await apply([reserve({ id: 'p' }, { choices: [NOTHING_WON] }), ...refund('r', 'p', 30_000)]);
  expect(await ledger.grant('g_p')).toMatchObject({ state: 'posted', reason: 'no_prize' });
});

test('a draw falls back when the line cannot bear its prize; a tier does not', async () => {
  const small = offer({ total: 500 });
  const choices = [money(small, 1000), money(small, 300)];
  expect(await one([reserve({ id: 'p' }, { of: small, choices })])).toMatchObject({
    reason: 'budget_exhausted',
  });
  const draw = reserve({ id: 'q', category: 'gas' }, { of: small, choices, detail: '{}' });
  expect(await one([draw])).toMatchObject({ state: 'posted', amountMinor: 300 });
});

describe("somebody else's proof of a payment", () => {
  const proof = (id: string, given: object = {}) =>
    reserve(
      { id, customerId: 'c2' },
      { accountId: 'account-2', provenPaymentId: 'p', limits: [], ...given },
    );
  const byProver = {
    ...refund('r', 'p', 30_000)[0]!,
    ...{ accountId: 'account-2', customerId: 'c2' },
  };

  test.each([
    ['before the payment', [proof('x'), reserve({ id: 'p' })]],
    ['after it', [reserve({ id: 'p' }), proof('x')]],
  ])('%s keeps no refund from its payer, and gives the prover none', async (_when, list) => {
    await apply([...list, byProver]);
    expect(await ledger.grant('refund_r')).toMatchObject({ reason: 'not_yours' });
    expect(await standing(SPEND)).toEqual([2000, 0]);
    await apply(refund('r2', 'p', 30_000));
    for (const id of ['g_p', 'g_x'])
      expect(await ledger.grant(id)).toMatchObject({ state: 'clawed_back', reason: 'refunded' });
    expect(await standing(SPEND)).toEqual([0, 0]);
  });

  test('ends no wait of a refund for its payment, also over a rebuild', async () => {
    await apply([...refund('r', 'p', 30_000), proof('x')]);
    await rebuild(ledger, NO_HISTORY);
    await apply([proof('y')]);
    expect(await ledger.grant('refund_r')).toMatchObject({ reason: 'payment_not_found' });
    expect(await standing(SPEND)).toEqual([2000, 0]);
    await apply([reserve({ id: 'p' })]);
    expect(await ledger.grant('refund_r')).toMatchObject({ reason: 'refund_applied' });
    expect(await standing(SPEND)).toEqual([0, 0]);
    await apply(refund('r', 'p', 30_000));
    expect(await standing(SPEND)).toEqual([0, 0]);
  });

  test('of a payment that earned nothing itself goes back with the prover’s own refund of it', async () => {
    expect(await one([proof('x'), byProver])).toMatchObject({ id: 'g_x', state: 'clawed_back' });
    expect(await one([byProver])).toMatchObject({ id: 'g_x' });
  });
});
