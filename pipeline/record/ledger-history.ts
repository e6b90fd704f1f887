/** The durable part of the reward ledger's journal, as verification and rebuild read it. */

import type { AwardItem, StoredGrant } from '../reward/grant.ts';
import type { LedgerRow } from '../reward/journal.ts';
import type { LedgerHistory } from '../reward/verify.ts';
import type { Voucher } from '../reward/voucher.ts';
import type { Analytics } from './analytics.ts';

/** Reads the tables `ledger_entries`, `grants` and `vouchers` as a stream: nothing is held whole. */
export function ledgerHistory(analytics: Analytics): LedgerHistory {
  return {
    entries: (afterSequence) => analytics.stream<LedgerRow>(ENTRIES, { afterSequence }),
    grants: () => grantsOf(analytics),
    vouchers: () => vouchersOf(analytics),
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
    event_id AS eventId, account_id AS accountId, customer_id AS customerId, card_id AS cardId,
    beneficiary_id AS beneficiaryId, state, reason, tier, label, award, detail, amount_minor AS amountMinor,
    clawed_back_minor AS clawedBackMinor, payment_minor AS paymentMinor,
    toUnixTimestamp64Milli(occurred_at) AS occurredAtMs, ifNull(toUnixTimestamp64Milli(deadline), 0) AS deadlineMs,
    config_version AS configVersion, ledger_record AS ledgerRecord, revision
  FROM grants FINAL`;

const VOUCHERS = `
  SELECT voucher_id AS id, grant_id AS grantId, campaign_id AS campaignId, offer_id AS offerId,
    customer_id AS customerId, voucher, face_minor AS faceMinor, min_spend_minor AS minSpendMinor,
    cost_minor AS costMinor, scope, state, toUnixTimestamp64Milli(issued_at) AS issuedAtMs,
    toUnixTimestamp64Milli(expires_at) AS expiresAtMs, redeemed_by AS redeemedBy,
    toUnixTimestamp64Milli(redeemed_at) AS redeemedAtMs, extended_by AS extendedBy, revision
  FROM vouchers FINAL`;

type GrantRow = Omit<StoredGrant, 'award'> & { readonly award: string };
type VoucherRow = Omit<Voucher, 'redeemedAtMs'> & { readonly redeemedAtMs: number | null };

async function* grantsOf(analytics: Analytics): AsyncGenerator<readonly StoredGrant[]> {
  for await (const rows of analytics.stream<GrantRow>(GRANTS)) {
    yield rows.map((row) => ({ ...row, award: JSON.parse(row.award) as AwardItem[] }));
  }
}

async function* vouchersOf(analytics: Analytics): AsyncGenerator<readonly Voucher[]> {
  for await (const rows of analytics.stream<VoucherRow>(VOUCHERS)) {
    yield rows.map((row) => ({ ...row, redeemedAtMs: row.redeemedAtMs ?? undefined }));
  }
}
