/** The questions that the plans leave open: what the shipped campaigns answer, and the other answer as an option. */

import { describe, expect, test } from 'vitest';
import { bill, FRIDAY, one, refund, shop, told } from './payments.ts';
import { shipped, Stage, usePlay } from './play.ts';

usePlay();

describe('D1 a quota of the Friday offer', () => {
  const weeks = ['2026-10-09', '2026-10-16'].flatMap((day) =>
    ['k1', 'k2'].map((cardId) => shop({ at: `${day} 12:00`, cardId })),
  );
  test.each([
    ['campaign', ['posted 5000', 'quota_exhausted', 'quota_exhausted', 'quota_exhausted']],
    ['occurrence', ['posted 5000', 'quota_exhausted', 'posted 5000', 'quota_exhausted']],
  ])('D1 by %s', async (period, expected) => {
    const stage = one('credit-card', 'friday-off', { quota: { max: 1, period } });
    expect(await told(stage, 'friday-off', weeks)).toEqual(expected);
  });
});

describe('D2 a discount is granted after the payment, or reserved before it', () => {
  test('D2 rebate: with the payment', async () => {
    const stage = one('bill-payment', 'bill-off');
    const events = [bill({ type: 'payment.authorising' }), bill()];
    expect(await told(stage, 'bill-off', events)).toEqual(['nothing', 'posted 1200 (tier-2)']);
  });

  test('D2 preauth: with the authorisation, and posted by its payment', async () => {
    const stage = one('bill-payment', 'bill-off', {
      on: ['payment.authorising'],
      settle: 'preauth',
    });
    const events = [
      bill({ id: 'a', type: 'payment.authorising' }),
      bill({ attributes: { authorisationId: 'a' } }),
    ];
    expect(await told(stage, 'bill-off', events)).toEqual([
      'held 1200 (tier-2)',
      'posted 1200 (tier-2)',
    ]);
    expect(await stage.balance('quota/bill-payment/bill-off/from-20000')).toBe('1 0');
  });
});

describe('D3 the reached tier is gone', () => {
  const tiers = [
    { atLeast: 10_000, off: 500, quota: 1 },
    { atLeast: 20_000, off: 1200, quota: 1 },
  ];
  const events = [1, 2, 3].map((n) => bill({ customerId: `c${n}` }));
  test.each([
    ['none', ['posted 1200 (tier-2)', 'quota_exhausted', 'quota_exhausted']],
    ['next_lower', ['posted 1200 (tier-2)', 'posted 500 (tier-1)', 'quota_exhausted']],
  ])('D3 onTierExhausted: %s', async (onTierExhausted, expected) => {
    const stage = one('bill-payment', 'bill-off', { tiers, onTierExhausted });
    expect(await told(stage, 'bill-off', events)).toEqual(expected);
  });
});

describe('D4 the first N are grants, or customers', () => {
  const events = [bill(), bill({ category: 'gas' }), bill({ customerId: 'c2' })];
  test.each([
    ['grant', ['posted 500', 'quota_exhausted', 'quota_exhausted']],
    ['customer', ['posted 500', 'posted 500', 'quota_exhausted']],
  ])('D4 unit: %s', async (unit, expected) => {
    const tiers = [{ atLeast: 10_000, off: 500 }];
    const stage = one('bill-payment', 'bill-off', { tiers, quota: { max: 1, unit } });
    expect(await told(stage, 'bill-off', events)).toEqual(expected);
  });
});

describe('D5 what a refund gives back', () => {
  test.each([
    ['keep', 'keep', 'limit_reached', 'quota_exhausted'],
    ['restore', 'keep', 'limit_reached', 'posted 500'],
    ['keep', 'restore', 'quota_exhausted', 'quota_exhausted'],
    ['restore', 'restore', 'posted 500', 'quota_exhausted'],
  ])(
    'D5 quota: %s, right: %s, when all of the payment went back',
    async (quota, right, same, other) => {
      const tiers = [{ atLeast: 10_000, off: 500 }];
      const keys = { tiers, quota: { max: 1 }, refund: { quota, right } };
      const stage = one('bill-payment', 'bill-off', keys);
      await stage.playAll([bill({ id: 'p' }), refund('p', 10_000), refund('p', 10_000)]);
      const events = [bill(), bill({ customerId: 'c2' })];
      expect(await told(stage, 'bill-off', events)).toEqual([same, other]);
    },
  );

  test('D5 a part that goes back gives neither back', async () => {
    const tiers = [{ atLeast: 10_000, off: 500 }];
    const refunds = { quota: 'restore', right: 'restore' };
    const keys = { tiers, quota: { max: 1 }, refund: refunds };
    const stage = one('bill-payment', 'bill-off', keys);
    await stage.playAll([bill({ id: 'p' }), refund('p', 10_000)]);
    const events = [bill(), bill({ customerId: 'c2' })];
    expect(await told(stage, 'bill-off', events)).toEqual(['limit_reached', 'quota_exhausted']);
  });

  test.each([
    ['keep', 'posted 1200 -60 (tier-2)'],
    ['revoke', 'clawed_back 1200 -1200 (tier-2)'],
    ['reprice', 'posted 1200 -700 (tier-2)'],
  ])(
    'D5 below: %s, when less than the tier asks for is left of the payment',
    async (below, state) => {
      const stage = one('bill-payment', 'bill-off', { refund: { below } });
      const { id } = (await stage.play(bill({ id: 'p' }))).grant('bill-off');
      await stage.play(refund('p', 1_000));
      expect(await stage.state(id)).toBe(state);
    },
  );
});

test('A29 whatever is reviewed becomes overdue some day, in every offer that grants', () => {
  const waiting = (['bill-payment', 'redemption', 'credit-card'] as const).flatMap((id) =>
    shipped(id)
      .offers.filter(({ tiers }) => tiers.every(({ benefit }) => benefit.kind !== 'extend'))
      .filter(({ hold }) => hold?.onTimeout !== 'manual_review')
      .map((offer) => offer.id),
  );
  expect(waiting).toEqual([]);
});

describe('D6 a gift beside discount and draw', () => {
  const events = [{ type: 'account.opened', at: '2026-10-01 09:00', customerId: 'c1' }, bill()];
  test.each([
    ['closes them', {}, ['bill-off excluded', 'new-user-gift posted 2000']],
    [
      'comes on top',
      { 'bill-off': { excludedBy: [] } },
      ['bill-off posted 1200 (tier-2)', 'new-user-gift posted 2000'],
    ],
    [
      'gone, leaves them open (onExhausted: fallthrough)',
      { 'new-user-gift': { quota: { max: 0 } } },
      ['bill-off posted 1200 (tier-2)', 'new-user-gift quota_exhausted'],
    ],
    [
      'gone, closes them all the same (onExhausted: close)',
      { 'new-user-gift': { quota: { max: 0 }, onExhausted: 'close' } },
      ['bill-off excluded', 'new-user-gift quota_exhausted'],
    ],
  ])('D6 the gift %s', async (_title, offers, expected) => {
    const only = ['bill-off', 'new-user-gift'];
    const stage = new Stage(shipped('bill-payment', { only, offers }));
    expect((await stage.playAll(events)).at(-1)!.told).toEqual(expected);
  });
});

test.each([
  ['base', 250],
  ['running', 300],
])('D7 half as many points again in the month of birth, on the %s', async (stackOn, points) => {
  const bonus = { eligible: 'birthdayMonth()', addBp: 5000, stackOn };
  const stage = one('credit-card', 'double-points', {
    points: { perMinor: 100, rateBp: 20_000, bonus },
  });
  await stage.playAll([
    { type: 'customer.updated', at: FRIDAY, customerId: 'c1', attributes: { birthday: '10-20' } },
    shop({ instrument: 'credit', amount: 10_000 }),
  ]);
  expect(await stage.balance('points/customer=c1')).toBe(`${points} 0`);
});
