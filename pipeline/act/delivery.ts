/** What is to be given to a customer by another system, or taken back there, and the form it is sent in. */

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
      readonly expiresAt: string;
      readonly scope: readonly string[];
    }
  | { readonly kind: 'points'; readonly points: number }
  | {
      readonly kind: 'cash';
      readonly as: 'discount' | 'cashback' | 'fee_cut';
      readonly amountMinor: number;
      readonly currency: string;
    }
  | { readonly kind: 'goods'; readonly sku: string; readonly priority?: true };

export interface Delivery {
  /** `<grantId>.<n>`, and `<grantId>.<n>.reversal.<k>` for what is taken back: the same for ever. */
  readonly id: string;
  /** The delivery that this one takes back, whole or in part; '' when it gives. */
  readonly reverses: string;
  readonly grantId: string;
  readonly campaignId: string;
  readonly offerId: string;
  /** Whose reward it is. */
  readonly customerId: string;
  readonly item: DeliveryItem;
  readonly occurredAtMs: number;
  /** By when it was promised; undefined: no promise. */
  readonly dueAtMs: number | undefined;
}

export type DeliveryKind = DeliveredBy | 'reversal';

export function kindOf({ reverses, item }: Delivery): DeliveryKind {
  return reverses === '' ? item.kind : 'reversal';
}

/** The body of the request: a function of the delivery alone, so that every try sends the same bytes. */
export function bodyOf(delivery: Delivery): string {
  const { id, reverses, grantId, campaignId, offerId, customerId, item } = delivery;
  return JSON.stringify({
    deliveryId: id,
    kind: kindOf(delivery),
    ...(reverses !== '' && { reverses }),
    grantId,
    campaignId,
    offerId,
    customerId,
    item,
    occurredAt: new Date(delivery.occurredAtMs).toISOString(),
    dueAt: delivery.dueAtMs === undefined ? null : new Date(delivery.dueAtMs).toISOString(),
  });
}
