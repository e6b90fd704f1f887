import { describe, expect, test } from 'vitest';
import type { PlainEvent } from '../support/events.ts';
import { shanghai, shipped, Stage, usePlay, type Otherwise } from './play.ts';

usePlay();

const AT = '2026-10-12 12:00';
const bill = (facts: PlainEvent = {}): PlainEvent => ({
  ...{ type: 'payment', at: AT, customerId: 'c1', channel: 'mobile_bank', category: 'water' },
  ...{ merchantId: 'water-works', amount: 20_000, ...facts },
});
const registered = (at: string, customerId = 'c1'): PlainEvent => ({
  ...{ type: 'account.opened', at, customerId },
});
const refund = (of: string, amount: number): PlainEvent => ({
  ...{ type: 'refund', at: AT, customerId: 'c1', refundOf: of, amount },
});
const LOTTERY = ['bill-off', 'bill-draw', 'new-user-gift'] as const;
const bills = (otherwise: Otherwise = {}): Stage =>
  new Stage(shipped('bill-payment', { only: LOTTERY, ...otherwise }));

describe('A15 who registers within the campaign gets a top-up voucher for the first bill', () => {
  test.each([
    ['2026-08-31 23:59:59.999', 'nothing'],
    ['2026-09-01 00:00', 'posted 2000'],
    ['2026-10-12 11:59', 'posted 2000'],
  ])('A15 registered at %s: %s', async (at, expected) => {
    const stage = bills();
    await stage.play(registered(at));
    expect((await stage.play(bill())).of('new-user-gift')).toBe(expected);
  });

  test('A15 the voucher is of 20.00, once, and costs the line of the gifts', async () => {
    const stage = bills();
    await stage.play(registered('2026-10-01 00:00'));
    const { id } = (await stage.play(bill({ id: 'p1' }))).grant('new-user-gift');
    expect(await stage.vouchers(id)).toMatchObject([
      { voucher: 'phone-topup', faceMinor: 2000, state: 'issued', customerId: 'c1' },
    ]);
    expect(await stage.balance('budget/bill-payment/total.prizes.new-user')).toBe('2000 0');
    expect((await stage.play(bill({ category: 'gas' }))).of('new-user-gift')).toBe('nothing');
  });

  test('A15 a gift of equal value instead is a matter of one key', async () => {
    const goods = { vouchers: undefined, goods: { sku: 'third-prize' } };
    const stage = bills({ offers: { 'new-user-gift': goods } });
    await stage.play(registered('2026-10-01 00:00'));
    expect((await stage.play(bill())).grant('new-user-gift').award).toEqual([
      { kind: 'goods', sku: 'third-prize' },
    ]);
  });
});

describe('A16 the first payment must be such a bill, within the campaign', () => {
  test('A16 who paid for something else before has had the first payment', async () => {
    const stage = bills();
    await stage.playAll([registered('2026-10-01 00:00'), bill({ category: 'dining' })]);
    const outcome = await stage.play(bill());
    expect(outcome.of('new-user-gift')).toBe('nothing');
    expect(outcome.of('bill-off')).toBe('posted 1200 (tier-2)');
  });

  test('A16 a payment that was blocked is none', async () => {
    const stage = bills();
    await stage.play(registered('2026-10-01 00:00'));
    expect((await stage.play(bill({ id: 'p1' }), 'block')).of('new-user-gift')).toBe('voided 2000');
    expect((await stage.play(bill())).of('new-user-gift')).toBe('posted 2000');
  });

  test('A16 a first payment after the campaign comes too late', async () => {
    const stage = bills();
    await stage.play(registered('2026-11-30 23:00'));
    expect((await stage.play(bill({ at: '2026-12-01 00:00' }))).told).toEqual([]);
  });
});

test('A17 the voucher is promised within five working days of the payment', async () => {
  const stage = bills();
  const at = '2026-09-30 15:00';
  await stage.play(registered('2026-09-30 10:00'));
  const { id } = (await stage.play(bill({ at }))).grant('new-user-gift');
  // The first week of October is a holiday, the 10th a Saturday that is worked.
  expect(await stage.deliveries()).toMatchObject([
    {
      ...{ kind: 'voucher', item: { voucher: 'phone-topup', faceMinor: 2000 }, grantId: id },
      ...{ customerId: 'c1', dueAtMs: Date.parse(shanghai('2026-10-14 00:00')) },
    },
  ]);
});

describe('A18 who had the gift has neither discount nor draw', () => {
  test('A18 not for the same payment, nor for a later one', async () => {
    const stage = bills();
    await stage.play(registered('2026-10-01 00:00'));
    expect((await stage.play(bill({ id: 'p1' }))).told).toEqual([
      'bill-draw excluded',
      'bill-off excluded',
      'new-user-gift posted 2000',
    ]);
    expect((await stage.play(bill({ category: 'gas' }))).told).toEqual([
      'bill-draw excluded',
      'bill-off excluded',
    ]);
  });

  test('A18 out of stock, the gift closes nothing: discount and draw are open', async () => {
    const stage = bills({ offers: { 'new-user-gift': { quota: { max: 1 } } } });
    await stage.playAll([
      registered('2026-10-01 00:00', 'c0'),
      bill({ customerId: 'c0' }),
      registered('2026-10-01 00:00'),
    ]);
    const outcome = await stage.play(bill());
    expect(outcome.of('new-user-gift')).toBe('quota_exhausted');
    expect(outcome.of('bill-off')).toBe('posted 1200 (tier-2)');
    expect(outcome.of('bill-draw')).not.toBe('excluded');
  });

  test('A18 a gift that waits for review closes them too, and opens them when it is voided', async () => {
    const stage = bills();
    await stage.play(registered('2026-10-01 00:00'));
    expect((await stage.play(bill({ id: 'p1' }), 'review')).told).toEqual([
      'bill-draw excluded',
      'bill-off excluded',
      'new-user-gift held 2000',
    ]);
    await stage.label('p1', 'confirmed', '2026-10-13 09:00');
    expect((await stage.play(bill())).of('bill-off')).toBe('posted 1200 (tier-2)');
  });

  test('A18 a gift whose payment is refunded is taken back, and closes them still: it was used', async () => {
    const stage = bills();
    await stage.play(registered('2026-10-01 00:00'));
    const { id } = (await stage.play(bill({ id: 'p1' }))).grant('new-user-gift');
    await stage.play(refund('p1', 20_000));
    expect(await stage.state(id)).toBe('clawed_back 2000 -2000');
    expect((await stage.vouchers(id)).map(({ state }) => state)).toEqual(['voided']);
    expect((await stage.play(bill())).of('bill-off')).toBe('excluded');
  });
});

describe('A19 a partner’s offer runs by its own agreement', () => {
  const partner = (): Stage => new Stage(shipped('bill-payment', { only: ['property-partner'] }));
  const paid = (facts: PlainEvent): PlainEvent =>
    bill({ category: 'property', merchantId: 'property-01', ...facts });
  test.each([
    ['before it begins', { at: '2026-09-30 23:59:59.999' }, 'nothing'],
    ['as it begins', { at: '2026-10-01 00:00' }, 'posted 1000'],
    ['at its end', { at: '2026-10-31 23:59:59.999' }, 'posted 1000'],
    ['after it', { at: '2026-11-01 00:00' }, 'nothing'],
    ['of too little', { amount: 19_999 }, 'nothing'],
    ['at the cap', { amount: 60_000 }, 'posted 3000'],
    ['beyond the cap', { amount: 99_999 }, 'posted 3000'],
    ['rounded down', { amount: 20_019 }, 'posted 1000'],
    ['to another company', { merchantId: 'property-02' }, 'nothing'],
  ])('A19 a payment %s', async (_title, facts, expected) => {
    expect((await partner().play(paid(facts))).of('property-partner')).toBe(expected);
  });

  test('A19 once for each customer, half of it carried by the partner, and noticed three days before', async () => {
    const stage = partner();
    await stage.play(paid({}));
    expect((await stage.play(paid({}))).of('property-partner')).toBe('limit_reached');
    const { funding, notice } = shipped('bill-payment', { only: ['property-partner'] }).offers[0]!;
    expect(funding).toEqual({ bank: 50, merchant: 50 });
    expect(notice).toEqual({ channels: ['app', 'sms'], before: 3 * 86_400_000 });
  });
});

describe('A20 who shares draws, and who brings a friend has points', () => {
  const shared = (facts: PlainEvent = {}): PlainEvent => ({
    ...{ type: 'campaign.shared', at: AT, customerId: 'c1', deviceId: 'd1', ...facts },
  });
  test('A20 one draw a day for each customer and for each device', async () => {
    const stage = new Stage(shipped('bill-payment', { only: ['share-draw'] }));
    const told = await stage.playAll([
      shared(),
      shared({ at: '2026-10-12 23:59:59.999' }),
      shared({ customerId: 'c2' }),
      shared({ at: '2026-10-13 00:00' }),
      shared({ deviceId: undefined, customerId: 'c3' }),
    ]);
    const drawn = told.map((outcome) => outcome.of('share-draw'));
    expect(drawn.map((text) => /^(posted|limit_reached|nothing)/.exec(text)![0])).toEqual([
      'posted',
      'limit_reached',
      'limit_reached',
      'posted',
      'nothing',
    ]);
  });

  const invited = (friend: string, inviterId: string): PlainEvent[] => [
    { type: 'referral.joined', at: AT, customerId: friend, attributes: { inviterId } },
    registered('2026-10-12 11:00', friend),
  ];
  const refer = (max = 10): Stage =>
    new Stage(
      shipped('bill-payment', {
        only: ['refer'],
        offers: {
          refer: {
            limits: [
              { per: ['inviter'], period: 'campaign', max },
              { per: ['customer'], period: 'ever', max: 1 },
            ],
          },
        },
      }),
    );

  test('A20 the inviter has 500 points when the friend has paid the first bill, once for each friend', async () => {
    const stage = refer();
    await stage.playAll(invited('friend', 'ann'));
    expect(await stage.balance('points/customer=ann')).toBe('0 0');
    const outcome = await stage.play(bill({ customerId: 'friend' }));
    expect(outcome.grant('refer')).toMatchObject({ beneficiaryId: 'ann', customerId: 'friend' });
    await stage.play(bill({ customerId: 'friend', category: 'gas' }));
    expect(await stage.balance('points/customer=ann')).toBe('500 0');
    expect(await stage.balance('points/customer=friend')).toBe('0 0');
  });

  test('A20 for so many friends and no more; nobody invites themselves', async () => {
    const stage = refer(2);
    const told: string[] = [];
    for (const friend of ['f1', 'f2', 'f3']) {
      await stage.playAll(invited(friend, 'ann'));
      told.push((await stage.play(bill({ customerId: friend }))).of('refer'));
    }
    expect(told).toEqual(['posted 100', 'posted 100', 'limit_reached']);
    await stage.playAll(invited('bob', 'bob'));
    expect((await stage.play(bill({ customerId: 'bob' }))).of('refer')).toBe('nothing');
  });

  test('A20 the points go back with the friend’s refund, and are owed when they are spent', async () => {
    const stage = refer();
    await stage.playAll(invited('friend', 'ann'));
    const { id } = (await stage.play(bill({ id: 'p', customerId: 'friend' }))).grant('refer');
    await stage.play({ ...refund('p', 10_000), customerId: 'friend' });
    expect(await stage.balance('points/customer=ann')).toBe('250 0');
    await stage.play({ ...refund('p', 10_000), customerId: 'friend' });
    expect(await stage.state(id)).toBe('clawed_back 100 -100');
    expect(await stage.balance('points/customer=ann')).toBe('0 0');
  });
});
