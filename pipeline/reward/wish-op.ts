/** What a customer asks of the ledger: a claim, a choice, a voucher used or run longer; and a wish that is refused. */

import type { GrantReason } from './grant.ts';
import type { Leg } from './ledger-op.ts';

/** What a customer says of a grant that waits for it; its own event time decides whether that was in time. */
interface AnswerOp {
  readonly id: string;
  readonly grantId: string;
  readonly customerId: string;
  /** `held`: the answer counts as given, and its grant waits for a person's word on it. */
  readonly intent: 'posted' | 'held';
  /**
   * Budget lines and stock with their limits. What was said in time and arrives after the grant was forfeited
   * takes them again, if they are left; without their limits the grant stays forfeited.
   */
  readonly room?: readonly Leg[];
  readonly occurredAtMs: number;
}

/** The winner asks for what waits to be claimed. */
export type ClaimOp = AnswerOp & { readonly kind: 'claim' };

/** One of the options is taken. When its stock is gone, the grant stays open for another. */
export type ChooseOp = AnswerOp & { readonly kind: 'choose'; readonly option: string };

export interface VoucherUse {
  /** Whether the purchase is in the campaign's currency. */
  readonly inCurrency: boolean;
  /** The campaign's lists that name the merchant. */
  readonly lists: readonly string[];
}

/** A voucher is used up. */
export interface RedeemOp {
  readonly kind: 'redeem';
  readonly id: string;
  readonly voucherId: string;
  readonly customerId: string;
  /** What was paid with it, which the voucher's minimum is compared with. */
  readonly amountMinor: number;
  /** Where it is used: the merchant and the category, as a voucher's scope names them. */
  readonly places: readonly string[];
  /** What of it depends on the voucher's campaign; nothing of one that is no longer configured. */
  readonly campaigns: Readonly<Record<string, VoucherUse>>;
  /** Budget lines with their limits: a voucher used in time, and expired before it was heard of, takes its cost again. */
  readonly room?: readonly Leg[];
  readonly occurredAtMs: number;
}

/** A voucher may be used longer: once for each id; what is used or expired stays so. */
export interface ExtendOp {
  readonly kind: 'extend';
  readonly id: string;
  readonly voucherId: string;
  /** Who asks: only the owner may; left out: the bank does. */
  readonly customerId?: string;
  /** Only vouchers of these names; left out: of any. */
  readonly vouchers?: readonly string[];
  readonly byMs: number;
  readonly occurredAtMs: number;
}

/** A wish that names nothing to act on, or is not done: the record says why. */
export interface RefuseOp {
  readonly kind: 'refuse';
  readonly id: string;
  readonly accountId: string;
  readonly customerId: string;
  readonly reason: GrantReason;
  readonly occurredAtMs: number;
}
