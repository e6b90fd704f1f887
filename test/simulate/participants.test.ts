import { describe, expect, test } from 'vitest';
import { grantIdOf } from '../../pipeline/reward/grant-id.ts';
import { DEFAULT_SIMULATION, simulate } from '../../pipeline/simulate/simulate.ts';
import type { SimulatedEvent } from '../../pipeline/simulate/simulated-event.ts';

/** A Saturday from ten in the morning on. */
const SATURDAY = Date.parse('2026-11-21T10:00:00+08:00');
const events = [
  ...simulate({
    ...{ ...DEFAULT_SIMULATION, startMs: SATURDAY, minutes: 180, ratePerSecond: 5 },
    attacks: [],
  }),
];
const byId = new Map(events.map((event) => [event.id, event]));

const of = (type: SimulatedEvent['type']): readonly SimulatedEvent[] =>
  events.filter((event) => event.type === type);
const attribute = (event: SimulatedEvent, name: string): unknown => event.attributes?.[name];
const text = (event: SimulatedEvent, name: string): string => String(attribute(event, name));
const atMs = ({ occurredAt }: SimulatedEvent): number => Date.parse(occurredAt);

/** The event of the same account that an attribute names; it came before. */
function referred(event: SimulatedEvent, name: string): SimulatedEvent {
  const earlier = byId.get(text(event, name))!;
  expect(earlier.accountId).toBe(event.accountId);
  expect(atMs(earlier)).toBeLessThanOrEqual(atMs(event));
  return earlier;
}

describe('customers who use the campaigns', () => {
  test.each([
    ...([
      'campaign.shared',
      'voucher.claimed',
      'payment.authorising',
      'redemption.requested',
    ] as const),
    ...(['proof.submitted', 'customer.updated', 'referral.joined', 'choice.made'] as const),
    ...(['wallet.bound', 'card.activated', 'voucher.redeemed', 'instalment'] as const),
  ])('send %s within a morning', (type) => {
    expect(of(type).length).toBeGreaterThan(5);
  });

  test('conclude most authorisations with a payment of the same amount, some with a cancellation, some never', () => {
    const outcomes = [...of('payment'), ...of('payment.cancelled')].filter(
      (event) => attribute(event, 'authorisationId') !== undefined,
    );
    for (const outcome of outcomes) {
      const authorisation = referred(outcome, 'authorisationId');
      expect(authorisation).toMatchObject({
        type: 'payment.authorising',
        amount: outcome.amount,
        merchantId: outcome.merchantId,
        cardId: outcome.cardId,
      });
    }
    const authorised = of('payment.authorising').length;
    const paid = outcomes.filter(({ type }) => type === 'payment').length;
    expect(paid / authorised).toBeGreaterThan(0.8);
    expect(outcomes.length - paid).toBeGreaterThan(5);
    expect(outcomes.length).toBeLessThan(authorised);
  });

  test('prove a spend at a partner with the payment that made it', () => {
    for (const proof of of('proof.submitted')) {
      expect(referred(proof, 'paymentId')).toMatchObject({
        ...{ type: 'payment', amount: proof.amount, merchantId: proof.merchantId },
      });
    }
  });

  test('fill their baskets up to the offers of the malls at the weekend', () => {
    const amounts = of('payment.authorising')
      .filter(({ merchantId }) => merchantId?.startsWith('mall-'))
      .map(({ amount }) => amount!);
    const reached = amounts.filter((amount) => amount >= 50_000).length;
    expect(reached / amounts.length).toBeGreaterThan(0.5);
  });

  test('choose a gift under the id that the ledger gives a first spend', () => {
    const payments = of('payment');
    for (const choice of of('choice.made')) {
      const scope = `customer=${choice.customerId!}`;
      const ids = payments
        .filter(({ accountId }) => accountId === choice.accountId)
        .map(({ id }) => grantIdOf('credit-card', 'first-spend', scope, id));
      expect(ids).toContain(attribute(choice, 'grantId'));
    }
  });

  test('name what the bank needs to know: who invited them, their wallet, the fee of their instalments', () => {
    for (const joined of of('referral.joined')) {
      expect(text(joined, 'inviterId')).toMatch(/^cus-/);
      expect(text(joined, 'inviterId')).not.toBe(joined.customerId);
    }
    for (const update of of('customer.updated')) {
      expect(text(update, 'birthday')).toMatch(/^(0[1-9]|1[0-2])-(0[1-9]|1\d|2[0-8])$/);
    }
    for (const bound of of('wallet.bound')) {
      expect(['wechat', 'alipay', 'unionpay']).toContain(attribute(bound, 'wallet'));
    }
    for (const { attributes, amount, terms } of of('instalment')) {
      expect(attributes!['fee']).toBe(Math.round(amount! * terms! * 0.006));
    }
  });
});
