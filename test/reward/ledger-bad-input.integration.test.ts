import { expect, test } from 'vitest';
import type { LedgerOp } from '../../pipeline/reward/ledger-op.ts';
import { apply, one, standing, useLedger } from './ledger-fixture.ts';
import {
  authorise,
  cancel,
  capture,
  choose,
  claim,
  DAY_MS,
  extend,
  goodsChoice,
  pointsChoice,
  redeem,
  reserve,
  voucherChoice,
} from './ledger-offers.ts';
import { FRIDAY_NOON_MS, label, money, offer, ops, refund, SPEND } from './ledger-scenario.ts';

useLedger();

const WHOLE = { id: 'p', amountMinor: 30_000 };
const prize = reserve(
  { id: 'p' },
  {
    choices: [goodsChoice('cup', 5)],
    next: { kind: 'claim', untilMs: FRIDAY_NOON_MS + DAY_MS },
  },
);
const either = reserve(
  { id: 'p' },
  {
    choices: [money(offer(), 5000)],
    next: {
      kind: 'choice',
      untilMs: FRIDAY_NOON_MS + DAY_MS,
      options: [{ ...money(offer(), 5000), label: 'voucher' }, goodsChoice('cup', 0)],
    },
  },
);
const vouchers = reserve({ id: 'p' }, { choices: [voucherChoice([1000])] });
const most = Number.MAX_SAFE_INTEGER;

/** What came before, what is wrong with what comes now, and the reason that its record gives. */
const CASES: readonly [string, readonly LedgerOp[], readonly LedgerOp[], string][] = [
  ['a refund before its payment', [], refund('r', 'p', 100), 'payment_not_found'],
  ['a refund of nothing', [reserve(WHOLE)], refund('r', 'p', 0), 'refund_without_amount'],
  [
    'a refund that names no payment',
    [reserve(WHOLE)],
    refund('r', undefined, 1),
    'payment_not_named',
  ],
  [
    'a refund larger than the payment',
    [reserve(WHOLE)],
    refund('r', 'p', 30_001),
    'refund_exceeds_payment',
  ],
  [
    'a second refund of it all',
    [reserve(WHOLE), ...refund('r1', 'p', 30_000)],
    refund('r2', 'p', 30_000),
    'refund_exceeds_payment',
  ],
  [
    'one refund number with two amounts',
    [reserve(WHOLE), ...refund('r', 'p', 1)],
    refund('r', 'p', 2),
    'id_conflict',
  ],
  [
    'a refund after all went back as abuse',
    [reserve(WHOLE), ...label('p', 'confirmed')],
    refund('r', 'p', 30_000),
    'review_confirmed',
  ],
  [
    'one payment with two amounts',
    [reserve(WHOLE)],
    [reserve({ id: 'p', amountMinor: 40_000 })],
    'id_conflict',
  ],
  ['a claim of nothing', [], [claim('g_p', { id: 'c' })], 'grant_not_found'],
  [
    'a claim of what was refused',
    [reserve({ id: 'p' }, { choices: [goodsChoice('cup', 0)] })],
    [claim('g_p', { id: 'c' })],
    'grant_not_found',
  ],
  ['a claim by another', [prize], [claim('g_p', { id: 'c', customerId: 'x' })], 'not_yours'],
  [
    'a claim by nobody',
    [{ ...prize, beneficiaryId: '' }],
    [claim('g_p', { id: 'c', customerId: '' })],
    'not_yours',
  ],
  [
    'a claim late by a millisecond',
    [prize],
    [claim('g_p', { id: 'c', occurredAtMs: FRIDAY_NOON_MS + DAY_MS })],
    'claim_late',
  ],
  [
    'a claim while it is reviewed',
    [{ ...prize, intent: 'held', reason: 'awaiting_review' }],
    [claim('g_p', { id: 'c' })],
    'awaiting_review',
  ],
  ['a second claim', [prize, claim('g_p', { id: 'c1' })], [claim('g_p', { id: 'c2' })], 'claimed'],
  [
    'a choice made twice',
    [either, choose('g_p', 'voucher', { id: 'c1' })],
    [choose('g_p', 'voucher', { id: 'c2' })],
    'already_chosen',
  ],
  ['a choice that is none', [either], [choose('g_p', 'tea', { id: 'c' })], 'no_such_option'],
  ['a choice out of stock', [either], [choose('g_p', 'cup', { id: 'c' })], 'out_of_stock'],
  [
    'a choice where there is none',
    [reserve(WHOLE)],
    [choose('g_p', 'cup', { id: 'c' })],
    'granted',
  ],
  ['a quota of 0', [], ops(offer({ quota: 0 }), WHOLE), 'quota_exhausted'],
  ['a budget smaller than one grant', [], ops(offer({ total: 999 }), WHOLE), 'budget_exhausted'],
  [
    'a prize out of stock',
    [],
    [reserve(WHOLE, { choices: [goodsChoice('cup', 0)] })],
    'out_of_stock',
  ],
  [
    'points that are not there',
    [],
    [reserve(WHOLE, { choices: [pointsChoice(-1)] })],
    'insufficient_points',
  ],
  ['a voucher nobody issued', [], [redeem('g_p.1', 5000, { id: 'r' })], 'voucher_unknown'],
  ['a voucher without a number', [vouchers], [redeem('g_p', 5000, { id: 'r' })], 'voucher_unknown'],
  [
    'a voucher of another',
    [vouchers],
    [redeem('g_p.1', 5000, { id: 'r', customerId: 'x' })],
    'not_yours',
  ],
  [
    'a voucher used twice',
    [vouchers, redeem('g_p.1', 5000, { id: 'r1' })],
    [redeem('g_p.1', 5000, { id: 'r2' })],
    'voucher_used',
  ],
  [
    'a voucher below its minimum',
    [vouchers],
    [redeem('g_p.1', 1999, { id: 'r' })],
    'below_minimum',
  ],
  [
    'a voucher at its end',
    [vouchers],
    [redeem('g_p.1', 5000, { id: 'r', occurredAtMs: FRIDAY_NOON_MS + 10 * DAY_MS })],
    'voucher_expired',
  ],
  [
    'a voucher of a refunded payment',
    [vouchers, ...refund('r', 'p', 30_000)],
    [redeem('g_p.1', 5000, { id: 'u' })],
    'voucher_voided',
  ],
  [
    'a longer life for a voucher that is used',
    [vouchers, redeem('g_p.1', 5000, { id: 'r' })],
    [extend('g_p.1', 1, 'x')],
    'voucher_used',
  ],
  [
    'a payment after its authorisation was cancelled',
    [authorise({ id: 'a' }), cancel('x', 'a')],
    [capture('p', 'a')],
    'payment_cancelled',
  ],
  [
    'a budget at the edge of exact integers, one fen short',
    [reserve({ id: 'a', category: 'gas' }, { choices: [money(offer({ total: most }), most - 1)] })],
    [reserve(WHOLE, { choices: [money(offer({ total: most }), 2)] })],
    'budget_exhausted',
  ],
];

test.each(CASES)(
  '%s is answered with its reason, again and again, and moves nothing the second time',
  async (_title, before, now, reason) => {
    await apply(before);
    const answer = await one(now);
    expect(answer.reason).toBe(reason);
    const spent = await standing(SPEND);
    expect(await one(now)).toEqual(answer);
    expect(await standing(SPEND)).toEqual(spent);
  },
);

test('what nobody has ever heard of is answered with nothing', async () => {
  const word = {
    kind: 'settle',
    id: 's',
    grantId: 'g',
    to: 'posted',
    reason: 'approved',
    occurredAtMs: 1,
  } as const;
  expect(
    await apply([capture('p', 'a'), cancel('x', 'a'), word, ...label('p', 'confirmed')]),
  ).toEqual([]);
});

test('a budget line that moves by anything but the amount is a defect of the caller', async () => {
  const [choice] = reserve(WHOLE).choices;
  const values = [{ account: SPEND, by: 999, limit: undefined }];
  await expect(apply([reserve(WHOLE, { choices: [{ ...choice!, values }] })])).rejects.toThrow(
    'not by the amount',
  );
});
