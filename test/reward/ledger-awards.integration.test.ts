import { describe, expect, test } from 'vitest';
import { apply, ledger, one, standing, useLedger } from './ledger-fixture.ts';
import { authorise, capture, DAY_MS, goodsChoice, NOTHING_WON, reserve } from './ledger-offers.ts';
import {
  FRIDAY_NOON_MS,
  label,
  other,
  payable,
  refund,
  SPEND,
  TIER_1,
  TOTAL,
} from './ledger-scenario.ts';

useLedger();

describe('who may have it', () => {
  test('somebody with a grant of another offer is excluded while that one counts', async () => {
    const gift = reserve({ id: 'p1' });
    const draw = { grantId: 'g_draw', limits: [], unless: [gift.limits[0]!.account] };
    await apply([gift]);
    expect(await one([reserve({ id: 'p1' }, draw)])).toMatchObject({ reason: 'excluded' });
    await apply([
      reserve({ id: 'p2', customerId: 'c2' }, { intent: 'held', reason: 'held_for_review' }),
    ]);
    const own = { grantId: 'g_2', limits: [], unless: ['limit/bills/off/c2/water'] };
    expect(await one([reserve({ id: 'p2', customerId: 'c2' }, own)])).toMatchObject({
      reason: 'excluded',
    });
    await apply(label('p2', 'confirmed'));
    const again = { ...own, grantId: 'g_3' };
    expect(await one([reserve({ id: 'p3', customerId: 'c2' }, again)])).toMatchObject({
      state: 'posted',
    });
  });

  test('of rivals for one event the first to get anything wins; one that was refused is no rival', async () => {
    const first = reserve({ id: 'p1' }, { choices: [goodsChoice('cup', 0)] });
    const second = reserve({ id: 'p1' }, { grantId: 'g_2', rivals: [first.grantId], limits: [] });
    const third = reserve(
      { id: 'p1' },
      { grantId: 'g_3', rivals: [first.grantId, 'g_2'], limits: [] },
    );
    expect((await apply([first, second, third])).map(({ reason }) => reason)).toEqual([
      'out_of_stock',
      'granted',
      'not_stackable',
    ]);
  });

  test('a quota of customers counts each once, until nothing of theirs is left', async () => {
    const by = (n: number, facts: object = {}) =>
      reserve(
        { id: `p${n}`, category: `k${n}`, ...facts },
        {
          quotas: [
            { account: 'quota/people', limit: 2, countedBy: `counted/${n < 4 ? 'a' : `b${n}`}` },
          ],
          intent: n === 1 ? 'held' : 'posted',
          reason: n === 1 ? 'held_for_review' : 'granted',
        },
      );
    await apply([by(1)]);
    expect(await standing('quota/people')).toEqual([0, 1]);
    await apply([by(2), by(3)]);
    expect(await standing('quota/people')).toEqual([1, 0]);
    expect((await apply([by(4), by(5)])).map(({ reason }) => reason)).toEqual([
      'granted',
      'quota_exhausted',
    ]);
    await apply(label('p1', 'confirmed'));
    expect(await standing('counted/a')).toEqual([2, 0]);
    expect(await standing('quota/people')).toEqual([2, 0]);
  });
});

describe('what is had', () => {
  test('a prize out of stock falls to the next; nothing won uses the right and costs nothing', async () => {
    const draw = (n: number) =>
      reserve(other(n), { choices: [goodsChoice('cup', 1), NOTHING_WON] });
    const grants = await apply([draw(1), draw(2)]);
    expect(grants).toMatchObject([
      { state: 'posted', reason: 'granted', label: 'cup', award: [{ kind: 'goods', sku: 'cup' }] },
      { state: 'posted', reason: 'no_prize', label: 'none', award: [], amountMinor: 0 },
    ]);
    expect(await standing('stock/bills/cup')).toEqual([1, 0]);
    expect(await standing('limit/bills/off/customer-2/water')).toEqual([1, 0]);
    expect(await one(refund('r', 'p2', 30_000))).toMatchObject({ state: 'posted' });
  });

  test('budget and payable are each other’s contra, whatever happens', async () => {
    await apply([reserve({ id: 'p' })]);
    expect(await standing(payable('customer-1'))).toEqual([-1000, 0]);
    await apply(refund('r', 'p', 10_000));
    expect(await standing(payable('customer-1'))).toEqual([-667, 0]);
    expect(await standing(TOTAL)).toEqual([667, 0]);
  });

  test('a grant keeps whose it is, and what it was drawn with', async () => {
    const detail = '{"commitment":"c","random":"r","entry":"1"}';
    const grant = await one([reserve({ id: 'p' }, { beneficiaryId: 'inviter', detail })]);
    expect(grant).toMatchObject({ customerId: 'customer-1', beneficiaryId: 'inviter', detail });
    expect(await ledger.grant(grant.id)).toEqual(grant);
  });
});

describe('a refund', () => {
  const terms = (onRefund: { quota: 'keep' | 'restore'; keepAtLeastMinor: number }) =>
    reserve({ id: 'p' }, { onRefund });

  test.each([
    ['in proportion while enough of the payment remains', 10_000, 333, 'posted'],
    ['all of it when less remains than the offer asks for', 10_001, 1000, 'clawed_back'],
  ])('takes %s', async (_title, amount, clawedBackMinor, state) => {
    await apply([terms({ quota: 'keep', keepAtLeastMinor: 20_000 })]);
    expect(await one(refund('r', 'p', amount))).toMatchObject({ clawedBackMinor, state });
    expect(await one(refund('r2', 'p', 30_000 - amount))).toMatchObject({ clawedBackMinor: 1000 });
    expect(await standing(SPEND)).toEqual([0, 0]);
  });

  test('gives the quota back when the offer says so, never the right', async () => {
    await apply([terms({ quota: 'restore', keepAtLeastMinor: 0 })]);
    await apply(refund('r', 'p', 29_000));
    expect(await standing(TIER_1)).toEqual([1, 0]);
    await apply(refund('r2', 'p', 1000));
    expect(await standing(TIER_1)).toEqual([0, 0]);
    expect(await standing('limit/bills/off/customer-1/water')).toEqual([1, 0]);
  });
});

test.each([
  ['restore', [0, 0]],
  ['keep', [1, 0]],
] as const)(
  'a refund of what is not claimed yet does to the quota what the offer says: %s',
  async (quota, standings) => {
    const next = { kind: 'claim', untilMs: FRIDAY_NOON_MS + DAY_MS } as const;
    await apply([reserve({ id: 'p' }, { onRefund: { quota, keepAtLeastMinor: 0 }, next })]);
    expect(await standing(TIER_1)).toEqual([0, 1]);
    expect(await one(refund('r', 'p', 30_000))).toMatchObject({ state: 'voided' });
    expect(await standing(TIER_1)).toEqual(standings);
    expect(await standing('limit/bills/off/customer-1/water')).toEqual([1, 0]);
    expect(await standing(SPEND)).toEqual([0, 0]);
  },
);

test('a quote answers as applying would, and changes nothing', async () => {
  await apply([authorise({ id: 'a' })]);
  const before = await ledger.redis.dump(ledger.keys.balances);
  const list = [capture('p', 'a'), reserve({ id: 'q' }), reserve({ id: 'q2', category: 'gas' })];
  const quoted = await ledger.quote(list);
  expect(quoted.flat().map(({ reason }) => reason)).toEqual([
    'granted',
    'limit_reached',
    'granted',
  ]);
  expect(await ledger.redis.dump(ledger.keys.balances)).toEqual(before);
  expect(await ledger.sequence()).toBe(1);
  expect(await ledger.apply(list)).toEqual(quoted);
});
