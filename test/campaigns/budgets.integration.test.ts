/**
 * The lines of the three budgets under load: whatever comes, in whatever order and through however many writers,
 * what is given and promised never passes a line, a stock or a quota. The limits are made small, so that all are
 * reached; a line above is smaller than those below together.
 */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { BudgetLine } from '../../config/campaign-budgets.ts';
import type { Campaign } from '../../config/campaign-schema.ts';
import type { Verdict } from '../../pipeline/decide/decision.ts';
import type { LedgerOp } from '../../pipeline/reward/ledger-op.ts';
import type { PlainEvent } from '../support/events.ts';
import { forget, shipped, Stage, usePlay, writer, type CampaignId } from './play.ts';

usePlay();

const WRITERS = 4;
const BATCH = 40;

function small(
  lines: Readonly<Record<string, BudgetLine>>,
  leaf: number,
): Record<string, BudgetLine> {
  return Object.fromEntries(
    Object.entries(lines).map(([name, { children }]) => {
      if (children === undefined) return [name, { limit: leaf }];
      const below = small(children, leaf);
      const sum = Object.values(below).reduce((total, { limit }) => total + limit, 0);
      return [name, { limit: Math.round(sum * 0.6), children: below }];
    }),
  );
}

function tight(id: CampaignId, leaf: number): Campaign {
  const { budgets, stock } = shipped(id);
  const few = Object.entries(stock).map(([sku, { costMinor }]) => [sku, { units: 2, costMinor }]);
  return shipped(id, {
    campaign: { budgets: small(budgets, leaf), stock: Object.fromEntries(few) as object },
  });
}

const customerId = fc.integer({ min: 1, max: 30 }).map((n) => `c${n}`);
const cardId = fc.integer({ min: 1, max: 30 }).map((n) => `k${n}`);
const at = fc.constantFrom(
  '2026-10-09 12:00',
  '2026-10-10 12:00',
  '2026-10-12 12:00',
  '2026-10-16 15:00',
);
const amount = fc.constantFrom(9_000, 10_000, 20_000, 30_000, 50_000, 100_000, 600_000);
const attributes = (value: PlainEvent) => fc.constant(value);

const opened = fc.record({
  type: fc.constant('account.opened'),
  at: fc.constant('2026-10-01 09:00'),
  customerId,
});
const payment = fc.record({
  ...{ type: fc.constant('payment'), at, customerId, cardId, amount },
  channel: fc.constantFrom('mobile_bank', 'online_bank'),
  category: fc.constantFrom('water', 'gas', 'property', 'supermarket', 'dining'),
  instrument: fc.constantFrom('credit', 'debit'),
  merchantId: fc.constantFrom('shop-0001', 'property-01', 'mall-01', 'travel-01'),
});
const shared = fc.record({
  type: fc.constant('campaign.shared'),
  at,
  customerId,
  deviceId: cardId,
});
const refund = fc.record({
  ...{ type: fc.constant('refund'), at, customerId, amount },
  refundOf: fc.integer({ min: 1, max: 60 }).map((n) => `e-${n}`),
});
const authorising = payment.map((event) => ({
  ...event,
  type: 'payment.authorising',
  attributes: { product: 'hotel' },
}));
const bought = fc.record({
  ...{ type: fc.constant('redemption.requested'), at, customerId },
  attributes: fc.record({
    offerId: fc.constantFrom('points-shop', 'voucher-shop', 'card-points-shop'),
    item: fc.constantFrom('kettle', 'watch', 'tablet', 'dining', 'travel', 'video'),
  }),
});
const boughtWithCash = fc.record({
  ...{ type: fc.constant('redemption.requested'), at, customerId, amount: fc.constant(2000) },
  attributes: fc.constant({ offerId: 'combo-shop', item: 'kettle' }),
});
const redemption = fc.oneof(bought, boughtWithCash);
const proof = fc.record({
  ...{ type: fc.constant('proof.submitted'), at, customerId, amount },
  ...{ merchantId: fc.constant('shop-0001'), instrument: fc.constant('credit') },
  attributes: cardId.map((paymentId) => ({ paymentId })),
});
const approved = fc.record({
  type: fc.constant('card.approved'),
  at: fc.constant('2026-10-02 09:00'),
  customerId,
});
const activated = fc.record({
  ...{ type: fc.constant('card.activated'), at, customerId },
  attributes: attributes({ applySource: 'street' }),
});
const bound = fc.record({
  ...{ type: fc.constant('wallet.bound'), at, customerId, cardId },
  attributes: attributes({ wallet: 'wechat', applyChannel: 'mobile_bank' }),
});
const instalment = fc.record({
  ...{ type: fc.constant('instalment'), at, customerId, amount, terms: fc.constant(12) },
  attributes: attributes({ kind: 'bill', fee: 30_000 }),
});
const claimed = fc.record({
  ...{ type: fc.constant('voucher.claimed'), at, customerId },
  attributes: fc.constantFrom('mall-pack', 'life-zone', 'lounge').map((offerId) => ({ offerId })),
});
const verdict = fc.constantFrom<Verdict>('allow', 'allow', 'allow', 'review', 'block');

type Crowd = readonly { readonly event: PlainEvent; readonly verdict: Verdict }[];

function crowd(...events: readonly fc.Arbitrary<PlainEvent>[]): fc.Arbitrary<Crowd> {
  const one = fc.record({ event: fc.oneof(...events), verdict });
  return fc.array(one, { minLength: 120, maxLength: 240, size: 'max' });
}

/** Batches go to the writers in turn, and all of them write at once. */
async function inParallel(stage: Stage, events: Crowd, check: () => Promise<void>): Promise<void> {
  const ledgers = Array.from({ length: WRITERS }, writer);
  for (let from = 0; from < events.length; from += BATCH) {
    const shares: LedgerOp[][] = ledgers.map(() => []);
    for (const [index, { event, verdict: word }] of events.slice(from, from + BATCH).entries()) {
      shares[index % WRITERS]!.push(...stage.ops(event, word));
    }
    await Promise.all(ledgers.map((ledger, index) => ledger.apply(shares[index]!)));
    await check();
  }
}

test.each([
  ['A32', 'bill-payment', 6_000, crowd(opened, payment, payment, payment, shared, refund)],
  ['B18', 'redemption', 12_000, crowd(payment, redemption, redemption, proof, proof, refund)],
  [
    'C32',
    'credit-card',
    20_000,
    crowd(approved, activated, bound, payment, payment, authorising, instalment, claimed, refund),
  ],
] as const)(
  '%s whatever comes to %s through four writers, no line of its budget is overrun',
  async (_id, campaignId, leaf, events) => {
    const campaign = tight(campaignId, leaf);
    const refused = new Set<string>();
    let fullest = 0;
    await fc.assert(
      fc.asyncProperty(events, async (list) => {
        await forget();
        const extra =
          campaignId === 'redemption' ? [shipped('credit-card', { only: ['double-points'] })] : [];
        const stage = new Stage([campaign, ...extra]);
        const { accounts } = stage.live.compiled;
        await inParallel(stage, list, async () => {
          const balances = await stage.ledger.balances(accounts.map(({ account }) => account));
          for (const [index, { account, posted, pending }] of balances.entries()) {
            const { limit } = accounts[index]!;
            expect(posted, account).toBeGreaterThanOrEqual(0);
            expect(posted + pending, account).toBeLessThanOrEqual(limit);
            if (account.startsWith('budget/'))
              fullest = Math.max(fullest, (posted + pending) / limit);
          }
        });
        for (const { grant } of await stage.ledger.drain(0, 5000)) refused.add(grant.reason);
      }),
      { numRuns: 12, seed: 20_261_122 },
    );
    // Otherwise nothing was put to the test.
    expect(fullest).toBeGreaterThan(0.9);
    expect(refused).toContain('budget_exhausted');
  },
);
