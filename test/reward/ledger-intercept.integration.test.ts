import { expect, test } from 'vitest';
import { apply, standard, ledger, one, standing, useLedger } from './ledger-fixture.ts';
import { label, offer, ops, other, refund, SPEND, TIER_1, TOTAL } from './ledger-scenario.ts';

useLedger();

test('a hold whose payment is blocked when it comes again is voided and frees every leg', async () => {
  const timed = offer({ quota: 1, hold: { timeout: '1h', onTimeout: 'void' } });
  await apply(ops(timed, other(1), 'review'));
  const voided = await one(ops(timed, other(1), 'block'));
  expect(voided).toMatchObject({ state: 'voided', reason: 'risk_block', clawedBackMinor: 0 });
  for (const account of [TIER_1, SPEND, TOTAL]) expect(await standing(account)).toEqual([0, 0]);
  expect(await ledger.redis.zcard(ledger.keys.due)).toBe(0);
  expect((await ledger.drain(1))[0]).toMatchObject({ operation: 'void', grant: voided });
  expect(await one(ops(timed, other(1), 'block'))).toEqual(voided);
  expect(await one(ops(timed, other(1), 'review'))).toEqual(voided);
  expect(await one(label('p1', 'false_positive'))).toEqual(voided);
  expect(await ledger.sequence()).toBe(2);
});

test('a posted grant whose payment is blocked when it comes again goes back whole; the right stays used', async () => {
  const first = await one(ops(standard, { id: 'p' }));
  await apply(refund('r1', 'p', 10_000));
  const back = await one(ops(standard, { id: 'p' }, 'block'));
  expect(back).toMatchObject({
    id: first.id,
    state: 'clawed_back',
    reason: 'risk_block',
    clawedBackMinor: 1000,
  });
  expect(await standing(SPEND)).toEqual([0, 0]);
  expect(await standing(TOTAL)).toEqual([0, 0]);
  expect(await standing(TIER_1)).toEqual([1, 0]);
  expect((await ledger.drain(2))[0]).toMatchObject({ operation: 'clawback', grant: back });
  for (const verdict of ['block', 'allow', 'review'] as const) {
    expect(await one(ops(standard, { id: 'p' }, verdict))).toEqual(back);
  }
  // A refund after it neither takes more nor gives anything back.
  expect(await one(refund('r2', 'p', 5000))).toMatchObject({
    state: 'clawed_back',
    reason: 'risk_block',
    clawedBackMinor: 1000,
  });
  expect(await standing(SPEND)).toEqual([0, 0]);
});

test('a blocked payment that is allowed when it comes again keeps its first answer', async () => {
  const blocked = await one(ops(standard, { id: 'p' }, 'block'));
  expect(await one(ops(standard, { id: 'p' }))).toEqual(blocked);
  expect(await standing(SPEND)).toEqual([0, 0]);
});
