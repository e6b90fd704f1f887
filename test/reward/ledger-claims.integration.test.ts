import { describe, expect, test } from 'vitest';
import { apply, ledger, one, standing, useLedger } from './ledger-fixture.ts';
import { choose, claim, DAY_MS, goodsChoice, reserve } from './ledger-offers.ts';
import {
  FRIDAY_NOON_MS,
  label,
  money,
  offer,
  payable,
  refund,
  SPEND,
  TOTAL,
} from './ledger-scenario.ts';
import { wholeState } from './ledger-state.ts';

useLedger();

describe('a claim', () => {
  const untilMs = FRIDAY_NOON_MS + 5 * DAY_MS;
  const prize = (id: string) =>
    reserve({ id }, { choices: [goodsChoice('cup', 9)], next: { kind: 'claim', untilMs } });

  test('posts what was pending, once, for the owner only', async () => {
    expect(await one([prize('p')])).toMatchObject({
      state: 'awaiting_claim',
      reason: 'granted',
      deadlineMs: untilMs,
    });
    expect(await standing(SPEND)).toEqual([0, 3000]);
    const stranger = await one([claim('g_p', { id: 'x', customerId: 'customer-2' })]);
    expect(stranger).toMatchObject({ id: 'claim_x', state: 'rejected', reason: 'not_yours' });
    const claimed = await one([claim('g_p', { id: 'c1' })]);
    expect(claimed).toMatchObject({ id: 'g_p', state: 'posted', reason: 'claimed' });
    expect(await standing(SPEND)).toEqual([3000, 0]);
    expect(await one([claim('g_p', { id: 'c1' })])).toEqual(claimed);
    expect(await one([claim('g_p', { id: 'x', customerId: 'customer-2' })])).toEqual(stranger);
    expect(await one([claim('g_p', { id: 'c2' })])).toMatchObject({
      id: 'claim_c2',
      reason: 'claimed',
    });
    expect(await one([claim('g_none', { id: 'c3' })])).toMatchObject({ reason: 'grant_not_found' });
  });

  test.each([
    ['a millisecond before its deadline it is in time', untilMs - 1, 'claimed', [3000, 0], [1, 0]],
    [
      'at its deadline it is late, and the prize is forfeited',
      untilMs,
      'claim_late',
      [0, 0],
      [0, 0],
    ],
  ])('%s', async (_title, occurredAtMs, reason, spent, stock) => {
    await apply([prize('p')]);
    expect(await one([claim('g_p', { id: 'c', occurredAtMs })])).toMatchObject({ reason });
    expect(await standing(SPEND)).toEqual(spent);
    expect(await standing('stock/bills/cup')).toEqual(stock);
    // The right is used either way.
    expect(await standing('limit/bills/off/customer-1/water')).toEqual([1, 0]);
    if (reason === 'claim_late') {
      expect(await ledger.grant('g_p')).toMatchObject({ state: 'forfeited', reason: 'forfeited' });
    }
  });

  test('a refund of the whole payment ends the wait; the right stays used', async () => {
    await apply([prize('p')]);
    expect(await one(refund('r', 'p', 30_000))).toMatchObject({
      state: 'voided',
      reason: 'refunded',
    });
    expect(await standing(SPEND)).toEqual([0, 0]);
    expect(await standing('limit/bills/off/customer-1/water')).toEqual([1, 0]);
    expect(await one([claim('g_p', { id: 'c' })])).toMatchObject({ reason: 'refunded' });
    expect(await ledger.redis.zcard(ledger.keys.due)).toBe(0);
  });

  describe('of somebody under suspicion', () => {
    const doubted = (id: string) =>
      one([prize('p'), claim('g_p', { id, intent: 'held', occurredAtMs: untilMs - 1 })]);

    test('was given in time, posts nothing, and is not to be claimed twice', async () => {
      const held = await doubted('c');
      expect(held).toMatchObject({ id: 'g_p', state: 'held', reason: 'held_for_review' });
      expect(await standing(SPEND)).toEqual([0, 3000]);
      await apply([{ kind: 'advance', occurredAtMs: untilMs + DAY_MS }]);
      expect(await ledger.grant('g_p')).toMatchObject({ state: 'held' });
      expect(await one([claim('g_p', { id: 'c', intent: 'held' })])).toEqual(held);
      expect(await one([claim('g_p', { id: 'c2' })])).toMatchObject({ reason: 'awaiting_review' });
    });

    test('is posted by a good word on the claim, not by one on what it was won with', async () => {
      await doubted('claims/1');
      expect(await one(label('p', 'false_positive'))).toMatchObject({ state: 'held' });
      const released = await one(label('claims/1', 'false_positive'));
      expect(released).toMatchObject({ id: 'g_p', state: 'posted', reason: 'released' });
      expect(await standing(SPEND)).toEqual([3000, 0]);
      expect(await standing('stock/bills/cup')).toEqual([1, 0]);
    });

    test.each(['p', 'claims/1'])(
      'is void by a bad word on %s: all of it returns but the right, which is used up',
      async (on) => {
        await doubted('claims/1');
        const voided = await one(label(on, 'confirmed'));
        expect(voided).toMatchObject({ id: 'g_p', state: 'voided', reason: 'review_confirmed' });
        for (const account of [SPEND, 'stock/bills/cup'])
          expect(await standing(account)).toEqual([0, 0]);
        expect(await standing('limit/bills/off/customer-1/water')).toEqual([1, 0]);
        expect(await one([prize('q')])).toMatchObject({ reason: 'limit_reached' });
      },
    );

    test('whose payment is refunded meanwhile is void as while it waited for the claim', async () => {
      await doubted('c');
      expect(await one(refund('r', 'p', 30_000))).toMatchObject({ state: 'voided' });
      expect(await standing('limit/bills/off/customer-1/water')).toEqual([1, 0]);
      expect(await standing(SPEND)).toEqual([0, 0]);
    });

    test.each(['approved', 'review_rejected'] as const)(
      'is not judged by a word that was spoken before it: %s',
      async (reason) => {
        const to = reason === 'approved' ? 'posted' : 'voided';
        const word = {
          kind: 'settle',
          id: 'w',
          grantId: 'g_p',
          to,
          reason,
          occurredAtMs: 1,
        } as const;
        expect(await one([prize('p'), word])).toMatchObject({ state: 'awaiting_claim' });
        const held = await one([claim('g_p', { id: 'c', intent: 'held' })]);
        const before = await wholeState(ledger);
        expect(await one([word])).toEqual(held);
        expect(await wholeState(ledger)).toEqual(before);
        expect((await one([{ ...word, id: 'w2' }])).state).toBe(to);
      },
    );
  });

  test('that turns out to be abuse gives back what it got', async () => {
    await apply([prize('p'), claim('g_p', { id: 'c' })]);
    expect(await one(label('c', 'confirmed'))).toMatchObject({
      state: 'clawed_back',
      reason: 'review_confirmed',
    });
    expect(await standing(SPEND)).toEqual([0, 0]);
  });

  test('a review that takes longer than the deadline puts it off by whole days', async () => {
    await apply([{ ...prize('p'), intent: 'held', reason: 'awaiting_review' }]);
    await apply([reserve({ id: 'q', customerId: 'c2', occurredAtMs: untilMs + 1 })]);
    // A label on the event is not the word that it waits for.
    expect(await one(label('p', 'false_positive'))).toMatchObject({ state: 'held' });
    const approve = {
      kind: 'settle',
      id: 'a',
      grantId: 'g_p',
      to: 'posted',
      reason: 'approved',
      occurredAtMs: 1,
    } as const;
    expect(await one([approve])).toMatchObject({
      state: 'awaiting_claim',
      reason: 'approved',
      deadlineMs: untilMs + DAY_MS,
    });
  });
});

describe('a choice', () => {
  const untilMs = FRIDAY_NOON_MS + 30 * DAY_MS;
  const either = (id: string, cups = 1) =>
    reserve(
      { id, category: id },
      {
        choices: [{ ...money(offer(), 10_000), units: [{ account: 'quota/joint', limit: 5 }] }],
        next: {
          kind: 'choice',
          untilMs,
          options: [{ ...money(offer(), 10_000), label: 'voucher' }, goodsChoice('cup', cups)],
        },
      },
    );

  test('takes one of the options; what it costs less than the dearest returns', async () => {
    expect(await one([either('p')])).toMatchObject({
      state: 'awaiting_choice',
      amountMinor: 10_000,
    });
    expect(await standing(SPEND)).toEqual([0, 10_000]);
    expect(await one([choose('g_p', 'tea', { id: 'c0' })])).toMatchObject({
      reason: 'no_such_option',
    });
    const chosen = await one([choose('g_p', 'cup', { id: 'c1' })]);
    expect(chosen).toMatchObject({
      state: 'posted',
      reason: 'chosen',
      label: 'cup',
      amountMinor: 3000,
      award: [{ kind: 'goods', sku: 'cup' }],
    });
    for (const account of [SPEND, TOTAL]) expect(await standing(account)).toEqual([3000, 0]);
    expect(await standing(payable('customer-1'))).toEqual([-3000, 0]);
    expect(await standing('stock/bills/cup')).toEqual([1, 0]);
    expect(await standing('quota/joint')).toEqual([1, 0]);
    expect(await one([choose('g_p', 'cup', { id: 'c1' })])).toEqual(chosen);
    expect(await one([choose('g_p', 'voucher', { id: 'c2' })])).toMatchObject({
      reason: 'already_chosen',
    });
  });

  test('an option out of stock leaves the other one open, even to a later version of the offer', async () => {
    await apply([either('p'), either('q')]);
    await apply([choose('g_p', 'cup', { id: 'c1' })]);
    const gone = await one([choose('g_q', 'cup', { id: 'c2' })]);
    expect(gone).toMatchObject({ id: 'choose_c2', state: 'rejected', reason: 'out_of_stock' });
    expect(await one([choose('g_q', 'voucher', { id: 'c3' })])).toMatchObject({
      state: 'posted',
      label: 'voucher',
    });
    // What was asked and refused keeps its answer.
    expect(await one([choose('g_q', 'cup', { id: 'c2' })])).toEqual(gone);
  });

  test('made under suspicion, it is the option that waits, and is posted or void as such', async () => {
    await apply([either('p'), either('q', 2)]);
    const doubted = { intent: 'held' } as const;
    const held = await one([choose('g_p', 'cup', { id: 'c1', ...doubted })]);
    expect(held).toMatchObject({ state: 'held', label: 'cup', amountMinor: 3000 });
    await apply([choose('g_q', 'cup', { id: 'c2', ...doubted })]);
    expect(await standing(SPEND)).toEqual([0, 6000]);
    expect(await standing('stock/bills/cup')).toEqual([0, 2]);
    expect(await one([choose('g_p', 'voucher', { id: 'c3' })])).toMatchObject({
      reason: 'already_chosen',
    });
    await apply([...label('c1', 'false_positive'), ...label('c2', 'confirmed')]);
    expect(await ledger.grant('g_p')).toMatchObject({ state: 'posted', label: 'cup' });
    expect(await ledger.grant('g_q')).toMatchObject({ state: 'voided', label: 'cup' });
    expect(await standing(SPEND)).toEqual([3000, 0]);
    expect(await standing('stock/bills/cup')).toEqual([1, 0]);
    // A choice that is void has used its place up, as one that is missed.
    expect(await standing('quota/joint')).toEqual([2, 0]);
    expect(await standing(payable('customer-1'))).toEqual([-3000, 0]);
  });

  test('never made, it is forfeited', async () => {
    await apply([either('p')]);
    const late = await one([choose('g_p', 'cup', { id: 'c', occurredAtMs: untilMs })]);
    expect(late).toMatchObject({ reason: 'forfeited' });
    expect(await standing(SPEND)).toEqual([0, 0]);
    expect(await standing('quota/joint')).toEqual([1, 0]);
  });
});

test('what was forfeited is lost to an answer in time once it was found to be abuse', async () => {
  const untilMs = FRIDAY_NOON_MS + DAY_MS;
  const room = [SPEND, TOTAL, 'stock/bills/cup'].map((account) => ({ account, limit: 9000 }));
  const choices = [goodsChoice('cup', 9)];
  await apply([
    reserve({ id: 'p' }, { choices, next: { kind: 'claim', untilMs } }),
    { kind: 'advance', occurredAtMs: untilMs },
  ]);
  expect(await one(label('p', 'confirmed'))).toMatchObject({
    ...{ state: 'voided', reason: 'review_confirmed' },
  });
  expect(await one([{ ...claim('g_p', { id: 'c' }), room }])).toMatchObject({
    ...{ state: 'rejected', reason: 'review_confirmed' },
  });
  expect(await standing(SPEND)).toEqual([0, 0]);
  // The right stays used, as it was by the forfeit.
  expect(await standing('limit/bills/off/customer-1/water')).toEqual([1, 0]);
});
