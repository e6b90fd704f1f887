import { describe, expect, test } from 'vitest';
import type { LedgerOp, SettleOp } from '../../pipeline/reward/ledger-op.ts';
import { apply, emptyLedger, ledger, one, sent, standing, useLedger } from './ledger-fixture.ts';
import { authorise, capture, DAY_MS, GENEROUS, pointsChoice, reserve } from './ledger-offers.ts';
import { FRIDAY_NOON_MS, label, money, payable, refund, SPEND } from './ledger-scenario.ts';

useLedger();

const BLOCKED = { intent: 'voided', reason: 'risk_block' } as const;
const OWED = 'receivable/customer-1';

describe('a discount that was paid with its payment, and waits for a review', () => {
  const doubted = { intent: 'held', reason: 'held_for_review' } as const;
  const inReview = (given: object = {}) => [
    authorise({ id: 'a' }, given),
    capture('p', 'a', 30_000, doubted),
  ];
  const reject: SettleOp = {
    ...{ kind: 'settle', id: 'no', grantId: 'g_a', occurredAtMs: 1 },
    ...{ to: 'voided', reason: 'review_rejected' },
  };
  const hold = { timeoutMs: DAY_MS, onTimeout: 'void' } as const;
  const expired: LedgerOp = { kind: 'advance', occurredAtMs: FRIDAY_NOON_MS + DAY_MS };

  test.each([
    ['it is found to be abuse', label('p', 'confirmed'), 'review_confirmed'],
    ['the authorisation is', label('a', 'confirmed'), 'review_confirmed'],
    ['it is given up', [reject], 'review_rejected'],
    ['nobody has judged it in time', [expired], 'hold_expired'],
    [
      'its authorisation comes again and is blocked',
      [authorise({ id: 'a' }, BLOCKED)],
      'risk_block',
    ],
  ])('is owed when %s: the till has given it', async (_why, said, reason) => {
    await apply([...inReview({ reviewHold: hold }), ...said]);
    const owed = await ledger.grant('g_a');
    expect(owed).toMatchObject({
      ...{ state: 'clawed_back', reason, clawedBackMinor: 0, owedMinor: 1000 },
    });
    expect(await standing(OWED)).toEqual([1000, 0]);
    expect(await standing(SPEND)).toEqual([1000, 0]);
    expect(await standing(payable('customer-1'))).toEqual([-1000, 0]);
    expect(await sent()).toEqual(['reversal receivable 1000']);
    // What follows asks for nothing again.
    await apply([...said, ...refund('r', 'p', 10_000), ...refund('r2', 'p', 20_000)]);
    expect(await ledger.grant('g_a')).toMatchObject({
      reason,
      clawedBackMinor: 0,
      owedMinor: 1000,
    });
    expect(await standing(SPEND)).toEqual([1000, 0]);
    expect(await ledger.redis.zcard(ledger.keys.due)).toBe(0);
  });

  test('is not owed when the payment itself is stopped', async () => {
    await apply(inReview());
    const blocked = capture('p', 'a', 30_000, { intent: 'voided', reason: 'risk_block' });
    expect(await one([blocked])).toMatchObject({ state: 'voided', reason: 'risk_block' });
    expect(await standing(OWED)).toEqual([0, 0]);
    expect(await standing(SPEND)).toEqual([0, 0]);
    await emptyLedger();

    // What was deducted from a refund before that stays known.
    await apply([...inReview(), ...refund('r', 'p', 15_000)]);
    expect(await one([blocked])).toMatchObject({
      ...{ state: 'clawed_back', reason: 'risk_block', clawedBackMinor: 1000, deductMinor: 500 },
    });
    expect(await standing(OWED)).toEqual([0, 0]);
    expect(await standing(SPEND)).toEqual([0, 0]);
  });

  test('is deducted from a part that is refunded, whatever the word on the rest', async () => {
    for (const [said, rest] of [
      [label('p', 'false_positive'), { state: 'posted', clawedBackMinor: 500 }],
      [label('p', 'confirmed'), { state: 'clawed_back', clawedBackMinor: 500, owedMinor: 500 }],
    ] as const) {
      await apply(inReview());
      expect(await one(refund('r', 'p', 15_000))).toMatchObject({
        ...{ state: 'held', deductMinor: 500, clawedBackMinor: 0 },
      });
      expect(await standing(SPEND)).toEqual([0, 1000]);
      const judged = await one(said);
      expect(judged).toMatchObject({ deductMinor: 500, ...rest });
      expect(await standing(OWED)).toEqual([judged.owedMinor ?? 0, 0]);
      expect(await standing(SPEND)).toEqual([500, 0]);
      await emptyLedger();
    }
  });

  test('of which a refund bears only a part owes the rest once it is judged, and not before', async () => {
    const reprice = [
      [30_000, 1000],
      [10_000, 300],
    ] as const;
    const [choice] = authorise({ id: 'a' }).choices;
    await apply(inReview({ choices: [{ ...choice!, reprice }] }));
    expect(await one(refund('r', 'p', 100))).toMatchObject({ state: 'held', deductMinor: 100 });
    expect(await standing(OWED)).toEqual([0, 0]);
    expect(await one(label('p', 'false_positive'))).toMatchObject({
      ...{ state: 'posted', clawedBackMinor: 100, deductMinor: 100, owedMinor: 600 },
    });
    expect(await standing(OWED)).toEqual([600, 0]);
    expect(await sent()).toEqual(['reversal receivable 600']);
  });

  test('of which a part was refunded before its capture owes that once it is judged', async () => {
    await apply([authorise({ id: 'a' }), ...refund('r', 'p', 15_000)]);
    expect(await one([capture('p', 'a', 30_000, doubted)])).toMatchObject({ state: 'held' });
    expect(await one(label('p', 'false_positive'))).toMatchObject({ owedMinor: 500 });
    expect(await sent()).toEqual(['reversal receivable 500']);
  });

  test('of a payment of less than was authorised is owed by what the till gave', async () => {
    await apply([authorise({ id: 'a' }), capture('p', 'a', 15_000, doubted)]);
    expect(await one(label('p', 'confirmed'))).toMatchObject({
      ...{ state: 'clawed_back', clawedBackMinor: 500, owedMinor: 500 },
    });
    expect(await standing(SPEND)).toEqual([500, 0]);
  });
});

describe('a reward that waits for a review while a part of its payment is refunded', () => {
  const held = { intent: 'held', reason: 'held_for_review' } as const;

  test.each([
    ['money', money(GENEROUS, 1000), 'cash discount 500'],
    ['points', pointsChoice(301), 'points 150'],
  ])(
    'is given less when it is cleared, and nothing of it is fetched back: %s',
    async (_what, choice, given) => {
      await apply([
        reserve({ id: 'p' }, { choices: [choice], ...held }),
        ...refund('r', 'p', 15_000),
      ]);
      expect(await one(label('p', 'false_positive'))).toMatchObject({
        ...{ state: 'posted', reason: 'partly_refunded' },
      });
      expect(await sent()).toEqual([given]);
      await apply(refund('r2', 'p', 15_000));
      expect(await ledger.grant('g_p')).toMatchObject({ state: 'clawed_back' });
      expect(await standing(SPEND)).toEqual([0, 0]);
      expect(await standing('points/customer-1')).toEqual([0, 0]);
      expect((await sent()).length).toBe(2);
    },
  );

  test('of which nothing is left is given nothing', async () => {
    const choices = [money(GENEROUS, 1)];
    await apply([reserve({ id: 'p' }, { choices, ...held }), ...refund('r', 'p', 29_999)]);
    expect(await one(label('p', 'false_positive'))).toMatchObject({
      ...{ state: 'clawed_back', clawedBackMinor: 1 },
    });
    expect(await sent()).toEqual([]);
    expect(await standing(SPEND)).toEqual([0, 0]);
  });
});
