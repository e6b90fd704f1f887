/** The same rows as objects and as text: what the sink is compared with. */

import type { EventBatch } from '../../pipeline/event.ts';

/** The object a plain client would insert: one property a column. */
function rowObject(batch: EventBatch, i: number, sequence: number): Record<string, unknown> {
  const event = batch.view(i);
  return {
    event_id: event.id,
    type: event.type,
    occurred_at: event.occurredAtMs,
    account_id: event.accountId,
    customer_id: event.customerId ?? '',
    card_id: event.cardId ?? '',
    device_id: event.deviceId ?? '',
    ip: event.ip ?? '',
    merchant_id: event.merchantId ?? '',
    category: event.category ?? '',
    channel: event.channel ?? '',
    instrument: event.instrument ?? '',
    currency: event.currency ?? '',
    refund_of: event.refundOf ?? '',
    city: event.city ?? '',
    attributes: batch.text('attributes', i) ?? '',
    label: batch.text('label', i) ?? '',
    amount_minor: event.amountMinor ?? null,
    terms: event.terms ?? null,
    latitude: event.latitude ?? null,
    longitude: event.longitude ?? null,
    source: 'bench',
    received_at: batch.receivedAtMs[i],
    body_hash: batch.bodyHash[i],
    late: batch.late[i] === 1,
    arrival: 2 ** 38 + sequence,
    recorded_at: batch.receivedAtMs[i],
  };
}

export function rowObjects(batches: readonly EventBatch[]): Record<string, unknown>[] {
  let sequence = 0;
  return batches.flatMap((batch) =>
    Array.from({ length: batch.length }, (_, i) => rowObject(batch, i, ++sequence)),
  );
}

/** A value as a field of a tab-separated line. */
export function escapeTsv(value: unknown): string {
  if (value === null) return '\\N';
  return (typeof value === 'string' ? value : JSON.stringify(value)).replaceAll(/[\\\t\n]/g, (c) =>
    c === '\\' ? '\\\\' : c === '\t' ? '\\t' : '\\n',
  );
}

/** The instants as text, as the text formats take them. */
export function withDates(row: Record<string, unknown>): Record<string, unknown> {
  const text = (ms: unknown): string =>
    new Date(ms as number).toISOString().slice(0, -1).replace('T', ' ');
  return {
    ...row,
    occurred_at: text(row['occurred_at']),
    received_at: text(row['received_at']),
    recorded_at: text(row['recorded_at']),
  };
}
