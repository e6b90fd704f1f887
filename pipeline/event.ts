/**
 * The event: what a stage may know about one business fact, and the column-wise batch that carries
 * many of them down the path without making an object for each.
 */

import { attributeText } from './event-attributes.ts';
import {
  DECODED_KEYS,
  KEY_FIELDS,
  TEXT_FIELDS,
  textColumn,
  type TextField,
} from './event-fields.ts';

/** Every event type the product knows; any other type is a dead letter. The index is the type code. */
export const EVENT_TYPES = [
  'payment',
  'payment.authorising',
  'refund',
  'instalment',
  'account.opened',
  'card.approved',
  'card.activated',
  'wallet.bound',
  'login',
  'campaign.viewed',
  'voucher.redeemed',
  'redemption.requested',
  'claim.submitted',
  'choice.made',
  'payment.cancelled',
  'customer.updated',
  'proof.submitted',
  'voucher.claimed',
  'campaign.shared',
  'referral.joined',
  'points.credited',
] as const;
export type EventType = (typeof EVENT_TYPES)[number];

/**
 * One event as a stage sees it. Every property is an accessor: text is made only when it is read.
 * Optional properties are `undefined` when the field is missing. Money is in minor units (fen).
 */
export interface Event {
  readonly id: string;
  readonly type: EventType;
  /** Milliseconds since the Unix epoch, from the event itself. */
  readonly occurredAtMs: number;
  readonly accountId: string;
  readonly customerId: string | undefined;
  readonly cardId: string | undefined;
  readonly deviceId: string | undefined;
  readonly ip: string | undefined;
  readonly merchantId: string | undefined;
  readonly category: string | undefined;
  readonly channel: string | undefined;
  readonly instrument: string | undefined;
  readonly currency: string | undefined;
  readonly refundOf: string | undefined;
  readonly city: string | undefined;
  /** Integer minor units, never negative. */
  readonly amountMinor: number | undefined;
  /** Number of instalments. */
  readonly terms: number | undefined;
  readonly latitude: number | undefined;
  readonly longitude: number | undefined;
  /** An attribute, as are phoneHash, inviterId and campaignId: its text, or an integer's. */
  readonly payeeId: string | undefined;
  readonly phoneHash: string | undefined;
  readonly inviterId: string | undefined;
  readonly campaignId: string | undefined;
  /** Fields the product does not know, parsed from their JSON at each call. */
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** Hashes key columns of a batch that nobody needed so far; made by the decoder. */
export interface KeysOnDemand {
  /** Writes the column for rows `from` (inclusive) to `to` (exclusive). */
  hashKeys(batch: EventBatch, column: number, from: number, to: number): void;
}

/** The type code of a known type: its index in EVENT_TYPES. */
export function typeCodeOf(type: EventType): number {
  return EVENT_TYPES.indexOf(type);
}

/**
 * Up to `capacity` decoded events, column by column. Element i of every column is event i; a column of
 * a field f lies at `f * capacity + i`. Text stays in `source[i]` as UTF-8 bytes, named by spans.
 * The decoder is the only writer; a batch is cleared and reused once its rows are encoded.
 */
export class EventBatch {
  readonly capacity: number;
  length = 0;
  /** The bytes that the spans of event i point into. */
  readonly source: Buffer[] = [];
  /** Byte offset of a text field in `source[i]`; meaningless where the length is −1. */
  readonly spanStart: Int32Array;
  /** Byte length of a text field, −1 when it is absent. */
  readonly spanLength: Int32Array;
  readonly typeCode: Uint8Array;
  readonly occurredAtMs: Float64Array;
  readonly receivedAtMs: Float64Array;
  /** NaN when absent; likewise terms, latitude, longitude and place. */
  readonly amountMinor: Float64Array;
  readonly terms: Float64Array;
  readonly latitude: Float64Array;
  readonly longitude: Float64Array;
  readonly place: Float64Array;
  /**
   * 64-bit seeded hash of a key field in two halves; both 0 when absent or a placeholder. Columns behind
   * DECODED_KEYS hold nothing before `requireKey`.
   */
  readonly keyLo: Int32Array;
  readonly keyHi: Int32Array;
  /** 64-bit seeded hash of the id, and 32 bits over the whole canonical body, to tell a repeat from a conflict. */
  readonly idLo: Int32Array;
  readonly idHi: Int32Array;
  readonly bodyHash: Int32Array;
  /** 1 when the event came after the allowed lateness: measured and recorded, not stored in windows. */
  readonly late: Uint8Array;
  /** The rows whose `ip` is written as an address and is none, or as several: it is no key there. */
  readonly mistakenAddresses: number[] = [];
  /** The decoder's: it hashes the keys of `requireKey`. */
  keysOnDemand: KeysOnDemand | undefined;
  /** By key column: the rows that are hashed. */
  private readonly hashedRows = new Int32Array(KEY_FIELDS.length);

  constructor(capacity: number) {
    this.capacity = capacity;
    this.spanStart = new Int32Array(capacity * TEXT_FIELDS.length);
    this.spanLength = new Int32Array(capacity * TEXT_FIELDS.length).fill(-1);
    this.typeCode = new Uint8Array(capacity);
    this.occurredAtMs = new Float64Array(capacity);
    this.receivedAtMs = new Float64Array(capacity);
    this.amountMinor = new Float64Array(capacity);
    this.terms = new Float64Array(capacity);
    this.latitude = new Float64Array(capacity);
    this.longitude = new Float64Array(capacity);
    this.place = new Float64Array(capacity);
    this.keyLo = new Int32Array(capacity * KEY_FIELDS.length);
    this.keyHi = new Int32Array(capacity * KEY_FIELDS.length);
    this.idLo = new Int32Array(capacity);
    this.idHi = new Int32Array(capacity);
    this.bodyHash = new Int32Array(capacity);
    this.late = new Uint8Array(capacity);
  }

  /** Forgets all events and lets go of their bytes. */
  clear(): void {
    this.length = 0;
    this.source.length = 0;
    this.mistakenAddresses.length = 0;
    this.hashedRows.fill(0);
  }

  /** Sees to it that the key column holds the hashes of all events; costs nothing when it does already. */
  requireKey(column: number): void {
    const from = this.hashedRows[column]!;
    if (column < DECODED_KEYS.length || from >= this.length) return;
    this.hashedRows[column] = this.length;
    this.keysOnDemand?.hashKeys(this, column, from, this.length);
  }

  /** The text of a field of event i, or undefined when it is absent. */
  text(field: TextField, i: number): string | undefined {
    const at = textColumn(field) * this.capacity + i;
    const length = this.spanLength[at]!;
    if (length < 0) return undefined;
    const start = this.spanStart[at]!;
    return this.source[i]!.toString('utf8', start, start + length);
  }

  /** The UTF-8 bytes of a field of event i, empty when it is absent. They share memory with the source. */
  bytesOf(field: TextField, i: number): Buffer {
    const at = textColumn(field) * this.capacity + i;
    const start = this.spanStart[at]!;
    const length = Math.max(0, this.spanLength[at]!);
    return this.source[i]!.subarray(start, start + length);
  }

  /** Event i as a stage sees it. The view stays valid until `clear`. */
  view(i: number): Event {
    return new EventView(this, i);
  }
}

/** A window onto one event of a batch. `row` may be moved by the engine to save an object per event. */
export class EventView implements Event {
  readonly batch: EventBatch;
  row: number;

  constructor(batch: EventBatch, row: number) {
    this.batch = batch;
    this.row = row;
  }

  get id(): string {
    return this.batch.text('id', this.row)!;
  }
  get type(): EventType {
    return EVENT_TYPES[this.batch.typeCode[this.row]!]!;
  }
  get occurredAtMs(): number {
    return this.batch.occurredAtMs[this.row]!;
  }
  get accountId(): string {
    return this.batch.text('accountId', this.row)!;
  }
  get customerId(): string | undefined {
    return this.batch.text('customerId', this.row);
  }
  get cardId(): string | undefined {
    return this.batch.text('cardId', this.row);
  }
  get deviceId(): string | undefined {
    return this.batch.text('deviceId', this.row);
  }
  get ip(): string | undefined {
    return this.batch.text('ip', this.row);
  }
  get merchantId(): string | undefined {
    return this.batch.text('merchantId', this.row);
  }
  get category(): string | undefined {
    return this.batch.text('category', this.row);
  }
  get channel(): string | undefined {
    return this.batch.text('channel', this.row);
  }
  get instrument(): string | undefined {
    return this.batch.text('instrument', this.row);
  }
  get currency(): string | undefined {
    return this.batch.text('currency', this.row);
  }
  get refundOf(): string | undefined {
    return this.batch.text('refundOf', this.row);
  }
  get city(): string | undefined {
    return this.batch.text('city', this.row);
  }
  get amountMinor(): number | undefined {
    return present(this.batch.amountMinor[this.row]!);
  }
  get terms(): number | undefined {
    return present(this.batch.terms[this.row]!);
  }
  get latitude(): number | undefined {
    return present(this.batch.latitude[this.row]!);
  }
  get longitude(): number | undefined {
    return present(this.batch.longitude[this.row]!);
  }
  get payeeId(): string | undefined {
    return attributeText(this.batch, 'payeeId', this.row);
  }
  get phoneHash(): string | undefined {
    return attributeText(this.batch, 'phoneHash', this.row);
  }
  get inviterId(): string | undefined {
    return attributeText(this.batch, 'inviterId', this.row);
  }
  get campaignId(): string | undefined {
    return attributeText(this.batch, 'campaignId', this.row);
  }
  get attributes(): Readonly<Record<string, unknown>> {
    const json = this.batch.text('attributes', this.row);
    return json === undefined ? {} : (JSON.parse(json) as Record<string, unknown>);
  }
}

function present(value: number): number | undefined {
  return Number.isNaN(value) ? undefined : value;
}
