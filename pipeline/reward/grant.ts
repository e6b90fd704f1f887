/** The values that reward hands on. Amounts are integer minor units. */

/**
 * `rejected`, `voided` and `forfeited` cost nothing; `held` waits for review or for a payment; `awaiting_claim`
 * and `awaiting_choice` wait for the customer until a deadline; `clawed_back` is a posted grant given back in full.
 */
export const GRANT_STATES = [
  'rejected',
  'held',
  'awaiting_claim',
  'awaiting_choice',
  'posted',
  'forfeited',
  'voided',
  'clawed_back',
] as const;
export type GrantState = (typeof GRANT_STATES)[number];

/** One thing given. Amounts are integer minor units. */
export type AwardItem =
  | { readonly kind: 'discount' | 'cashback' | 'fee_cut'; readonly amountMinor: number }
  /** Negative: spent in a redemption. Brought in: the bank has given them already, and nobody is to give them again. */
  | { readonly kind: 'points'; readonly points: number; readonly broughtIn?: true }
  | {
      readonly kind: 'voucher';
      readonly voucher: string;
      readonly faceMinor: number;
      readonly minSpendMinor: number;
      /** When the grant posts with its event; whole days later when it posts days later. Exclusive. */
      readonly expiresAtMs: number;
      readonly scope: readonly string[];
    }
  | { readonly kind: 'goods'; readonly sku: string; readonly priority?: true };

/**
 * Why an event earns nothing of an offer, before the ledger is asked; those that end in `_named` and `_found` say
 * that it names nothing to act on. A contract with dashboards and the bank: add, never rename.
 */
export const INELIGIBLE_REASONS = [
  'below_threshold',
  'outside_window',
  'outside_schedule',
  'channel_not_eligible',
  'category_not_eligible',
  'instrument_not_eligible',
  'merchant_not_eligible',
  'instrument_restricted',
  'currency_not_eligible',
  'other_offer_named',
  'not_eligible',
  'other_event',
  'identity_missing',
  'no_such_item',
  'amount_mismatch',
  'nothing_to_give',
  'risk_doubt',
  'offer_not_named',
  'offer_not_found',
  'offer_not_open',
  'grant_not_named',
  'option_not_named',
  'voucher_not_named',
  'authorisation_not_named',
  'payment_not_named',
] as const;
export type IneligibleReason = (typeof INELIGIBLE_REASONS)[number];

/** Why a grant is in its state. A contract with dashboards and the bank: add, never rename. */
export const GRANT_REASONS = [
  ...INELIGIBLE_REASONS,
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
  'excluded',
  'not_stackable',
  'base_missing',
  'out_of_stock',
  'awaiting_payment',
  'authorisation_expired',
  'payment_cancelled',
  'awaiting_review',
  'approved',
  'review_rejected',
  'claimed',
  'claim_late',
  'chosen',
  'already_chosen',
  'no_such_option',
  'not_yours',
  'forfeited',
  'insufficient_points',
  'no_prize',
  'voucher_unknown',
  'voucher_used',
  'voucher_expired',
  'voucher_voided',
  'voucher_out_of_scope',
  'voucher_wrong_currency',
  'below_minimum',
  'grant_not_found',
  'awaiting_payment_and_review',
  'authorisation_in_review',
  'late_truth',
  'compensated',
] as const;
export type GrantReason = (typeof GRANT_REASONS)[number];

/** A grant as it stands after the latest entry of the journal that touched it. */
export interface Grant {
  /**
   * Hash of campaign, offer, scope key and business payment number: the same for ever, whatever is replayed.
   * Records that are no grant have ids of their own: `refund_…` says what became of a refund that took
   * nothing back, `claim_…`, `choose_…`, `redeem_…`, `extend_…` and `refuse_…` why such a wish was refused (the campaign of
   * these is ''), `conflict_…` that one id came with two bodies and the first one stands.
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
  /** Whose reward it is: the customer's own, or the inviter's. */
  readonly beneficiaryId: string;
  readonly state: GrantState;
  readonly reason: GrantReason;
  /** Index of the tier reached, 0 the lowest; −1 when none. */
  readonly tier: number;
  /** Which benefit: a tier, prize, option or item; '' when there is only one. */
  readonly label: string;
  readonly award: readonly AwardItem[];
  /** Of a draw `{commitment, random, entry}`, of a refund in a currency the campaigns in another one, as JSON; otherwise ''. */
  readonly detail: string;
  /** What was granted, or would have been. */
  readonly amountMinor: number;
  /** What has been taken back so far, vouchers that expired included; not what is owed. */
  readonly clawedBackMinor: number;
  /** What of it came back by no delivery: it was deducted from the payment's refunds. Left out: nothing. */
  readonly deductMinor?: number;
  /** What should have come back and was spent already: the customer owes it. Left out: nothing. */
  readonly owedMinor?: number;
  /** In the answer to a person's word: it worked on the grant, now or when it was told before. Left out: it came to nothing. */
  readonly heard?: true;
  /** The payment it was earned on. */
  readonly paymentMinor: number;
  readonly occurredAtMs: number;
  /** Until when it must be claimed or chosen, exclusive; 0: no such thing. */
  readonly deadlineMs: number;
  readonly configVersion: string;
  /** Sequence number of the journal entry that left it so. */
  readonly revision: number;
}

/** A grant with what only the ledger reads of it: accounts, options, what ends when (record.ts). */
export interface StoredGrant extends Grant {
  readonly ledgerRecord: string;
}

/** Whether an offer stands behind it; otherwise it is the record of a refund or a wish that changed nothing. */
export function hasOffer({ offerId }: Pick<Grant, 'offerId'>): boolean {
  return offerId !== '';
}
