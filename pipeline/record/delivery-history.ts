/** The deliveries on record, as the ledger of deliveries takes them back after Redis has lost it. */

import type { DeliveryRecord } from '../act/deliveries.ts';
import type { DeliveryItem } from '../act/delivery.ts';
import type { Analytics } from './analytics.ts';

/** Originals before what follows them, so that each finds what it has to wait for. */
const DELIVERIES = `
  SELECT delivery_id AS id, kind, original_id AS originalId, grant_id AS grantId, campaign_id AS campaignId,
    offer_id AS offerId, customer_id AS customerId, item, toUnixTimestamp64Milli(occurred_at) AS occurredAtMs,
    toUnixTimestamp64Milli(due_at) AS dueAtMs, state, attempts, answer,
    toUnixTimestamp64Milli(placed_at) AS placedAtMs, toUnixTimestamp64Milli(updated_at) AS updatedAtMs
  FROM deliveries FINAL ORDER BY original_id != '', placed_at, delivery_id`;

type Row = Omit<DeliveryRecord, 'item' | 'dueAtMs' | 'triedSinceMs'> & {
  readonly item: string;
  readonly dueAtMs: number | null;
};

/** Page by page; the time for which a delivery is tried begins again. */
export async function* recordedDeliveries(
  analytics: Analytics,
): AsyncGenerator<DeliveryRecord[], void, undefined> {
  for await (const rows of analytics.stream<Row>(DELIVERIES)) {
    yield rows.map((row) => ({
      ...row,
      item: JSON.parse(row.item) as DeliveryItem,
      dueAtMs: row.dueAtMs ?? undefined,
      triedSinceMs: undefined,
    }));
  }
}
