/**
 * Whatever comes, through however many writers, repeated and out of order: behind every grant stand the version of
 * the rules and the decision on its event, and the decision's verdict bounds what became of the grant.
 */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Verdict } from '../../pipeline/decide/decision.ts';
import { hasOffer, type Grant } from '../../pipeline/reward/grant.ts';
import type { LedgerOp } from '../../pipeline/reward/ledger-op.ts';
import type { PlainEvent } from '../support/events.ts';
import { forget, shipped, Stage, usePlay, writer } from './play.ts';

usePlay();

const WRITERS = 4;
const customerId = fc.integer({ min: 1, max: 12 }).map((n) => `c${n}`);
const cardId = fc.integer({ min: 1, max: 12 }).map((n) => `k${n}`);
const at = fc.constantFrom('2026-10-09 12:00', '2026-10-10 12:00', '2026-10-16 15:00');
const amount = fc.constantFrom(9_000, 20_000, 50_000, 100_000);
const payment = fc.record({
  ...{ type: fc.constantFrom('payment', 'payment.authorising'), at, customerId, cardId, amount },
  channel: fc.constantFrom('mobile_bank', 'online_bank'),
  category: fc.constantFrom('water', 'gas', 'supermarket'),
  instrument: fc.constantFrom('credit', 'debit'),
  merchantId: fc.constantFrom('shop-0001', 'mall-01'),
});
const opened = fc.record({
  type: fc.constantFrom('account.opened', 'card.approved', 'campaign.shared', 'login'),
  ...{ at, customerId, deviceId: cardId },
});
const refund = fc.record({
  ...{ type: fc.constant('refund'), at, customerId, amount },
  refundOf: fc.integer({ min: 0, max: 40 }).map((n) => `n${n}`),
});
const judged = fc.record({
  event: fc.oneof(payment, payment, payment, opened, refund),
  verdict: fc.constantFrom<Verdict>('allow', 'allow', 'review', 'block'),
  again: fc.nat(WRITERS - 1),
});

/** What a verdict leaves possible, as long as no person has spoken. */
function fits({ state, reason }: Grant, verdict: Verdict): boolean {
  if (verdict === 'block') return state === 'voided' || state === 'rejected';
  if (verdict === 'review') return ['held', 'voided', 'rejected'].includes(state);
  return reason !== 'risk_block' && reason !== 'held_for_review';
}

test('no grant is without the version of its rules and a decision on its event, and none is live that was intercepted', async () => {
  const seen = new Set<string>();
  await fc.assert(
    fc.asyncProperty(
      fc.array(judged, { minLength: 30, maxLength: 60, size: 'max' }),
      fc.infiniteStream(fc.nat(1_000_000)),
      async (list, order) => {
        await forget();
        const stage = new Stage([shipped('bill-payment'), shipped('credit-card')]);
        const decisions = new Map<string, Verdict>();
        const shares: LedgerOp[][] = Array.from({ length: WRITERS }, () => []);
        for (const [n, { event, verdict, again }] of list.entries()) {
          const id = `n${n}`;
          decisions.set(id, verdict);
          const ops = stage.ops({ id, ...(event as PlainEvent) }, verdict);
          for (const share of new Set([shares[n % WRITERS]!, shares[again]!])) share.push(...ops);
        }
        const shuffled = shares.map((share) =>
          share
            .map((op) => ({ op, rank: order.next().value as number }))
            .sort((a, b) => a.rank - b.rank)
            .map(({ op }) => op),
        );
        const ledgers = shuffled.map(() => writer());
        await Promise.all(ledgers.map((ledger, index) => ledger.apply(shuffled[index]!)));
        for (const { grant } of await stage.ledger.drain(0, 100_000)) {
          if (!hasOffer(grant)) continue;
          expect(grant.configVersion, grant.id).toBe('config-1');
          const verdict = decisions.get(grant.eventId);
          expect(verdict, `${grant.id} of ${grant.eventId}`).toBeDefined();
          expect(fits(grant, verdict!), `${verdict!}: ${grant.state} ${grant.reason}`).toBe(true);
          seen.add(`${verdict!} ${grant.state}`);
        }
      },
    ),
    { numRuns: 25, seed: 20_261_122 },
  );
  // Otherwise nothing was put to the test.
  expect([...seen]).toEqual(
    expect.arrayContaining(['allow posted', 'review held', 'block voided']),
  );
});
