import { beforeEach, describe, expect, test } from 'vitest';
import type { PlainEvent } from '../support/events.ts';
import { forget, shanghai, shipped, Stage, usePlay, type Otherwise } from './play.ts';

usePlay();

const AT = '2026-10-12 12:00';
const approved = (at: string, customerId = 'c1'): PlainEvent => ({
  type: 'card.approved',
  at,
  customerId,
});
const activated = (at: string, facts: PlainEvent = {}): PlainEvent => ({
  ...{ type: 'card.activated', at, customerId: 'c1' },
  ...facts,
});
const tagged = (...tags: string[]): PlainEvent => ({
  ...{ type: 'customer.updated', at: '2026-10-01 09:00', customerId: 'c1', attributes: { tags } },
});
const claimed = (offerId: string): PlainEvent => ({
  ...{ type: 'voucher.claimed', at: AT, customerId: 'c1', attributes: { offerId } },
});
const card = (otherwise: Otherwise = {}): Stage => new Stage(shipped('credit-card', otherwise));
let stage: Stage;
beforeEach(() => {
  stage = card();
});

describe('C02 preparation, warm-up, ninety days, wrap-up', () => {
  test('C02 follow each other in their lengths, and the themes lie within', () => {
    const { window, phases } = shipped('credit-card');
    const days = ({ from, to }: { from: number; to: number }): number => (to - from) / 86_400_000;
    const { preparation, warmup, wrapup } = phases;
    expect([preparation!, warmup!, window, wrapup!].map(days)).toEqual([15, 10, 90, 7]);
    expect(preparation!.to).toBe(warmup!.from);
    expect(warmup!.to).toBe(window.from);
    expect(wrapup!.from).toBe(window.to);
    for (const theme of [phases['new-customer-week']!, phases['perks-month']!]) {
      expect(theme.from).toBeGreaterThanOrEqual(window.from);
      expect(theme.to).toBeLessThanOrEqual(window.to);
    }
  });

  test.each([
    ['2026-09-30 23:59:59.999', 'nothing', 'nothing'],
    ['2026-10-01 00:00', 'posted 40', 'nothing'],
    ['2026-12-29 23:59:59.999', 'posted 40', 'nothing'],
    ['2026-12-30 00:00', 'nothing', 'posted 5000'],
    ['2026-12-31 23:59:59.999', 'nothing', 'posted 5000'],
    ['2027-01-01 00:00', 'nothing', 'posted 5000'],
    ['2027-01-05 23:59:59.999', 'nothing', 'posted 5000'],
    ['2027-01-06 00:00', 'nothing', 'nothing'],
  ])(
    'C02 at %s double points are %s and the reward of the wrap-up %s',
    async (at, points, more) => {
      const pay = (when: string): PlainEvent => ({
        ...{ type: 'payment', at: when, customerId: 'c1', instrument: 'credit', amount: 10_000 },
      });
      await stage.play(pay(at < '2026-12-30' ? at : '2026-12-30 00:00'));
      const outcome = await stage.play(pay(at));
      expect(outcome.of('double-points')).toBe(points);
      expect(outcome.of('two-more')).toBe(more);
    },
  );

  test('C02 a theme can be the time of an offer', async () => {
    const themed = card({
      only: ['double-points'],
      offers: { 'double-points': { phase: 'new-customer-week' } },
    });
    const pay = (at: string): PlainEvent => ({
      ...{ type: 'payment', at, customerId: 'c1', instrument: 'credit', amount: 10_000 },
    });
    const told = await themed.playAll([pay('2026-10-07 23:59:59.999'), pay('2026-10-08 00:00')]);
    expect(told.map((outcome) => outcome.of('double-points'))).toEqual(['posted 40', 'nothing']);
  });
});

describe('C04 each kind of customer has offers of its own', () => {
  test.each([
    ['young', activated(AT), 'young-gift', 'posted 3000'],
    ['family', claimed('kids-park'), 'kids-park', 'posted 4000'],
    ['high-end', claimed('lounge'), 'lounge', 'posted 15000'],
    ['high-end', claimed('private-event'), 'private-event', 'posted 30000'],
    ['young', { ...pay(20_000), merchantId: 'trendy-01' }, 'trendy-off', 'posted 2000'],
    ['young', { ...pay(19_999), merchantId: 'trendy-01' }, 'trendy-off', 'nothing'],
    ['family', { ...pay(30_000), category: 'supermarket' }, 'family-back', 'posted 3000'],
    ['family', { ...pay(29_999), category: 'supermarket' }, 'family-back', 'nothing'],
  ] as const)('C04 %s: %j, %s %s', async (tag, event, offer, expected) => {
    await stage.playAll([approved('2026-10-02 10:00'), tagged(tag)]);
    expect((await stage.play(event)).of(offer)).toBe(expected);
    await forget();
    const other = card();
    await other.playAll([approved('2026-10-02 10:00'), tagged('somebody')]);
    // Who asks for an offer by its name is told why not.
    const isNamed = (event as PlainEvent)['type'] === 'voucher.claimed';
    const refused = isNamed ? 'not_eligible' : 'nothing';
    expect((await other.play(event)).of(offer)).toBe(refused);
  });

  test('C04 the latest profile says who somebody is', async () => {
    await stage.playAll([tagged('family')]);
    expect((await stage.play(claimed('kids-park'))).of('kids-park')).toBe('posted 4000');
    await stage.play({ ...tagged('young'), at: '2026-10-11 12:00' });
    expect((await stage.play(claimed('kids-park'))).of('kids-park')).toBe('not_eligible');
  });

  test('C04 a card never activated before has a voucher off its first spend', async () => {
    await stage.play(approved('2026-01-05 10:00'));
    expect((await stage.play(activated(AT))).of('first-spend-off')).toBe('posted 1000');
    expect((await stage.play(activated('2026-10-13 12:00'))).of('first-spend-off')).toBe('nothing');
  });
});

function pay(amount: number): PlainEvent {
  return { type: 'payment', at: AT, customerId: 'c1', instrument: 'debit', amount };
}

describe('C05 a wallet bound within thirty days of the card', () => {
  const bound = (facts: PlainEvent = {}, attributes: PlainEvent = {}): PlainEvent => ({
    ...{ type: 'wallet.bound', at: AT, customerId: 'c1', cardId: 'k1', deviceId: 'd1', ...facts },
    attributes: { wallet: 'wechat', applyChannel: 'mobile_bank', ...attributes },
  });
  test.each([
    ['on the thirtieth day', '2026-10-31 23:59:59.999', {}, 'posted 1000'],
    ['on the thirty-first', '2026-11-01 00:00', {}, 'nothing'],
    ['to Alipay', AT, { wallet: 'alipay' }, 'posted 1000'],
    ['to another wallet', AT, { wallet: 'other' }, 'nothing'],
    ['of a card from the branch', AT, { applyChannel: 'branch' }, 'nothing'],
  ])('C05 %s (%s)', async (_title, at, attributes, expected) => {
    await stage.play(approved('2026-10-01 20:00'));
    expect((await stage.play(bound({ at }, attributes))).of('bind-gift')).toBe(expected);
  });

  test('C05 not for who had a card before the campaign', async () => {
    await stage.playAll([approved('2026-09-30 23:59:59.999'), approved('2026-10-05 09:00')]);
    expect((await stage.play(bound())).of('bind-gift')).toBe('nothing');
  });

  test.each([
    ['a second card of the campaign', { cardId: 'k2', at: '2026-10-05 09:00' }],
    ['its card told a second time', { cardId: 'k1', at: '2026-10-01 09:00' }],
  ])('C05 %s shuts nobody out, and earns nothing more', async (_title, second) => {
    await stage.playAll([
      { ...approved('2026-10-01 09:00'), cardId: 'k1' },
      { ...approved('2026-10-01 09:00'), ...second },
    ]);
    const told = await stage.playAll([bound(), bound({ ...second, at: AT, deviceId: 'd2' })]);
    expect(told.map((outcome) => outcome.of('bind-gift'))).toEqual([
      'posted 1000',
      'limit_reached',
    ]);
  });

  test('C05 once for a person, whichever of customer, card and device comes again, and for the first N', async () => {
    const few = card({ offers: { 'bind-gift': { quota: { max: 2 } } } });
    for (const customer of ['c1', 'c2', 'c3', 'c4', 'c5']) {
      await few.play(approved('2026-10-01 09:00', customer));
    }
    const told = await few.playAll([
      bound(),
      bound({ cardId: 'k2', deviceId: 'd2' }),
      bound({ customerId: 'c2', deviceId: 'd3' }),
      bound({ customerId: 'c3', cardId: 'k3' }),
      bound({ customerId: 'c4', cardId: 'k4', deviceId: 'd4' }),
      bound({ customerId: 'c5', cardId: 'k5', deviceId: 'd5' }),
    ]);
    expect(told.map((outcome) => outcome.of('bind-gift'))).toEqual([
      ...['posted 1000', 'limit_reached', 'limit_reached', 'limit_reached'],
      ...['posted 1000', 'quota_exhausted'],
    ]);
  });
});

describe('C06 the first spend of 300.00 brings one of two', () => {
  const spend = (facts: PlainEvent = {}): PlainEvent => ({
    ...{
      type: 'payment',
      at: AT,
      customerId: 'c1',
      cardId: 'k1',
      instrument: 'credit',
      amount: 30_000,
    },
    ...facts,
  });
  const chosen = (grantId: string, option: string, facts: PlainEvent = {}): PlainEvent => ({
    ...{ type: 'choice.made', at: '2026-11-11 23:59:59.999', customerId: 'c1', ...facts },
    attributes: { grantId, option },
  });
  const spent = async (on = stage): Promise<string> => {
    await on.play(approved('2026-10-05 10:00'));
    return (await on.play(spend())).grant('first-spend').id;
  };

  test.each([
    ['of 300.00', {}, 'awaiting_choice 10000'],
    ['online', { channel: 'online' }, 'awaiting_choice 10000'],
    ['of a fen less', { amount: 29_999 }, 'nothing'],
    ['by debit card', { instrument: 'debit' }, 'nothing'],
    ['before the card was approved', { at: '2026-10-05 09:59:59.999' }, 'nothing'],
  ])('C06 a spend %s', async (_title, facts, expected) => {
    await stage.play(approved('2026-10-05 10:00'));
    expect((await stage.play(spend(facts))).of('first-spend')).toBe(expected);
  });

  test.each([
    ['mall-voucher', 'posted 10000 (mall-voucher)', '10000 0'],
    ['cup', 'posted 3000 (cup)', '3000 0'],
  ])('C06 %s is chosen in the last millisecond of thirty days', async (option, expected, cost) => {
    const id = await spent();
    expect(await stage.balance('budget/credit-card/total.reward.new')).toBe('0 10000');
    expect((await stage.ledger.grant(id))!.deadlineMs).toBe(
      Date.parse(shanghai('2026-11-12 00:00')),
    );
    expect((await stage.play(chosen(id, option))).of('first-spend')).toBe(expected);
    expect(await stage.balance('budget/credit-card/total.reward.new')).toBe(cost);
    const again = await stage.play(chosen(id, 'cup', { at: '2026-11-11 23:59:59.999' }));
    expect(again.told).toEqual(['already_chosen']);
  });

  test('C06 a millisecond later it is forfeited, and the right stays used', async () => {
    const id = await spent();
    expect((await stage.play(chosen(id, 'cup', { at: '2026-11-12 00:00' }))).told).toEqual([
      'forfeited',
    ]);
    expect(await stage.state(id)).toBe('forfeited 10000');
    expect(await stage.balance('budget/credit-card/total.reward.new')).toBe('0 0');
    expect((await stage.play(spend({ at: '2026-11-12 10:00' }))).of('first-spend')).toBe(
      'limit_reached',
    );
  });

  test('C06 both options share one quota, counted when the right is earned', async () => {
    const few = card({ only: ['first-spend'], offers: { 'first-spend': { quota: { max: 1 } } } });
    await spent(few);
    await few.play(approved('2026-10-05 10:00', 'c2'));
    const outcome = await few.play(spend({ customerId: 'c2', cardId: 'k2' }));
    expect(outcome.of('first-spend')).toBe('quota_exhausted');
  });
});

describe('C07 the first instalment of a bill at a fifth less in fees', () => {
  const instalment = (facts: PlainEvent = {}, kind = 'bill'): PlainEvent => ({
    ...{ type: 'instalment', at: AT, customerId: 'c1', amount: 300_000, terms: 6, ...facts },
    attributes: { kind, fee: 10_809 },
  });
  test('C07 a fifth of the fee, rounded down, once', async () => {
    await stage.play(approved('2026-10-05 10:00'));
    const told = await stage.playAll([
      instalment({ amount: 299_999 }),
      instalment({}, 'purchase'),
      instalment(),
      instalment(),
    ]);
    expect(told.map((outcome) => outcome.of('fee-cut'))).toEqual([
      ...['nothing', 'nothing', 'posted 2161', 'limit_reached'],
    ]);
    expect(told[2]!.grant('fee-cut').award).toEqual([{ kind: 'fee_cut', amountMinor: 2161 }]);
  });

  test('C07 for new card customers only', async () => {
    expect((await stage.play(instalment())).of('fee-cut')).toBe('nothing');
  });
});

test.each([
  ['street', 'posted 2000'],
  ['branch', 'nothing'],
])('C19 a new card from the %s: %s', async (applySource, expected) => {
  await stage.playAll([approved('2026-10-05 10:00'), tagged('young')]);
  const told = await stage.playAll([
    activated(AT, { attributes: { applySource } }),
    activated(AT, { attributes: { applySource } }),
  ]);
  expect(told[0]!.of('street-card')).toBe(expected);
  expect(told[0]!.of('young-gift')).toBe('posted 3000');
  expect(told[1]!.of('street-card')).toBe(expected === 'nothing' ? 'nothing' : 'limit_reached');
});
