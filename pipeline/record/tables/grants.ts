/** `grants`: every grant as the journal's latest entry left it. */

import type { Grant } from '../../reward/grant.ts';
import type { RowWriter } from '../row-writer.ts';
import { code, defineTable, instant, int64, int8, text, uint64 } from '../table.ts';

export const grants = defineTable('grants', {
  grant_id: text,
  campaign_id: text,
  offer_id: text,
  budget_line: text,
  event_id: text,
  account_id: text,
  customer_id: text,
  card_id: text,
  state: code({ rejected: 0, held: 1, posted: 2, voided: 3, clawed_back: 4 }),
  reason: text,
  tier: int8,
  amount_minor: int64,
  clawed_back_minor: int64,
  payment_minor: int64,
  occurred_at: instant,
  config_version: text,
  revision: uint64,
  recorded_at: instant,
});

export function encodeGrant(out: RowWriter, grant: Grant, recordedAtMs: number): void {
  grants.encode(out, {
    grant_id: grant.id,
    campaign_id: grant.campaignId,
    offer_id: grant.offerId,
    budget_line: grant.budgetLine,
    event_id: grant.eventId,
    account_id: grant.accountId,
    customer_id: grant.customerId,
    card_id: grant.cardId,
    state: grant.state,
    reason: grant.reason,
    tier: grant.tier,
    amount_minor: grant.amountMinor,
    clawed_back_minor: grant.clawedBackMinor,
    payment_minor: grant.paymentMinor,
    occurred_at: grant.occurredAtMs,
    config_version: grant.configVersion,
    revision: grant.revision,
    recorded_at: recordedAtMs,
  });
}
