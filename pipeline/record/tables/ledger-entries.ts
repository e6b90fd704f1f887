/** `ledger_entries`: the reward ledger's journal, one row a leg. */

import type { RowWriter } from '../row-writer.ts';
import { defineTable, instant, int64, text, uint16, uint64 } from '../table.ts';

export const ledgerEntries = defineTable('ledger_entries', {
  sequence: uint64,
  operation: text,
  operation_id: text,
  grant_id: text,
  campaign_id: text,
  account: text,
  posted_delta: int64,
  pending_delta: int64,
  leg: uint16,
  occurred_at: instant,
  recorded_at: instant,
});

/** One leg of one journal entry. Deltas are minor units, or counts for quotas. */
export interface LedgerEntry {
  readonly sequence: number;
  /** `reserve`, `post`, `void`, `claw_back` … */
  readonly operation: string;
  readonly operationId: string;
  readonly grantId: string;
  readonly campaignId: string;
  /** The ledger account the leg moves. */
  readonly account: string;
  readonly postedDelta: number;
  readonly pendingDelta: number;
  /** The leg's number within its entry, from 0. */
  readonly leg: number;
  readonly occurredAtMs: number;
}

export function encodeLedgerEntry(out: RowWriter, entry: LedgerEntry, recordedAtMs: number): void {
  ledgerEntries.encode(out, {
    sequence: entry.sequence,
    operation: entry.operation,
    operation_id: entry.operationId,
    grant_id: entry.grantId,
    campaign_id: entry.campaignId,
    account: entry.account,
    posted_delta: entry.postedDelta,
    pending_delta: entry.pendingDelta,
    leg: entry.leg,
    occurred_at: entry.occurredAtMs,
    recorded_at: recordedAtMs,
  });
}
