/** `deliveries`: what was sent to the systems that give, and what they answered; the newest row stands. */

import type { DeliveryRecord } from '../../act/deliveries.ts';
import type { RowWriter } from '../row-writer.ts';
import { defineTable, instant, nullable, text, uint32 } from '../table.ts';

export const deliveries = defineTable('deliveries', {
  delivery_id: text,
  grant_id: text,
  campaign_id: text,
  offer_id: text,
  customer_id: text,
  kind: text,
  original_id: text,
  item: text,
  occurred_at: instant,
  placed_at: instant,
  state: text,
  attempts: uint32,
  answer: text,
  due_at: nullable(instant),
  updated_at: instant,
  recorded_at: instant,
});

export function encodeDelivery(
  out: RowWriter,
  delivery: DeliveryRecord,
  recordedAtMs: number,
): void {
  deliveries.encode(out, {
    delivery_id: delivery.id,
    grant_id: delivery.grantId,
    campaign_id: delivery.campaignId,
    offer_id: delivery.offerId,
    customer_id: delivery.customerId,
    kind: delivery.kind,
    original_id: delivery.originalId,
    item: JSON.stringify(delivery.item),
    occurred_at: delivery.occurredAtMs,
    placed_at: delivery.placedAtMs,
    state: delivery.state,
    attempts: delivery.attempts,
    answer: delivery.answer,
    due_at: delivery.dueAtMs,
    updated_at: delivery.updatedAtMs,
    recorded_at: recordedAtMs,
  });
}
