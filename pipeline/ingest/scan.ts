/**
 * The fast path of decoding: one pass over the bytes of a plain event that makes no string and no object,
 * only spans and numbers. It accepts a record only when the general path would accept it with the same
 * content; at an escape, a number out of the ordinary, an unknown key, a repeated one or anything else it
 * does not like, it gives up and the general path decides. A property test holds the two equal.
 */

import { isUtf8 } from 'node:buffer';
import { EVENT_TYPES } from '../event.ts';
import { textColumn } from '../event-fields.ts';
import { holdsCard } from './card-number.ts';
import { isCurrency } from './currency.ts';
import type { AddressReader } from './decode-address.ts';
import { MAX_TERMS, MAX_TEXT_BYTES, type DecodeLimits } from './decode-fields.ts';
import type { EventDraft } from './decode-row.ts';
import { NOT_A_TIME, type TimeParser } from './decode-time.ts';
import { AttributeScan } from './scan-attributes.ts';
import { ByteCursor } from './scan-bytes.ts';
import { Separators } from './scan-keys.ts';

const BRACE_OPEN = 0x7b;
const BRACE_CLOSE = 0x7d;

const TYPE_BYTES = EVENT_TYPES.map((type) => Buffer.from(type));
const ID = textColumn('id');
const ACCOUNT = textColumn('accountId');
const IP = textColumn('ip');
const CITY = textColumn('city');
const LABEL = textColumn('label');
const ATTRIBUTES_COLUMN = textColumn('attributes');
const CURRENCY = textColumn('currency');

/** Keys at the top of an event that the scanner takes: those of text columns first, then the others. */
const TEXT_KEYS = [
  'id',
  'accountId',
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
  'label',
] as const;
/**
 * Attributes that senders write beside the known fields: what config/campaigns/EVENTS.md asks for. Together with the
 * others they are no more than 31, one bit each.
 */
const ATTRIBUTES = [
  ...['payeeId', 'phoneHash', 'inviterId', 'campaignId', 'identityHash', 'authorisationId'],
  ...['paymentId', 'offerId', 'voucherId', 'grantId', 'option', 'item'],
];
const ATTRIBUTE_WORDS = ATTRIBUTES.map((name) => Buffer.from(`"${name}"`));
const OTHER_KEYS = ['type', 'occurredAt', 'amount', 'terms', 'geo', 'attributes'];
const EVENT_KEYS = [...TEXT_KEYS, ...ATTRIBUTES, ...OTHER_KEYS];
const FIRST_OTHER_KEY = TEXT_KEYS.length + ATTRIBUTES.length;
const COLUMN_OF_KEY = Int32Array.from(TEXT_KEYS, (name) => textColumn(name));
const GEO_KEYS = ['lat', 'lon', 'city'];
const LATITUDE_KEY = 0;
const CITY_KEY = 2;

const TYPE_KEY = EVENT_KEYS.indexOf('type');
const TIME_KEY = EVENT_KEYS.indexOf('occurredAt');
const AMOUNT_KEY = EVENT_KEYS.indexOf('amount');
const TERMS_KEY = EVENT_KEYS.indexOf('terms');
const GEO_KEY = EVENT_KEYS.indexOf('geo');
const REQUIRED = ['id', 'accountId', 'type', 'occurredAt']
  .map((name) => 1 << EVENT_KEYS.indexOf(name))
  .reduce((all, bit) => all | bit, 0);

export class Scanner {
  private readonly limits: DecodeLimits;
  private readonly times: TimeParser;
  private readonly addresses: AddressReader;
  private readonly cursor = new ByteCursor();
  private readonly eventKeys = new Separators(
    EVENT_KEYS.map((name, key) => ({ name, quoted: key <= TIME_KEY })),
  );
  private readonly geoKeys = new Separators(
    GEO_KEYS.map((name, key) => ({ name, quoted: key === CITY_KEY })),
  );
  private readonly attributes = new AttributeScan();
  private lastType = 0;
  /** The latest time that the record at hand may carry; a field, because a number that is handed down is boxed. */
  private latestMs = 0;

  constructor(limits: DecodeLimits, times: TimeParser, addresses: AddressReader) {
    this.limits = limits;
    this.times = times;
    this.addresses = addresses;
  }

  /** Fills the draft with spans into `bytes`, or into `draft.laidOut` where it has one; false when the general path must decide. */
  scan(bytes: Buffer, receivedAtMs: number, draft: EventDraft): boolean {
    if (bytes.length > this.limits.maxRecordBytes) return false;
    const cursor = this.cursor;
    if (!cursor.start(bytes)) return false;
    draft.reset();
    this.attributes.reset();
    this.latestMs = receivedAtMs + this.limits.maxFutureMs;
    const seen = this.members(draft);
    if ((seen & REQUIRED) !== REQUIRED || !cursor.take(BRACE_CLOSE) || !cursor.atEnd())
      return false;
    if (draft.spanLength[ID] === 0 || draft.spanLength[ACCOUNT] === 0) return false;
    if (!Number.isNaN(draft.amountMinor) && draft.spanLength[CURRENCY]! < 0) return false;
    if (cursor.beyondAscii && !isUtf8(bytes)) return false;
    return this.attributes.count === 0 || this.layOut(bytes, draft);
  }

  /** Puts the attributes behind the record. */
  private layOut(bytes: Buffer, draft: EventDraft): boolean {
    draft.laidOut = this.attributes.layOut(bytes);
    if (draft.laidOut === undefined) return false;
    draft.spanStart[ATTRIBUTES_COLUMN] = bytes.length;
    draft.spanLength[ATTRIBUTES_COLUMN] = draft.laidOut.length - bytes.length;
    return true;
  }

  /** Reads members as long as they are known. @returns the keys seen as bits, or 0 to give up. */
  private members(draft: EventDraft): number {
    const cursor = this.cursor;
    let seen = 0;
    let before = this.eventKeys.start;
    for (;;) {
      const step = this.eventKeys.next(cursor, before);
      if (step === undefined) return seen;
      const key = step.key;
      const bit = 1 << key;
      if ((seen & bit) !== 0) return 0;
      seen |= bit;
      before = key;
      if (step.isNull) {
        // An attribute that is null is one that is said to be null.
        if ((REQUIRED & bit) !== 0 || (key >= TEXT_KEYS.length && key < FIRST_OTHER_KEY)) return 0;
      } else if (key < COLUMN_OF_KEY.length) {
        if (!this.text(draft, COLUMN_OF_KEY[key]!)) return 0;
      } else if (key < FIRST_OTHER_KEY) {
        const word = ATTRIBUTE_WORDS[key - TEXT_KEYS.length]!;
        if (!this.attributes.member(cursor, word)) return 0;
      } else if (!this.value(draft, key)) {
        return 0;
      }
    }
  }

  /** A text field: its span, unless it needs masking, canonical form or a failure. */
  private text(draft: EventDraft, column: number): boolean {
    const cursor = this.cursor;
    if (!cursor.string()) return false;
    const { bytes, base } = cursor;
    const from = cursor.from - base;
    const to = cursor.to - base;
    const length = to - from;
    if (length > MAX_TEXT_BYTES) return false;
    if (length >= 13 && holdsCard(bytes, from, to)) return false;
    if (column === CURRENCY && !isCurrency(bytes, from, to)) return false;
    if (column === LABEL && !isPlainLabel(bytes, from, to)) return false;
    const end = column === IP ? this.addresses.canonicalEnd(bytes, from, to) : to;
    if (end < 0) return false;
    draft.spanStart[column] = from;
    draft.spanLength[column] = end - from;
    return true;
  }

  private value(draft: EventDraft, key: number): boolean {
    const cursor = this.cursor;
    switch (key) {
      case TYPE_KEY:
        return cursor.string() && this.type(draft);
      case TIME_KEY:
        return cursor.string() && this.time(draft);
      case AMOUNT_KEY:
        draft.amountMinor = cursor.integer();
        return draft.amountMinor <= this.limits.maxAmountMinor;
      case TERMS_KEY:
        draft.terms = cursor.integer();
        return draft.terms <= MAX_TERMS;
      case GEO_KEY:
        return this.limits.maxDepth >= 2 && this.geo(draft);
      default:
        return (
          this.limits.maxDepth >= 2 && cursor.take(BRACE_OPEN) && this.attributes.object(cursor)
        );
    }
  }

  private type(draft: EventDraft): boolean {
    const { bytes, base } = this.cursor;
    const from = this.cursor.from - base;
    const to = this.cursor.to - base;
    if (!bytesEqual(bytes, from, to, TYPE_BYTES[this.lastType]!)) {
      const code = TYPE_BYTES.findIndex((name) => bytesEqual(bytes, from, to, name));
      if (code < 0) return false;
      this.lastType = code;
    }
    draft.typeCode = this.lastType;
    return true;
  }

  private time(draft: EventDraft): boolean {
    const { bytes, base, from, to } = this.cursor;
    const ms = this.times.parse(bytes, from - base, to - base);
    draft.occurredAtMs = ms;
    return ms !== NOT_A_TIME && ms >= this.limits.earliestMs && ms <= this.latestMs;
  }

  private geo(draft: EventDraft): boolean {
    const cursor = this.cursor;
    let seen = 0;
    let before = this.geoKeys.start;
    for (;;) {
      const step = this.geoKeys.next(cursor, before);
      if (step === undefined) break;
      const key = step.key;
      if ((seen & (1 << key)) !== 0 || step.isNull) return false;
      seen |= 1 << key;
      before = key;
      if (key === CITY_KEY) {
        if (!this.text(draft, CITY)) return false;
        continue;
      }
      const degrees = cursor.decimal();
      if (!(Math.abs(degrees) <= (key === LATITUDE_KEY ? 90 : 180))) return false;
      if (key === LATITUDE_KEY) draft.latitude = degrees;
      else draft.longitude = degrees;
    }
    // Latitude and longitude come together or not at all.
    return cursor.take(BRACE_CLOSE) && ((seen & 3) === 0 || (seen & 3) === 3);
  }
}

/** Whether bytes `from` to `to` are those of the word. */
function bytesEqual(bytes: Uint8Array, from: number, to: number, word: Uint8Array): boolean {
  if (to - from !== word.length) return false;
  for (let i = 0; i < word.length; i++) if (bytes[from + i] !== word[i]) return false;
  return true;
}

/** Not empty, and not a word for yes or no, which is rewritten. */
function isPlainLabel(bytes: Uint8Array, from: number, to: number): boolean {
  if (to - from <= 1) return false;
  const first = bytes[from]!;
  return to - from > 5 || (first !== 0x74 && bytes[to - 1] !== 0x65);
}
