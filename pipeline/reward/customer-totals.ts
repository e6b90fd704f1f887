/** What the record knows of customers, as it is read back at a start: sums, firsts and lasts that can be joined. */

import type { EventType } from '../event.ts';

/** The events that tell something of a customer; all others pass untouched. */
export const TELLING_TYPES = [
  'payment',
  'refund',
  'login',
  'account.opened',
  'card.approved',
  'card.activated',
  'customer.updated',
  'referral.joined',
] as const satisfies readonly EventType[];

/** One customer's part of some stretch of history. A time of which there is no event is NaN. */
export interface CustomerTotals {
  /** '' when absent. */
  readonly customerId: string;
  readonly accountId: string;
  /** Of the events that were not blocked payments. */
  readonly lastSeenMs: number;
  readonly registeredAtMs: number;
  readonly cardApprovedAtMs: number;
  readonly cards: number;
  readonly activatedAtMs: number;
  readonly firstPaymentAtMs: number;
  readonly lastPaymentAtMs: number;
  readonly payments: number;
  readonly loginAtMs: number;
  /** The latest `customer.updated`; attributes as JSON, '' for none or too many bytes. */
  readonly updatedAtMs: number;
  readonly updateId: string;
  readonly attributes: string;
  /** The earliest `referral.joined` that names somebody. */
  readonly invitedAtMs: number;
  readonly invitationId: string;
  readonly inviterId: string;
  /** In the order of the book's periods. */
  readonly periods: readonly {
    readonly payments: number;
    /** Less what came back since the period began: of a stretch of history it may be below 0. */
    readonly spendMinor: number;
    readonly firstLoginAtMs: number;
    readonly lastPaymentBeforeMs: number;
  }[];
}
