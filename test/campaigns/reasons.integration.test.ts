/** Why an event earns nothing of an offer: each reason that stands in its way before the ledger is asked. */

import { describe, expect, test } from 'vitest';
import type { PlainEvent } from '../support/events.ts';
import { bill, FRIDAY, one, shop } from './payments.ts';
import { shipped, Stage, usePlay } from './play.ts';

usePlay();

describe('an event on the bounds of window and schedule', () => {
  test.each([
    ['2026-09-30 23:59:59.999', 'outside_window'],
    ['2026-10-01 00:00', 'outside_schedule'],
    ['2026-10-09 09:59:59.999', 'outside_schedule'],
    ['2026-10-09 10:00', undefined],
    ['2026-10-09 21:59:59.999', undefined],
    ['2026-10-09 22:00', 'outside_schedule'],
    ['2026-12-29 23:59:59.999', 'outside_schedule'],
    ['2026-12-30 00:00', 'outside_window'],
  ])('at %s: %s', (at, reason) => {
    expect(one('credit-card', 'friday-off').reason(shop({ at }), 'friday-off')).toBe(reason);
  });

  test('before its version takes effect', () => {
    const release = { version: 2, author: 'ann', approvedBy: 'bob', reason: 'better' };
    const effectiveFrom = '2026-10-10T00:00:00+08:00';
    const campaign = { release: { ...release, effectiveFrom } };
    const stage = new Stage(shipped('credit-card', { only: ['friday-off'], campaign }));
    expect(stage.reason(shop(), 'friday-off')).toBe('outside_window');
  });
});

describe('an event that an offer does not ask for', () => {
  const friday = (facts: PlainEvent): string | undefined =>
    one('credit-card', 'friday-off').reason(shop(facts), 'friday-off');
  test.each([
    ['of a fen less', { amount: 19_999 }, 'below_threshold'],
    ['without an amount', { amount: undefined }, 'below_threshold'],
    ['of another category', { category: 'fashion' }, 'category_not_eligible'],
    ['without a category', { category: undefined }, 'category_not_eligible'],
    ['at another merchant', { merchantId: 'shop-0002' }, 'merchant_not_eligible'],
    ['in another currency', { currency: 'USD' }, 'currency_not_eligible'],
    ['by no card', { cardId: undefined }, 'identity_missing'],
    ['of another type', { type: 'login' }, 'other_event'],
  ])('%s', (_title, facts, reason) => {
    expect(friday(facts)).toBe(reason);
  });

  test('through another channel, by another instrument, of no new customer', () => {
    const off = one('bill-payment', 'bill-off');
    expect(off.reason(bill({ channel: 'pos' }), 'bill-off')).toBe('channel_not_eligible');
    const first = one('credit-card', 'first-spend');
    const paid = (instrument: string): PlainEvent => shop({ instrument, amount: 30_000 });
    expect(first.reason(paid('debit'), 'first-spend')).toBe('instrument_not_eligible');
    expect(first.reason(paid('credit'), 'first-spend')).toBe('not_eligible');
  });

  test('by an instrument that an order has restricted', async () => {
    const stage = one('credit-card', 'friday-off');
    const order = { campaignId: 'credit-card', kind: 'restrict_instrument' } as const;
    await stage.change({ ...order, instrument: 'debit' });
    expect(stage.reason(shop(), 'friday-off')).toBe('instrument_restricted');
  });

  test('of which a share comes to nothing', () => {
    const stage = one('credit-card', 'instalment-cash', { atLeast: 1 });
    const instalment = { type: 'instalment', at: FRIDAY, customerId: 'c1', amount: 99, terms: 12 };
    expect(stage.reason(instalment, 'instalment-cash')).toBe('nothing_to_give');
  });
});

describe('a wish that names what there is not', () => {
  const wish = (attributes: PlainEvent, type = 'voucher.claimed'): PlainEvent => ({
    ...{ type, at: FRIDAY, customerId: 'c1', attributes },
  });
  const redeem = (attributes: PlainEvent): PlainEvent => wish(attributes, 'redemption.requested');

  test('another offer, an item that is none', () => {
    const stage = one('credit-card', 'card-points-shop');
    const other = redeem({ offerId: 'points-shop', item: 'video' });
    expect(stage.reason(other, 'card-points-shop')).toBe('other_offer_named');
    const none = redeem({ offerId: 'card-points-shop', item: 'sofa' });
    expect(stage.reason(none, 'card-points-shop')).toBe('no_such_item');
  });

  test.each([
    ['no offer', {}, 'offer_not_named'],
    ['an offer that there is not', { offerId: 'sofa' }, 'offer_not_found'],
    ['one that rests', { offerId: 'mall-pack' }, 'offer_not_open'],
  ])('%s', async (_title, attributes, reason) => {
    const stage = new Stage(shipped('credit-card', { only: ['mall-pack', 'life-zone'] }));
    await stage.change({ campaignId: 'credit-card', kind: 'pause', offerId: 'mall-pack' });
    expect((await stage.play(wish(attributes))).told).toEqual([reason]);
  });
});

test('an extension asked for under suspicion', () => {
  const stage = one('credit-card', 'extend', { eligible: undefined });
  const asked = {
    ...{ type: 'voucher.claimed', at: '2026-12-30 09:00', customerId: 'c1' },
    attributes: { offerId: 'extend', voucherId: 'g_1.1' },
  };
  expect(stage.reason(asked, 'extend', 'review')).toBe('risk_doubt');
  expect(stage.reason(asked, 'extend')).toBeUndefined();
});
