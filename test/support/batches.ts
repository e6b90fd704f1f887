/**
 * Batches written straight into their columns, for tests of what comes after decoding. The hashes are
 * made by a simple hash of the text: only equality matters to the code under test.
 */

import { EventBatch, typeCodeOf } from '../../pipeline/event.ts';
import type { EventType } from '../../pipeline/event.ts';
import {
  KEY_FIELDS,
  keyColumn,
  type KeyField,
  type NumberField,
} from '../../pipeline/event-fields.ts';

export type Row = {
  readonly id: string;
  readonly type: EventType;
  readonly occurredAtMs: number;
} & { readonly [Field in KeyField]?: string } & {
  readonly [Field in Exclude<NumberField, 'occurredAtMs'>]?: number;
};

const NUMBERS = ['amountMinor', 'terms', 'latitude', 'longitude', 'place'] as const;

/** A batch with one event per row. Text fields are left out: only keys, numbers and times are filled in. */
export function batchOf(rows: readonly Row[], capacity = Math.max(1, rows.length)): EventBatch {
  const batch = new EventBatch(capacity);
  rows.forEach((row, i) => {
    batch.typeCode[i] = typeCodeOf(row.type);
    batch.occurredAtMs[i] = row.occurredAtMs;
    batch.receivedAtMs[i] = row.occurredAtMs;
    for (const field of NUMBERS) batch[field][i] = row[field] ?? Number.NaN;
    for (const field of KEY_FIELDS) {
      const at = keyColumn(field) * capacity + i;
      const text = row[field];
      [batch.keyLo[at], batch.keyHi[at]] = text === undefined ? [0, 0] : hashOf(text);
    }
    [batch.idLo[i], batch.idHi[i]] = hashOf(row.id);
  });
  batch.length = rows.length;
  return batch;
}

/** 64 bits in two signed halves, never both 0: two FNV-1a passes with a finishing mix. */
export function hashOf(text: string): [lo: number, hi: number] {
  let lo = 0x811c9dc5;
  let hi = 0x1b873593;
  for (let n = 0; n < text.length; n++) {
    lo = Math.imul(lo ^ text.charCodeAt(n), 0x01000193);
    hi = Math.imul(hi ^ text.charCodeAt(n), 0x5bd1e995);
  }
  lo = Math.imul(lo ^ (lo >>> 15), 0x2c1b3c6d);
  hi = Math.imul(hi ^ (hi >>> 13), 0x297a2d39);
  lo = (lo ^ (lo >>> 16)) | 0;
  hi = (hi ^ (hi >>> 16)) | 0;
  return (lo | hi) === 0 ? [1, 0] : [lo, hi];
}
