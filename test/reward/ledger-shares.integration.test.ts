/** A share of what an exchange spends, which goes with the exchange and comes back with it. */

import { describe, expect, test } from 'vitest';
import type { LedgerOp, ReserveOp, SettleOp } from '../../pipeline/reward/ledger-op.ts';
import { rebuild } from '../../pipeline/reward/rebuild.ts';
import { apply, ledger, one, standing, useLedger } from './ledger-fixture.ts';
import { points, pointsChoice, reserve } from './ledger-offers.ts';
import { FRIDAY_NOON_MS, label } from './ledger-scenario.ts';
import { NO_HISTORY, wholeState } from './ledger-state.ts';

useLedger();

const BLOCKED = { intent: 'voided', reason: 'risk_block' } as const;
const word = (wordId: string): Partial<ReserveOp> => ({
  reason: 'compensated',
  anew: { wordId, atMs: FRIDAY_NOON_MS },
});
const takenBack = (id: string): SettleOp => ({
  ...{ kind: 'settle', id: `claw-${id}`, grantId: id, to: 'voided', reason: 'late_truth' },
  occurredAtMs: FRIDAY_NOON_MS - 1,
});

/** A rebuild finds what there is. */
async function expectRebuilt(): Promise<void> {
  const before = await wholeState(ledger);
  await rebuild(ledger, NO_HISTORY);
  expect(await wholeState(ledger)).toEqual(before);
}

describe('a share of what an exchange spends', () => {
  const earned = reserve({ id: 'e', category: 'e' }, { choices: [pointsChoice(500)] });
  const base = (given: Partial<ReserveOp> = {}) =>
    reserve({ id: 's', category: 's' }, { choices: [pointsChoice(-400)], ...given });
  const rebate = (given: Partial<ReserveOp> = {}) =>
    reserve(
      { id: 's', category: 't' },
      { grantId: 'g_rebate', needs: ['g_s'], choices: [pointsChoice(20)], ...given },
    );
  const along = (how: 'any' | 'base_missing'): Partial<ReserveOp> => {
    const given = word('w');
    return { ...given, anew: { ...given.anew!, along: how } };
  };
  const mine = (): Promise<[posted: number, pending: number]> => standing(points('customer-1'));

  test('comes back with an exchange that was taken for abuse, and goes with it again', async () => {
    await apply([earned, base(), rebate()]);
    expect(await mine()).toEqual([120, 0]);
    await apply(label('s', 'confirmed'));
    expect(await ledger.grant('g_rebate')).toMatchObject({ reason: 'base_missing' });
    expect(await mine()).toEqual([500, 0]);
    const anew = [base(word('w')), rebate(word('w'))];
    expect((await apply(anew)).map(({ id, state }) => `${id} ${state}`)).toEqual([
      'g_s.again posted',
      'g_rebate.again posted',
    ]);
    expect(await mine()).toEqual([120, 0]);
    const before = await wholeState(ledger);
    await apply(anew);
    expect(await wholeState(ledger)).toEqual(before);
    await apply([{ ...takenBack('g_s.again'), occurredAtMs: FRIDAY_NOON_MS + 1 }]);
    expect(await ledger.grant('g_rebate.again')).toMatchObject({ reason: 'base_missing' });
    expect(await mine()).toEqual([500, 0]);
    await expectRebuilt();
  });

  test('goes along with an exchange that it was lost with, once', async () => {
    await apply([earned, base(), rebate(), ...label('s', 'confirmed')]);
    const anew = [base(word('w')), rebate(along('base_missing'))];
    expect(await one(anew)).toMatchObject({ id: 'g_rebate.again', state: 'posted' });
    await apply([{ ...takenBack('g_s.again'), occurredAtMs: FRIDAY_NOON_MS + 1 }]);
    const before = await wholeState(ledger);
    expect(await one(anew)).toMatchObject({ id: 'g_rebate.again', state: 'clawed_back' });
    expect(await wholeState(ledger)).toEqual(before);
  });

  test.each<[string, LedgerOp[], 'any' | 'base_missing', string | undefined]>([
    [
      'it was blocked itself',
      [base(BLOCKED), rebate(BLOCKED)],
      'base_missing',
      'voided risk_block',
    ],
    [
      'it had been taken back before',
      [base(), rebate(), takenBack('g_rebate'), takenBack('g_s')],
      'base_missing',
      'clawed_back late_truth',
    ],
    ['it is not known', [base(BLOCKED)], 'base_missing', undefined],
  ])('does not go along where %s', async (_why, before, how, stands) => {
    await apply([earned, ...before]);
    const [given, ...others] = await apply([base(word('w')), rebate(along(how))]);
    expect(given).toMatchObject({ state: 'posted' });
    expect(others).toEqual([]);
    const left = await ledger.grant('g_rebate');
    expect(left && `${left.state} ${left.reason}`).toBe(stands);
    expect(await mine()).toEqual([100, 0]);
    await expectRebuilt();
  });

  test('that is asked for too goes along whatever kept it back', async () => {
    await apply([earned, base(), rebate(), takenBack('g_rebate'), takenBack('g_s')]);
    expect(await one([base(word('w')), rebate(along('any'))])).toMatchObject({
      ...{ id: 'g_rebate.again', state: 'posted' },
    });
    await expectRebuilt();
  });

  test('stays as it is with an exchange that is turned down, also where it is asked for too', async () => {
    await apply([base(BLOCKED), rebate(BLOCKED)]);
    expect(await apply([base(word('w')), rebate(along('any'))])).toMatchObject([
      { id: 'g_s', reason: 'insufficient_points' },
    ]);
    expect(await ledger.grant('g_rebate')).toMatchObject({ reason: 'risk_block' });
  });

  test('that goes with an exchange is told of with it, once', async () => {
    await apply([earned, base(), rebate()]);
    const gone = await apply([takenBack('g_s'), ...label('s', 'confirmed')]);
    expect(gone.map(({ id, reason }) => `${id} ${reason}`)).toEqual([
      'g_s late_truth',
      'g_rebate base_missing',
      'g_s late_truth',
      'g_rebate base_missing',
    ]);
  });
});
