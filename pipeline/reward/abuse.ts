/** Which words of the ledger say that a reward was taken back, or never given, because it was abuse. */

import type { GrantReason } from './grant.ts';

/** Beside a refund, which is no abuse. The ledger's script and the dashboards have the same list; a test compares them. */
export const ABUSE_REASONS = [
  'risk_block',
  'review_confirmed',
  'account_frozen',
  'late_truth',
] as const satisfies readonly GrantReason[];
