/** A voucher: issued when its grant posts, and with a life of its own from then on. */

export type VoucherState = 'issued' | 'redeemed' | 'expired' | 'voided';

/** A voucher as the latest entry of the journal left it. Amounts are integer minor units. */
export interface Voucher {
  /** `<grant>.<n>`, n from 1 in the order of the award. */
  readonly id: string;
  readonly grantId: string;
  readonly campaignId: string;
  readonly offerId: string;
  /** Who may use it. */
  readonly customerId: string;
  /** Which kind of voucher, as the campaign names it. */
  readonly voucher: string;
  readonly faceMinor: number;
  readonly minSpendMinor: number;
  /** Its part of the grant's cost. */
  readonly costMinor: number;
  readonly scope: readonly string[];
  readonly state: VoucherState;
  readonly issuedAtMs: number;
  /** Exclusive. */
  readonly expiresAtMs: number;
  /** The operation that used it up, '' before. */
  readonly redeemedBy: string;
  readonly redeemedAtMs: number | undefined;
  /** The operations that let it run longer. */
  readonly extendedBy: readonly string[];
  /** Sequence number of the journal entry that left it so. */
  readonly revision: number;
}
