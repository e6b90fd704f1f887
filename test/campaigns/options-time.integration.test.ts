/** The questions that the plans leave open: what the shipped campaigns answer, and the other answer as an option. */

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { findingsOf, problemsOf, replaced } from '../config/campaign-file.ts';
import type { PlainEvent } from '../support/events.ts';
import { bill, FRIDAY, MONDAY, one, refund, shop, told } from './payments.ts';
import { forget, shanghai, shipped, Stage, usePlay, type CampaignId } from './play.ts';

usePlay();

describe('D8 the first spend', () => {
  const spend = (facts: PlainEvent = {}): PlainEvent =>
    shop({ instrument: 'credit', amount: 30_000, ...facts });
  const approved = { type: 'card.approved', at: '2026-10-05 09:00', customerId: 'c1' };
  const asked = (eligible: string) => ({ eligible: `segment.newCard && ${eligible}` });
  test.each([
    ['that reaches the amount', {}, ['nothing', 'awaiting_choice 10000', 'limit_reached']],
    [
      'of the card',
      asked('customer.lastPaymentAt < customer.cardApprovedAt'),
      ['nothing', 'nothing', 'nothing'],
    ],
    [
      'in the campaign',
      asked('inCampaign.payments == 1'),
      ['nothing', 'awaiting_choice 10000', 'nothing'],
    ],
  ])('D8 is the first one %s', async (_title, keys, expected) => {
    const stage = one('credit-card', 'first-spend', keys);
    await stage.play(approved);
    const events = [spend({ amount: 10_000 }), spend(), spend()];
    expect(await told(stage, 'first-spend', events)).toEqual(expected);
  });

  test.each([
    ['while it waits for review opens it again', 'review', 'awaiting_choice 10000'],
    ['once it is given does not', 'allow', 'limit_reached'],
  ] as const)('D8 a full refund %s', async (_title, verdict, expected) => {
    const stage = one('credit-card', 'first-spend');
    await stage.play(approved);
    await stage.play(spend({ id: 'p' }), verdict);
    await stage.play(refund('p', 30_000));
    expect((await stage.play(spend({ at: MONDAY }))).of('first-spend')).toBe(expected);
  });
});

describe('D9 what wakes a sleeping card', () => {
  const approved = { type: 'card.approved', at: '2026-01-05 09:00', customerId: 'c1' };
  const activation = { type: 'card.activated', at: '2026-10-08 09:00', customerId: 'c1' };
  const login = { type: 'login', at: '2026-10-08 09:00', customerId: 'c1' };
  test.each([
    ['an activation', undefined, [activation], true],
    ['a login', undefined, [login], true],
    ['neither', undefined, [], false],
    [
      'an activation only, if the file says so',
      'withinDays(customer.activatedAt, 7)',
      [login],
      false,
    ],
    [
      'an activation only, if the file says so, is there',
      'withinDays(customer.activatedAt, 7)',
      [activation],
      true,
    ],
  ])('D9 %s', async (_title, eligible, events, wins) => {
    const stage = one(
      'credit-card',
      'wake-draw',
      eligible === undefined ? {} : { eligible: `segment.dormant && ${eligible}` },
    );
    await stage.playAll([approved, ...events]);
    expect((await stage.play(shop())).of('wake-draw').startsWith('posted')).toBe(wins);
  });
});

test.each([
  [{ bp: 100, cap: 10_000 }, 999_999, 'posted 9999'],
  [{ bp: 100, cap: 10_000 }, 1_000_000, 'posted 10000'],
  [{ bp: 100, cap: 10_000 }, 1_000_001, 'posted 10000'],
  [{ bp: 100 }, 1_000_199, 'posted 10001'],
  [{ bp: 100, rounding: 'half_up' }, 1_000_149, 'posted 10001'],
  [{ bp: 100, rounding: 'half_up' }, 1_000_150, 'posted 10002'],
  [{ bp: 100, rounding: 'half_up', cap: 10_000 }, 1_000_150, 'posted 10000'],
])('D10 cashback %j of %i is rounded, then capped: %s', async (cashback, amount, expected) => {
  const stage = one('credit-card', 'instalment-cash', { cashback });
  const event = { type: 'instalment', at: FRIDAY, customerId: 'c1', amount, terms: 12 };
  expect((await stage.play(event)).of('instalment-cash')).toBe(expected);
});

test.each([
  ['30d', '2026-10-24 00:00'],
  ['10wd', '2026-10-15 00:00'],
])('D11 %s from the last moment of 23 September end as %s begins', async (within, end) => {
  const draw = {
    prizes: [{ id: 'p', ppm: 1_000_000, goods: { sku: 'third-prize' } }],
    none: { ppm: 0 },
  };
  const stage = one('bill-payment', 'bill-draw', { draw, claim: { anchor: 'grant', within } });
  const won = await stage.play(bill({ at: '2026-09-23 23:59:59.999' }));
  expect(won.grant('bill-draw').deadlineMs).toBe(Date.parse(shanghai(end)));
});

describe('D12 a Friday that is a public holiday', () => {
  test.each([
    ['natural', '2026-10-02 12:00', 'posted 5000'],
    ['workday_adjusted', '2026-10-02 12:00', 'nothing'],
    ['workday_adjusted', FRIDAY, 'posted 5000'],
  ])('D12 %s days, at %s: %s', async (dayType, at, expected) => {
    const schedule = { weekdays: ['friday'], from: '10:00', to: '22:00', dayType };
    const stage = one('credit-card', 'friday-off', { schedule });
    expect((await stage.play(shop({ at }))).of('friday-off')).toBe(expected);
  });
});

/** The text of a shipped file, its list of partners written out. */
function textOf(id: CampaignId): string {
  const text = readFileSync(new URL(`../../config/campaigns/${id}.yaml`, import.meta.url), 'utf8');
  return text.replace('{ file: lists/partner-merchants.txt }', '[shop-0001]');
}

test('D13 a draw that always wins is refused without a prize of no stock to fall back on', () => {
  const text = textOf('credit-card');
  expect(problemsOf(text)).toEqual([]);
  const wrong = replaced(text, ['onPrizeEmpty: repay-5', 'onPrizeEmpty: jd-card']);
  expect(problemsOf(wrong)).toEqual([expect.stringContaining('onPrizeEmpty')]);
  const none = replaced(text, ['      onPrizeEmpty: repay-5\n', '']);
  expect(problemsOf(none)).toEqual([expect.stringContaining('onPrizeEmpty')]);
});

describe('D14 a choice', () => {
  const approved = { type: 'card.approved', at: '2026-10-05 09:00', customerId: 'c1' };
  const chosen = (grantId: string, option: string, at: string): PlainEvent => ({
    ...{ type: 'choice.made', at, customerId: 'c1', attributes: { grantId, option } },
  });
  test('D14 whose option is out of stock leaves the other; never made, it is forfeited', async () => {
    const stage = new Stage(
      shipped('credit-card', {
        only: ['first-spend'],
        campaign: { stock: { cup: { units: 0, costMinor: 3000 } } },
      }),
    );
    await stage.play(approved);
    const { id } = (await stage.play(shop({ instrument: 'credit', amount: 30_000 }))).grant(
      'first-spend',
    );
    const words = await stage.playAll([chosen(id, 'cup', MONDAY), chosen(id, 'sofa', MONDAY)]);
    expect(words.map((outcome) => outcome.told)).toEqual([['out_of_stock'], ['no_such_option']]);
    expect(await stage.state(id)).toBe('awaiting_choice 10000');
    await stage.until('2026-11-09 00:00');
    expect(await stage.state(id)).toBe('forfeited 10000');
  });
});

test('D15 a rule that is changed at once takes nothing back from who had it', async () => {
  const stage = new Stage(shipped('credit-card', { only: ['friday-off'] }));
  const before = (await stage.play(shop())).grant('friday-off');
  await stage.change({
    campaignId: 'credit-card',
    kind: 'restrict_instrument',
    instrument: 'debit',
  });
  expect((await stage.play(shop({ cardId: 'k2' }))).of('friday-off')).toBe('nothing');
  expect((await stage.play(shop({ cardId: 'k3', instrument: 'credit' }))).of('friday-off')).toBe(
    'posted 5000',
  );
  expect(await stage.state(before.id)).toBe('posted 5000');
  await stage.change({ campaignId: 'credit-card', kind: 'allow_instrument', instrument: 'debit' });
  expect((await stage.play(shop({ cardId: 'k2' }))).of('friday-off')).toBe('posted 5000');
});

describe('D15 an order that takes from customers what the terms promise', () => {
  const pause = { campaignId: 'credit-card', kind: 'pause', offerId: 'friday-off' } as const;
  const refusal = expect.stringContaining('takes from customers') as unknown;
  test.each([
    ['risk', 'sales are slow', refusal, 'posted 5000'],
    ['risk', 'risk: organised abuse', undefined, 'nothing'],
    ['free', 'sales are slow', undefined, 'nothing'],
  ])('D15 tightening: %s, because "%s"', async (tightening, reason, problem, earned) => {
    const campaign = { tightening };
    const stage = new Stage(shipped('credit-card', { only: ['friday-off'], campaign }));
    expect(await stage.change(pause, reason)).toEqual(problem);
    expect((await stage.play(shop())).of('friday-off')).toBe(earned);
  });

  test('D15 what favours customers wants no such reason', async () => {
    const stage = new Stage(shipped('credit-card', { only: ['friday-off'] }));
    const offer = { campaignId: 'credit-card', offerId: 'friday-off' };
    const said = [
      await stage.change({ ...offer, kind: 'resume' }, 'second wave'),
      await stage.change({ ...offer, kind: 'add_quota', by: 1 }, 'second wave'),
      await stage.change({ ...offer, kind: 'allow_instrument', instrument: 'debit' }, 'asked'),
    ];
    expect(said).toEqual([undefined, undefined, undefined]);
  });
});

describe('D16 quotas that do not fit the budget', () => {
  test('D16 the budget is a hard cap beside the quota', async () => {
    const stage = new Stage(
      shipped('credit-card', {
        only: ['friday-off'],
        campaign: {
          budgets: {
            total: {
              limit: 9_999,
              children: { reward: { limit: 9_999, children: { spend: { limit: 9_999 } } } },
            },
          },
        },
      }),
    );
    const events = ['k1', 'k2'].map((cardId) => shop({ cardId }));
    expect(await told(stage, 'friday-off', events)).toEqual(['posted 5000', 'budget_exhausted']);
  });

  test('D16 the publishing check says so, and complains of nothing that the plan itself does not cause', () => {
    const warned = (['bill-payment', 'redemption', 'credit-card'] as const).flatMap((id) =>
      findingsOf(textOf(id))
        .map((finding) => /: (?:warning|error): ([^:]*)/.exec(finding)?.[1])
        .filter((line) => line !== undefined)
        .map((line) => `${id} ${line}`),
    );
    expect(warned).toEqual([
      'credit-card total',
      'credit-card total.reward',
      'credit-card total.reward.new',
      'credit-card total.reward.spend',
      'credit-card total.reward.points',
    ]);
  });
});

test('C24 a right by the hour or the minute begins anew with the next one of the local clock', async () => {
  for (const [period, next] of [
    ['hour', '2026-10-09 13:00'],
    ['minute', '2026-10-09 12:01'],
  ] as const) {
    await forget();
    const limits = [{ per: ['device'], period, max: 1 }];
    const stage = one('credit-card', 'friday-off', { limits });
    const pays = (at: string, cardId: string): PlainEvent => shop({ at, cardId, deviceId: 'd' });
    expect(
      await told(stage, 'friday-off', [
        pays('2026-10-09 12:00', 'k1'),
        pays('2026-10-09 12:00:59.999', 'k2'),
        pays(next, 'k3'),
      ]),
    ).toEqual(['posted 5000', 'limit_reached', 'posted 5000']);
  }
});

test('what a customer ever spent counts in the currency of the campaign that asks', async () => {
  const stage = one('credit-card', 'friday-off', { eligible: 'customer.spend >= 20000' });
  const before = shop({ at: '2026-10-05 12:00', cardId: 'k9', amount: 20_000 });
  expect(
    await told(stage, 'friday-off', [
      { ...before, currency: 'JPY' },
      shop(),
      before,
      shop({ cardId: 'k2' }),
    ]),
  ).toEqual(['nothing', 'nothing', 'nothing', 'posted 5000']);
});
