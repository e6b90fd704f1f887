import { beforeEach, describe, expect, test } from 'vitest';
import type { PlainEvent } from '../support/events.ts';
import { shanghai, shipped, Stage, usePlay, type Otherwise } from './play.ts';

usePlay();

const AT = '2026-10-12 12:00';
const card = (otherwise: Otherwise = {}): Stage => new Stage(shipped('credit-card', otherwise));
let stage: Stage;
beforeEach(() => {
  stage = card();
});
const claimed = (
  offerId: string,
  facts: PlainEvent = {},
  attributes: PlainEvent = {},
): PlainEvent => ({
  ...{ type: 'voucher.claimed', at: AT, customerId: 'c1', ...facts },
  attributes: { offerId, ...attributes },
});
const used = (voucherId: string, amount: number, at = AT, customerId = 'c1'): PlainEvent => ({
  ...{ type: 'voucher.redeemed', at, customerId, amount, attributes: { voucherId } },
  ...{ category: 'fuel', merchantId: 'mall-01' },
});
const pay = (facts: PlainEvent = {}): PlainEvent => ({
  ...{ type: 'payment', at: AT, customerId: 'c1', instrument: 'debit', amount: 10_000, ...facts },
});
const endOf = (day: string): number => Date.parse(shanghai(`${day} 00:00`)) + 86_400_000;

test('C13 the pack of the malls has a parking and a cinema voucher, once for each customer', async () => {
  const { id } = (await stage.play(claimed('mall-pack'))).grant('mall-pack');
  expect(await stage.vouchers(id)).toMatchObject([
    { voucher: 'parking', faceMinor: 1000, scope: ['mall-01', 'mall-02', 'mall-03'] },
    { voucher: 'cinema', faceMinor: 2000, minSpendMinor: 3000, expiresAtMs: endOf('2026-11-11') },
  ]);
  expect(await stage.balance('budget/credit-card/total.merchant')).toBe('3000 0');
  expect((await stage.play(claimed('mall-pack'))).of('mall-pack')).toBe('limit_reached');
  expect((await stage.play(claimed('another'))).told).toEqual(['offer_not_found']);
});

describe('C14 travel by credit card, beside interest-free instalments', () => {
  const travel = (product: string, amount: number, facts: PlainEvent = {}): PlainEvent => ({
    ...pay({ type: 'payment.authorising', instrument: 'credit', merchantId: 'travel-01', amount }),
    attributes: { product },
    ...facts,
  });
  test.each([
    ['ticket', 3_000, {}, []],
    ['ticket', 10_000, {}, ['travel-ticket held 3000']],
    ['hotel', 79_999, {}, []],
    ['hotel', 80_000, {}, ['travel-hotel held 15000']],
    ['hotel', 80_000, { instrument: 'debit' }, []],
    ['hotel', 80_000, { merchantId: 'travel-02' }, []],
  ])('C14 a %s of %i, %j: %j', async (product, amount, facts, expected) => {
    expect((await stage.play(travel(product, amount, facts))).told).toEqual(expected);
  });

  test('C14 the discount stacks with an instalment of the same purchase', async () => {
    await stage.play(travel('hotel', 600_000, { id: 'a' }));
    const booked = pay({ id: 'p', instrument: 'credit', amount: 600_000, merchantId: 'travel-01' });
    const told = await stage.playAll([
      { ...booked, attributes: { authorisationId: 'a', product: 'hotel' } },
      { type: 'instalment', at: AT, customerId: 'c1', amount: 600_000, terms: 12 },
    ]);
    expect(told[0]!.told).toContain('travel-hotel posted 15000');
    expect(told[1]!.of('instalment-cash')).toBe('posted 6000');
  });
});

describe('C15 vouchers 20−5 and 100−20 for takeaway, rides and fuel', () => {
  test('C15 both once a week, for seven days', async () => {
    const { id } = (await stage.play(claimed('life-zone'))).grant('life-zone');
    const scope = ['takeaway', 'ride', 'fuel'];
    expect(await stage.vouchers(id)).toMatchObject([
      { faceMinor: 500, minSpendMinor: 2000, scope, expiresAtMs: endOf('2026-10-19') },
      { faceMinor: 2000, minSpendMinor: 10_000, scope, expiresAtMs: endOf('2026-10-19') },
    ]);
    const told = await stage.playAll([
      claimed('life-zone', { at: '2026-10-18 23:59:59.999' }),
      claimed('life-zone', { at: '2026-10-19 00:00' }),
    ]);
    expect(told.map((outcome) => outcome.of('life-zone'))).toEqual([
      'limit_reached',
      'posted 2500',
    ]);
  });

  test('C15 a voucher is used once, by its owner, for enough, and for what it is meant for', async () => {
    const { id } = (await stage.play(claimed('life-zone'))).grant('life-zone');
    const told = await stage.playAll([
      used(`${id}.2`, 9_999),
      used(`${id}.2`, 10_000, AT, 'c2'),
      used(`${id}.2`, 10_000),
      used(`${id}.2`, 10_000),
      used('g_none.1', 10_000),
      { ...used(`${id}.1`, 2_000), category: 'jewellery' },
      { ...used(`${id}.1`, 2_000), currency: 'USD' },
    ]);
    expect(told.map((outcome) => outcome.told)).toEqual([
      ...[['below_minimum'], ['not_yours'], ['life-zone posted 2500']],
      ...[['voucher_used'], ['voucher_unknown']],
      ...[['voucher_out_of_scope'], ['voucher_wrong_currency']],
    ]);
  });
});

const approved = (at = '2026-01-05 10:00', customerId = 'c1'): PlainEvent => ({
  ...{ type: 'card.approved', at, customerId },
});
const login = (at: string): PlainEvent => ({ type: 'login', at, customerId: 'c1' });
const activated = (at: string): PlainEvent => ({ type: 'card.activated', at, customerId: 'c1' });

describe('C16 a sleeping card wins for certain with its first spend within seven days', () => {
  test.each([
    ['of 100.00 on the seventh day', { at: '2026-10-12 23:59:59.999' }, true],
    ['on the eighth day', { at: '2026-10-13 00:00' }, false],
    ['of a fen less', { at: '2026-10-06 12:00', amount: 9_999 }, false],
  ])('C16 activated for the first time, a spend %s', async (_title, facts, wins) => {
    await stage.playAll([approved(), activated('2026-10-05 20:00')]);
    const told = (await stage.play(pay(facts))).of('wake-draw');
    expect(told.startsWith('posted')).toBe(wins);
    expect(told).not.toContain('none');
  });

  test.each([
    ['six months before the campaign', '2026-04-01 00:00', true],
    ['a day less than six months before', '2026-04-02 00:00', false],
  ])('C16 last used %s, woken by a login', async (_title, last, wins) => {
    await stage.playAll([
      approved('2025-01-05 10:00'),
      activated('2025-01-06 10:00'),
      pay({ at: last }),
      login('2026-10-05 20:00'),
    ]);
    const told = (await stage.play(pay({ at: '2026-10-06 12:00' }))).of('wake-draw');
    expect(told.startsWith('posted')).toBe(wins);
  });

  test.each([
    ['six days', '2026-09-25 10:00', false],
    ['six months', '2026-03-30 10:00', true],
  ])('C16 activated %s before the campaign and never used since', async (_title, at, sleeps) => {
    await stage.playAll([approved('2025-01-05 10:00'), activated(at)]);
    expect((await stage.play(login(AT))).of('wake-pack')).toBe(sleeps ? 'posted 2500' : 'nothing');
  });

  test('C16 a second card that is activated wakes nobody who is awake', async () => {
    await stage.playAll([
      ...[
        approved('2025-01-05 10:00'),
        activated('2025-01-06 10:00'),
        pay({ at: '2026-09-20 12:00' }),
      ],
      ...[approved('2026-09-22 10:00'), activated('2026-10-05 20:00')],
    ]);
    expect((await stage.play(login(AT))).of('wake-pack')).toBe('nothing');
  });

  test('C16 the spend that wakes it does not undo it, and the draw is once', async () => {
    await stage.playAll([approved(), activated('2026-10-05 20:00'), pay({ amount: 9_999 })]);
    expect((await stage.play(pay())).of('wake-draw')).toMatch(/^posted/);
    expect((await stage.play(pay())).of('wake-draw')).toBe('limit_reached');
  });

  test('C16 neither a new card of the campaign nor somebody without a card sleeps', async () => {
    await stage.playAll([approved('2026-10-02 10:00'), activated('2026-10-05 20:00')]);
    const told = await stage.playAll([pay(), pay({ customerId: 'c2' })]);
    expect(told.map((outcome) => outcome.of('wake-draw'))).toEqual(['nothing', 'nothing']);
  });

  test('C16 when the cards are gone the repayment voucher takes their place', async () => {
    const draw = {
      prizes: [
        { id: 'jd-card', ppm: 1_000_000, goods: { sku: 'jd-card' } },
        { id: 'repay-5', ppm: 0, vouchers: [{ voucher: 'repayment', face: 500, validFor: '30d' }] },
      ],
      onPrizeEmpty: 'repay-5',
      certain: true,
    };
    const one = card({
      only: ['wake-draw'],
      campaign: { stock: { 'jd-card': { units: 1, costMinor: 5000 } } },
      offers: { 'wake-draw': { draw } },
    });
    const told: string[] = [];
    for (const customerId of ['c1', 'c2']) {
      await one.playAll([approved('2026-01-05 10:00', customerId), { ...login(AT), customerId }]);
      told.push((await one.play(pay({ customerId }))).of('wake-draw'));
    }
    expect(told).toEqual(['posted 5000 (jd-card)', 'posted 500 (repay-5)']);
  });
});

describe('C17 a pack for sleeping cards runs fifteen days', () => {
  test('C17 three of 5.00 off a repayment and one of 10.00 off 50.00', async () => {
    await stage.play(approved());
    const { id } = (await stage.play(login(AT))).grant('wake-pack');
    expect(
      (await stage.vouchers(id)).map(({ voucher, faceMinor }) => [voucher, faceMinor]),
    ).toEqual([
      ...[
        ['repayment', 500],
        ['repayment', 500],
        ['repayment', 500],
        ['named-merchant', 1000],
      ],
    ]);
    expect((await stage.play(login(AT))).of('wake-pack')).toBe('limit_reached');
  });

  test('C17 what is not used by the end of the fifteenth day returns its cost', async () => {
    await stage.play(approved());
    const { id } = (await stage.play(login(AT))).grant('wake-pack');
    const last = '2026-10-27 23:59:59.999';
    await stage.playAll([used(`${id}.1`, 500, last), used(`${id}.4`, 5000, last)]);
    await stage.until('2026-10-28 00:00');
    expect((await stage.vouchers(id)).map(({ state }) => state)).toEqual([
      ...['redeemed', 'expired', 'expired', 'redeemed'],
    ]);
    expect(await stage.balance('budget/credit-card/total.reward.wake')).toBe('1500 0');
  });
});

describe('C20 in the wrap-up high-value customers extend a voucher by thirty days', () => {
  const WRAPUP = '2026-12-30 09:00';
  /** Spends 50,000.00 and has a voucher of the mall that ends with January 2027. */
  const highValue = async (amount: number): Promise<string> => {
    await stage.playAll([pay({ amount }), approved('2026-12-10 10:00')]);
    const spent = pay({
      at: '2026-12-28 12:00',
      amount: 30_000,
      cardId: 'k1',
      instrument: 'credit',
    });
    const { id: grantId } = (await stage.play(spent)).grant('first-spend');
    await stage.play({
      ...{ type: 'choice.made', at: '2026-12-28 13:00', customerId: 'c1' },
      attributes: { grantId, option: 'mall-voucher' },
    });
    return `${grantId}.1`;
  };
  const extended = (voucherId: string, facts: PlainEvent = {}): PlainEvent =>
    claimed('extend', { at: WRAPUP, ...facts }, { voucherId });
  const expiryOf = async (voucherId: string): Promise<number> =>
    (await stage.ledger.voucher(voucherId))!.expiresAtMs;

  test.each([
    ['of 50,000.00', 4_970_000, 30],
    ['of a fen less', 4_969_999, 0],
  ])('C20 after a spend %s it runs %i days longer', async (_title, amount, days) => {
    const voucher = await highValue(amount);
    const before = await expiryOf(voucher);
    await stage.playAll([extended(voucher), extended(voucher)]);
    expect(await expiryOf(voucher)).toBe(before + days * 86_400_000);
  });

  test('C20 not for who has sent back what was bought', async () => {
    const voucher = await highValue(4_970_000);
    const before = await expiryOf(voucher);
    const bought = pay({ id: 'bought', amount: 30_000, merchantId: 'shop' });
    const back: PlainEvent = {
      ...{ type: 'refund', at: WRAPUP, customerId: 'c1', refundOf: 'bought', amount: 30_001 },
    };
    await stage.playAll([bought, back]);
    expect((await stage.play(extended(voucher))).of('extend')).toBe('not_eligible');
    expect(await expiryOf(voucher)).toBe(before);
  });

  test('C20 only within the wrap-up, only of one’s own, only of the kinds that are named', async () => {
    const voucher = await highValue(5_000_000);
    const before = await expiryOf(voucher);
    const pack = (await stage.play(claimed('mall-pack'))).grant('mall-pack').id;
    const parking = await expiryOf(`${pack}.1`);
    await stage.playAll([
      extended(voucher, { at: '2026-12-29 23:59:59.999' }),
      extended(`${pack}.1`),
      pay({ customerId: 'c2', amount: 5_000_000 }),
      extended(voucher, { customerId: 'c2' }),
    ]);
    expect(await expiryOf(voucher)).toBe(before);
    expect(await expiryOf(`${pack}.1`)).toBe(parking);
    await stage.play(extended(voucher));
    expect(await expiryOf(voucher)).toBe(before + 30 * 86_400_000);
  });
});

describe('C21 who missed the target has a voucher for two more spends', () => {
  const spends = async (within: number, more: number): Promise<string[]> => {
    for (let n = 0; n < within; n++) await stage.play(pay());
    const told: string[] = [];
    for (let n = 0; n < more; n++) {
      told.push((await stage.play(pay({ at: '2027-01-02 12:00' }))).of('two-more'));
    }
    return told;
  };
  test.each([
    [0, ['nothing', 'posted 5000', 'limit_reached']],
    [4, ['nothing', 'posted 5000', 'limit_reached']],
    [5, ['nothing', 'nothing', 'nothing']],
  ])('C21 %i spends in the campaign, then: %j', async (within, expected) => {
    expect(await spends(within, 3)).toEqual(expected);
  });
});
