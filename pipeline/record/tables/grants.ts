/** `grants`: every grant as the journal's latest entry left it. */

import type { StoredGrant } from '../../reward/grant.ts';
import type { RowWriter } from '../row-writer.ts';
import { code, defineTable, instant, int64, int8, nullable, text, uint64 } from '../table.ts';

export const grants = defineTable('grants', {
  grant_id: text,
  campaign_id: text,
  offer_id: text,
  budget_line: text,
  event_id: text,
  account_id: text,
  customer_id: text,
  card_id: text,
  beneficiary_id: text,
  state: code({
    rejected: 0,
    held: 1,
    posted: 2,
    voided: 3,
    clawed_back: 4,
    awaiting_claim: 5,
    awaiting_choice: 6,
    forfeited: 7,
  }),
  reason: text,
  tier: int8,
  label: text,
  award: text,
  detail: text,
  amount_minor: int64,
  clawed_back_minor: int64,
  payment_minor: int64,
  occurred_at: instant,
  deadline: nullable(instant),
  config_version: text,
  ledger_record: text,
  revision: uint64,
  recorded_at: instant,
});

export function encodeGrant(out: RowWriter, grant: StoredGrant, recordedAtMs: number): void {
  grants.encode(out, {
    grant_id: grant.id,
    campaign_id: grant.campaignId,
    offer_id: grant.offerId,
    budget_line: grant.budgetLine,
    event_id: grant.eventId,
    account_id: grant.accountId,
    customer_id: grant.customerId,
    card_id: grant.cardId,
    beneficiary_id: grant.beneficiaryId,
    state: grant.state,
    reason: grant.reason,
    tier: grant.tier,
    label: grant.label,
    award: JSON.stringify(grant.award),
    detail: grant.detail,
    amount_minor: grant.amountMinor,
    clawed_back_minor: grant.clawedBackMinor,
    payment_minor: grant.paymentMinor,
    occurred_at: grant.occurredAtMs,
    deadline: grant.deadlineMs === 0 ? undefined : grant.deadlineMs,
    config_version: grant.configVersion,
    ledger_record: grant.ledgerRecord,
    revision: grant.revision,
    recorded_at: recordedAtMs,
  });
}
