/** `ledger_balances`: what each ledger account held at a moment. */

import type { RowWriter } from '../row-writer.ts';
import { defineTable, instant, int64, nullable, text, uint64 } from '../table.ts';

export const ledgerBalances = defineTable('ledger_balances', {
  account: text,
  campaign_id: text,
  limit_value: nullable(int64),
  posted: int64,
  pending: int64,
  sequence: uint64,
  recorded_at: instant,
});

export interface LedgerBalance {
  readonly account: string;
  readonly campaignId: string;
  /** `undefined`: unlimited. */
  readonly limit: number | undefined;
  readonly posted: number;
  readonly pending: number;
  /** The journal entry up to which it was read. */
  readonly sequence: number;
}

export function encodeLedgerBalance(
  out: RowWriter,
  balance: LedgerBalance,
  recordedAtMs: number,
): void {
  ledgerBalances.encode(out, {
    account: balance.account,
    campaign_id: balance.campaignId,
    limit_value: balance.limit,
    posted: balance.posted,
    pending: balance.pending,
    sequence: balance.sequence,
    recorded_at: recordedAtMs,
  });
}
