/** The durable part of the reward ledger's journal, as verification and rebuild read it. */

import type { Grant } from '../reward/grant.ts';
import type { LedgerRow } from '../reward/journal.ts';
import type { LedgerHistory } from '../reward/verify.ts';
import type { Analytics } from './analytics.ts';

export function ledgerHistory(analytics: Analytics): LedgerHistory {
  return {
    entries: (afterSequence) => analytics.stream<LedgerRow>(ENTRIES, { afterSequence }),
    grants: () => analytics.stream<Grant>(GRANTS),
    async lastSequence() {
      const [row] = await analytics.query<{ last: number }>(
        'SELECT max(sequence) AS last FROM ledger_entries',
      );
      return row?.last ?? 0;
    },
  };
}

const ENTRIES = `
  SELECT sequence, operation, operation_id AS operationId, grant_id AS grantId, campaign_id AS campaignId,
    account, posted_delta AS postedDelta, pending_delta AS pendingDelta, leg,
    toUnixTimestamp64Milli(occurred_at) AS occurredAtMs
  FROM ledger_entries WHERE sequence > {afterSequence:UInt64} ORDER BY sequence, leg LIMIT 1 BY sequence, leg`;

const GRANTS = `
  SELECT grant_id AS id, campaign_id AS campaignId, offer_id AS offerId, budget_line AS budgetLine,
    event_id AS eventId, account_id AS accountId, customer_id AS customerId, card_id AS cardId, state, reason,
    tier, amount_minor AS amountMinor, clawed_back_minor AS clawedBackMinor, payment_minor AS paymentMinor,
    toUnixTimestamp64Milli(occurred_at) AS occurredAtMs, config_version AS configVersion, revision
  FROM grants FINAL`;
