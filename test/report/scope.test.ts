import { expect, test } from 'vitest';
import { campaignSchema, type Campaign } from '../../config/campaign-schema.ts';
import { scopeInWords, scopeOf } from '../../pipeline/report/scope.ts';

const campaignWith = (...offers: readonly object[]): Campaign =>
  campaignSchema.parse({
    id: 'c',
    title: 'c',
    timezone: 'Asia/Shanghai',
    currency: 'CNY',
    window: { from: '2026-10-01T00:00:00+08:00', to: '2026-11-01T00:00:00+08:00' },
    lists: { malls: ['mall-01', 'mall-02'], none: [] },
    budgets: { total: { limit: 1 } },
    offers: offers.map((offer, index) => ({
      id: `o${index}`,
      title: 'o',
      budget: 'total',
      off: 1,
      ...offer,
    })),
  });

test('a campaign’s payments are those that the conditions of one of its offers let in', () => {
  const campaign = campaignWith(
    { when: { channel: ['app', 'web'], category: ['water'] } },
    { on: ['payment.authorising'], when: { merchant: { list: 'malls' } } },
    { on: ['payment.authorising'], when: { merchant: { list: 'malls' }, channel: ['app'] } },
  );
  expect(scopeOf(campaign)).toEqual({
    channels: [['app', 'web'], [], ['app']],
    categories: [['water'], [], []],
    instruments: [[], [], []],
    merchants: [[], ['mall-01', 'mall-02'], ['mall-01', 'mall-02']],
  });
  expect(scopeInWords(campaign)).toEqual([
    'channels app, web; categories water',
    'merchants mall-01, mall-02',
    'channels app; merchants mall-01, mall-02',
  ]);
});

test.each([
  ['an offer without conditions', [{}, { when: { channel: ['app'] } }]],
  ['no offer on payments', [{ on: ['login'], when: { channel: ['app'] } }]],
  [
    'a list too long to send along',
    [{ when: { merchant: Array.from({ length: 501 }, (_, n) => `m${n}`) } }],
  ],
])('%s: all payments are its own', (_why, offers) => {
  expect(scopeInWords(campaignWith(...offers))).toEqual(['all payments']);
});
