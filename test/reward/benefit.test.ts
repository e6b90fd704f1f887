import { describe, expect, test } from 'vitest';
import { floorShare } from '../../pipeline/reward/exact.ts';
import type { ReserveOp } from '../../pipeline/reward/ledger-op.ts';
import { chosen, granted } from './granted.ts';
import { campaigns, ops, SPEND, TOTAL, type EventFacts } from './scenario.ts';

describe('money', () => {
  test('a fixed discount costs its amount on every budget line, and is payable to the customer', () => {
    const limit = 1_000_000_000;
    expect(chosen({ off: 500 })).toEqual({
      ...{ tier: 0, label: '', amountMinor: 500, units: [] },
      values: [
        { account: TOTAL, by: 500, limit },
        { account: SPEND, by: 500, limit },
        { account: 'payable/customer=customer-1', by: -500, limit: undefined },
      ],
      award: [{ kind: 'discount', amountMinor: 500 }],
    });
  });

  test.each([
    [{ off: { percentBp: 500, cap: 3000 } }, 33_333, 1666],
    [{ off: { percentBp: 500, cap: 3000 } }, 1_000_000, 3000],
    [{ off: { percentBp: 10_000 } }, 30_001, 30_001],
    [{ cashback: { bp: 100, cap: 10_000 } }, 555_555, 5555],
    [{ cashback: { bp: 100, cap: 10_000 } }, 1_000_000, 10_000],
    [{ cashback: { bp: 100, cap: 10_000 } }, 1_000_099, 10_000],
    [{ cashback: 88 }, 30_000, 88],
  ])('%j of %i is rounded down, then capped: %i', (offer, amountMinor, expected) => {
    expect(chosen(offer, { amountMinor }).amountMinor).toBe(expected);
  });

  test('a share of a sum beyond 2^53 is exact', () => {
    expect(chosen({ off: { percentBp: 9999 } }, { amountMinor: Number.MAX_SAFE_INTEGER })).toEqual(
      expect.objectContaining({ amountMinor: 9006298534815516 }),
    );
    expect(floorShare(Number.MAX_SAFE_INTEGER, 2, 1)).toBeUndefined();
    expect(floorShare(9_007_199_254_740_990, 1, 3)).toBe(3_002_399_751_580_330);
  });

  test('a fee cut is the part of the fee that is not paid', () => {
    const offer = { feeCut: { of: 'attributes.fee', factorBp: 8000 } };
    const { award, amountMinor } = chosen(offer, { attributes: { fee: 1999 } });
    expect({ award, amountMinor }).toEqual({
      award: [{ kind: 'fee_cut', amountMinor: 399 }],
      amountMinor: 399,
    });
    for (const fee of [undefined, '1999', -1, 1.5, Number.MAX_VALUE, null]) {
      expect(granted(offer, { attributes: { fee } }), String(fee)).toEqual([]);
    }
  });

  test('a benefit that comes to nothing uses up no right', () => {
    expect(granted({ cashback: { bp: 100 } }, { amountMinor: 99 })).toEqual([]);
    expect(granted({ cashback: { bp: 100 } }, { amountMinor: 100 })).toHaveLength(1);
    expect(granted({ points: { perMinor: 100 } }, { amountMinor: 99 })).toEqual([]);
  });
});

describe('points', () => {
  const bonus = { eligible: 'birthdayMonth()', addBp: 5000 };
  const double = { perMinor: 100, rateBp: 20_000 };
  test.each([
    [{ points: 40 }, 40],
    [{ points: double }, 600],
    [{ points: { ...double, bonus } }, 750],
    [{ points: { ...double, bonus: { ...bonus, stackOn: 'running' } } }, 900],
    [{ points: { perMinor: 700, rateBp: 10_000 } }, 42],
  ])('%j for 300.00 in the birthday month: %i', (offer, expected) => {
    const { award } = chosen(offer, {}, { birthday: '11-05' });
    expect(award).toEqual([{ kind: 'points', points: expected }]);
  });

  test('outside the birthday month there is no bonus', () => {
    const { award } = chosen({ points: { ...double, bonus } }, {}, { birthday: '12-05' });
    expect(award).toEqual([{ kind: 'points', points: 600 }]);
  });

  test('are issued by the campaign, belong to the customer, and cost the budget their worth', () => {
    const { values, amountMinor } = chosen({ points: double }, { amountMinor: 129_950 });
    expect(amountMinor).toBe(520);
    expect(values.slice(2)).toEqual([
      { account: 'payable/customer=customer-1', by: -520, limit: undefined },
      { account: 'points/customer=customer-1', by: 2599, limit: undefined },
      { account: 'points-issued/bills', by: -2599, limit: undefined },
    ]);
  });

  test('belong to nobody when the event names nobody', () => {
    const nobody = { customerId: undefined, accountId: '' };
    expect(granted({ points: 5, limits: [] }, nobody)).toEqual([]);
    expect(granted({ off: 5, limits: [] }, nobody)).toHaveLength(1);
  });
});

describe('vouchers and goods', () => {
  test('a pack costs its faces; every voucher is good until its last local day ends', () => {
    const pack = [
      { voucher: 'repay', face: 500, count: 3, validFor: '15d' },
      { voucher: 'shop', face: 1000, minSpend: 5000, validFor: '10wd', scope: ['fuel'] },
    ];
    const { award, amountMinor } = chosen({ vouchers: pack });
    expect(amountMinor).toBe(2500);
    expect(award).toHaveLength(4);
    expect(award[0]).toEqual({
      ...{ kind: 'voucher', voucher: 'repay', faceMinor: 500, minSpendMinor: 0, scope: [] },
      expiresAtMs: Date.parse('2026-12-06T00:00:00+08:00'),
    });
    // Ten working days after Friday 20 November end with 4 December.
    expect(award[3]).toMatchObject({
      ...{ voucher: 'shop', minSpendMinor: 5000, scope: ['fuel'] },
      expiresAtMs: Date.parse('2026-12-05T00:00:00+08:00'),
    });
  });

  test('a voucher of 29 February, and one over the end of the year, count local days', () => {
    const pack = [{ voucher: 'v', face: 1, validFor: '1d' }];
    const window = { from: '2023-01-01T00:00:00+08:00', to: '2029-01-01T00:00:00+08:00' };
    const compiled = campaigns({ offer: { vouchers: pack }, campaign: { window } });
    const expiry = (at: string): unknown => {
      const [op] = ops(compiled, { id: 'p', occurredAtMs: Date.parse(at) }) as [ReserveOp];
      return op.choices[0]!.award[0];
    };
    const until = (at: string): object => ({ expiresAtMs: Date.parse(at) });
    expect(expiry('2028-02-28T23:59:59.999+08:00')).toMatchObject(until('2028-03-01T00:00+08:00'));
    expect(expiry('2028-02-29T00:00:00.000+08:00')).toMatchObject(until('2028-03-02T00:00+08:00'));
    expect(expiry('2026-12-31T12:00:00.000+08:00')).toMatchObject(until('2027-01-02T00:00+08:00'));
  });

  test('goods take a piece of stock and cost what it cost', () => {
    expect(chosen({ goods: { sku: 'cup', priority: true } })).toMatchObject({
      amountMinor: 3000,
      units: [{ account: 'stock/bills/cup', limit: 50 }],
      award: [{ kind: 'goods', sku: 'cup', priority: true }],
    });
  });
});

test('a voucher is claimed from the offer that is named', () => {
  const offer = { on: ['voucher.claimed'], vouchers: [{ voucher: 'v', face: 5, validFor: '7d' }] };
  const claimed = (attributes: object): readonly object[] =>
    granted(offer, {
      ...{ type: 'voucher.claimed', amountMinor: undefined, currency: undefined },
      attributes,
    } as Partial<EventFacts>);
  expect(claimed({ offerId: 'off' })).toMatchObject([{ intent: 'posted' }]);
  expect(claimed({ offerId: 'other' })).toMatchObject([{ reason: 'offer_not_found' }]);
  expect(claimed({})).toMatchObject([{ reason: 'offer_not_named' }]);
});

describe('tiers', () => {
  const tiers = [
    { atLeast: 10_000, off: 500, quota: 10 },
    { atLeast: 20_000, vouchers: [{ voucher: 'v', face: 1200, validFor: '1d' }] },
  ];

  test('each gives its own benefit, with its own quota', () => {
    const compiled = campaigns({ tiers });
    const choice = (amountMinor: number): unknown =>
      (ops(compiled, { id: 'p', amountMinor })[0] as ReserveOp).choices;
    expect(choice(10_000)).toMatchObject([
      { label: 'tier-1', units: [{ account: 'quota/bills/off/from-10000', limit: 10 }] },
    ]);
    expect(choice(20_000)).toMatchObject([{ label: 'tier-2', amountMinor: 1200, units: [] }]);
  });
});
