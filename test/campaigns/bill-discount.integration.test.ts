import { describe, expect, test } from 'vitest';
import type { PlainEvent } from '../support/events.ts';
import { shipped, Stage, usePlay } from './play.ts';

usePlay();

const AT = '2026-10-12 12:00';
const bill = (facts: PlainEvent = {}): PlainEvent => ({
  ...{ type: 'payment', at: AT, customerId: 'c1', channel: 'mobile_bank', category: 'water' },
  ...{ merchantId: 'water-works', amount: 20_000, ...facts },
});
const refund = (id: string, of: string, amount: number): PlainEvent => ({
  ...{ id, type: 'refund', at: AT, customerId: 'c1', refundOf: of, amount },
});
const discount = (keys: PlainEvent = {}, campaign: PlainEvent = {}): Stage =>
  new Stage(
    shipped('bill-payment', {
      only: ['bill-off'],
      offers: { 'bill-off': { excludedBy: [], ...keys } },
      campaign,
    }),
  );

describe('A02 the campaign is open from its first instant to just before its last', () => {
  test.each([
    ['2026-08-31 23:59:59.999', 'nothing'],
    ['2026-09-01 00:00', 'posted 1200 (tier-2)'],
    ['2026-11-30 23:59:59.999', 'posted 1200 (tier-2)'],
    ['2026-12-01 00:00', 'nothing'],
  ])('A02 at %s: %s', async (at, expected) => {
    expect((await discount().play(bill({ at }))).of('bill-off')).toBe(expected);
  });

  test.each([
    ['2023-12-31 23:59:59.999', 'nothing'],
    ['2024-01-01 00:00', 'posted 1200 (tier-2)'],
    ['2024-02-29 00:00', 'posted 1200 (tier-2)'],
    ['2024-02-29 23:59:59.999', 'posted 1200 (tier-2)'],
    ['2024-03-01 00:00', 'nothing'],
  ])('A02 a window from a year’s end to a 29 February, at %s: %s', async (at, expected) => {
    const window = { from: '2024-01-01T00:00:00+08:00', to: '2024-03-01T00:00:00+08:00' };
    expect((await discount({}, { window }).play(bill({ at }))).of('bill-off')).toBe(expected);
  });
});

describe('A03 users of the mobile bank, of the online bank, and other qualifying customers take part', () => {
  test.each([
    ['mobile_bank', 'posted 1200 (tier-2)'],
    ['online_bank', 'posted 1200 (tier-2)'],
    ['pos', 'nothing'],
    [undefined, 'nothing'],
  ])('A03 a bill paid through %s: %s', async (channel, expected) => {
    expect((await discount().play(bill({ channel }))).of('bill-off')).toBe(expected);
  });

  test('A03 a customer the bank calls qualified takes part in a partner’s offer at the counter too', async () => {
    const stage = new Stage(shipped('bill-payment', { only: ['property-partner'] }));
    const paid = bill({ channel: 'pos', category: 'property', merchantId: 'property-01' });
    expect((await stage.play(paid)).of('property-partner')).toBe('nothing');
    await stage.play({
      ...{
        type: 'customer.updated',
        at: AT,
        customerId: 'c1',
        attributes: { tags: ['qualified'] },
      },
    });
    expect((await stage.play(paid)).of('property-partner')).toBe('posted 1000');
  });
});

describe('A04 three tiers of money off, each for its own first customers', () => {
  test.each([
    [9_999, 'nothing'],
    [10_000, 'posted 500 (tier-1)'],
    [19_999, 'posted 500 (tier-1)'],
    [20_000, 'posted 1200 (tier-2)'],
    [49_999, 'posted 1200 (tier-2)'],
    [50_000, 'posted 4000 (tier-3)'],
  ])('A04 a bill of %i: %s', async (amount, expected) => {
    expect((await discount().play(bill({ amount }))).of('bill-off')).toBe(expected);
  });

  test.each(['water', 'electricity', 'gas', 'phone', 'property'])(
    'A04 %s is on the list of bills',
    async (category) => {
      const outcome = await discount().play(bill({ category }));
      expect(outcome.of('bill-off')).toBe('posted 1200 (tier-2)');
    },
  );

  test('A04 what is no bill earns nothing', async () => {
    expect((await discount().play(bill({ category: 'fashion' }))).of('bill-off')).toBe('nothing');
  });

  test('A04 each tier has its own first N, and one that is gone leaves the others', async () => {
    const stage = discount({
      tiers: [
        { atLeast: 10_000, off: 500, quota: 2 },
        { atLeast: 20_000, off: 1200, quota: 2 },
      ],
    });
    const told: string[] = [];
    for (const [n, amount] of [20_000, 20_000, 20_000, 10_000, 10_000, 10_000].entries()) {
      const outcome = await stage.play(bill({ customerId: `c${n}`, amount }));
      told.push(outcome.of('bill-off'));
    }
    expect(told).toEqual([
      ...['posted 1200 (tier-2)', 'posted 1200 (tier-2)', 'quota_exhausted'],
      ...['posted 500 (tier-1)', 'posted 500 (tier-1)', 'quota_exhausted'],
    ]);
    expect(await stage.balance('quota/bill-payment/bill-off/from-20000')).toBe('2 0');
    expect(await stage.balance('budget/bill-payment/total.discount')).toBe('3400 0');
  });
});

test('A05 gives one discount for each kind of bill', async () => {
  const stage = discount();
  const told = await stage.playAll([
    bill(),
    bill({ amount: 50_000 }),
    bill({ category: 'gas' }),
    bill({ category: 'gas', at: '2026-11-30 23:00' }),
    bill({ customerId: 'c2' }),
  ]);
  expect(told.map((outcome) => outcome.of('bill-off'))).toEqual([
    'posted 1200 (tier-2)',
    'limit_reached',
    'posted 1200 (tier-2)',
    'limit_reached',
    'posted 1200 (tier-2)',
  ]);
});

test('A06 the time of the payment counts, not that of its arrival, and its amount must reach the tier', async () => {
  const stage = discount();
  const inTime = bill({ at: '2026-11-30 23:59:59.999', amount: 10_000 });
  const told = await stage.playAll([
    bill({ at: '2026-12-01 00:00', customerId: 'c2' }),
    inTime,
    bill({ at: '2026-11-30 23:59', amount: 9_999, customerId: 'c3' }),
  ]);
  expect(told.map((outcome) => outcome.of('bill-off'))).toEqual([
    'nothing',
    'posted 500 (tier-1)',
    'nothing',
  ]);
});

test('A07 the discount is deducted right after the payment: the customer has paid the bill less the discount', async () => {
  const stage = discount();
  const grant = (await stage.play(bill())).grant('bill-off');
  expect(grant).toMatchObject({
    state: 'posted',
    paymentMinor: 20_000,
    award: [{ kind: 'discount', amountMinor: 1200 }],
  });
  expect(await stage.balance('budget/bill-payment/total')).toBe('1200 0');
  expect(await stage.balance('payable/customer=c1')).toBe('-1200 0');
});

describe('A08 a refund takes the discount back in proportion', () => {
  test('A08 part by part, and with the last part exactly what is left of it', async () => {
    const stage = discount();
    const { id } = (await stage.play(bill({ id: 'p', amount: 30_000 }))).grant('bill-off');
    const back: string[] = [];
    for (const [n, amount] of [7777, 10_000, 12_223].entries()) {
      await stage.play(refund(`r${n}`, 'p', amount));
      back.push(await stage.state(id));
    }
    expect(back).toEqual([
      'posted 1200 -311 (tier-2)',
      'posted 1200 -711 (tier-2)',
      'clawed_back 1200 -1200 (tier-2)',
    ]);
    expect(await stage.balance('budget/bill-payment/total.discount')).toBe('0 0');
    expect(await stage.balance('payable/customer=c1')).toBe('0 0');
  });

  test('A08 the use stays used: the next bill of this kind earns nothing', async () => {
    const stage = discount();
    await stage.play(bill({ id: 'p' }));
    await stage.play(refund('r', 'p', 20_000));
    expect((await stage.play(bill())).of('bill-off')).toBe('limit_reached');
    expect(await stage.balance('quota/bill-payment/bill-off/from-20000')).toBe('1 0');
  });

  test('A08 a refund that comes before its payment waits for it; one repeated takes nothing twice', async () => {
    const stage = discount();
    await stage.play(refund('r', 'p', 10_000));
    const { id } = (await stage.play(bill({ id: 'p' }))).grant('bill-off');
    expect(await stage.state(id)).toBe('posted 1200 -600 (tier-2)');
    await stage.play(refund('r', 'p', 10_000));
    expect(await stage.state(id)).toBe('posted 1200 -600 (tier-2)');
  });
});
