import { hash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { drawn, drawSeedOf } from '../../pipeline/reward/draw.ts';
import type { PlainEvent } from '../support/events.ts';
import { DRAW_KEY, shanghai, shipped, Stage, usePlay } from './play.ts';

usePlay();

const AT = '2026-10-12 12:00';
const LAST = '2026-12-14 23:59:59.999';
const bill = (facts: PlainEvent = {}): PlainEvent => ({
  ...{ type: 'payment', at: AT, customerId: 'c1', channel: 'online_bank', category: 'gas' },
  ...{ merchantId: 'gas-works', amount: 5_000, ...facts },
});
const claim = (grantId: string, at: string, facts: PlainEvent = {}): PlainEvent => ({
  ...{ type: 'claim.submitted', at, customerId: 'c1', attributes: { grantId }, ...facts },
});

/** The third prize is won for certain, of which there are two. */
const CERTAIN = {
  prizes: [
    { id: 'first-prize', ppm: 0, goods: { sku: 'first-prize' } },
    { id: 'third-prize', ppm: 1_000_000, goods: { sku: 'third-prize' } },
  ],
  none: { ppm: 0 },
};
const stock = {
  'first-prize': { units: 1, costMinor: 500_000 },
  'third-prize': { units: 2, costMinor: 20_000 },
};
const lucky = (): Stage =>
  new Stage(
    shipped('bill-payment', {
      only: ['bill-draw'],
      offers: { 'bill-draw': { excludedBy: [], draw: CERTAIN } },
      campaign: { stock },
    }),
  );
const asShipped = (): Stage =>
  new Stage(
    shipped('bill-payment', { only: ['bill-draw'], offers: { 'bill-draw': { excludedBy: [] } } }),
  );

describe('A09 one bill through the mobile or online bank is one chance', () => {
  test.each([
    ['by mobile bank', { channel: 'mobile_bank' }, true],
    ['by online bank', { channel: 'online_bank' }, true],
    ['of 1.00', { amount: 100 }, true],
    ['of less, which is no bill', { amount: 99 }, false],
    ['of nothing', { amount: 0 }, false],
    ['without an amount', { amount: undefined }, false],
    ['at the counter', { channel: 'pos' }, false],
    ['for what is no bill', { category: 'dining' }, false],
  ])('A09 a payment %s', async (_title, facts, draws) => {
    const outcome = await lucky().play(bill(facts));
    expect(outcome.of('bill-draw')).toBe(draws ? 'awaiting_claim 20000 (third-prize)' : 'nothing');
  });
});

test('A10 prizes end with their stock, and the odds of the others do not change', async () => {
  const stage = lucky();
  const told = await stage.playAll([1, 2, 3].map((n) => bill({ customerId: `c${n}` })));
  expect(told.map((outcome) => outcome.of('bill-draw'))).toEqual([
    'awaiting_claim 20000 (third-prize)',
    'awaiting_claim 20000 (third-prize)',
    'posted 0 (none)',
  ]);
  expect(await stage.balance('stock/bill-payment/third-prize')).toBe('0 2');
  expect(await stage.balance('stock/bill-payment/first-prize')).toBe('0 0');
  expect(told[2]!.grant('bill-draw').reason).toBe('no_prize');
});

describe('A11 the draw is made with the payment', () => {
  test('A11 its result is in the answer, and anybody can check it once the seed is disclosed', async () => {
    const stage = asShipped();
    const { seed, commitment } = drawSeedOf(DRAW_KEY, 'bill-payment');
    const ppm = [100, 1_000, 10_000, 200_000];
    const labels = ['first-prize', 'second-prize', 'third-prize', 'lucky-prize'];
    const results = new Set<string>();
    for (let n = 0; n < 60; n++) {
      const grant = (await stage.play(bill({ id: `p${n}`, customerId: `c${n}` }))).grant(
        'bill-draw',
      );
      const random = drawn(seed, grant.id);
      expect(JSON.parse(grant.detail)).toEqual({ commitment, random, entry: `p${n}` });
      const won = ppm.findIndex(
        (_odds, at) => random < ppm.slice(0, at + 1).reduce((sum, odds) => sum + odds, 0),
      );
      expect(grant.label).toBe(labels[won] ?? 'none');
      results.add(grant.label);
    }
    expect(commitment).toBe(hash('sha256', seed, 'hex'));
    expect(results).toContain('none');
    expect(results).toContain('lucky-prize');
  });

  test('A11 the same payment again has the same result', async () => {
    const stage = asShipped();
    const first = (await stage.play(bill({ id: 'p' }))).grant('bill-draw');
    expect((await stage.play(bill({ id: 'p' }))).grant('bill-draw')).toEqual(first);
  });
});

test('A12 only the first payment takes part, whatever bill the next one is for', async () => {
  const stage = asShipped();
  const told = await stage.playAll([bill(), bill(), bill({ category: 'water' })]);
  const offers = told.map((outcome) => outcome.of('bill-draw'));
  expect(offers.slice(1)).toEqual(['limit_reached', 'limit_reached']);
  expect(offers[0]).not.toBe('limit_reached');
});

describe('A13 a prize is claimed within ten working days after the campaign', () => {
  test('A13 in the last millisecond it is given', async () => {
    const stage = lucky();
    const grant = (await stage.play(bill())).grant('bill-draw');
    // 1 December is the first working day after the last day, 14 December the tenth.
    expect(grant.deadlineMs).toBe(Date.parse(shanghai('2026-12-15 00:00')));
    expect(await stage.balance('budget/bill-payment/total.prizes.lottery')).toBe('0 20000');
    expect((await stage.play(claim(grant.id, LAST))).of('bill-draw')).toBe(
      'posted 20000 (third-prize)',
    );
    expect(await stage.balance('budget/bill-payment/total.prizes.lottery')).toBe('20000 0');
    expect(await stage.balance('stock/bill-payment/third-prize')).toBe('1 0');
  });

  test('A13 a millisecond later it is forfeited: prize and money return, the chance does not', async () => {
    const stage = lucky();
    const grant = (await stage.play(bill())).grant('bill-draw');
    const late = await stage.play(claim(grant.id, '2026-12-15 00:00'));
    expect(late.told).toEqual(['claim_late']);
    expect(await stage.state(grant.id)).toBe('forfeited 20000 (third-prize)');
    expect(await stage.balance('stock/bill-payment/third-prize')).toBe('0 0');
    expect(await stage.balance('budget/bill-payment/total.prizes.lottery')).toBe('0 0');
    expect((await stage.play(bill())).of('bill-draw')).toBe('limit_reached');
  });

  test('A13 only the winner can claim, and a claim of nothing is told so', async () => {
    const stage = lucky();
    const grant = (await stage.play(bill())).grant('bill-draw');
    expect((await stage.play(claim(grant.id, AT, { customerId: 'c2' }))).told).toEqual([
      'not_yours',
    ]);
    expect((await stage.play(claim('g_none', AT))).told).toEqual(['grant_not_found']);
    expect(await stage.state(grant.id)).toBe('awaiting_claim 20000 (third-prize)');
  });

  test('A13 a public holiday does not count as a working day, a day worked in exchange does', async () => {
    const window = { from: '2026-09-01T00:00:00+08:00', to: '2026-09-19T00:00:00+08:00' };
    const stage = new Stage(
      shipped('bill-payment', {
        only: ['bill-draw'],
        offers: { 'bill-draw': { excludedBy: [], draw: CERTAIN } },
        campaign: { stock, window },
      }),
    );
    const { deadlineMs } = (await stage.play(bill({ at: '2026-09-18 12:00' }))).grant('bill-draw');
    // 20 September is worked in exchange; 25 to 27 September and 1 to 7 October are holidays.
    expect(deadlineMs).toBe(Date.parse(shanghai('2026-10-10 00:00')));
  });
});

test('A14 a claimed prize is delivered within ten working days after the claim', async () => {
  const stage = lucky();
  const { id } = (await stage.play(bill())).grant('bill-draw');
  expect(await stage.deliveries()).toEqual([]);
  await stage.play(claim(id, '2026-12-02 09:00'));
  expect(await stage.deliveries()).toMatchObject([
    {
      ...{ kind: 'goods', item: { sku: 'third-prize' }, grantId: id, customerId: 'c1' },
      dueAtMs: Date.parse(shanghai('2026-12-17 00:00')),
    },
  ]);
});
