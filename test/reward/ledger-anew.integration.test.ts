import { describe, expect, test } from 'vitest';
import { earnedIdOf } from '../../pipeline/reward/grant-id.ts';
import type { LedgerOp, ReserveOp, SettleOp } from '../../pipeline/reward/ledger-op.ts';
import { rebuild } from '../../pipeline/reward/rebuild.ts';
import { verify } from '../../pipeline/reward/verify.ts';
import {
  apply,
  deliveries,
  emptyLedger,
  ledger,
  one,
  sent,
  standing,
  useLedger,
} from './ledger-fixture.ts';
import {
  authorise,
  capture,
  claim,
  DAY_MS,
  goodsChoice,
  pointsChoice,
  redeem,
  reserve,
  voucherChoice,
} from './ledger-offers.ts';
import { FRIDAY_NOON_MS, label, offer, refund, SPEND, TIER_1 } from './ledger-scenario.ts';
import { NO_HISTORY, wholeState } from './ledger-state.ts';

useLedger();

const RIGHT = 'limit/bills/off/customer-1/water';
const GENEROUS = { reason: 'compensated' } as const;
const word = (wordId: string, atMs = FRIDAY_NOON_MS): Partial<ReserveOp> => ({
  ...GENEROUS,
  anew: { wordId, atMs },
});
const takenBack = (id: string, atMs = FRIDAY_NOON_MS - 1): SettleOp => ({
  ...{ kind: 'settle', id: `claw-${id}-${atMs}`, grantId: id, to: 'voided', reason: 'late_truth' },
  occurredAtMs: atMs,
});
const LATER_MS = FRIDAY_NOON_MS + 1;

/** What was sent to other systems, by grant and in order. */
async function sentOf(): Promise<string[]> {
  const said = await sent();
  return (await deliveries()).map(({ id }, index) => `${id.replace(/\d+$/, 'n')}: ${said[index]!}`);
}

describe('a reward that was taken back as abuse, and is given after all by a word', () => {
  test('is given once under an id of its own, by the right that it had used', async () => {
    await apply([reserve({ id: 'p' }), takenBack('g_p')]);
    expect(await standing(RIGHT)).toEqual([1, 0]);
    const given = await one([reserve({ id: 'p' }, word('w1'))]);
    expect(given).toMatchObject({
      ...{ id: 'g_p.again', state: 'posted', reason: 'compensated', amountMinor: 1000 },
    });
    expect(earnedIdOf(given.id)).toBe('g_p');
    expect(await ledger.grant('g_p')).toMatchObject({
      ...{ state: 'clawed_back', reason: 'late_truth', clawedBackMinor: 1000 },
    });
    expect(await standing(SPEND)).toEqual([1000, 0]);
    for (const account of [RIGHT, TIER_1]) expect(await standing(account)).toEqual([1, 0]);
    expect(await sentOf()).toEqual([
      'g_p.n: cash discount 1000',
      'g_p.1.reversal.n: reversal discount 1000',
      'g_p.again.n: cash discount 1000',
    ]);
    expect((await verify(ledger, NO_HISTORY)).differences).toEqual([]);
  });

  test.each([
    ['as abuse of its event', label('p', 'confirmed')],
    [
      'by a block when its payment came again',
      [reserve({ id: 'p' }, { intent: 'voided', reason: 'risk_block' })],
    ],
  ])('%s', async (_how, said) => {
    await apply([reserve({ id: 'p' }), ...said]);
    const given = await one([reserve({ id: 'p' }, word('w1'))]);
    expect(given).toMatchObject({ id: 'g_p.again', state: 'posted' });
    // What took it then, told again after a crash, takes nothing of what was given since.
    await apply(said);
    expect(await ledger.grant('g_p.again')).toEqual(given);
    expect(await standing(SPEND)).toEqual([1000, 0]);
  });

  test('a replay of the word pays nothing twice: while it stands, and after it was taken back again', async () => {
    const anew = reserve({ id: 'p' }, word('w1'));
    await apply([reserve({ id: 'p' }), takenBack('g_p'), anew]);
    let before = await wholeState(ledger);
    expect(await one([anew])).toMatchObject({ id: 'g_p.again', state: 'posted' });
    expect(await wholeState(ledger)).toEqual(before);
    // Nor does another word pay while one stands, nor later because it was spoken then.
    const early = reserve({ id: 'p' }, word('w2'));
    expect(await one([early])).toMatchObject({ id: 'g_p.again', state: 'posted' });
    expect(await standing(SPEND)).toEqual([1000, 0]);

    await apply([takenBack('g_p.again', LATER_MS), early]);
    before = await wholeState(ledger);
    expect(await one([anew])).toMatchObject({ id: 'g_p.again', state: 'clawed_back' });
    expect(await wholeState(ledger)).toEqual(before);
    expect(await standing(SPEND)).toEqual([0, 0]);

    const again = await one([reserve({ id: 'p' }, word('w3', LATER_MS))]);
    expect(again).toMatchObject({ id: 'g_p.again.again', state: 'posted' });
    await apply([anew, takenBack('g_p'), takenBack('g_p.again', LATER_MS)]);
    expect(await standing(SPEND)).toEqual([1000, 0]);
    await rebuild(ledger, NO_HISTORY);
    await apply([anew, takenBack('g_p'), reserve({ id: 'p' }, word('w3', LATER_MS))]);
    expect(await standing(SPEND)).toEqual([1000, 0]);
    expect(await standing(RIGHT)).toEqual([1, 0]);
  });

  test('is reduced by what the payment’s refunds leave of it, and by those that follow', async () => {
    await apply([reserve({ id: 'p' }), takenBack('g_p'), ...refund('r', 'p', 15_000)]);
    expect(await one([reserve({ id: 'p' }, word('w1'))])).toMatchObject({
      ...{ id: 'g_p.again', state: 'posted', clawedBackMinor: 500 },
    });
    await apply(refund('r2', 'p', 15_000));
    expect(await ledger.grant('g_p.again')).toMatchObject({ state: 'clawed_back' });
    expect(await standing(SPEND)).toEqual([0, 0]);
  });

  test('that the line cannot bear any more is refused, and that answer stays; the right is free again', async () => {
    const of = offer({ total: 1000 });
    await apply([reserve({ id: 'p' }, { of }), takenBack('g_p')]);
    await apply([reserve({ id: 'q', customerId: 'c2' }, { of })]);
    const refused = await one([reserve({ id: 'p' }, { of, ...word('w1') })]);
    expect(refused).toMatchObject({
      id: 'g_p.again',
      state: 'rejected',
      reason: 'budget_exhausted',
    });
    expect(await standing(RIGHT)).toEqual([0, 0]);
    await apply(refund('r', 'q', 30_000));
    expect(await one([reserve({ id: 'p' }, { of, ...word('w1') })])).toEqual(refused);
    expect(await standing(SPEND)).toEqual([0, 0]);
  });

  test('of vouchers, goods and points is one of new ones, and debts come first', async () => {
    const choices = [voucherChoice([1000, 500])];
    await apply([reserve({ id: 'v' }, { choices }), redeem('g_v.1', 5000, { id: 'use' })]);
    await apply([takenBack('g_v'), reserve({ id: 'v' }, { choices, ...word('w1') })]);
    expect(await ledger.voucher('g_v.1')).toMatchObject({ state: 'redeemed' });
    expect(await ledger.voucher('g_v.2')).toMatchObject({ state: 'voided' });
    for (const id of ['g_v.again.1', 'g_v.again.2'])
      expect(await ledger.voucher(id)).toMatchObject({ state: 'issued' });
    // The used one is owed, and stays so: its place took a new one.
    expect(await standing('receivable/customer-1')).toEqual([1000, 0]);
    expect(await standing(SPEND)).toEqual([2500, 0]);
    await emptyLedger();

    const cup = { choices: [goodsChoice('cup', 1)] };
    await apply([reserve({ id: 'c' }, cup), takenBack('g_c')]);
    expect(await one([reserve({ id: 'c' }, { ...cup, ...word('w1') })])).toMatchObject({
      ...{ id: 'g_c.again', state: 'posted' },
    });
    expect(await standing('stock/bills/cup')).toEqual([1, 0]);
    expect(await sentOf()).toEqual([
      'g_c.n: goods goods',
      'g_c.1.reversal.n: reversal goods',
      'g_c.again.n: goods goods',
    ]);
    await emptyLedger();

    const earned = { choices: [pointsChoice(500)] };
    const spent = reserve({ id: 's', category: 's' }, { choices: [pointsChoice(-400)] });
    await apply([reserve({ id: 'e' }, earned), spent, takenBack('g_e')]);
    expect(await standing('receivable-points/customer-1')).toEqual([-400, 0]);
    await apply([reserve({ id: 'e' }, { ...earned, ...word('w1') })]);
    expect(await standing('receivable-points/customer-1')).toEqual([0, 0]);
    expect(await standing('points/customer-1')).toEqual([100, 0]);
  });

  test('that the till had given is paid, and what was owed stays to be collected', async () => {
    await apply([authorise({ id: 'a' }), capture('p', 'a'), takenBack('g_a')]);
    expect(await standing('receivable/customer-1')).toEqual([1000, 0]);
    const anew = { grantId: 'g_a', ifAbsent: true, ...word('w1') } as const;
    expect(await one([reserve({ id: 'p' }, anew)])).toMatchObject({
      ...{ id: 'g_a.again', eventId: 'p', state: 'posted' },
    });
    expect(await sentOf()).toEqual([
      'g_a.receivable.n: reversal receivable 1000',
      'g_a.again.n: cash discount 1000',
    ]);
    // Neither what captured it nor what authorised it, told again, touches it.
    await apply([
      authorise({ id: 'a' }),
      capture('p', 'a', 30_000, { intent: 'voided', reason: 'account_frozen' }),
    ]);
    expect(await ledger.grant('g_a.again')).toMatchObject({ state: 'posted' });
    expect(await one(refund('r', 'p', 30_000))).toMatchObject({
      ...{ id: 'g_a.again', state: 'clawed_back' },
    });
  });

  test('while it waited for its claim has its right and its place again, and waits for the claim', async () => {
    const untilMs = FRIDAY_NOON_MS + DAY_MS;
    const prize: Partial<ReserveOp> = {
      choices: [goodsChoice('cup', 1)],
      next: { kind: 'claim', untilMs },
    };
    await apply([reserve({ id: 'p' }, prize), takenBack('g_p')]);
    expect(await standing(RIGHT)).toEqual([1, 0]);
    const again: LedgerOp = reserve({ id: 'p' }, { ...prize, ...word('w1') });
    expect(await one([again])).toMatchObject({ id: 'g_p', state: 'awaiting_claim' });
    expect(await standing(RIGHT)).toEqual([0, 1]);
    await rebuild(ledger, NO_HISTORY);
    expect(await one([claim('g_p', { id: 'c' })])).toMatchObject({ state: 'posted' });
    await apply([again, takenBack('g_p'), takenBack('g_p', LATER_MS)]);
    expect(await ledger.grant('g_p')).toMatchObject({ state: 'clawed_back' });
    expect(await one([again])).toMatchObject({ id: 'g_p', state: 'clawed_back' });
    expect(await standing(SPEND)).toEqual([0, 0]);
  });
});

test('what was given in place of a voided reward is not taken by a replay of its block, though a refund has come since', async () => {
  const blocked = reserve({ id: 'p' }, { intent: 'voided', reason: 'account_frozen' });
  await apply([blocked, reserve({ id: 'p' }, word('w1')), ...refund('r', 'p', 15_000)]);
  expect(await one([blocked])).toMatchObject({ state: 'posted', reason: 'partly_refunded' });
  expect(await standing(SPEND)).toEqual([500, 0]);
});
