/** What another system is to give to a customer, or to take back, and the form it is sent in. */

/** Who gives it: one endpoint each. Discounts, cash back and fee cuts are cash; a top-up is a voucher. */
export const DELIVERED_BY = ['voucher', 'points', 'cash', 'goods'] as const;
export type DeliveredBy = (typeof DELIVERED_BY)[number];

/** What is given. A contract with the receiving systems: add, never rename. Money in minor units. */
export type DeliveryItem =
  | {
      readonly kind: 'voucher';
      readonly voucherId: string;
      readonly voucher: string;
      readonly faceMinor: number;
      readonly minSpendMinor: number;
      /** Exclusive, RFC 3339. */
      readonly expiresAt: string;
      readonly scope: readonly string[];
    }
  /** Below 0: spent, to be taken off. */
  | { readonly kind: 'points'; readonly points: number }
  | {
      readonly kind: 'cash';
      /** `receivable`: in a reversal without an original: what was spent, and is owed by the customer from now on. */
      readonly as: 'discount' | 'cashback' | 'fee_cut' | 'receivable';
      readonly amountMinor: number;
      /** '' when the campaign is not in the configuration any more. */
      readonly currency: string;
    }
  | { readonly kind: 'goods'; readonly sku: string; readonly priority?: true };

/** `reversal`: the item is the part of the original that is taken back. `extension`: the voucher with its new end. */
export type DeliveryKind = DeliveredBy | 'reversal' | 'extension';

export interface Delivery {
  /**
   * `<grantId>.<n>`, `<grantId>.<n>.<kind>.<k>` for what follows it, and `<grantId>.receivable.<k>` for what is to be
   * collected: the same for ever.
   */
  readonly id: string;
  readonly kind: DeliveryKind;
  /** The delivery that a reversal or an extension is about: it is sent first. '' for one that gives or collects. */
  readonly originalId: string;
  readonly grantId: string;
  readonly campaignId: string;
  readonly offerId: string;
  /** Whose reward it is. */
  readonly customerId: string;
  readonly item: DeliveryItem;
  readonly occurredAtMs: number;
  /** By when it was promised, exclusive; undefined: no promise. */
  readonly dueAtMs: number | undefined;
}

/** The body of the request: a function of the delivery alone, so that every try sends the same bytes. */
export function bodyOf(delivery: Delivery): string {
  const { id, kind, originalId, grantId, campaignId, offerId, customerId, item } = delivery;
  return JSON.stringify({
    deliveryId: id,
    kind,
    ...(originalId !== '' && { originalId }),
    grantId,
    campaignId,
    offerId,
    customerId,
    item,
    occurredAt: new Date(delivery.occurredAtMs).toISOString(),
    dueAt: delivery.dueAtMs === undefined ? null : new Date(delivery.dueAtMs).toISOString(),
  });
}
