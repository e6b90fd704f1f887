/**
 * What reward asks of the ledger. Operations are applied in the order of the events that caused them;
 * every one carries the business id that makes it idempotent. Amounts are integer minor units.
 */

import type { AwardItem, GrantReason } from './grant.ts';
import type { ChooseOp, ClaimOp, ExtendOp, RedeemOp, RefuseOp } from './wish-op.ts';

/**
 * One counter that a grant moves by one: a right (`limit/…`), a quota (`quota/…`), an item of stock (`stock/…`).
 * `posted + pending` never passes the limit; undefined: no limit, 0: nothing at all.
 */
export interface Leg {
  readonly account: string;
  readonly limit: number | undefined;
}

/** One account that a grant moves by a value of its own: fen or points. */
export interface ValueLeg {
  readonly account: string;
  /**
   * An integer, not 0. Positive: posted + pending + by ≤ limit. Negative on `points/…`: points spent, posted at
   * once even while the grant is held, and returned when it is voided.
   */
  readonly by: number;
  readonly limit: number | undefined;
  /** Of points spent: posted + by ≥ floor, otherwise `insufficient_points`. Default 0. */
  readonly floor?: number;
}

/** One way to give the reward: a tier, a prize, an option, an item. */
export interface Choice {
  /** Index of the tier, 0 the lowest. */
  readonly tier: number;
  /** `tier-2`, or the id of a prize, an option or an item; '' when there is only one benefit. */
  readonly label: string;
  /** What it costs. */
  readonly amountMinor: number;
  /** The choice's own quota and stock. */
  readonly units: readonly Leg[];
  /** Budget lines up to the root by the amount, `payable/<customer>` by its negative, points with their contra. */
  readonly values: readonly ValueLeg[];
  /** Empty: nothing was won; the grant posts as `no_prize`. */
  readonly award: readonly AwardItem[];
  /** What must remain of the payment for this choice, where it is another than `onRefund` says. */
  readonly keepAtLeastMinor?: number;
  /**
   * What smaller payments earn, highest first, as [at least, amount]: after a refund as much stays as what remains
   * of the payment earns, instead of a share. For choices of money alone.
   */
  readonly reprice?: readonly (readonly [atLeastMinor: number, amountMinor: number])[];
}

/** What happens when a hold has waited for its whole time. */
export type HoldTimeout = 'void' | 'manual_review';

/** The time is positive, and event time. */
export interface Hold {
  readonly timeoutMs: number;
  readonly onTimeout: HoldTimeout;
}

/** Takes every leg of one grant together, or none, and remembers the answer under the grant's id. */
export interface ReserveOp {
  readonly kind: 'reserve';
  readonly grantId: string;
  readonly campaignId: string;
  readonly offerId: string;
  readonly budgetLine: string;
  readonly eventId: string;
  readonly accountId: string;
  readonly customerId: string;
  readonly cardId: string;
  /** Whose reward it is: who may claim it, choose, and redeem its vouchers. */
  readonly beneficiaryId: string;
  readonly paymentMinor: number;
  readonly occurredAtMs: number;
  readonly configVersion: string;
  /** Kept as it is: of a draw `{commitment, random, entry}` as JSON, otherwise ''. */
  readonly detail: string;
  /** `voided` and `rejected` move no leg: they record what was not given, and why. */
  readonly intent: 'posted' | 'held' | 'voided' | 'rejected';
  /**
   * `awaiting_payment` waits for a capture, `awaiting_payment_and_review` for a person's word too, and
   * `awaiting_review` for the word on this very grant.
   */
  readonly reason: GrantReason;
  /** In the order they are tried; the next one only when a quota or a stock is exhausted. Never empty. */
  readonly choices: readonly Choice[];
  /** A right that this customer or card has, and no more. */
  readonly limits: readonly Leg[];
  /** Shared by everybody. With `countedBy` it counts how many of those marker accounts are in use. */
  readonly quotas: readonly (Leg & { readonly countedBy?: string })[];
  /** Accounts that must stand at 0, else `excluded`. */
  readonly unless: readonly string[];
  /** Grants of the same event of which none may be live, else `not_stackable`. */
  readonly rivals: readonly string[];
  /** Grants of the same event of which each must be live, else `base_missing`; it goes back with any of them. */
  readonly needs?: readonly string[];
  /** While it is held, from the ledger's clock; undefined: it waits until somebody speaks. */
  readonly hold?: Hold | undefined;
  /** The hold that begins when a capture, a claim or a choice leaves it to review. */
  readonly reviewHold?: Hold | undefined;
  /** What it waits for once it is granted; missed, it is forfeited. The time is exclusive. */
  readonly next?:
    | { readonly kind: 'claim'; readonly untilMs: number }
    | {
        readonly kind: 'choice';
        readonly untilMs: number;
        readonly options: readonly Choice[];
      }
    | undefined;
  readonly onRefund: {
    /** What a full clawback does to quotas. */
    readonly quota: 'keep' | 'restore';
    /** What it does to the rights that were counted; left out: they stay used. */
    readonly right?: 'keep' | 'restore';
    /** Once less than this remains of the payment, the whole award is taken back; 0: in proportion only. */
    readonly keepAtLeastMinor: number;
  };
  /** The payment that the event proves: a refund of it reaches the grant, one of the event itself does not. */
  readonly provenPaymentId?: string;
  /** A stored answer of another event under this id is returned and is no conflict. */
  readonly ifAbsent?: true;
  /**
   * What was voided or taken back under this id as abuse is asked for again: it was none. The person's word, by its
   * id and time: told again, it gives nothing twice, and what was said up to it is none on what it gives. What was
   * delivered once is given under an id of its own.
   */
  readonly anew?: {
    readonly wordId: string;
    readonly atMs: number;
    /**
     * It goes along with what it `needs`: unless that is given, all stays as it is and nothing is answered.
     * `base_missing`: no more than what was lost with that, either. Left out: it is asked for itself.
     */
    readonly along?: 'any' | 'base_missing';
  };
}

/**
 * A person's word: on all grants of an event, or on one grant. Voiding what was posted already takes all of it
 * back when the reason is `review_confirmed` or `late_truth`; any other word leaves what no longer waits as it
 * is. `held`: what waits for its payment alone has to wait for a review too.
 */
export type SettleOp = {
  readonly kind: 'settle';
  readonly id: string;
  readonly to: 'posted' | 'voided' | 'held';
  readonly reason:
    | 'released'
    | 'review_confirmed'
    | 'approved'
    | 'review_rejected'
    | 'held_for_review'
    | 'late_truth';
  readonly occurredAtMs: number;
  /**
   * When it was told, where it is dated otherwise: a bank's file says when the bank knew. Left out: the same time. What
   * was given in place of something else is touched by no word that was told before.
   */
  readonly toldAtMs?: number;
} & ({ readonly eventId: string } | { readonly grantId: string });

/** The payment of an authorisation; grants that wait for it are posted, held for review, or voided. */
export interface CaptureOp {
  readonly kind: 'capture';
  /** The payment; refunds name this id from now on. */
  readonly id: string;
  readonly authorisationId: string;
  /** Another account's authorisation is not captured: `not_yours`. */
  readonly accountId: string;
  readonly customerId: string;
  /** Less than was authorised: the rest counts as refunded; undefined: all of it was paid. */
  readonly amountMinor: number | undefined;
  readonly intent: 'posted' | 'held' | 'voided';
  readonly reason: GrantReason;
  readonly occurredAtMs: number;
  /** Budget lines with their limits of today: a payment made in time takes again what ran out before it was heard of. */
  readonly room?: readonly Leg[];
}

/** The authorisation came to nothing: what waits for its payment is voided. */
export interface CancelOp {
  readonly kind: 'cancel';
  readonly id: string;
  readonly authorisationId: string;
  /** Another account's authorisation is not cancelled: `not_yours`. */
  readonly accountId: string;
  readonly customerId: string;
  readonly occurredAtMs: number;
}

/** Takes back a refunded payment's rewards in proportion; waits for the payment when it has not come yet. */
export interface RefundOp {
  readonly kind: 'refund';
  /** Business id of the refund. */
  readonly refundId: string;
  /** The payment it refunds; '' when the refund names none. */
  readonly paymentId: string;
  /** 0 takes back only what was had for no money, such as goods for points; otherwise the record says why not. */
  readonly refundMinor: number;
  /** Campaigns in another currency than the refund's: it takes nothing of theirs back. */
  readonly foreignTo?: readonly string[];
  /** Another account's payment is not refunded, unless the customer is the same: `not_yours`. */
  readonly accountId: string;
  readonly customerId: string;
  readonly cardId: string;
  readonly occurredAtMs: number;
  readonly configVersion: string;
}

/**
 * Event time has come so far: what ends by it ends, although no reward is asked for. It leaves no entry of its
 * own: a ledger that was rebuilt is told again by the next batch.
 */
export interface AdvanceOp {
  readonly kind: 'advance';
  readonly occurredAtMs: number;
}

export type LedgerOp =
  | ReserveOp
  | SettleOp
  | CaptureOp
  | CancelOp
  | RefundOp
  | ClaimOp
  | ChooseOp
  | RedeemOp
  | ExtendOp
  | RefuseOp
  | AdvanceOp;

/**
 * A part of an account's name: the separators of names and of the ledger's own lists never stand in it,
 * so that no customer id can spell another customer's account.
 */
export function accountPart(value: string): string {
  return value.replaceAll(
    /[%/=\s\u0000-\u001f]/g,
    (found) => `%${found.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** The text that `accountPart` was made of. */
export function textOfPart(part: string): string {
  return part.replaceAll(/%([0-9a-f]{4})/g, (_found, code: string) =>
    String.fromCharCode(Number.parseInt(code, 16)),
  );
}

/**
 * Counters of one payment, in minor units: what has been refunded, what was refunded beyond it, and what came
 * before it; the last one stands in the journal only. What was captured of an authorisation is `captured/…`.
 */
export const REFUNDED = 'refunded/';
export const EXCESS = 'excess/';
export const PARKED = 'parked/';
/** Whether a voucher is live, 1 or 0; in the journal only. */
export const VOUCHER = 'voucher/';
/**
 * How the names of accounts begin. Budget lines and the payable of a customer, their contra, move by the grant's
 * amount; limits, quotas and stock by one; points by themselves. Root lines and payables sum to zero, and so do
 * points, points-issued and receivable-points, which stands below zero by what a customer owes.
 */
export const BUDGET = 'budget/';
export const PAYABLE = 'payable/';
/**
 * What a customer owes in fen: taken back of what was spent already, by more than the refund left to deduct it from.
 * Each part is handed over to be collected, by a `reversal` of cash, as it arises: what the bank collects of it stands in
 * the bank's books, of which no event tells, so that this account only grows. It has no contra: the budget line keeps
 * it as a cost.
 */
export const RECEIVABLE = 'receivable/';
export const LIMIT = 'limit/';
export const QUOTA = 'quota/';
export const STOCK = 'stock/';
export const POINTS = 'points/';
export const POINTS_ISSUED = 'points-issued/';
export const RECEIVABLE_POINTS = 'receivable-points/';
