import { describe, expect, test } from 'vitest';
import type { CaptureOp } from '../../pipeline/reward/ledger-op.ts';
import { apply, ledger, one, standing, useLedger } from './ledger-fixture.ts';
import {
  authorise,
  capture,
  claim,
  DAY_MS,
  goodsChoice,
  redeem,
  reserve,
  voucherChoice,
} from './ledger-offers.ts';
import { FRIDAY_NOON_MS, label, refund, SPEND, TIER_1, TOTAL } from './ledger-scenario.ts';

useLedger();

const MINUTE_MS = 60_000;
const RIGHT = 'limit/bills/off/customer-1/water';
const hold = { timeoutMs: 30 * MINUTE_MS, onTimeout: 'void' } as const;
const after = (minutes: number) =>
  ({ kind: 'advance', occurredAtMs: FRIDAY_NOON_MS + minutes * MINUTE_MS }) as const;
const roomFor = (limit: number) => [SPEND, TOTAL].map((account) => ({ account, limit }));
const paidAt = (minutes: number, given: Partial<CaptureOp> = {}) =>
  capture('p', 'a', 30_000, {
    ...{ occurredAtMs: FRIDAY_NOON_MS + minutes * MINUTE_MS, room: roomFor(1000) },
    ...given,
  });

describe('a payment that was made in time and is heard of when its authorisation ran out', () => {
  test('has its discount all the same', async () => {
    await apply([authorise({ id: 'a' }, { hold }), after(31)]);
    expect(await ledger.grant('g_a')).toMatchObject({ reason: 'authorisation_expired' });
    expect(await standing(RIGHT)).toEqual([0, 0]);
    expect(await one([paidAt(29)])).toMatchObject({ state: 'posted', reason: 'granted' });
    expect(await standing(SPEND)).toEqual([1000, 0]);
    expect(await standing(TIER_1)).toEqual([1, 0]);
    expect(await standing(RIGHT)).toEqual([1, 0]);
    expect(await one(refund('r', 'p', 15_000))).toMatchObject({ deductMinor: 500 });
  });

  test('has none when it was made a moment too late', async () => {
    await apply([authorise({ id: 'a' }, { hold }), after(31), paidAt(30)]);
    expect(await ledger.grant('g_a')).toMatchObject({
      ...{ state: 'voided', reason: 'authorisation_expired' },
    });
  });

  test.each([
    ['money', { room: roomFor(999) }],
    ['a line that is in force', { room: [] }],
  ])('has none without %s', async (_what, given) => {
    await apply([authorise({ id: 'a' }, { hold }), after(31), paidAt(29, given)]);
    expect(await ledger.grant('g_a')).toMatchObject({ state: 'voided' });
    expect(await standing(SPEND)).toEqual([0, 0]);
  });

  test('has none when the right has been used by another meanwhile', async () => {
    await apply([authorise({ id: 'a' }, { hold }), after(31), reserve({ id: 'q' })]);
    await apply([paidAt(29, { room: roomFor(9000) })]);
    expect(await ledger.grant('g_a')).toMatchObject({ state: 'voided' });
    expect(await standing(SPEND)).toEqual([1000, 0]);
  });

  test('has none when it is blocked, and none when it came to nothing', async () => {
    await apply([authorise({ id: 'a' }, { hold }), after(31)]);
    await apply([paidAt(29, { intent: 'voided', reason: 'risk_block' })]);
    await apply([paidAt(29, { id: 'p0', amountMinor: 0 })]);
    expect(await ledger.grant('g_a')).toMatchObject({ reason: 'authorisation_expired' });
  });

  test('waits for a person where its authorisation was in doubt', async () => {
    const doubted = { hold, reason: 'awaiting_payment_and_review' } as const;
    await apply([authorise({ id: 'a' }, doubted), after(31)]);
    expect(await one([paidAt(29)])).toMatchObject({
      ...{ state: 'held', reason: 'authorisation_in_review' },
    });
    expect(await one(label('a', 'false_positive'))).toMatchObject({ state: 'posted' });
  });

  test('obeys what was said of its authorisation after it ran out', async () => {
    const doubted = { hold, reason: 'awaiting_payment_and_review' } as const;
    await apply([authorise({ id: 'a' }, doubted), after(31), ...label('a', 'false_positive')]);
    expect(await one([paidAt(29)])).toMatchObject({ state: 'posted', reason: 'granted' });
    const other = { hold, grantId: 'g_b', limits: [] };
    await apply([authorise({ id: 'b' }, other), after(62), ...label('b', 'confirmed')]);
    await apply([{ ...paidAt(29), id: 'q', authorisationId: 'b' }]);
    expect(await ledger.grant('g_b')).toMatchObject({
      ...{ state: 'voided', reason: 'review_confirmed' },
    });
  });

  test('stays without it once that was said, whatever is free later', async () => {
    await apply([authorise({ id: 'a' }, { hold }), after(31), paidAt(29, { room: roomFor(999) })]);
    await apply([paidAt(29)]);
    expect(await ledger.grant('g_a')).toMatchObject({ state: 'voided' });
  });

  test('counts its customer again where a quota counts customers', async () => {
    const quotas = [{ account: 'quota/people', limit: 1, countedBy: 'counted/customer-1' }];
    await apply([authorise({ id: 'a' }, { hold, quotas }), after(31), paidAt(29)]);
    expect(await standing('quota/people')).toEqual([1, 0]);
  });
});

describe('a voucher that was used in time and is heard of when it has expired', () => {
  const pack = reserve({ id: 'p' }, { choices: [voucherChoice([1000])] });
  const expiresAtMs = FRIDAY_NOON_MS + 10 * DAY_MS;
  const expired = { kind: 'advance', occurredAtMs: expiresAtMs } as const;
  const useAt = (occurredAtMs: number, limit = 1000) => ({
    ...redeem('g_p.1', 5000, { id: 'use', occurredAtMs }),
    room: roomFor(limit),
  });

  test('is used, and costs again', async () => {
    await apply([pack, expired]);
    expect(await standing(SPEND)).toEqual([0, 0]);
    expect(await one([useAt(expiresAtMs - 1)])).toMatchObject({
      ...{ state: 'posted', reason: 'granted', clawedBackMinor: 0 },
    });
    expect(await ledger.voucher('g_p.1')).toMatchObject({ state: 'redeemed', redeemedBy: 'use' });
    expect(await standing(SPEND)).toEqual([1000, 0]);
  });

  test.each([
    ['it was a moment too late', expiresAtMs, 1000, 'voucher_expired'],
    ['the money is gone', expiresAtMs - 1, 999, 'budget_exhausted'],
  ])('is refused when %s', async (_why, atMs, limit, reason) => {
    await apply([pack, expired]);
    expect(await one([useAt(atMs, limit)])).toMatchObject({ state: 'rejected', reason });
    expect(await standing(SPEND)).toEqual([0, 0]);
  });
});

describe('a claim that was given in time, and heard when the ledger’s clock had passed the deadline', () => {
  const untilMs = FRIDAY_NOON_MS + 5 * DAY_MS;
  const prize = (id: string) =>
    reserve({ id }, { choices: [goodsChoice('cup', 9)], next: { kind: 'claim', untilMs } });
  const room = [
    { account: 'stock/bills/cup', limit: 1 },
    ...[SPEND, TOTAL].map((account) => ({ account, limit: 3000 })),
  ];
  const late = (id: string): Parameters<typeof claim>[1] => ({ id, occurredAtMs: untilMs - 1 });

  test('it takes again what the forfeit gave back', async () => {
    await apply([prize('p'), { kind: 'advance', occurredAtMs: untilMs }]);
    expect(await ledger.grant('g_p')).toMatchObject({ state: 'forfeited' });
    expect(await standing('stock/bills/cup')).toEqual([0, 0]);
    const claimed = await one([{ ...claim('g_p', late('c')), room }]);
    expect(claimed).toMatchObject({ id: 'g_p', state: 'posted', reason: 'claimed' });
    expect(await standing(SPEND)).toEqual([3000, 0]);
    expect(await standing('stock/bills/cup')).toEqual([1, 0]);
    expect(await standing('limit/bills/off/customer-1/water')).toEqual([1, 0]);
    expect(await one([{ ...claim('g_p', late('c')), room }])).toEqual(claimed);
  });

  test('a millisecond later it is late however it comes', async () => {
    await apply([prize('p'), { kind: 'advance', occurredAtMs: untilMs }]);
    const op = { ...claim('g_p', { id: 'c', occurredAtMs: untilMs }), room };
    expect(await one([op])).toMatchObject({ reason: 'claim_late' });
  });

  test('what others have by now cannot be taken again, nor what nobody counts any more', async () => {
    await apply([prize('p'), { kind: 'advance', occurredAtMs: untilMs }]);
    expect(await one([claim('g_p', late('c0'))])).toMatchObject({ reason: 'claim_late' });
    const [cup, ...lines] = room;
    const gone = [{ ...cup!, limit: 0 }, ...lines];
    const spent = [cup!, { ...lines[0]!, limit: 2999 }, lines[1]!];
    expect(await one([{ ...claim('g_p', late('c1')), room: gone }])).toMatchObject({
      reason: 'out_of_stock',
    });
    expect(await one([{ ...claim('g_p', late('c2')), room: spent }])).toMatchObject({
      reason: 'budget_exhausted',
    });
    expect(await ledger.grant('g_p')).toMatchObject({ state: 'forfeited' });
  });
});
