import { beforeEach, describe, expect, test } from 'vitest';
import type { PlainEvent } from '../support/events.ts';
import { shanghai, shipped, Stage, usePlay } from './play.ts';

usePlay();

const AT = '2026-10-12 12:00';
let stage: Stage;
beforeEach(() => {
  stage = new Stage([shipped('redemption'), shipped('credit-card', { only: ['double-points'] })]);
});

/** Two points for each yuan of a credit card's spend. */
const earn = (points: number, customerId = 'c1'): PlainEvent => ({
  ...{ type: 'payment', at: AT, customerId, instrument: 'credit', amount: points * 50 },
});
const redeem = (
  offerId: string,
  item: string,
  facts: PlainEvent = {},
  combo?: number,
): PlainEvent => ({
  ...{ type: 'redemption.requested', at: AT, customerId: 'c1' },
  attributes: { offerId, item, ...(combo !== undefined && { combo }) },
  ...facts,
});
const pointsOf = (customer = 'c1'): Promise<string> => stage.balance(`points/customer=${customer}`);

describe('B05 the points that a customer has at the bank', () => {
  const credited = (points: unknown): PlainEvent => ({
    ...{ type: 'points.credited', at: AT, customerId: 'c1', attributes: { points } },
  });
  test('B05 are brought in at no cost, given by nobody a second time, and buy', async () => {
    const alone = new Stage(shipped('redemption'));
    const brought = await alone.play(credited(20_000));
    expect(brought.of('bank-points')).toBe('posted 0');
    expect(await alone.balance('points/customer=c1')).toBe('20000 0');
    expect(await alone.balance('budget/redemption/total')).toBe('0 0');
    expect(await alone.deliveries()).toEqual([]);
    const bought = await alone.play(redeem('points-shop', 'kettle'));
    expect(bought.of('points-shop')).toBe('held 4000 (kettle)');
    expect(await alone.balance('points/customer=c1')).toBe('0 0');
  });

  test.each([[undefined], [0], [-5], [1.5], ['20000'], [2 ** 53]])(
    'B05 %j points are none',
    async (points) => {
      expect((await stage.play(credited(points))).of('bank-points')).toBe('nothing');
    },
  );
});

describe('B02 the campaign is open from its first instant to just before its last', () => {
  test.each([
    ['2026-02-28 23:59:59.999', 'outside_window'],
    ['2026-03-01 00:00', 'insufficient_points'],
    ['2026-11-30 23:59:59.999', 'insufficient_points'],
    ['2026-12-01 00:00', 'outside_window'],
  ])('B02 a redemption at %s: %s', async (at, expected) => {
    expect((await stage.play(redeem('points-shop', 'kettle', { at }))).of('points-shop')).toBe(
      expected,
    );
  });
});

test('B03 existing customers and prospects without an account or a number take part alike', async () => {
  await stage.playAll([
    { type: 'account.opened', at: '2026-01-05 12:00', customerId: 'old' },
    earn(20_000, 'old'),
    earn(20_000, 'prospect'),
  ]);
  const told: string[] = [];
  for (const customerId of ['old', 'prospect']) {
    told.push(
      (await stage.play(redeem('points-shop', 'kettle', { customerId }))).of('points-shop'),
    );
  }
  expect(told).toEqual(['held 4000 (kettle)', 'held 4000 (kettle)']);
});

test('B04 the catalogue has goods and vouchers for dining, shopping and travel, each with its points or cash', async () => {
  const catalogue = shipped('redemption').offers.flatMap(({ id, tiers }) =>
    tiers.flatMap(({ benefit }) =>
      benefit.kind === 'exchange' ? benefit.items.map((item) => ({ offer: id, item })) : [],
    ),
  );
  const delivered: string[] = [];
  for (const [n, { offer, item }] of catalogue.entries()) {
    const customerId = `c${n}`;
    const { points, cashMinor } = item.combos[0]!;
    await stage.play(earn(points, customerId));
    const grant = (
      await stage.play(redeem(offer, item.id, { customerId, amount: cashMinor }))
    ).grant(offer);
    expect(grant.state, item.id).toBe('held');
    await stage.review(grant.id, 'approve', '2026-10-13 09:00');
    const given = (await stage.deliveries()).filter(({ grantId }) => grantId === grant.id);
    const kinds = given.map(({ kind }) => kind).filter((kind) => kind !== 'points');
    delivered.push(`${item.id}: ${kinds.join(' ')}`);
    expect(await pointsOf(customerId)).toMatch(/^(0|37500) /);
  }
  expect(delivered).toEqual(
    expect.arrayContaining([
      ...['kettle: goods', 'watch: goods', 'tablet: goods'],
      ...['dining: voucher', 'shopping: voucher', 'travel: voucher'],
    ]),
  );
  expect(delivered.every((each) => /: (goods|voucher)$/.test(each))).toBe(true);
});

describe('B05 so many points are worth so much', () => {
  test('B05 each item costs the points of its value, at 500 points a yuan', () => {
    const { offers, stock, points } = shipped('redemption');
    const rate = points!.points / points!.worthMinor;
    for (const { benefit } of offers.flatMap(({ tiers }) => tiers)) {
      if (benefit.kind !== 'exchange') continue;
      for (const item of benefit.items) {
        const worth =
          item.benefit.kind === 'goods'
            ? stock[item.benefit.sku]!.costMinor
            : item.benefit.kind === 'vouchers' && item.benefit.vouchers[0]!.faceMinor;
        for (const combo of item.combos) expect(combo.points / rate + combo.cashMinor).toBe(worth);
      }
    }
  });

  test.each([
    [19_999, 'insufficient_points', '19999 0'],
    [20_000, 'held 4000 (kettle)', '0 0'],
  ])('B05 with %i points: %s', async (points, expected, left) => {
    await stage.play(earn(points));
    expect((await stage.play(redeem('points-shop', 'kettle'))).of('points-shop')).toBe(expected);
    expect(await pointsOf()).toBe(left);
  });
});

test('B06 each band has an item and another of equal value', async () => {
  await stage.play(earn(200_000));
  const told: string[] = [];
  for (const item of ['kettle', 'rice-cooker', 'watch', 'headphones', 'sofa']) {
    told.push((await stage.play(redeem('points-shop', item))).of('points-shop'));
  }
  expect(told).toEqual([
    ...['held 4000 (kettle)', 'held 4000 (rice-cooker)'],
    ...['held 12000 (watch)', 'held 12000 (headphones)', 'no_such_item'],
  ]);
  expect(await pointsOf()).toBe(`${200_000 - 160_000} 0`);
});

describe('B07 the item of high points brings a share of them back, and is sent first', () => {
  test('B07 five per cent of 750,000 points return once both are approved', async () => {
    await stage.play(earn(750_000));
    const outcome = await stage.play(redeem('points-shop', 'tablet'));
    const [item, rebate] = [outcome.grant('points-shop'), outcome.grant('high-points-rebate')];
    expect(item.award).toContainEqual({ kind: 'goods', sku: 'tablet', priority: true });
    expect(rebate.award).toEqual([{ kind: 'points', points: 37_500 }]);
    await stage.review(item.id, 'approve', '2026-10-13 09:00');
    await stage.review(rebate.id, 'approve', '2026-10-13 09:00');
    expect(await pointsOf()).toBe('37500 0');
  });

  test('B07 a redemption that is refused brings nothing back', async () => {
    await stage.play(earn(749_999));
    expect((await stage.play(redeem('points-shop', 'tablet'))).told).toEqual([
      'high-points-rebate base_missing',
      'points-shop insufficient_points',
    ]);
    expect(await pointsOf()).toBe('749999 0');
  });

  test('B07 no other item does', async () => {
    await stage.play(earn(60_000));
    const outcome = await stage.play(redeem('points-shop', 'watch'));
    expect(outcome.told).toEqual(['points-shop held 12000 (watch)']);
  });
});

/** A proof of spend. */
const proof = (paymentId: string, amount: number, facts: PlainEvent = {}): PlainEvent => ({
  ...{ type: 'proof.submitted', at: AT, customerId: 'c1', instrument: 'credit', amount },
  ...{ merchantId: 'shop-0001', attributes: { paymentId } },
  ...facts,
});

describe('B08 spend at partner merchants gives a right to what matches it', () => {
  test.each([
    [29_999, 'nothing'],
    [30_000, 'held 3000 (tier-1)'],
    [49_999, 'held 3000 (tier-1)'],
    [50_000, 'held 5000 (tier-2)'],
    [99_999, 'held 5000 (tier-2)'],
    [100_000, 'held 10000 (tier-3)'],
  ])('B08 %i spent: %s', async (amount, expected) => {
    expect((await stage.play(proof('p', amount))).of('spend-gift')).toBe(expected);
  });

  test('B08 a spend is proved once, by whomever', async () => {
    await stage.play(proof('p', 30_000));
    const again = await stage.play(proof('p', 30_000, { customerId: 'c2' }));
    expect(again.of('spend-gift')).toBe('limit_reached');
  });

  test('B08 when the gifts of a band are gone, the band below is left', async () => {
    const only = new Stage(
      shipped('redemption', {
        only: ['spend-gift'],
        campaign: { stock: { 'gift-1000': { units: 1, costMinor: 10_000 } } },
      }),
    );
    const told: string[] = [];
    for (const n of [1, 2]) {
      told.push((await only.play(proof(`p${n}`, 100_000))).of('spend-gift'));
    }
    expect(told).toEqual(['held 10000 (tier-3)', 'held 5000 (tier-2)']);
  });
});

test.each([
  ['credit', 'held 3000 (tier-1)'],
  ['debit', 'held 3000 (tier-1)'],
  ['wallet', 'nothing'],
  [undefined, 'nothing'],
])('B09 paid with %s: %s', async (instrument, expected) => {
  expect((await stage.play(proof('p', 30_000, { instrument }))).of('spend-gift')).toBe(expected);
});

test('B10 the list of partners is replaced at once, and what was granted before stays', async () => {
  const before = (await stage.play(proof('p1', 30_000))).grant('spend-gift');
  const merchants = ['new-partner'];
  expect(
    await stage.change({
      campaignId: 'redemption',
      kind: 'merchant_list',
      list: 'partners',
      merchants,
    }),
  ).toBeUndefined();
  expect((await stage.play(proof('p2', 30_000))).of('spend-gift')).toBe('nothing');
  const newcomer = proof('p3', 30_000, { merchantId: 'new-partner' });
  expect((await stage.play(newcomer)).of('spend-gift')).toBe('held 3000 (tier-1)');
  expect(await stage.state(before.id)).toBe('held 3000 (tier-1)');
});

describe('B11 points and cash together', () => {
  test.each([
    [0, 30_000, 6_000],
    [1, 15_000, 9_000],
  ])(
    'B11 the customer picks the way to pay number %i: %i points and %i fen',
    async (combo, points, cash) => {
      await stage.play(earn(points));
      const paid = { amount: cash };
      const grant = (await stage.play(redeem('combo-shop', 'watch', paid, combo))).grant(
        'combo-shop',
      );
      expect(grant).toMatchObject({
        state: 'held',
        amountMinor: 12_000 - cash,
        paymentMinor: cash,
      });
      expect(await pointsOf()).toBe('0 0');
      expect(await stage.balance('stock/redemption/watch')).toBe('0 1');
    },
  );

  test('B11 one point too few, or a way to pay that there is not: nothing moves', async () => {
    await stage.play(earn(14_999));
    const told = await stage.playAll([
      redeem('combo-shop', 'watch', { amount: 9_000 }, 1),
      redeem('combo-shop', 'watch', { amount: 9_000 }, 2),
    ]);
    expect(told.map((outcome) => outcome.of('combo-shop'))).toEqual([
      'insufficient_points',
      'no_such_item',
    ]);
    expect(await pointsOf()).toBe('14999 0');
    expect(await stage.balance('stock/redemption/watch')).toBe('0 0');
  });
});

describe('B14 B16 a redemption that is sent back', () => {
  const back = (of: string, amount: number): PlainEvent => ({
    ...{ type: 'refund', at: '2026-10-14 12:00', customerId: 'c1', refundOf: of, amount },
  });
  test('B16 paid in points alone: a refund of nothing gives points and stock back, once', async () => {
    await stage.play(earn(20_000));
    const outcome = await stage.play(redeem('points-shop', 'kettle', { id: 'r' }));
    const { id } = outcome.grant('points-shop');
    await stage.review(id, 'approve', '2026-10-13 09:00');
    expect(await pointsOf()).toBe('0 0');
    expect((await stage.play(back('r', 0))).of('points-shop')).toBe(
      'clawed_back 4000 -4000 (kettle)',
    );
    expect(await pointsOf()).toBe('20000 0');
    await stage.play(back('r', 0));
    expect(await pointsOf()).toBe('20000 0');
    expect(await stage.balance('budget/redemption/total.goods.points')).toBe('0 0');
  });

  test('B11 an amount that is not what the way to pay asks for is refused, and so is none', async () => {
    await stage.play(earn(30_000));
    for (const facts of [{ amount: 5_999 }, { amount: 6_001 }, { amount: 0 }, {}]) {
      const wrong = await stage.play(redeem('combo-shop', 'watch', facts));
      expect(wrong.of('combo-shop')).toBe('amount_mismatch');
    }
    expect(await pointsOf()).toBe('30000 0');
    const right = await stage.play(redeem('combo-shop', 'watch', { amount: 6_000 }));
    expect(right.of('combo-shop')).toBe('held 6000 (watch)');
  });

  test('B07 the share goes with the redemption, whether that is rejected or sent back', async () => {
    await stage.play(earn(750_000));
    const first = await stage.play(redeem('points-shop', 'tablet', { id: 'r1' }));
    const [item, rebate] = [first.grant('points-shop'), first.grant('high-points-rebate')];
    await stage.review(rebate.id, 'approve', '2026-10-13 09:00');
    await stage.review(item.id, 'reject', '2026-10-13 10:00');
    expect(await stage.ledger.grant(rebate.id)).toMatchObject({
      state: 'clawed_back',
      reason: 'base_missing',
    });
    expect(await pointsOf()).toBe('750000 0');
  });

  test('B07 a share that waits is voided with a redemption that is rejected', async () => {
    await stage.play(earn(750_000));
    const outcome = await stage.play(redeem('points-shop', 'tablet'));
    await stage.review(outcome.grant('points-shop').id, 'reject', '2026-10-13 10:00');
    expect(await stage.ledger.grant(outcome.grant('high-points-rebate').id)).toMatchObject({
      state: 'voided',
      reason: 'base_missing',
    });
    expect(await pointsOf()).toBe('750000 0');
  });

  test('B08 a refund of the payment that was proved reaches the gift, in either order', async () => {
    const first = await stage.play(proof('p1', 50_000));
    const { id } = first.grant('spend-gift');
    await stage.review(id, 'approve', '2026-10-15 13:00');
    expect((await stage.play(back('p1', 50_000))).of('spend-gift')).toBe(
      'clawed_back 5000 -5000 (tier-2)',
    );
    expect(await stage.balance('budget/redemption/total.goods.spend')).toBe('0 0');
    await stage.play({ ...back('p2', 50_000), customerId: 'c2' });
    const late = await stage.play(proof('p2', 50_000, { customerId: 'c2' }));
    expect(await stage.state(late.grant('spend-gift').id)).toBe('voided 5000 (tier-2)');
  });
});

describe('B13 nothing is given before a person has approved it', () => {
  test('B13 a rejected redemption gives points, stock and money back', async () => {
    await stage.play(earn(20_000));
    const { id } = (await stage.play(redeem('points-shop', 'kettle'))).grant('points-shop');
    expect((await stage.review(id, 'reject', '2026-10-13 09:00')).of('points-shop')).toBe(
      'voided 4000 (kettle)',
    );
    expect(await pointsOf()).toBe('20000 0');
    expect(await stage.balance('stock/redemption/kettle')).toBe('0 0');
    expect(await stage.balance('budget/redemption/total.goods.points')).toBe('0 0');
  });

  test('B13 each word is kept, and the first one stands', async () => {
    const { id } = (await stage.play(proof('p', 30_000))).grant('spend-gift');
    await stage.review(id, 'approve', '2026-10-13 09:00');
    await stage.review(id, 'reject', '2026-10-13 10:00');
    expect((await stage.ledger.grant(id))!).toMatchObject({ state: 'posted', reason: 'approved' });
  });
});

test('B14 approved, it is on its way within seven working days of the approval', async () => {
  await stage.play(earn(20_000));
  const { id } = (await stage.play(redeem('points-shop', 'kettle'))).grant('points-shop');
  await stage.review(id, 'approve', '2026-10-14 09:00');
  const grant = (await stage.ledger.grant(id))!;
  expect(grant).toMatchObject({ state: 'posted', reason: 'approved' });
  const goods = (await stage.deliveries()).filter(({ kind }) => kind === 'goods');
  expect(goods).toMatchObject([
    { item: { sku: 'kettle' }, dueAtMs: Date.parse(shanghai('2026-10-24 00:00')) },
  ]);
});

describe('B15 the voucher for a spend is used within its validity at partner merchants', () => {
  test('B15 issued with the approval three days later, it runs three days longer', async () => {
    const { id } = (await stage.play(proof('p', 50_000))).grant('spend-gift');
    expect(await stage.vouchers(id)).toEqual([]);
    await stage.until('2026-10-15 13:00');
    await stage.review(id, 'approve', '2026-10-15 13:00');
    const [voucher] = await stage.vouchers(id);
    expect(voucher).toMatchObject({
      ...{ voucher: 'gift-500', faceMinor: 5000, scope: ['partners'], state: 'issued' },
      expiresAtMs: Date.parse(shanghai('2026-12-15 00:00')),
    });
  });

  test.each([
    ['2026-12-14 23:59:59.999', 'redeemed', '5000 0'],
    ['2026-12-15 00:00', 'expired', '0 0'],
  ])('B15 used at %s it is %s', async (at, state, cost) => {
    const { id } = (await stage.play(proof('p', 50_000))).grant('spend-gift');
    await stage.until('2026-10-15 13:00');
    await stage.review(id, 'approve', '2026-10-15 13:00');
    await stage.play({
      ...{ type: 'voucher.redeemed', at, customerId: 'c1', amount: 5000 },
      merchantId: 'shop-0003',
      attributes: { voucherId: `${id}.1` },
    });
    expect((await stage.vouchers(id)).map((voucher) => voucher.state)).toEqual([state]);
    expect(await stage.balance('budget/redemption/total.goods.spend')).toBe(cost);
  });
});
