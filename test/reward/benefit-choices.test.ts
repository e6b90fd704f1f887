/** Benefits that are picked from several: by a draw, by the customer, or by what is asked for. */

import { describe, expect, test } from 'vitest';
import { drawn, drawSeedOf } from '../../pipeline/reward/draw.ts';
import type { ReserveOp } from '../../pipeline/reward/ledger-op.ts';
import { granted, one } from './granted.ts';
import { DRAW_KEY, type EventFacts } from './scenario.ts';

describe('a draw', () => {
  const prizes = [
    { id: 'first', ppm: 300_000, goods: { sku: 'kettle' } },
    { id: 'second', ppm: 300_000, stock: 'cup', off: 100 },
    { id: 'lucky', ppm: 100_000, off: 50 },
  ];
  const draw = { prizes, none: { ppm: 300_000 } };
  const { seed, commitment } = drawSeedOf(DRAW_KEY, 'bills');
  /** The first event whose draw falls into [from, to). */
  const drawing = (offer: object, from: number, to: number): ReserveOp => {
    for (let n = 0; ; n++) {
      const op = one(offer, { id: `entry-${n}` });
      const random = drawn(seed, op.grantId);
      if (random >= from && random < to) return op;
    }
  };

  test('says on the grant what it was drawn from', () => {
    const op = one({ draw });
    const detail = JSON.parse(op.detail) as unknown;
    expect(detail).toEqual({ commitment, random: drawn(seed, op.grantId), entry: 'p' });
  });

  test('gives the prize that the number wins, with its stock', () => {
    expect(drawing({ draw }, 0, 300_000).choices.map(({ label }) => label)).toEqual([
      'first',
      'none',
    ]);
    expect(drawing({ draw }, 300_000, 600_000).choices[0]).toMatchObject({
      label: 'second',
      units: [{ account: 'stock/bills/cup', limit: 50 }],
      award: [{ kind: 'discount', amountMinor: 100 }],
    });
  });

  test('that wins nothing uses up the chance and costs nothing', () => {
    const op = drawing({ draw }, 700_000, 1_000_000);
    expect(op.limits).toHaveLength(1);
    expect(op.choices).toEqual([
      { tier: 0, label: 'none', amountMinor: 0, units: [], values: [], award: [] },
    ]);
  });

  test('gives the fallback in the place of a prize that is gone, and the others keep their odds', () => {
    const offer = { draw: { ...draw, onPrizeEmpty: 'lucky' } };
    const labels = (from: number, to: number): string[] =>
      drawing(offer, from, to).choices.map(({ label }) => label);
    expect(labels(0, 300_000)).toEqual(['first', 'lucky', 'none']);
    expect(labels(300_000, 600_000)).toEqual(['second', 'lucky', 'none']);
    expect(labels(600_000, 700_000)).toEqual(['lucky', 'none']);
    expect(labels(700_000, 1_000_000)).toEqual(['none']);
  });

  test('that is certain to win never offers nothing', () => {
    const certain = [
      { ...prizes[0], ppm: 20_000 },
      { ...prizes[2], ppm: 980_000 },
    ];
    const offer = { draw: { prizes: certain, onPrizeEmpty: 'lucky', certain: true } };
    expect(drawing(offer, 0, 20_000).choices.map(({ label }) => label)).toEqual(['first', 'lucky']);
    expect(drawing(offer, 20_000, 1_000_000).choices.map(({ label }) => label)).toEqual(['lucky']);
  });
});

describe('a choice', () => {
  const options = [
    { id: 'mall', vouchers: [{ voucher: 'mall', face: 10_000, validFor: '30d' }] },
    { id: 'cup', goods: { sku: 'cup' } },
    { id: 'kettle', goods: { sku: 'kettle' } },
  ];
  const op = one({ choice: { options, within: '30d' }, quota: { max: 50_000 } });

  test('reserves the dearest option and the joint quota, and no stock', () => {
    expect(op.quotas).toEqual([{ account: 'quota/bills/off/all', limit: 50_000 }]);
    expect(op.choices).toMatchObject([{ label: '', amountMinor: 30_000, units: [] }]);
    expect(op.choices[0]!.award).not.toEqual([]);
  });

  test('stores its options and its last local day', () => {
    expect(op.next).toMatchObject({
      kind: 'choice',
      untilMs: Date.parse('2026-12-21T00:00:00+08:00'),
      options: [
        { label: 'mall', amountMinor: 10_000, units: [] },
        { label: 'cup', amountMinor: 3000, units: [{ account: 'stock/bills/cup', limit: 50 }] },
        { label: 'kettle', units: [{ account: 'stock/bills/kettle', limit: 5 }] },
      ],
    });
  });
});

describe('an exchange', () => {
  const items = [
    {
      id: 'kettle',
      goods: { sku: 'kettle' },
      combos: [
        { points: 20_000, cash: 9900 },
        { points: 10_000, cash: 19_900 },
        { points: 60_000 },
      ],
    },
  ];
  const shop = {
    ...{ id: 'shop', title: 'Shop', on: ['redemption.requested'], budget: 'total.spend' },
    ...{ exchange: { items }, review: 'always' },
  };
  const back = {
    ...{ id: 'back', title: 'Back', on: ['redemption.requested'], budget: 'total.spend' },
    points: { ofSpentBp: 500 },
  };
  /** The cash of the way to pay, where there is any. */
  const paying = ({ combo = 0 }: { combo?: unknown }): Partial<EventFacts> => {
    const amountMinor = items[0]!.combos[Number(combo)]?.cash;
    return { amountMinor, currency: amountMinor === undefined ? undefined : 'CNY' };
  };
  const request = (attributes: object, offers: readonly object[] = [shop]): readonly ReserveOp[] =>
    granted(
      {},
      {
        ...{ type: 'redemption.requested', ...paying(attributes) },
        attributes: { offerId: 'shop', item: 'kettle', ...attributes },
      },
      {},
      offers,
    );

  test('spends points that are there, takes stock, costs what cash does not pay, and waits for approval', () => {
    const [op] = request({ combo: 1 });
    expect(op).toMatchObject({ intent: 'held', reason: 'awaiting_review', paymentMinor: 19_900 });
    expect(op!.choices).toMatchObject([
      {
        ...{ label: 'kettle', amountMinor: 10_100 },
        units: [{ account: 'stock/bills/kettle', limit: 5 }],
        award: [
          { kind: 'goods', sku: 'kettle' },
          { kind: 'points', points: -10_000 },
        ],
      },
    ]);
    expect(op!.choices[0]!.values.slice(-2)).toEqual([
      { account: 'points/customer=customer-1', by: -10_000, limit: undefined, floor: 0 },
      { account: 'points-issued/bills', by: 10_000, limit: undefined },
    ]);
  });

  test('takes the first way to pay when the request names none', () => {
    expect(request({})[0]).toMatchObject({ paymentMinor: 9900 });
    expect(request({ combo: 2 })[0]!.choices[0]).toMatchObject({ amountMinor: 30_000 });
  });

  test('of an item, a way to pay or an offer that is not there gives nothing', () => {
    for (const attributes of [
      { item: 'cup' },
      { combo: 3 },
      { combo: -1 },
      { combo: 'x' },
      { item: { id: 'kettle' } },
    ]) {
      expect(request(attributes), JSON.stringify(attributes)).toMatchObject([
        { offerId: 'shop', intent: 'rejected', reason: 'no_such_item' },
      ]);
    }
    expect(request({ offerId: 'other' })).toMatchObject([
      { kind: 'refuse', reason: 'offer_not_found' },
    ]);
    expect(request({ offerId: {} })).toMatchObject([{ kind: 'refuse', reason: 'offer_not_named' }]);
  });

  test('gives a share of the points spent back', () => {
    for (const offers of [
      [shop, back],
      [{ ...back, priority: 9 }, shop],
    ]) {
      const [spent, bonus] = request({ combo: 1 }, offers);
      expect(bonus!.choices[0]!.award).toEqual([{ kind: 'points', points: 500 }]);
      // Not without the exchange, nor before it is approved.
      expect(bonus).toMatchObject({ needs: [spent!.grantId], reason: 'awaiting_review' });
    }
  });
});
