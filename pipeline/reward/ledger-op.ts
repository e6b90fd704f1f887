/**
 * What reward asks of the ledger. Operations are applied in the order of the events that caused them;
 * every one carries the business id that makes it idempotent. Amounts are integer minor units.
 */

/** One counter that a grant moves. `used + pending` never passes the limit; undefined: no limit, 0: nothing at all. */
export interface Leg {
  readonly account: string;
  readonly limit: number | undefined;
}

/** One way to give the reward: a tier with the quota that is its own. */
export interface Choice {
  /** Index of the tier, 0 the lowest. */
  readonly tier: number;
  readonly amountMinor: number;
  readonly quota: Leg | undefined;
}

/** What happens when a hold has waited for its whole time. */
export type HoldTimeout = 'void' | 'manual_review';

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
  readonly paymentMinor: number;
  readonly occurredAtMs: number;
  readonly configVersion: string;
  /** `voided` moves no leg: it records what was not given, and why. */
  readonly intent: 'posted' | 'held' | 'voided';
  readonly reason: 'granted' | 'held_for_review' | 'risk_block' | 'account_frozen';
  /** In the order they are tried; the next one only when a quota is exhausted. Never empty. */
  readonly choices: readonly Choice[];
  /** One unit each: a right that this customer or card has, and no more. */
  readonly limits: readonly Leg[];
  /** One unit each, shared by everybody. */
  readonly quotas: readonly Leg[];
  /** The whole amount each: the budget line and every ancestor. */
  readonly budgets: readonly Leg[];
  /** Undefined: it waits until an analyst speaks. The time is positive, and event time. */
  readonly hold: { readonly timeoutMs: number; readonly onTimeout: HoldTimeout } | undefined;
}

/** Ends the hold of every grant that the event earned. A grant that is no longer held stays as it is. */
export interface SettleOp {
  readonly kind: 'settle';
  readonly id: string;
  readonly eventId: string;
  readonly to: 'posted' | 'voided';
  readonly reason: 'released' | 'review_confirmed';
  readonly occurredAtMs: number;
}

/** Takes back a refunded payment's rewards in proportion; waits for the payment when it has not come yet. */
export interface RefundOp {
  readonly kind: 'refund';
  /** Business id of the refund. */
  readonly refundId: string;
  /** The payment it refunds; '' when the refund names none. */
  readonly paymentId: string;
  /** 0 when the refund says no amount: then nothing is taken back, and the record says why. */
  readonly refundMinor: number;
  readonly accountId: string;
  readonly customerId: string;
  readonly cardId: string;
  readonly occurredAtMs: number;
  readonly configVersion: string;
}

export type LedgerOp = ReserveOp | SettleOp | RefundOp;

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
 * before it; the last one stands in the journal only.
 */
export const REFUNDED = 'refunded/';
export const EXCESS = 'excess/';
export const PARKED = 'parked/';
/** How the accounts of budget lines begin: a grant moves them by its amount, all others by one. */
export const BUDGET = 'budget/';
