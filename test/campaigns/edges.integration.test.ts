/** The edges of time and of money on the shipped offers: what lies on them, and the reason that is given. */

import { describe, expect, test } from 'vitest';
import type { PlainEvent } from '../support/events.ts';
import { bill, FRIDAY, one, refund, shop, told } from './payments.ts';
import { shipped, Stage, usePlay } from './play.ts';

usePlay();

const window = (from: string, to: string): PlainEvent => ({
  window: { from: `${from}T00:00:00+08:00`, to: `${to}T00:00:00+08:00` },
});
const friday = (campaign: PlainEvent, keys: PlainEvent = {}): Stage =>
  new Stage(
    shipped('credit-card', { only: ['friday-off'], campaign, offers: { 'friday-off': keys } }),
  );
const DAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'];

describe('a schedule on the last day of a year, the first of the next, and 29 February', () => {
  test.each([
    ['2027-12-31 09:59:59.999', 'nothing'],
    ['2027-12-31 10:00', 'posted 5000'],
    ['2027-12-31 21:59:59.999', 'posted 5000'],
    ['2027-12-31 22:00', 'nothing'],
    ['2028-01-01 12:00', 'nothing'],
    ['2028-01-07 12:00', 'posted 5000'],
    ['2028-02-29 12:00', 'nothing'],
  ])('at %s: %s', async (at, expected) => {
    const stage = friday(window('2027-12-01', '2028-03-01'));
    expect((await stage.play(shop({ at }))).of('friday-off')).toBe(expected);
  });

  test.each([
    ['2028-02-29 09:59:59.999', 'nothing'],
    ['2028-02-29 10:00', 'posted 5000'],
    ['2028-02-29 21:59:59.999', 'posted 5000'],
    ['2028-02-29 22:00', 'nothing'],
    ['2028-03-01 12:00', 'nothing'],
  ])('of Tuesdays, at %s: %s', async (at, expected) => {
    const schedule = { weekdays: ['tuesday'], from: '10:00', to: '22:00' };
    const stage = friday(window('2027-12-01', '2028-04-01'), { schedule });
    expect((await stage.play(shop({ at }))).of('friday-off')).toBe(expected);
  });
});

describe('a right that is counted by time begins anew with its local day, week and month, and says so when it is used', () => {
  test.each([
    ['day', '2027-12-31 23:59:59.999', '2028-01-01 00:00', true],
    ['day', '2028-02-28 23:59:59.999', '2028-02-29 00:00', true],
    ['day', '2028-02-29 00:00', '2028-02-29 23:59:59.999', false],
    ['day', '2028-02-29 23:59:59.999', '2028-03-01 00:00', true],
    ['month', '2027-12-31 23:59:59.999', '2028-01-01 00:00', true],
    ['month', '2028-02-01 00:00', '2028-02-29 23:59:59.999', false],
    ['month', '2028-02-29 23:59:59.999', '2028-03-01 00:00', true],
    // A Friday and the Saturday after it, one week; the Monday begins another.
    ['week', '2027-12-31 12:00', '2028-01-01 12:00', false],
    ['week', '2028-01-02 23:59:59.999', '2028-01-03 00:00', true],
  ])('once a %s, at %s and at %s', async (period, first, second, again) => {
    const stage = friday(window('2027-12-01', '2028-04-01'), {
      schedule: { weekdays: DAYS, from: '00:00', to: '24:00' },
      limits: [{ per: ['card'], period, max: 1 }],
    });
    expect(await told(stage, 'friday-off', [shop({ at: first }), shop({ at: second })])).toEqual([
      'posted 5000',
      again ? 'posted 5000' : 'limit_reached',
    ]);
  });
});

describe('nothing to give is a refusal with its reason', () => {
  test('a quota of 0', async () => {
    const stage = one('credit-card', 'friday-off', { quota: { max: 0 } });
    expect((await stage.play(shop())).of('friday-off')).toBe('quota_exhausted');
  });

  test('a tier whose quota is 0', async () => {
    const tiers = [{ atLeast: 10_000, off: 500, quota: 0 }];
    const stage = one('bill-payment', 'bill-off', { tiers });
    expect((await stage.play(bill())).of('bill-off')).toBe('quota_exhausted');
  });

  test('a budget smaller than one grant, of the line or of one above it', async () => {
    for (const [total, spend] of [
      [4_999, 4_999],
      [4_999, 0],
      [1_000_000, 4_999],
    ]) {
      const lines = { total: { limit: total, children: { spend: { limit: spend } } } };
      const stage = friday({ budgets: lines }, { budget: 'total.spend' });
      expect((await stage.play(shop())).of('friday-off')).toBe('budget_exhausted');
    }
  });

  test('goods of which there are none', async () => {
    const stage = new Stage(
      shipped('credit-card', {
        only: ['lounge'],
        campaign: { stock: { lounge: { units: 0, costMinor: 15_000 } } },
      }),
    );
    await stage.play({
      ...{ type: 'customer.updated', at: FRIDAY, customerId: 'c1' },
      attributes: { tags: ['high-end'] },
    });
    const claimed = { type: 'voucher.claimed', at: FRIDAY, customerId: 'c1' };
    const outcome = await stage.play({ ...claimed, attributes: { offerId: 'lounge' } });
    expect(outcome.of('lounge')).toBe('out_of_stock');
  });
});

describe('one person under many names has a right once', () => {
  const limits = [{ perAny: ['customer', 'card', 'identity', 'phone'], period: 'ever', max: 1 }];
  const first = { customerId: 'c1', cardId: 'k1' };
  const person = { identityHash: 'i1', phoneHash: 'p1' };
  test.each([
    ['of a document', { identityHash: 'i1', phoneHash: 'p2' }, 'limit_reached'],
    ['of a telephone', { phoneHash: 'p1' }, 'limit_reached'],
    ['of nothing', { identityHash: 'i2', phoneHash: 'p2' }, 'posted 5000'],
  ])('who comes again under the number %s', async (_title, attributes, expected) => {
    const stage = one('credit-card', 'friday-off', { limits });
    await stage.play(shop({ ...first, attributes: person }));
    const again = shop({ customerId: 'c2', cardId: 'k2', attributes });
    expect((await stage.play(again)).of('friday-off')).toBe(expected);
  });
});

describe('a customer whose birthday nobody knows', () => {
  const earn = async (birthday?: string): Promise<string> => {
    const stage = one('credit-card', 'double-points');
    if (birthday !== undefined) {
      const known = { type: 'customer.updated', at: FRIDAY, customerId: 'c1' };
      await stage.play({ ...known, attributes: { birthday } });
    }
    const grant = (await stage.play(shop({ instrument: 'credit' }))).grant('double-points');
    return `${grant.reason} ${await stage.balance('points/customer=c1')}`;
  };
  test.each([
    ['who never told it', undefined, 'granted 400 0'],
    ['who left it empty', '', 'granted 400 0'],
    ['of whom no date is known', '13-45', 'granted 400 0'],
    ['against one of this month', '10-31', 'granted 500 0'],
  ])('%s has the points without the bonus', async (_title, birthday, expected) => {
    expect(await earn(birthday)).toBe(expected);
  });
});

test('the largest amount that an event may have is granted, refunded and refused without a fen of error', async () => {
  const most = 100_000_000_000;
  const share = { tiers: [{ atLeast: 1, cashback: { bp: 9_999 } }], quota: { max: 5 } };
  const limits = [{ per: ['customer'], period: 'day', max: 3 }];
  const stage = new Stage(
    shipped('credit-card', {
      only: ['friday-off'],
      campaign: { budgets: { total: { limit: 1_000_000_000_000 } } },
      offers: { 'friday-off': { ...share, limits, budget: 'total' } },
    }),
  );
  const { id, amountMinor } = (await stage.play(shop({ id: 'p', amount: most }))).grant(
    'friday-off',
  );
  expect(amountMinor).toBe(99_990_000_000);
  await stage.play({ ...refund('p', 1), id: 'r1', at: FRIDAY });
  await stage.play({ ...refund('p', most - 2), id: 'r2', at: FRIDAY });
  // One fen of the payment is left, and with it 0.9999 of a fen.
  expect(await stage.state(id)).toBe('posted 99990000000 -99989999999');
  const over = await stage.play({ ...refund('p', 2), id: 'r3', at: FRIDAY });
  expect(over.grants.map(({ reason }) => reason)).toEqual(['refund_exceeds_payment']);
  expect(await stage.state(id)).toBe('clawed_back 99990000000 -99990000000');
  expect(await stage.balance('budget/credit-card/total')).toBe('0 0');
});
