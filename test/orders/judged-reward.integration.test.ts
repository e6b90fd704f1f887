import { describe, expect, test } from 'vitest';
import { judgedReward } from '../../pipeline/orders/judged-reward.ts';
import type { LedgerOp, SettleOp } from '../../pipeline/reward/ledger-op.ts';
import { apply, ledger, useLedger } from '../reward/ledger-fixture.ts';
import {
  authorise,
  capture,
  claim,
  DAY_MS,
  goodsChoice,
  reserve,
} from '../reward/ledger-offers.ts';
import { FRIDAY_NOON_MS, refund, SPEND, TOTAL } from '../reward/ledger-scenario.ts';

useLedger();

const WORDS = {
  approve: { to: 'posted', reason: 'approved' },
  reject: { to: 'voided', reason: 'review_rejected' },
} as const;

/** What a person is told who says it of the reward of payment p. */
async function told(kind: 'approve' | 'reject', id = `${kind}-1`): Promise<readonly unknown[]> {
  const grantId = 'g_p';
  const word: SettleOp = {
    ...{ kind: 'settle', id, grantId, occurredAtMs: FRIDAY_NOON_MS },
    ...WORDS[kind],
  };
  const [grant] = await apply([word]);
  const issuedAtMs = FRIDAY_NOON_MS;
  const command = { ...{ id, kind, grantId, issuedAtMs }, actor: 'ann', reason: 'tests' };
  const { accepted, message } = judgedReward(command, grant, WORDS[kind].reason);
  return [accepted, message];
}

const held = { intent: 'held', reason: 'held_for_review' } as const;
const RUN_OUT: LedgerOp = { kind: 'advance', occurredAtMs: FRIDAY_NOON_MS + DAY_MS + 1 };
const prize = {
  choices: [goodsChoice('cup', 1)],
  next: { kind: 'claim', untilMs: FRIDAY_NOON_MS + DAY_MS },
} as const;

describe('an approval', () => {
  test.each<[string, LedgerOp[], string]>([
    ['of a reward', [reserve({ id: 'p' }, held)], 'is posted'],
    [
      'of one whose payment was refunded in part meanwhile',
      [reserve({ id: 'p' }, held), ...refund('r', 'p', 15_000)],
      'is posted (partly_refunded)',
    ],
    [
      'of one of which the refunds left nothing',
      [reserve({ id: 'p' }, held), ...refund('r', 'p', 29_999)],
      'is clawed_back (partly_refunded)',
    ],
    [
      'of one that waits for its payment too',
      [authorise({ id: 'p' }, { reason: 'awaiting_payment_and_review' })],
      'is held (awaiting_payment)',
    ],
    [
      'of one that is to be claimed',
      [reserve({ id: 'p' }, { ...held, ...prize })],
      'is awaiting_claim',
    ],
  ])('worked, and says so when it is told again: %s', async (_what, before, state) => {
    await apply(before);
    for (let i = 0; i < 2; i++)
      expect(await told('approve')).toEqual([true, `reward g_p ${state}`]);
  });

  test.each<[string, LedgerOp[], string]>([
    ['given at once', [reserve({ id: 'p' })], 'posted (granted)'],
    [
      'given at once and refunded in part',
      [reserve({ id: 'p' }), ...refund('r', 'p', 15_000)],
      'posted (partly_refunded)',
    ],
    ['still to be claimed', [reserve({ id: 'p' }, prize)], 'awaiting_claim (granted)'],
    ['claimed', [reserve({ id: 'p' }, prize), claim('g_p', { id: 'c' })], 'posted (claimed)'],
    ['waiting for its payment alone', [authorise({ id: 'p' })], 'held (awaiting_payment)'],
    [
      'of which no payment came',
      [authorise({ id: 'p' }), RUN_OUT],
      'voided (authorisation_expired)',
    ],
  ])('of what did not wait for one came to nothing: %s', async (_what, before, state) => {
    await apply(before);
    for (let i = 0; i < 2; i++)
      expect(await told('approve')).toEqual([
        false,
        `reward g_p does not wait for a review: it is ${state}`,
      ]);
  });
});

test('an approval of an authorisation that ran out counts once its payment is heard of, and says so', async () => {
  await apply([authorise({ id: 'p' }, { reason: 'awaiting_payment_and_review' }), RUN_OUT]);
  for (let i = 0; i < 2; i++)
    expect(await told('approve')).toEqual([
      true,
      'reward g_p is voided (authorisation_expired); your word counts once a payment is heard of that was made in time',
    ]);
  const room = [SPEND, TOTAL].map((account) => ({ account, limit: 1e9 }));
  const inTime = { occurredAtMs: FRIDAY_NOON_MS + 1000, room };
  const [paid] = await apply([capture('pay', 'p', 30_000, inTime)]);
  expect(paid).toMatchObject({ state: 'posted' });
  expect(await told('approve')).toEqual([true, 'reward g_p is posted (granted)']);
});

test('an approval of what waits for its payment alone passes no review, and is none of one that is opened later', async () => {
  await apply([authorise({ id: 'p' })]);
  await told('approve');
  const operations = (await ledger.drain(0)).map(({ operation }) => operation);
  expect(operations).toEqual(['reserve', 'noted']);
  const [doubted] = await apply([
    {
      ...{ kind: 'settle', id: 'h', grantId: 'g_p', to: 'held', reason: 'held_for_review' },
      occurredAtMs: FRIDAY_NOON_MS,
    },
  ]);
  expect(doubted).toMatchObject({ reason: 'awaiting_payment_and_review' });
  expect((await told('approve'))[0]).toBe(false);
  expect(await told('approve', 'approve-2')).toEqual([
    true,
    'reward g_p is held (awaiting_payment)',
  ]);
});

test('an approval that came before the claim is none of the claim, which is in doubt', async () => {
  await apply([reserve({ id: 'p' }, prize)]);
  expect((await told('approve'))[0]).toBe(false);
  await apply([claim('g_p', { id: 'c', intent: 'held' })]);
  expect(await told('approve')).toEqual([
    false,
    'reward g_p does not wait for a review: it is held (held_for_review)',
  ]);
});

test('a rejection of what waits works, and an approval after it comes to nothing', async () => {
  expect(await told('reject')).toEqual([false, 'there is no reward g_p']);
  await apply([reserve({ id: 'p' }, held)]);
  expect(await told('reject')).toEqual([true, 'reward g_p is voided']);
  expect(await told('approve')).toEqual([
    false,
    'reward g_p does not wait for a review: it is voided (review_rejected)',
  ]);
});
