/** `events`: every event that was decided, as it came. */

import { EVENT_TYPES, type EventBatch } from '../../event.ts';
import { textColumn, type TextField } from '../../event-fields.ts';
import { encodedText, type RowWriter } from '../row-writer.ts';
import {
  arrival,
  bool,
  defineTable,
  float64,
  instant,
  int32,
  int64,
  nullable,
  text,
  writeArrival,
} from '../table.ts';

/** The columns in the order in which `encodeEvent` writes them. */
export const events = defineTable('events', {
  event_id: text,
  type: text,
  occurred_at: instant,
  account_id: text,
  customer_id: text,
  card_id: text,
  device_id: text,
  ip: text,
  merchant_id: text,
  category: text,
  channel: text,
  instrument: text,
  currency: text,
  refund_of: text,
  city: text,
  attributes: text,
  label: text,
  amount_minor: nullable(int64),
  terms: nullable(int32),
  latitude: nullable(float64),
  longitude: nullable(float64),
  source: text,
  received_at: instant,
  body_hash: int32,
  late: bool,
  arrival,
  recorded_at: instant,
});

/** What a row knows beside its event. Texts that repeat on every row come encoded. */
export interface RowStamp {
  readonly epoch: number;
  readonly sequence: number;
  readonly recordedAtMs: number;
}

const TYPES = EVENT_TYPES.map(encodedText);
const ID = textColumn('id');
const ACCOUNT = textColumn('accountId');
/** The text columns between account_id and amount_minor. */
const OTHER_TEXTS: readonly number[] = (
  [
    'customerId',
    'cardId',
    'deviceId',
    'ip',
    'merchantId',
    'category',
    'channel',
    'instrument',
    'currency',
    'refundOf',
    'city',
    'attributes',
    'label',
  ] satisfies TextField[]
).map(textColumn);

/** Appends event i of the batch, copying the bytes of its text. */
export function encodeEvent(
  out: RowWriter,
  batch: EventBatch,
  i: number,
  source: Uint8Array,
  stamp: RowStamp,
): void {
  const { capacity, spanStart, spanLength } = batch;
  out.from(batch.source[i]!);
  out.span(spanStart[ID * capacity + i]!, spanLength[ID * capacity + i]!);
  out.encoded(TYPES[batch.typeCode[i]!]!);
  out.i64At(batch.occurredAtMs, i);
  out.span(spanStart[ACCOUNT * capacity + i]!, spanLength[ACCOUNT * capacity + i]!);
  for (let c = 0; c < OTHER_TEXTS.length; c++) {
    const at = OTHER_TEXTS[c]! * capacity + i;
    out.span(spanStart[at]!, spanLength[at]!);
  }
  writeAmount(out, batch.amountMinor, i);
  const terms = batch.terms[i]!;
  out.bool(Number.isNaN(terms));
  if (!Number.isNaN(terms)) out.i32(terms);
  writeFloat(out, batch.latitude, i);
  writeFloat(out, batch.longitude, i);
  out.encoded(source);
  out.i64At(batch.receivedAtMs, i);
  out.i32(batch.bodyHash[i]!);
  out.u8(batch.late[i]!);
  writeStamp(out, stamp);
}

/** The last two columns of a row that has an arrival. */
export function writeStamp(out: RowWriter, stamp: RowStamp): void {
  writeArrival(out, stamp.epoch, stamp.sequence);
  out.i64(stamp.recordedAtMs);
}

/** Element i of a column as a nullable 64-bit amount; NaN is absent. */
export function writeAmount(out: RowWriter, column: Float64Array, i: number): void {
  const absent = Number.isNaN(column[i]!);
  out.bool(absent);
  if (!absent) out.i64At(column, i);
}

function writeFloat(out: RowWriter, column: Float64Array, i: number): void {
  const value = column[i]!;
  const absent = Number.isNaN(value);
  out.bool(absent);
  if (!absent) out.f64(value);
}
