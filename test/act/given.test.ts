import { describe, expect, test } from 'vitest';
import { deliveriesOf } from '../../pipeline/act/given.ts';
import type { OfferTerms } from '../../pipeline/act/offer-terms.ts';
import type { AwardItem, StoredGrant } from '../../pipeline/reward/grant.ts';
import type { JournalEntry, JournalLeg } from '../../pipeline/reward/journal.ts';
import type { Voucher } from '../../pipeline/reward/voucher.ts';

const TERMS: OfferTerms = {
  currency: 'CNY',
  dueAtMs: (_grant, postedAtMs) => postedAtMs + 1000,
};
const TOPUP: AwardItem = {
  kind: 'voucher',
  voucher: 'phone-topup',
  faceMinor: 1000,
  minSpendMinor: 0,
  expiresAtMs: 9000,
  scope: [],
};
const CUP: AwardItem = { kind: 'goods', sku: 'cup' };
const OFF: AwardItem = { kind: 'discount', amountMinor: 1000 };

function grant(award: readonly AwardItem[], change: Partial<StoredGrant> = {}): StoredGrant {
  return {
    id: 'g_1',
    campaignId: 'bills',
    offerId: 'off',
    budgetLine: 'total',
    eventId: 'pay-1',
    accountId: 'a-1',
    customerId: 'c-1',
    cardId: '',
    beneficiaryId: 'c-1',
    state: 'posted',
    reason: 'granted',
    tier: 0,
    label: '',
    award,
    detail: '',
    amountMinor: 1000,
    clawedBackMinor: 0,
    paymentMinor: 20_000,
    occurredAtMs: 5000,
    deadlineMs: 0,
    configVersion: 'v',
    revision: 7,
    ledgerRecord: 'pay-1 - 0 -\n',
    ...change,
  };
}

function entry(award: readonly AwardItem[], change: Partial<JournalEntry> = {}): JournalEntry {
  return {
    sequence: 7,
    operation: 'reserve',
    operationId: 'g_1',
    occurredAtMs: 6000,
    grant: grant(award),
    legs: [],
    voucher: undefined,
    ...change,
  };
}

const given = (
  each: JournalEntry,
  terms: OfferTerms | undefined = TERMS,
): ReturnType<typeof deliveriesOf> => deliveriesOf(each, () => terms);

const leg = (account: string, postedDelta: number): JournalLeg => ({
  account,
  postedDelta,
  pendingDelta: 0,
});

describe('a grant that posts', () => {
  test.each([
    [OFF, { kind: 'cash', as: 'discount', amountMinor: 1000, currency: 'CNY' }],
    [
      { kind: 'cashback', amountMinor: 7 } as const,
      { kind: 'cash', as: 'cashback', amountMinor: 7, currency: 'CNY' },
    ],
    [{ kind: 'points', points: 500 } as const, { kind: 'points', points: 500 }],
    [CUP, { kind: 'goods', sku: 'cup' }],
  ])('is delivered to its beneficiary: %o', (item, sent) => {
    const change = { grant: grant([item], { beneficiaryId: 'inviter' }) };
    expect(given(entry([item], change))).toEqual([
      {
        id: 'g_1.1',
        kind: sent.kind,
        originalId: '',
        grantId: 'g_1',
        campaignId: 'bills',
        offerId: 'off',
        customerId: 'inviter',
        item: sent,
        occurredAtMs: 6000,
        dueAtMs: 7000,
      },
    ]);
  });

  test('of several things is as many deliveries, the vouchers numbered first', () => {
    const award = [CUP, TOPUP, TOPUP, { kind: 'points', points: -20_000 } as const];
    expect(given(entry(award)).map(({ id, item }) => [id, item])).toEqual([
      ['g_1.3', { kind: 'goods', sku: 'cup' }],
      ['g_1.4', { kind: 'points', points: -20_000 }],
    ]);
  });

  test.each(['post', 'capture', 'claim', 'choose'] as const)('by %s is the same', (operation) => {
    expect(given(entry([CUP], { operation }))).toEqual(given(entry([CUP])));
  });

  test.each([
    'rejected',
    'held',
    'awaiting_claim',
    'awaiting_choice',
    'forfeited',
    'voided',
  ] as const)('and not one that is %s', (state) => {
    expect(given(entry([CUP], { grant: grant([CUP], { state }) }))).toEqual([]);
    const clawback = { operation: 'clawback' as const, legs: [leg('budget/bills/total', -5)] };
    expect(given(entry([OFF], { ...clawback, grant: grant([OFF], { state }) }))).toEqual([]);
  });

  test('goes on being delivered when its campaign is gone from the configuration', () => {
    expect(deliveriesOf(entry([OFF]), () => undefined)).toMatchObject([
      { item: { amountMinor: 1000, currency: '' }, dueAtMs: undefined },
    ]);
  });
});

describe('a discount reserved with an authorisation', () => {
  const captured = { eventId: 'auth-1', ledgerRecord: 'pay-1 - 0 -\n' };

  test.each(['capture', 'post', 'clawback'] as const)(
    'was paid with the payment (%s)',
    (operation) => {
      const change = {
        operation,
        grant: grant([OFF], captured),
        legs: [leg('budget/b/total', -5)],
      };
      expect(given(entry([OFF], change))).toEqual([]);
      // Nor is it paid again once its offer has left the configuration, or is settled afterwards.
      expect(deliveriesOf(entry([OFF], change), () => undefined)).toEqual([]);
    },
  );

  test('but what else comes with it, and what a payment without one earned, is delivered', () => {
    const change = { operation: 'capture' as const, grant: grant([CUP], captured) };
    expect(given(entry([CUP], change))).toHaveLength(1);
    expect(given(entry([OFF]))).toHaveLength(1);
  });
});

describe('a voucher', () => {
  const voucher: Voucher = {
    id: 'g_1.2',
    grantId: 'g_1',
    campaignId: 'bills',
    offerId: 'off',
    customerId: 'c-1',
    voucher: 'phone-topup',
    faceMinor: 1000,
    minSpendMinor: 0,
    costMinor: 1000,
    scope: ['telecom'],
    state: 'issued',
    issuedAtMs: 6000,
    expiresAtMs: 86_400_000,
    redeemedBy: '',
    redeemedAtMs: undefined,
    extendedBy: [],
    revision: 8,
  };
  const item = {
    kind: 'voucher',
    voucherId: 'g_1.2',
    voucher: 'phone-topup',
    faceMinor: 1000,
    minSpendMinor: 0,
    expiresAt: '1970-01-02T00:00:00.000Z',
    scope: ['telecom'],
  };
  const of = (operation: JournalEntry['operation']): JournalEntry =>
    entry([TOPUP, TOPUP], { operation, voucher, sequence: 8 });

  test('is delivered when it is issued, as long as it runs then', () => {
    expect(given(of('issue'))).toMatchObject([{ id: 'g_1.2', kind: 'voucher', item }]);
    // Its grant's own entry gives nothing beside it.
    expect(given(entry([TOPUP, TOPUP]))).toEqual([]);
  });

  test('that is voided is taken back, and one that runs longer says until when', () => {
    expect(given(of('voucher_void'))).toMatchObject([
      { id: 'g_1.2.reversal.1', kind: 'reversal', originalId: 'g_1.2', item },
    ]);
    expect(given(of('extend'))).toMatchObject([
      { id: 'g_1.2.extension.8', kind: 'extension', originalId: 'g_1.2', item },
    ]);
  });

  test.each(['redeem', 'expire'] as const)('that is gone by %s needs no delivery', (operation) => {
    expect(given(of(operation))).toEqual([]);
  });
});

describe('a clawback', () => {
  const back = (
    award: readonly AwardItem[],
    legs: readonly JournalLeg[],
    state: 'posted' | 'clawed_back' = 'posted',
  ): ReturnType<typeof deliveriesOf> =>
    given(
      entry(award, { operation: 'clawback', legs, grant: grant(award, { state }), sequence: 9 }),
    );

  test('of money takes back what this entry moved, once though every budget line has a leg', () => {
    const legs = [leg('budget/bills/total', -333), leg('budget/bills/total.reward', -333)];
    expect(back([OFF], [...legs, leg('payable/c-1', 333)])).toMatchObject([
      {
        id: 'g_1.1.reversal.9',
        kind: 'reversal',
        originalId: 'g_1.1',
        item: { kind: 'cash', as: 'discount', amountMinor: 333, currency: 'CNY' },
      },
    ]);
  });

  test('of points takes back those at hand and those that are owed now', () => {
    const legs = [
      leg('points/c-1', -200),
      leg('receivable-points/c-1', -50),
      leg('points-issued/b', 250),
    ];
    expect(back([{ kind: 'points', points: 500 }], legs)).toMatchObject([
      { id: 'g_1.1.reversal.9', item: { kind: 'points', points: 250 } },
    ]);
    expect(back([{ kind: 'points', points: -500 }], [leg('points/c-1', 500)])).toMatchObject([
      { id: 'g_1.1.reversal.9', item: { kind: 'points', points: -500 } },
    ]);
  });

  test('of goods takes them back only with the whole award, once however many entries follow', () => {
    expect(back([CUP], [leg('budget/bills/total', -10)])).toEqual([]);
    const whole = back([CUP], [leg('budget/bills/total', -990)], 'clawed_back');
    expect(whole).toMatchObject([{ id: 'g_1.1.reversal.1', item: { kind: 'goods', sku: 'cup' } }]);
    expect(back([CUP], [], 'clawed_back')).toEqual(whole);
  });

  test('that moved nothing takes nothing back', () => {
    expect(back([OFF], [])).toEqual([]);
    expect(back([{ kind: 'points', points: 5 }], [])).toEqual([]);
  });
});
