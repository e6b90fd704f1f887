/** The controls of the plans at work on the shipped campaigns: the real detectors judge, people have the last word. */

import { fileURLToPath } from 'node:url';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { loadConfig, type LoadedConfig } from '../../config/load.ts';
import { assembleEngine } from '../../pipeline/assemble.ts';
import { discoverDetectors } from '../../pipeline/detect/discover.ts';
import type { NamedDetector } from '../../pipeline/detect/detector.ts';
import type { PlainEvent } from '../support/events.ts';
import { shop } from './payments.ts';
import { shipped, Stage, usePlay } from './play.ts';

usePlay();

let detectors: readonly NamedDetector[];
let config: LoadedConfig;
let stage: Stage;
beforeAll(async () => {
  detectors = await discoverDetectors();
  config = await loadConfig(fileURLToPath(new URL('../../config', import.meta.url)), detectors);
});
beforeEach(() => {
  stage = new Stage(config.campaigns, assembleEngine(config).engine);
});

const BEIJING = { lat: 39.9042, lon: 116.4074 };
const SHENZHEN = { lat: 22.5431, lon: 114.0579 };
const bill = (facts: PlainEvent): PlainEvent => ({
  ...{
    type: 'payment',
    customerId: 'c1',
    channel: 'mobile_bank',
    category: 'water',
    amount: 20_000,
  },
  ...{ merchantId: 'water-works', geo: BEIJING, ...facts },
});

describe('A29 what is unusual waits for a person', () => {
  test('A28 A29 a bill paid in another city an hour later is held', async () => {
    const told = await stage.playAll([
      bill({ at: '2026-10-12 12:00' }),
      bill({ at: '2026-10-12 13:00', category: 'gas', geo: SHENZHEN }),
    ]);
    expect(told.map((outcome) => outcome.of('bill-off'))).toEqual([
      'posted 1200 (tier-2)',
      'held 1200 (tier-2)',
    ]);
  });

  test.each([
    ['false_positive', 'posted 1200 (tier-2)', '3600 0'],
    ['confirmed', 'voided 1200 (tier-2)', '2400 0'],
  ] as const)(
    'A29 the third bill within half an hour is held, then %s: %s',
    async (word, expected, cost) => {
      const told = await stage.playAll([
        bill({ at: '2026-10-12 12:00', category: 'water' }),
        bill({ at: '2026-10-12 12:10', category: 'gas' }),
        bill({ id: 'third', at: '2026-10-12 12:20', category: 'phone' }),
      ]);
      const { id } = told[2]!.grant('bill-off');
      expect(await stage.state(id)).toBe('held 1200 (tier-2)');
      await stage.label('third', word, '2026-10-12 18:00');
      expect(await stage.state(id)).toBe(expected);
      expect(await stage.balance('budget/bill-payment/total.discount')).toBe(cost);
    },
  );

  test('A29 nothing is granted by waiting', async () => {
    await stage.play(bill({ at: '2026-10-12 12:00' }));
    const held = await stage.play(bill({ at: '2026-10-12 13:00', category: 'gas', geo: SHENZHEN }));
    const { id } = held.grant('bill-off');
    await stage.until('2026-11-30 12:00');
    expect((await stage.ledger.grant(id))!).toMatchObject({
      state: 'held',
      reason: 'review_overdue',
    });
  });
});

test('C35 many small payments in a row are intercepted, the account is frozen, and it earns nothing more', async () => {
  const small = (n: number): PlainEvent =>
    shop({ at: `2026-10-09 12:${String(10 + n)}`, amount: 100, id: `small-${n}` });
  for (let n = 0; n < 12; n++) await stage.play(small(n));
  const outcome = await stage.play(shop({ at: '2026-10-09 12:30' }));
  expect(outcome.grant('friday-off')).toMatchObject({ state: 'voided', reason: 'account_frozen' });
  expect(await stage.balance('quota/credit-card/friday-off/all')).toBe('0 0');
});

test('C24 limits by address and device stop who comes again under another name', async () => {
  const limits = [
    { per: ['card'], period: 'day', max: 1 },
    { per: ['ip'], period: 'day', max: 2 },
    { per: ['device'], period: 'day', max: 1 },
  ];
  const guarded = new Stage(
    shipped('credit-card', { only: ['friday-off'], offers: { 'friday-off': { limits } } }),
  );
  const by = (n: number, ip: string, deviceId: string): PlainEvent =>
    shop({ customerId: `c${n}`, cardId: `k${n}`, ip, deviceId });
  const told = await guarded.playAll([
    by(1, '203.0.113.7', 'd1'),
    by(2, '203.0.113.7', 'd1'),
    by(3, '203.0.113.7', 'd3'),
    by(4, '203.0.113.7', 'd4'),
    by(5, '203.0.113.8', 'd5'),
  ]);
  expect(told.map((outcome) => outcome.of('friday-off'))).toEqual([
    ...['posted 5000', 'limit_reached', 'posted 5000', 'limit_reached', 'posted 5000'],
  ]);
});

describe('C27 rules are changed at once', () => {
  const few = (): Stage =>
    new Stage(
      shipped('credit-card', {
        only: ['friday-off'],
        offers: { 'friday-off': { quota: { max: 1 } } },
      }),
    );
  const by = (n: number): PlainEvent => shop({ cardId: `k${n}` });

  test('C27 quota is added, and the next payment has it', async () => {
    const on = few();
    const told = [await on.play(by(1)), await on.play(by(2))];
    expect(
      await on.change({
        campaignId: 'credit-card',
        kind: 'add_quota',
        offerId: 'friday-off',
        by: 1,
      }),
    ).toBeUndefined();
    told.push(await on.play(by(3)), await on.play(by(4)));
    expect(told.map((outcome) => outcome.of('friday-off'))).toEqual([
      ...['posted 5000', 'quota_exhausted', 'posted 5000', 'quota_exhausted'],
    ]);
  });

  test('C27 an offer is paused and resumed', async () => {
    const on = few();
    await on.change({ campaignId: 'credit-card', kind: 'pause', offerId: 'friday-off' });
    expect((await on.play(by(1))).of('friday-off')).toBe('nothing');
    await on.change({ campaignId: 'credit-card', kind: 'resume', offerId: 'friday-off' });
    expect((await on.play(by(2))).of('friday-off')).toBe('posted 5000');
  });

  test('C27 A24 what is closed earns nothing more, and what was promised is kept', async () => {
    const on = new Stage(shipped('credit-card', { only: ['first-spend'] }));
    await on.play({ type: 'card.approved', at: '2026-10-05 09:00', customerId: 'c1' });
    const { id: grantId } = (await on.play(shop({ instrument: 'credit', amount: 30_000 }))).grant(
      'first-spend',
    );
    await on.change({ campaignId: 'credit-card', kind: 'close' });
    const chosen = await on.play({
      ...{ type: 'choice.made', at: '2026-10-12 09:00', customerId: 'c1' },
      attributes: { grantId, option: 'cup' },
    });
    expect(chosen.of('first-spend')).toBe('posted 3000 (cup)');
  });

  test('C27 A24 what was authorised before the close is captured after it, and nothing else is', async () => {
    const on = new Stage(shipped('credit-card', { only: ['mall-off'] }));
    const pay = (facts: PlainEvent): PlainEvent => ({
      ...{ at: '2026-10-10 12:00', customerId: 'c1', instrument: 'credit', amount: 60_000 },
      ...{ merchantId: 'mall-01', ...facts },
    });
    await on.play(pay({ id: 'auth', type: 'payment.authorising' }));
    await on.change({ campaignId: 'credit-card', kind: 'close' });
    const captured = pay({ type: 'payment', attributes: { authorisationId: 'auth' } });
    expect((await on.play(captured)).told).toEqual(['mall-off posted 10000']);
    const other = pay({ type: 'payment', customerId: 'c2' });
    expect((await on.play(other)).told).toEqual([]);
  });

  test('C27 a version earns nothing for events before it takes effect', async () => {
    const release = { version: 2, author: 'ann', approvedBy: 'bob', reason: 'a better offer' };
    const effectiveFrom = '2026-10-09T12:00:00+08:00';
    const on = new Stage(
      shipped('credit-card', {
        only: ['friday-off'],
        campaign: { release: { ...release, effectiveFrom } },
      }),
    );
    const told = await on.playAll([
      shop({ at: '2026-10-09 11:59:59.999', cardId: 'k1' }),
      shop({ at: '2026-10-09 12:00', cardId: 'k2' }),
    ]);
    expect(told.map((outcome) => outcome.of('friday-off'))).toEqual(['nothing', 'posted 5000']);
  });
});

test('C37 C29 a merchant who breaks the terms is off the list at once', async () => {
  const on = new Stage(shipped('credit-card', { only: ['friday-off'] }));
  const merchants = ['shop-0003'];
  await on.change({
    campaignId: 'credit-card',
    kind: 'merchant_list',
    list: 'partners',
    merchants,
  });
  const told = await on.playAll([shop(), shop({ merchantId: 'shop-0003' })]);
  expect(told.map((outcome) => outcome.of('friday-off'))).toEqual(['nothing', 'posted 5000']);
});

test('C32 the reserve is used only by an approved transfer', async () => {
  const limits = {
    total: { limit: 10_000, children: { spend: { limit: 4_000 }, reserve: { limit: 5_000 } } },
  };
  const on = new Stage(
    shipped('credit-card', {
      only: ['friday-off'],
      offers: { 'friday-off': { budget: 'total.spend' } },
      campaign: { budgets: limits },
    }),
  );
  expect((await on.play(shop())).of('friday-off')).toBe('budget_exhausted');
  const transfer = {
    campaignId: 'credit-card',
    kind: 'add_budget',
    line: 'total.spend',
    by: 1_000,
  } as const;
  expect(await on.change({ ...transfer, from: 'total.reserve', by: 5_001 })).toContain(
    'cannot give',
  );
  expect(await on.change({ ...transfer, from: 'total.reserve' })).toBeUndefined();
  expect((await on.play(shop({ cardId: 'k2' }))).of('friday-off')).toBe('posted 5000');
  const back = { ...transfer, line: 'total.reserve', from: 'total.spend', by: 1 };
  expect(await on.change(back)).toBe(
    'of budget line total.spend, 5000 of 5000 is spent or reserved: it cannot give 1',
  );
});

test('A22 while it runs it is known what is counted: payments, discounts, prizes and what is left', async () => {
  await stage.play(bill({ at: '2026-10-12 12:00' }));
  const { accounts } = stage.live.compiled;
  expect(accounts.map(({ account }) => account)).toEqual(
    expect.arrayContaining([
      'budget/bill-payment/total.discount',
      'quota/bill-payment/bill-off/from-20000',
      'stock/bill-payment/lucky-prize',
    ]),
  );
  expect(await stage.balance('quota/bill-payment/bill-off/from-20000')).toBe('1 0');
});
