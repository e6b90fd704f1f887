import { beforeEach, describe, expect, test } from 'vitest';
import type { PlainEvent } from '../support/events.ts';
import { shipped, Stage, usePlay, type Otherwise } from './play.ts';

usePlay();

const FRIDAY = '2026-10-09 12:00';
const SATURDAY = '2026-10-10 12:00';
const card = (otherwise: Otherwise = {}): Stage => new Stage(shipped('credit-card', otherwise));
let stage: Stage;
beforeEach(() => {
  stage = card();
});
const shop = (facts: PlainEvent = {}): PlainEvent => ({
  ...{ type: 'payment', at: FRIDAY, customerId: 'c1', cardId: 'k1', instrument: 'debit' },
  ...{ merchantId: 'shop-0001', category: 'supermarket', amount: 20_000, ...facts },
});
const told = async (events: readonly PlainEvent[], offer: string, on = stage): Promise<string[]> =>
  (await on.playAll(events)).map((outcome) => outcome.of(offer));

describe('C08 Fridays from 10:00 to 22:00, 200.00 and more at a partner: 50.00 off', () => {
  test.each([
    ['2026-10-09 09:59:59.999', 'nothing'],
    ['2026-10-09 10:00', 'posted 5000'],
    ['2026-10-09 21:59:59.999', 'posted 5000'],
    ['2026-10-09 22:00', 'nothing'],
    ['2026-10-08 12:00', 'nothing'],
    ['2026-10-10 12:00', 'nothing'],
    ['2026-12-25 12:00', 'posted 5000'],
  ])('C08 at %s: %s', async (at, expected) => {
    expect((await stage.play(shop({ at }))).of('friday-off')).toBe(expected);
  });

  test.each([
    ['of a fen less', { amount: 19_999 }, 'nothing'],
    ['at a restaurant', { category: 'dining' }, 'posted 5000'],
    ['at another kind of shop', { category: 'fashion' }, 'nothing'],
    ['at a shop that is no partner', { merchantId: 'shop-0002' }, 'nothing'],
    ['by no card that is known', { cardId: undefined }, 'nothing'],
  ])('C08 a payment %s', async (_title, facts, expected) => {
    expect((await stage.play(shop(facts))).of('friday-off')).toBe(expected);
  });

  test('C08 once for each card and day', async () => {
    const events = [
      shop(),
      shop({ at: '2026-10-09 21:00' }),
      shop({ cardId: 'k2' }),
      shop({ at: '2026-10-16 10:00' }),
    ];
    expect(await told(events, 'friday-off')).toEqual([
      ...['posted 5000', 'limit_reached', 'posted 5000', 'posted 5000'],
    ]);
  });

  test('C08 for the first N of the whole campaign', async () => {
    const few = card({ offers: { 'friday-off': { quota: { max: 2 } } } });
    const events = ['k1', 'k2', 'k3'].map((cardId) => shop({ cardId }));
    events.push(shop({ at: '2026-10-16 12:00' }));
    expect(await told(events, 'friday-off', few)).toEqual([
      ...['posted 5000', 'posted 5000', 'quota_exhausted', 'quota_exhausted'],
    ]);
  });

  test('C08 nothing else of its group is granted beside it, and what stands alone is', async () => {
    await stage.play({
      ...{
        type: 'customer.updated',
        at: FRIDAY,
        customerId: 'c1',
        attributes: { tags: ['family'] },
      },
    });
    const outcome = await stage.play(shop({ amount: 30_000, instrument: 'credit' }));
    expect(outcome.told).toEqual([
      'double-points posted 120',
      'family-back not_stackable',
      'friday-off posted 5000',
    ]);
    const again = await stage.play(shop({ amount: 30_000, instrument: 'debit' }));
    expect(again.told).toEqual(['family-back posted 3000', 'friday-off limit_reached']);
  });
});

describe('C09 an instalment of 5,000.00 and twelve terms brings one per cent', () => {
  const instalment = (amount: number, terms: number | undefined, n = 0): PlainEvent => ({
    ...{ type: 'instalment', at: FRIDAY, customerId: `c${n}`, amount, terms },
  });
  test.each([
    [499_999, 12, 'nothing'],
    [500_000, 11, 'nothing'],
    [500_000, undefined, 'nothing'],
    [500_000, 12, 'posted 5000'],
    [500_099, 24, 'posted 5000'],
    [999_999, 12, 'posted 9999'],
    [1_000_000, 12, 'posted 10000'],
    [99_000_000, 12, 'posted 10000'],
  ])('C09 of %i fen in %s terms: %s', async (amount, terms, expected) => {
    expect((await stage.play(instalment(amount, terms))).of('instalment-cash')).toBe(expected);
  });

  test('C09 for the first N', async () => {
    const few = card({ offers: { 'instalment-cash': { quota: { max: 2 } } } });
    const events = [0, 1, 2].map((n) => instalment(500_000, 12, n));
    expect(await told(events, 'instalment-cash', few)).toEqual([
      ...['posted 5000', 'posted 5000', 'quota_exhausted'],
    ]);
  });
});

describe('C10 credit cards earn double points, in the month of birth two and a half times', () => {
  const spend = (facts: PlainEvent = {}): PlainEvent =>
    shop({ merchantId: 'any', category: 'fashion', instrument: 'credit', amount: 9_999, ...facts });
  const born = (birthday: string | undefined): PlainEvent => ({
    ...{
      type: 'customer.updated',
      at: '2026-10-01 08:00',
      customerId: 'c1',
      attributes: { birthday },
    },
  });
  test.each([
    [undefined, FRIDAY, 199],
    ['1990-10-31', FRIDAY, 249],
    ['10-01', '2026-10-31 23:59:59.999', 249],
    ['10-01', '2026-11-01 00:00', 199],
    ['02-29', FRIDAY, 199],
  ])('C10 born %s, at %s: %i points', async (birthday, at, points) => {
    await stage.play(born(birthday));
    await stage.play(spend({ at }));
    expect(await stage.balance('points/customer=c1')).toBe(`${points} 0`);
  });

  test.each([
    ['video', 7_500, 'posted 1500 (video)'],
    ['air-miles', 25_000, 'posted 5000 (air-miles)'],
  ])('C10 %s is bought for %i points, and for none less', async (item, points, expected) => {
    const buy = {
      ...{ type: 'redemption.requested', at: FRIDAY, customerId: 'c1' },
      attributes: { offerId: 'card-points-shop', item },
    };
    await stage.play(spend({ amount: points * 50 - 100 }));
    expect((await stage.play(buy)).of('card-points-shop')).toBe('insufficient_points');
    await stage.play(spend({ amount: 100 }));
    expect((await stage.play(buy)).of('card-points-shop')).toBe(expected);
    expect(await stage.balance('points/customer=c1')).toBe('0 0');
  });

  test('C10 points that come a few at a time cost the budget too', async () => {
    for (let payments = 0; payments < 20; payments++) await stage.play(spend({ amount: 249 }));
    expect(await stage.balance('points/customer=c1')).toBe('80 0');
    expect(await stage.balance('budget/credit-card/total.reward.points')).toBe('20 0');
  });

  test('C10 a refund takes points back in proportion, and what is spent already is owed', async () => {
    await stage.play(spend({ id: 'p', amount: 500_000 }));
    const refund = (amount: number): PlainEvent => ({
      ...{ type: 'refund', at: FRIDAY, customerId: 'c1', refundOf: 'p', amount },
    });
    await stage.play(refund(125_000));
    expect(await stage.balance('points/customer=c1')).toBe('7500 0');
    const bought = await stage.play({
      ...{ type: 'redemption.requested', at: FRIDAY, customerId: 'c1' },
      attributes: { offerId: 'card-points-shop', item: 'video' },
    });
    expect(bought.of('card-points-shop')).toBe('posted 1500 (video)');
    expect(await stage.balance('points/customer=c1')).toBe('0 0');
    await stage.play(refund(375_000));
    expect(await stage.balance('receivable-points/customer=c1')).toBe('-7500 0');
    await stage.play(spend({ amount: 400_000 }));
    expect(await stage.balance('points/customer=c1')).toBe('500 0');
  });
});

const authorise = (id: string, facts: PlainEvent = {}): PlainEvent => ({
  ...shop({ id, type: 'payment.authorising', at: SATURDAY, merchantId: 'mall-01', amount: 50_000 }),
  ...facts,
});
const paid = (id: string, of: string, facts: PlainEvent = {}): PlainEvent => ({
  ...authorise(id, { type: 'payment', attributes: { authorisationId: of } }),
  ...facts,
});

describe('C11 weekends at three malls, 500.00 and more: 100.00 off at the till', () => {
  test.each([
    ['2026-10-09 23:59:59.999', {}, 'nothing'],
    ['2026-10-10 00:00', {}, 'held 10000'],
    ['2026-10-11 23:59:59.999', {}, 'held 10000'],
    ['2026-10-12 00:00', {}, 'nothing'],
    [SATURDAY, { amount: 49_999 }, 'nothing'],
    [SATURDAY, { merchantId: 'mall-04' }, 'nothing'],
  ])('C11 at %s, %j: %s', async (at, facts, expected) => {
    expect((await stage.play(authorise('a', { at, ...facts }))).of('mall-off')).toBe(expected);
  });

  test('C11 reserved with the authorisation, posted with the payment, taken back with its refund', async () => {
    const { id } = (await stage.play(authorise('a'))).grant('mall-off');
    expect(await stage.balance('budget/credit-card/total.reward.spend')).toBe('0 10000');
    await stage.play(paid('p', 'a'));
    expect(await stage.state(id)).toBe('posted 10000');
    await stage.play({
      type: 'refund',
      at: SATURDAY,
      customerId: 'c1',
      refundOf: 'p',
      amount: 25_000,
    });
    expect(await stage.state(id)).toBe('posted 10000 -5000');
    expect(await stage.balance('budget/credit-card/total.reward.spend')).toBe('5000 0');
  });

  test('C11 a payment that missed its authorisation gets it back afterwards, once', async () => {
    const told = await stage.playAll([paid('p', 'unknown'), paid('p', 'unknown')]);
    expect(told.map((outcome) => outcome.of('mall-off'))).toEqual(['posted 10000', 'posted 10000']);
    expect(await stage.balance('budget/credit-card/total.reward.spend')).toBe('10000 0');
  });

  test('C11 an authorisation that is cancelled gives all of it back', async () => {
    const { id } = (await stage.play(authorise('a'))).grant('mall-off');
    await stage.play({
      ...{ type: 'payment.cancelled', at: SATURDAY, customerId: 'c1' },
      attributes: { authorisationId: 'a' },
    });
    expect(await stage.state(id)).toBe('voided 10000');
    expect(await stage.balance('quota/credit-card/mall-off/all')).toBe('0 0');
  });

  test('C11 an authorisation without its payment ends after half an hour', async () => {
    const { id } = (await stage.play(authorise('a'))).grant('mall-off');
    await stage.until('2026-10-10 12:29:59.999');
    expect(await stage.state(id)).toBe('held 10000');
    await stage.until('2026-10-10 12:30');
    expect(await stage.state(id)).toBe('voided 10000');
  });

  test.each([
    ['with an authorisation', [authorise('a'), paid('p', 'a')]],
    ['without one', [paid('p', 'unknown')]],
  ])(
    'C11 A29 a payment under review %s waits for its judge longer than a till for its payment',
    async (_title, events) => {
      for (const event of events) {
        await stage.play(event, event['type'] === 'payment' ? 'review' : 'allow');
      }
      await stage.until('2026-10-10 12:40');
      const judged = await stage.label('p', 'false_positive', '2026-10-10 12:40');
      expect(judged.of('mall-off')).toBe('posted 10000');
    },
  );

  test('C11 once a day for each customer; what was cancelled does not count', async () => {
    await stage.play(authorise('a1'));
    expect((await stage.play(authorise('a2'))).of('mall-off')).toBe('limit_reached');
    await stage.play({
      ...{
        type: 'payment.cancelled',
        at: SATURDAY,
        customerId: 'c1',
        attributes: { authorisationId: 'a1' },
      },
    });
    expect((await stage.play(authorise('a3'))).of('mall-off')).toBe('held 10000');
  });
});

describe('C12 a mall’s weekend spend of 800.00 draws for a free order', () => {
  const sure = (units: number): Stage =>
    card({
      only: ['free-order-draw'],
      campaign: { stock: { 'free-order': { units, costMinor: 0 } } },
      offers: {
        'free-order-draw': {
          draw: {
            prizes: [
              {
                id: 'free-order',
                ppm: 1_000_000,
                stock: 'free-order',
                cashback: { bp: 10_000, cap: 200_000 },
              },
            ],
            none: { ppm: 0 },
            onPrizeEmpty: 'none',
          },
        },
      },
    });
  const spend = (facts: PlainEvent = {}): PlainEvent =>
    shop({ at: SATURDAY, merchantId: 'mall-02', amount: 80_000, ...facts });
  test.each([
    ['of 800.00', {}, 'posted 80000 (free-order)'],
    ['beyond the cap', { amount: 250_000 }, 'posted 200000 (free-order)'],
    ['of a fen less', { amount: 79_999 }, 'nothing'],
    ['on a Friday', { at: FRIDAY }, 'nothing'],
  ])('C12 a spend %s', async (_title, facts, expected) => {
    expect((await sure(1).play(spend(facts))).of('free-order-draw')).toBe(expected);
  });

  test('C12 free orders end with their number; a refund of the order takes the prize back in proportion', async () => {
    const one = sure(1);
    const { id } = (await one.play(spend({ id: 'p' }))).grant('free-order-draw');
    expect((await one.play(spend({ customerId: 'c2' }))).of('free-order-draw')).toBe(
      'posted 0 (none)',
    );
    await one.play({
      type: 'refund',
      at: SATURDAY,
      customerId: 'c1',
      refundOf: 'p',
      amount: 20_000,
    });
    expect(await one.state(id)).toBe('posted 80000 -20000 (free-order)');
  });
});
