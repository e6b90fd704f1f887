import { describe, expect, test } from 'vitest';
import { Ledger } from '../../pipeline/reward/ledger.ts';
import type { LedgerOp } from '../../pipeline/reward/ledger-op.ts';
import {
  apply,
  standard,
  emptyLedger,
  ledger,
  one,
  standing,
  useLedger,
} from './ledger-fixture.ts';
import {
  FRIDAY_NOON_MS,
  label,
  offer,
  ops,
  other,
  SPEND,
  TIER_1,
  TOTAL,
} from './ledger-scenario.ts';

useLedger();

describe('reserving', () => {
  test('an allowed payment moves its limit, its quota and its budget line with every ancestor', async () => {
    const grant = await one(ops(standard, { id: 'p' }));
    expect(grant).toMatchObject({
      state: 'posted',
      reason: 'granted',
      tier: 0,
      amountMinor: 1000,
      clawedBackMinor: 0,
      paymentMinor: 30_000,
      eventId: 'p',
      revision: 1,
      occurredAtMs: FRIDAY_NOON_MS,
    });
    expect(await standing(TIER_1)).toEqual([1, 0]);
    expect(await standing(SPEND)).toEqual([1000, 0]);
    expect(await standing(TOTAL)).toEqual([1000, 0]);
  });

  test('once per customer and kind of bill: another kind counts apart', async () => {
    await apply(ops(standard, { id: 'p' }));
    expect(await one(ops(standard, { id: 'q' }))).toMatchObject({
      state: 'rejected',
      reason: 'limit_reached',
      amountMinor: 1000,
    });
    expect(await one(ops(standard, { id: 'r', category: 'gas' }))).toMatchObject({
      state: 'posted',
    });
    expect(await standing(SPEND)).toEqual([2000, 0]);
  });

  test('a quota of 0 grants nothing; a quota left out grants all', async () => {
    expect(await one(ops(offer({ quota: 0 }), { id: 'p' }))).toMatchObject({
      state: 'rejected',
      reason: 'quota_exhausted',
    });
    const free = offer({ tiers: [{ atLeast: 1, off: 1 }] });
    expect(await one(ops(free, { id: 'q' }))).toMatchObject({ state: 'posted' });
  });

  test('a budget smaller than one grant rejects and leaves every leg untouched', async () => {
    const small = offer({ total: 5000, spend: 999 });
    expect(await one(ops(small, { id: 'p' }))).toMatchObject({
      state: 'rejected',
      reason: 'budget_exhausted',
    });
    for (const account of [TIER_1, SPEND, TOTAL]) expect(await standing(account)).toEqual([0, 0]);
  });

  test('an ancestor line stops a line that still has money', async () => {
    const tight = offer({ total: 1500, spend: 1500 });
    await apply(ops(tight, other(1)));
    expect(await one(ops(tight, other(2)))).toMatchObject({ reason: 'budget_exhausted' });
  });

  test('the top tier gone: nothing, or the next lower one, as configured', async () => {
    const tiers = [
      { atLeast: 10_000, off: 500, quota: 5 },
      { atLeast: 20_000, off: 1200, quota: 1 },
    ];
    const strict = offer({ tiers });
    await apply(ops(strict, other(1)));
    expect(await one(ops(strict, other(2)))).toMatchObject({
      state: 'rejected',
      reason: 'quota_exhausted',
      tier: 1,
      amountMinor: 1200,
    });
    const falling = offer({ tiers, onTierExhausted: 'next_lower' });
    expect(await one(ops(falling, other(3)))).toMatchObject({
      state: 'posted',
      tier: 0,
      amountMinor: 500,
    });
  });

  test('a budget that cannot pay the top tier does not fall back to a lower one', async () => {
    const falling = offer({
      total: 1199,
      tiers: [
        { atLeast: 10_000, off: 500 },
        { atLeast: 20_000, off: 1200 },
      ],
      onTierExhausted: 'next_lower',
    });
    expect(await one(ops(falling, { id: 'p' }))).toMatchObject({
      reason: 'budget_exhausted',
      amountMinor: 1200,
    });
  });

  test('a blocked payment is recorded with what it would have earned, and moves nothing', async () => {
    expect(await one(ops(standard, { id: 'p' }, 'block'))).toMatchObject({
      state: 'voided',
      reason: 'risk_block',
      amountMinor: 1000,
    });
    expect(await standing(SPEND)).toEqual([0, 0]);
    expect(await one(ops(standard, { id: 'q' }))).toMatchObject({ state: 'posted' });
  });

  test('amounts at the edge of exact integers neither overflow nor round', async () => {
    const most = Number.MAX_SAFE_INTEGER;
    const huge = offer({ total: most, tiers: [{ atLeast: most - 1, off: most - 1 }] });
    expect(await one(ops(huge, { ...other(1), amountMinor: most }))).toMatchObject({
      state: 'posted',
      amountMinor: most - 1,
    });
    expect(await standing(SPEND)).toEqual([most - 1, 0]);
    expect(await one(ops(huge, { ...other(2), amountMinor: most }))).toMatchObject({
      reason: 'budget_exhausted',
    });
  });
});

describe('the same again', () => {
  test('a repeat gets the stored answer, rejections too, and adds nothing to the journal', async () => {
    const tight = offer({ quota: 1 });
    const list = [
      ...ops(tight, other(1)),
      ...ops(tight, other(2)),
      ...ops(tight, other(3), 'block'),
    ];
    const first = await ledger.apply(list);
    expect(first.flat().map(({ state }) => state)).toEqual(['posted', 'rejected', 'voided']);
    expect(await ledger.apply(list)).toEqual(first);
    expect(await ledger.sequence()).toBe(3);
    // More room now: the rejection stands all the same.
    expect(await apply(ops(offer({ quota: 9 }), other(2)))).toEqual(first[1]);
  });

  test('the same id with another body is a conflict: the first one stands', async () => {
    const first = await one(ops(standard, { id: 'p' }));
    const conflict = await one(ops(standard, { id: 'p', amountMinor: 31_000 }));
    expect(conflict).toMatchObject({ state: 'rejected', reason: 'id_conflict', eventId: 'p' });
    expect(conflict.id).not.toBe(first.id);
    expect(await ledger.grant(first.id)).toEqual(first);
    expect(await one(ops(standard, { id: 'p', amountMinor: 31_000 }))).toEqual(conflict);
    expect(await standing(SPEND)).toEqual([1000, 0]);
  });

  test('answers that moved nothing are kept in two generations of bounded size', async () => {
    const small = new Ledger(ledger.redis, { generationSize: 10 });
    for (let n = 0; n < 50; n++) await small.apply(ops(standard, other(n), 'block'));
    const sizes = [
      await ledger.redis.hlen(small.keys.refused),
      await ledger.redis.hlen(small.keys.refusedBefore),
    ];
    expect(sizes[0]! + sizes[1]!).toBeLessThanOrEqual(20);
    const [kept] = ops(standard, other(49), 'block');
    expect(await small.apply([kept!])).toMatchObject([[{ revision: 50 }]]);
  });
});

describe('holds', () => {
  test('a held grant takes the room but no money is posted, until an analyst releases it', async () => {
    const tight = offer({ quota: 1 });
    expect(await one(ops(tight, other(1), 'review'))).toMatchObject({ state: 'held' });
    expect(await standing(SPEND)).toEqual([0, 1000]);
    expect(await one(ops(tight, other(2)))).toMatchObject({ reason: 'quota_exhausted' });
    expect(await one(label('p1', 'false_positive'))).toMatchObject({
      state: 'posted',
      reason: 'released',
    });
    expect(await standing(SPEND)).toEqual([1000, 0]);
    expect(await standing(TIER_1)).toEqual([1, 0]);
  });

  test('a confirmed abuse voids it and gives quota, limit and budget back', async () => {
    const tight = offer({ quota: 1 });
    await apply(ops(tight, other(1), 'review'));
    expect(await one(label('p1', 'confirmed'))).toMatchObject({
      state: 'voided',
      reason: 'review_confirmed',
    });
    expect(await standing(SPEND)).toEqual([0, 0]);
    expect(await one(ops(tight, { ...other(2), customerId: 'customer-1' }))).toMatchObject({
      state: 'posted',
    });
  });

  test('a hold resolves once: a second word changes nothing', async () => {
    await apply(ops(standard, { id: 'p' }, 'review'));
    const [released] = await apply(label('p', 'false_positive'));
    expect(await apply(label('p', 'false_positive'))).toEqual([released]);
    expect(await apply(label('unknown', 'confirmed'))).toEqual([]);
    expect(await ledger.sequence()).toBe(2);
  });

  test('abuse that is confirmed after the post takes all of it back; the right stays used', async () => {
    await apply(ops(standard, { id: 'p' }));
    expect(await one(label('p', 'confirmed'))).toMatchObject({
      state: 'clawed_back',
      reason: 'review_confirmed',
      clawedBackMinor: 1000,
    });
    expect(await standing(SPEND)).toEqual([0, 0]);
    expect(await standing(TIER_1)).toEqual([1, 0]);
    const sequence = await ledger.sequence();
    await apply([...label('p', 'confirmed'), ...label('p', 'false_positive')]);
    expect(await ledger.sequence()).toBe(sequence);
  });

  const hours = 3_600_000;
  test.each(['void', 'manual_review'] as const)(
    'after its time a hold ends in %s',
    async (onTimeout) => {
      const timed = offer({ hold: { timeout: '72h', onTimeout } });
      const at = (ms: number, n: number): readonly LedgerOp[] =>
        ops(timed, { ...other(n), occurredAtMs: FRIDAY_NOON_MS + ms });
      const [held] = await apply(ops(timed, other(1), 'review'));
      await apply(at(72 * hours - 1, 2));
      expect(await ledger.grant(held!.id)).toMatchObject({
        state: 'held',
        reason: 'held_for_review',
      });
      await apply(at(72 * hours, 3));
      expect(await ledger.grant(held!.id)).toMatchObject(
        onTimeout === 'void'
          ? { state: 'voided', reason: 'hold_expired' }
          : { state: 'held', reason: 'review_overdue' },
      );
      expect(await standing(SPEND)).toEqual([2000, onTimeout === 'void' ? 0 : 1000]);
    },
  );

  test('the same holds end before the same reservations, however the operations are cut into calls', async () => {
    const timed = offer({ quota: 2, hold: { timeout: '1h', onTimeout: 'void' } });
    const list = Array.from({ length: 12 }, (_, n) =>
      ops(
        timed,
        { ...other(n), occurredAtMs: FRIDAY_NOON_MS + n * 1_500_000 },
        n % 2 === 0 ? 'review' : 'allow',
      ),
    ).flat();
    const whole = await ledger.apply(list);
    const journal = await ledger.drain(0);
    expect(journal.filter(({ operation }) => operation === 'expire').length).toBeGreaterThan(0);
    await emptyLedger();
    const single = [];
    for (const op of list) single.push(...(await ledger.apply([op])));
    expect(single).toEqual(whole);
    expect(await ledger.drain(0)).toEqual(journal);
  });
});

describe('the journal', () => {
  test('numbers every change without a gap and is trimmed only on demand', async () => {
    await apply([
      ...ops(standard, other(1)),
      ...ops(standard, other(2)),
      ...ops(standard, other(3)),
    ]);
    const entries = await ledger.drain(0);
    expect(entries.map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
    expect(entries.map(({ grant }) => grant.revision)).toEqual([1, 2, 3]);
    expect(await ledger.drain(0)).toEqual(entries);
    expect((await ledger.drain(1, 1)).map(({ sequence }) => sequence)).toEqual([2]);
    await ledger.trim(2);
    expect((await ledger.drain(0)).map(({ sequence }) => sequence)).toEqual([3]);
    expect(await ledger.waiting()).toBe(1);
    await ledger.trim(3);
    expect(await one(ops(standard, other(4)))).toMatchObject({ revision: 4 });
  });
});
