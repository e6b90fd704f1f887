import { describe, expect, test } from 'vitest';
import { apply, ledger, one, standing, useLedger } from './ledger-fixture.ts';
import {
  authorise,
  capture,
  choose,
  claim,
  DAY_MS,
  goodsChoice,
  NOTHING_WON,
  points,
  pointsChoice,
  reserve,
} from './ledger-offers.ts';
import {
  FRIDAY_NOON_MS,
  label,
  money,
  offer,
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

  test('never made, it is forfeited', async () => {
    await apply([either('p')]);
    const late = await one([choose('g_p', 'cup', { id: 'c', occurredAtMs: untilMs })]);
    expect(late).toMatchObject({ reason: 'forfeited' });
    expect(await standing(SPEND)).toEqual([0, 0]);
    expect(await standing('quota/joint')).toEqual([1, 0]);
  });
});

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

  test('a refund that came before its capture waits for it', async () => {
    await apply([authorise({ id: 'a' })]);
    expect(await one(refund('r', 'p', 15_000))).toMatchObject({ reason: 'payment_not_found' });
    expect(await one([capture('p', 'a')])).toMatchObject({ clawedBackMinor: 500 });
  });

  test('never paid, cancelled or blocked: every leg returns', async () => {
    await apply([
      authorise({ id: 'a1', category: 'k1' }),
      authorise({ id: 'a2', category: 'k2' }),
      authorise({ id: 'a3', category: 'k3' }),
      { kind: 'cancel', id: 'x', authorisationId: 'a1', occurredAtMs: FRIDAY_NOON_MS },
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

  test('the same offer earned by the payment itself finds what the authorisation got', async () => {
    const authorised = await one([authorise({ id: 'a' })]);
    const fallback = reserve({ id: 'p' }, { grantId: 'g_a', ifAbsent: true });
    expect(await one([fallback])).toEqual(authorised);
    expect(
      await one([reserve({ id: 'p' }, { grantId: 'g_b', ifAbsent: true, limits: [] })]),
    ).toMatchObject({ state: 'posted', eventId: 'p' });
  });
});

describe('points', () => {
  const earn = (id: string, count: number) =>
    reserve({ id, category: id }, { choices: [pointsChoice(count)] });
  const spend = (id: string, count: number, given: object = {}) =>
    reserve({ id, category: id }, { choices: [pointsChoice(-count)], ...given });
  const ISSUED = 'points-issued/bills';
  const OWED = 'receivable-points/customer-1';

  test('are spent down to nothing and no further', async () => {
    await apply([earn('p', 500)]);
    expect(await one([spend('s1', 501)])).toMatchObject({ reason: 'insufficient_points' });
    expect(await one([spend('s2', 500)])).toMatchObject({ state: 'posted' });
    expect(await standing(points('customer-1'))).toEqual([0, 0]);
    expect(await standing(ISSUED)).toEqual([0, 0]);
  });

  test('spent are gone at once while the redemption is held, and come back when it is voided', async () => {
    await apply([earn('p', 500)]);
    await apply([spend('s', 400, { intent: 'held', reason: 'awaiting_review' })]);
    expect(await standing(points('customer-1'))).toEqual([100, 0]);
    expect(await one([spend('s2', 200)])).toMatchObject({ reason: 'insufficient_points' });
    await apply([
      {
        kind: 'settle',
        id: 'x',
        grantId: 'g_s',
        to: 'voided',
        reason: 'review_rejected',
        occurredAtMs: 1,
      },
    ]);
    expect(await standing(points('customer-1'))).toEqual([500, 0]);
    expect(await standing(ISSUED)).toEqual([-500, 0]);
  });

  test('taken back that are spent already are owed, and kept back from the next ones', async () => {
    await apply([earn('p', 500), spend('s', 400)]);
    expect(await one(refund('r', 'p', 15_000))).toMatchObject({ state: 'posted' });
    expect(await standing(points('customer-1'))).toEqual([0, 0]);
    expect(await standing(OWED)).toEqual([-150, 0]);
    expect(await one(refund('r2', 'p', 15_000))).toMatchObject({ state: 'clawed_back' });
    expect(await standing(OWED)).toEqual([-400, 0]);
    expect(await standing(ISSUED)).toEqual([400, 0]);
    await apply([earn('q', 300), earn('q2', 300)]);
    expect(await standing(OWED)).toEqual([0, 0]);
    expect(await standing(points('customer-1'))).toEqual([200, 0]);
  });

  test('held are pending, and active once released', async () => {
    await apply([{ ...earn('p', 500), intent: 'held', reason: 'held_for_review' }]);
    expect(await standing(points('customer-1'))).toEqual([0, 500]);
    await apply(label('p', 'false_positive'));
    expect(await standing(points('customer-1'))).toEqual([500, 0]);
    expect(await standing(ISSUED)).toEqual([-500, 0]);
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
