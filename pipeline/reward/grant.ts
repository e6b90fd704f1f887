/** The values that reward hands on. Amounts are integer minor units. */

/** `rejected` and `voided` cost nothing; `held` waits for review; `clawed_back` is a posted grant given back in full. */
export type GrantState = 'rejected' | 'held' | 'posted' | 'voided' | 'clawed_back';

/** Why a grant is in its state. A contract with dashboards and the bank: add, never rename. */
export const GRANT_REASONS = [
  'granted',
  'held_for_review',
  'released',
  'risk_block',
  'review_confirmed',
  'account_frozen',
  'limit_reached',
  'quota_exhausted',
  'budget_exhausted',
  'refunded',
  'partly_refunded',
  'payment_not_found',
  'refund_applied',
  'refund_exceeds_payment',
  'refund_without_amount',
  'hold_expired',
  'review_overdue',
  'id_conflict',
] as const;
export type GrantReason = (typeof GRANT_REASONS)[number];

/** A grant as it stands after the latest entry of the journal that touched it. */
export interface Grant {
  /**
   * Hash of campaign, offer, scope key and business payment number: the same for ever, whatever is replayed.
   * Records that are no grant have ids of their own: `refund_…` says what became of a refund that took
   * nothing back (its campaign is ''), `conflict_…` that one id came with two bodies and the first one stands.
   */
  readonly id: string;
  readonly campaignId: string;
  readonly offerId: string;
  readonly budgetLine: string;
  /** The event that earned it. */
  readonly eventId: string;
  readonly accountId: string;
  readonly customerId: string;
  readonly cardId: string;
  readonly state: GrantState;
  readonly reason: GrantReason;
  /** Index of the tier reached, 0 the lowest; −1 when none. */
  readonly tier: number;
  /** What was granted, or would have been. */
  readonly amountMinor: number;
  /** What has been taken back so far. */
  readonly clawedBackMinor: number;
  /** The payment it was earned on. */
  readonly paymentMinor: number;
  readonly occurredAtMs: number;
  readonly configVersion: string;
  /** Sequence number of the journal entry that left it so. */
  readonly revision: number;
}

/** Whether an offer stands behind it; otherwise it is the record of a refund that took nothing back. */
export function hasOffer({ offerId }: Pick<Grant, 'offerId'>): boolean {
  return offerId !== '';
}
