import { describe, expect, test } from 'vitest';
import type { PlainEvent } from '../support/events.ts';
import { shipped, Stage, usePlay, type CampaignId } from './play.ts';

usePlay();

const AT = '2026-10-12 12:00';
const LATER = '2026-10-13 12:00';
const WRAPUP = '2026-12-30 12:00';
const BILL = { channel: 'mobile_bank', category: 'water' };

const approved = (at: string): PlainEvent => ({ type: 'card.approved', at, customerId: 'c1' });
const paid = (at: string, amount: number, facts: PlainEvent = {}): PlainEvent => ({
  ...{ id: 'p', type: 'payment', at, customerId: 'c1', cardId: 'k1', instrument: 'credit', amount },
  ...facts,
});
const refunded = (at: string, amount: number): PlainEvent => ({
  ...{ type: 'refund', at, customerId: 'c1', refundOf: 'p', amount },
});
const chosen = (grantId: string): PlainEvent => ({
  ...{ type: 'choice.made', at: AT, customerId: 'c1' },
  attributes: { grantId, option: 'mall-voucher' },
});
const certain = (prize: PlainEvent): PlainEvent => ({
  draw: { prizes: [{ id: 'won', ppm: 1_000_000, ...prize }], onPrizeEmpty: 'none' },
});

/** An offer whose reward has no halves, with what earns it; `enough` is the least that the payment had to be. */
interface Gift {
  readonly campaign: CampaignId;
  readonly keys?: PlainEvent;
  readonly events: readonly PlainEvent[];
  readonly at: string;
  readonly enough: number;
}

const GIFTS: Readonly<Record<string, Gift>> = {
  'first-spend': {
    campaign: 'credit-card',
    events: [approved('2026-10-02 10:00'), paid(AT, 30_100)],
    at: AT,
    enough: 30_000,
  },
  'wake-draw': {
    campaign: 'credit-card',
    keys: certain({ vouchers: [{ voucher: 'repayment', face: 500, validFor: '30d' }] }),
    events: [
      approved('2026-01-05 10:00'),
      { type: 'card.activated', at: AT, customerId: 'c1' },
      paid(AT, 10_100),
    ],
    at: AT,
    enough: 10_000,
  },
  'two-more': {
    campaign: 'credit-card',
    events: [paid(WRAPUP, 5000, { id: 'first' }), paid(WRAPUP, 200)],
    at: WRAPUP,
    enough: 100,
  },
  'bill-draw': {
    campaign: 'bill-payment',
    keys: { ...certain({ goods: { sku: 'lucky-prize' } }), excludedBy: [] },
    events: [paid(AT, 200, BILL)],
    at: AT,
    enough: 100,
  },
};

describe('what cannot be halved goes back whole', () => {
  test.each(Object.entries(GIFTS))(
    'D5 %s stays while the payment is enough for it, and not a fen longer',
    async (offer, { campaign, keys = {}, events, at, enough }) => {
      const stage = new Stage(shipped(campaign, { only: [offer], offers: { [offer]: keys } }));
      const outcomes = await stage.playAll(events);
      const { id, amountMinor, state } = outcomes.at(-1)!.grant(offer);
      const paidMinor = Number(events.at(-1)!['amount']);
      await stage.play(refunded(at, paidMinor - enough));
      expect((await stage.ledger.grant(id))!.state).toBe(state);
      await stage.play(refunded(at, 1));
      const after = (await stage.ledger.grant(id))!;
      if (state === 'posted') {
        expect([after.state, after.clawedBackMinor]).toEqual(['clawed_back', amountMinor]);
      } else {
        expect(after.state).toBe('voided');
      }
      expect((await stage.vouchers(id)).map((voucher) => voucher.state)).not.toContain('issued');
      const line = campaign === 'credit-card' ? 'credit-card/total' : 'bill-payment/total';
      expect(await stage.balance(`budget/${line}`)).toBe('0 0');
    },
  );

  test('D5 a voucher that was chosen goes with the payment, and a choice that comes after it is refused', async () => {
    const { events } = GIFTS['first-spend']!;
    const stage = new Stage(shipped('credit-card', { only: ['first-spend'] }));
    const id = (await stage.playAll(events)).at(-1)!.grant('first-spend').id;
    await stage.play(chosen(id));
    await stage.play(refunded(LATER, 30_099));
    expect(await stage.state(id)).toBe('clawed_back 10000 -10000 (mall-voucher)');
    expect((await stage.vouchers(id)).map(({ state }) => state)).toEqual(['voided']);
  });
});
