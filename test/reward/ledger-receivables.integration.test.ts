import { describe, expect, test } from 'vitest';
import { apply, emptyLedger, ledger, one, sent, standing, useLedger } from './ledger-fixture.ts';
import {
  authorise,
  capture,
  goodsChoice,
  redeem,
  reserve,
  voucherChoice,
} from './ledger-offers.ts';
import { label, payable, refund, SPEND } from './ledger-scenario.ts';

useLedger();

const OWED = 'receivable/customer-1';

/** 10.00 off 300.00, taken off the payment itself. */
const discounted = (amountMinor = 30_000) => [
  authorise({ id: 'a' }),
  capture('p', 'a', amountMinor),
];
const pack = (given: object = {}) =>
  reserve({ id: 'p' }, { choices: [voucherChoice([1000, 500])], ...given });
const use = redeem('g_p.1', 5000, { id: 'use' });

describe('a discount that was paid with the payment', () => {
  test('is deducted from its refunds, part by part, and by no delivery', async () => {
    await apply(discounted());
    expect(await one(refund('r1', 'p', 10_000))).toMatchObject({
      ...{ clawedBackMinor: 333, deductMinor: 333 },
    });
    expect(await one(refund('r2', 'p', 20_000))).toMatchObject({
      ...{ state: 'clawed_back', clawedBackMinor: 1000, deductMinor: 1000 },
    });
    expect(await standing(OWED)).toEqual([0, 0]);
    expect(await standing(SPEND)).toEqual([0, 0]);
    expect(await sent()).toEqual([]);
  });

  test('is deducted also while the payment waits for a review, by what goes back in full', async () => {
    const doubted = { intent: 'held', reason: 'held_for_review' } as const;
    await apply([authorise({ id: 'a' }), capture('p', 'a', 30_000, doubted)]);
    expect(await one(refund('r1', 'p', 10_000))).toMatchObject({ state: 'held' });
    const all = await one(refund('r2', 'p', 20_000));
    expect(all).toMatchObject({ state: 'clawed_back', reason: 'refunded', deductMinor: 1000 });
    expect(await standing(SPEND)).toEqual([0, 0]);
    expect(await standing(OWED)).toEqual([0, 0]);
    expect(await one(label('p', 'false_positive'))).toEqual(all);
    expect(await sent()).toEqual([]);
  });

  test('of abuse is owed: it stays a cost, and is to be collected', async () => {
    await apply(discounted());
    expect(await one(label('a', 'confirmed'))).toMatchObject({
      ...{ state: 'clawed_back', reason: 'review_confirmed', clawedBackMinor: 0, owedMinor: 1000 },
    });
    expect(await standing(OWED)).toEqual([1000, 0]);
    expect(await standing(SPEND)).toEqual([1000, 0]);
    expect(await standing(payable('customer-1'))).toEqual([-1000, 0]);
    expect(await sent()).toEqual(['reversal receivable 1000']);
    // A refund that follows asks for nothing again.
    expect(await one(refund('r', 'p', 30_000))).toMatchObject({ owedMinor: 1000 });
    expect(await standing(OWED)).toEqual([1000, 0]);
  });

  test('of which a part was refunded before the abuse was found owes the rest', async () => {
    await apply([...discounted(), ...refund('r', 'p', 15_000), ...label('a', 'confirmed')]);
    expect(await ledger.grant('g_a')).toMatchObject({
      ...{ clawedBackMinor: 500, deductMinor: 500, owedMinor: 500 },
    });
    expect(await standing(SPEND)).toEqual([500, 0]);
  });

  test('never comes out of a refund that is smaller than it', async () => {
    const onRefund = { quota: 'keep', keepAtLeastMinor: 30_000 } as const;
    await apply([authorise({ id: 'a' }, { onRefund }), capture('p', 'a')]);
    expect(await one(refund('r', 'p', 1))).toMatchObject({
      ...{ state: 'clawed_back', clawedBackMinor: 1, deductMinor: 1, owedMinor: 999 },
    });
    expect(await standing(SPEND)).toEqual([999, 0]);
    expect(await standing(OWED)).toEqual([999, 0]);
  });

  test('that the payment took in part only was never paid: nothing is deducted or owed', async () => {
    expect(await one(discounted(15_000))).toMatchObject({ clawedBackMinor: 500 });
    expect(await ledger.grant('g_a')).not.toHaveProperty('deductMinor');
    expect(await one(refund('r', 'p', 15_000))).toMatchObject({
      ...{ clawedBackMinor: 1000, deductMinor: 500 },
    });
    expect(await standing(OWED)).toEqual([0, 0]);
  });

  test('of a payment that was refunded before it was captured is owed: nothing was deducted', async () => {
    await apply([authorise({ id: 'a' }), ...refund('r', 'p', 30_000), capture('p', 'a')]);
    expect(await ledger.grant('g_a')).toMatchObject({ clawedBackMinor: 0, owedMinor: 1000 });
  });

  test('survives another look: what was claimed is known to the stored record', async () => {
    await apply([...discounted(), ...refund('r', 'p', 15_000)]);
    expect(await ledger.grant('g_a')).toMatchObject({ deductMinor: 500 });
    expect(await one(refund('r', 'p', 15_000))).toMatchObject({ deductMinor: 500 });
  });
});

test('two rewards of one payment share what a refund leaves to deduct from', async () => {
  const onRefund = { quota: 'keep', keepAtLeastMinor: 30_000 } as const;
  const second = { grantId: 'g_b', offerId: 'b', limits: [] };
  await apply([
    authorise({ id: 'a' }, { onRefund }),
    authorise({ id: 'a' }, { onRefund, ...second }),
    capture('p', 'a'),
    ...refund('r', 'p', 1500),
  ]);
  expect(await ledger.grant('g_a')).toMatchObject({ deductMinor: 1000 });
  expect(await ledger.grant('g_b')).toMatchObject({ deductMinor: 500, owedMinor: 500 });
});

describe('a voucher', () => {
  test('that is used after part of its payment was refunded owes the share that is due', async () => {
    await apply([pack(), ...refund('r', 'p', 15_000)]);
    expect(await ledger.grant('g_p')).toMatchObject({ clawedBackMinor: 0 });
    expect(await one([use])).toMatchObject({ state: 'posted', clawedBackMinor: 0, owedMinor: 500 });
    expect(await standing(OWED)).toEqual([500, 0]);
    expect(await sent()).toEqual(['voucher voucher', 'voucher voucher', 'reversal receivable 500']);
    // The rest of the payment goes back: the used one is deducted, the unused one is void.
    expect(await one(refund('r2', 'p', 15_000))).toMatchObject({
      ...{ state: 'clawed_back', clawedBackMinor: 1000, deductMinor: 500, owedMinor: 500 },
    });
    expect(await standing(SPEND)).toEqual([500, 0]);
  });

  test('comes to the same whether it is used before the refund or after', async () => {
    const left: number[] = [];
    for (const list of [
      [pack(), use, ...refund('r', 'p', 15_000)],
      [pack(), ...refund('r', 'p', 15_000), use],
    ]) {
      await apply(list);
      const { clawedBackMinor, owedMinor = 0 } = (await ledger.grant('g_p'))!;
      left.push(clawedBackMinor + owedMinor);
      await emptyLedger();
    }
    expect(left).toEqual([500, 500]);
  });

  test('that was used is owed when it was abuse; the unused one is taken back', async () => {
    await apply([pack(), use, ...label('p', 'confirmed')]);
    expect(await ledger.grant('g_p')).toMatchObject({
      ...{ state: 'clawed_back', clawedBackMinor: 500, owedMinor: 1000 },
    });
    expect(await standing(SPEND)).toEqual([1000, 0]);
    expect((await sent()).slice(2)).toEqual(['reversal receivable 1000', 'reversal voucher']);
  });
});

describe('goods', () => {
  const cup = reserve({ id: 'p' }, { choices: [goodsChoice('cup', 5)] });

  test('stay at their whole cost while any of the payment stays', async () => {
    await apply([cup]);
    expect(await one(refund('r1', 'p', 29_999))).toMatchObject({
      ...{ state: 'posted', clawedBackMinor: 0 },
    });
    expect(await standing(SPEND)).toEqual([3000, 0]);
    expect(await one(refund('r2', 'p', 1))).toMatchObject({
      ...{ state: 'clawed_back', clawedBackMinor: 3000 },
    });
    expect(await standing(SPEND)).toEqual([0, 0]);
    expect(await sent()).toEqual(['goods goods', 'reversal goods']);
  });

  test('keep what was paid for them in points too, until they go back', async () => {
    const spent = [
      { account: 'points/customer-1', by: -200, limit: undefined, floor: -200 },
      { account: 'points-issued/bills', by: 200, limit: undefined },
    ];
    const choice = goodsChoice('cup', 5);
    const values = [...choice.values, ...spent];
    await apply([reserve({ id: 'p' }, { choices: [{ ...choice, values }] })]);
    await apply(refund('r1', 'p', 15_000));
    expect(await standing('points/customer-1')).toEqual([-200, 0]);
    await apply(refund('r2', 'p', 15_000));
    expect(await standing('points/customer-1')).toEqual([0, 0]);
  });
});
