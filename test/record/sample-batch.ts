/** Event batches written column by column, so that the record's tests depend on no decoder. */

import { EventBatch, typeCodeOf, type EventType } from '../../pipeline/event.ts';
import { TEXT_FIELDS, textColumn, type TextField } from '../../pipeline/event-fields.ts';

export type SampleEvent = { readonly [Field in TextField]?: string } & {
  readonly id: string;
  readonly accountId: string;
  readonly type?: EventType;
  readonly occurredAtMs: number;
  readonly receivedAtMs?: number;
  readonly amountMinor?: number;
  readonly terms?: number;
  readonly latitude?: number;
  readonly longitude?: number;
  readonly bodyHash?: number;
  readonly late?: boolean;
};

/** 2026-03-14T00:00:00Z */
export const SAMPLE_DAY_MS = 1_773_446_400_000;

export function batchOf(samples: readonly SampleEvent[]): EventBatch {
  const batch = new EventBatch(Math.max(1, samples.length));
  for (const [row, sample] of samples.entries()) {
    const parts: Buffer[] = [];
    let at = 0;
    for (const field of TEXT_FIELDS) {
      const column = textColumn(field) * batch.capacity + row;
      const value = sample[field];
      batch.spanLength[column] = -1;
      if (value === undefined) continue;
      const bytes = Buffer.from(value);
      batch.spanStart[column] = at;
      batch.spanLength[column] = bytes.length;
      parts.push(bytes);
      at += bytes.length;
    }
    batch.source[row] = Buffer.concat(parts);
    batch.typeCode[row] = typeCodeOf(sample.type ?? 'payment');
    batch.occurredAtMs[row] = sample.occurredAtMs;
    batch.receivedAtMs[row] = sample.receivedAtMs ?? sample.occurredAtMs;
    batch.amountMinor[row] = sample.amountMinor ?? Number.NaN;
    batch.terms[row] = sample.terms ?? Number.NaN;
    batch.latitude[row] = sample.latitude ?? Number.NaN;
    batch.longitude[row] = sample.longitude ?? Number.NaN;
    batch.bodyHash[row] = sample.bodyHash ?? row;
    batch.late[row] = sample.late === true ? 1 : 0;
  }
  batch.length = samples.length;
  return batch;
}

/** Plain card payments of a few hundred customers, one a second. */
export function payments(count: number, from = 0): readonly SampleEvent[] {
  return Array.from({ length: count }, (_, index) => {
    const n = from + index;
    return {
      id: `pay-2026-${String(n).padStart(9, '0')}`,
      accountId: `acct-${n % 317}`,
      customerId: `cust-${n % 317}`,
      cardId: `card-${n % 401}`,
      deviceId: `device-0f3a9c-${n % 211}`,
      ip: `203.0.${n % 113}.${n % 251}`,
      merchantId: `merchant-${n % 97}`,
      category: 'grocery',
      channel: 'app',
      instrument: 'credit',
      currency: 'CNY',
      city: 'Shanghai',
      attributes: `{"terminal":"T${n % 1000}"}`,
      occurredAtMs: SAMPLE_DAY_MS + n * 1000,
      receivedAtMs: SAMPLE_DAY_MS + n * 1000 + 20,
      amountMinor: 1000 + (n % 50_000),
      latitude: 31.2304,
      longitude: 121.4737,
      bodyHash: n,
    };
  });
}
