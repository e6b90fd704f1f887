import { describe, expect, test } from 'vitest';
import { apply, one, sent, standing, useLedger } from './ledger-fixture.ts';
import { GENEROUS, points, pointsChoice, reserve } from './ledger-offers.ts';
import { label, money, refund } from './ledger-scenario.ts';

useLedger();

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

  test.each([
    ['refunded', () => refund('back', 's', 30_000)],
    ['found to be abuse', () => label('s', 'confirmed')],
  ])('that come back from a redemption that was %s pay what is owed first', async (_why, word) => {
    await apply([earn('p', 500), spend('s', 500), ...refund('r', 'p', 30_000)]);
    expect(await standing(OWED)).toEqual([-500, 0]);
    await apply(word());
    expect(await standing(OWED)).toEqual([0, 0]);
    expect(await standing(points('customer-1'))).toEqual([0, 0]);
    expect(await one([spend('s2', 1)])).toMatchObject({ reason: 'insufficient_points' });
  });

  test('that come back from a redemption that was turned down pay what is owed first', async () => {
    const held = { intent: 'held', reason: 'held_for_review' };
    await apply([earn('p', 500), spend('s', 400, held), ...refund('r', 'p', 30_000)]);
    expect(await standing(OWED)).toEqual([-400, 0]);
    await apply(label('s', 'confirmed'));
    expect(await standing(OWED)).toEqual([0, 0]);
    expect(await standing(points('customer-1'))).toEqual([0, 0]);
  });

  test('spent beside cash, of which half comes back before the exchange is approved, are charged by half', async () => {
    const cashback = money(GENEROUS, 1000);
    const [spent, exchanged] = [
      pointsChoice(-401),
      { kind: 'cashback', amountMinor: 1000 } as const,
    ];
    const choice = {
      ...cashback,
      values: [...cashback.values, ...spent.values],
      award: [exchanged, ...spent.award],
    };
    await apply([earn('p', 500), { ...spend('s', 1), choices: [choice], intent: 'held' }]);
    await apply(refund('r', 's', 15_000));
    expect(await one(label('s', 'false_positive'))).toMatchObject({ state: 'posted' });
    expect(await standing(points('customer-1'))).toEqual([300, 0]);
    expect(await sent()).toEqual(['points 500', 'cash cashback 500', 'points -200']);
    await apply(refund('r2', 's', 15_000));
    expect(await standing(points('customer-1'))).toEqual([500, 0]);
    expect((await sent()).slice(3)).toEqual(['reversal cashback 500', 'reversal -200']);
  });
});
