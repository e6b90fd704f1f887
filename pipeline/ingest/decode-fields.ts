/** The fields of an event, read from parsed JSON one by one: each either gives its value or refuses the record. */

import milliseconds from 'ms';
import { EVENT_TYPES } from '../event.ts';
import type { DeadLetterReason } from '../outcome.ts';
import type { CardMask } from './card-number.ts';
import { isCode, isCurrency } from './currency.ts';
import { NOT_A_TIME, type TimeParser } from './decode-time.ts';
import type { DecodeFailure } from './source.ts';

export interface DecodeLimits {
  readonly maxRecordBytes: number;
  /** Levels of objects and arrays; the event itself is the first. */
  readonly maxDepth: number;
  readonly maxAmountMinor: number;
  /** The first instant an event may have. */
  readonly earliestMs: number;
  /** How far an event may lie after its arrival. */
  readonly maxFutureMs: number;
  /** Whether any three capital letters are a currency: history has some that no release would take today. */
  readonly anyCurrencyCode?: boolean;
}

/** Longest text of a field, in bytes of UTF-8; `attributes` is bounded by the record alone. */
export const MAX_TEXT_BYTES = 256;
const BEYOND_ASCII = /[^\0-\x7f]/;
/** Most instalments an event may name. */
export const MAX_TERMS = 1000;

/** How a field reader ends when the record is not an event. `GeneralDecoder.decode` catches it. */
export class Refusal extends Error {
  readonly failure: DecodeFailure;

  constructor(reason: DeadLetterReason, fieldPath: string, message: string) {
    super(message);
    this.failure = { reason, fieldPath, message };
  }
}

export type Fields = Readonly<Record<string, unknown>>;

/** Null says "missing" in many senders' JSON. */
export function isAbsent(value: unknown): value is null | undefined {
  return value === undefined || value === null;
}

export function typeCodeIn(fields: Fields, cards: CardMask): number {
  const type = fields['type'];
  if (typeof type !== 'string') throw wrongType('type', 'text', type);
  const code = EVENT_TYPES.findIndex((known) => known === type);
  if (code >= 0) return code;
  const shown = JSON.stringify(cards.text(type).slice(0, 64));
  const known = EVENT_TYPES.join(', ');
  throw new Refusal('unknown_type', 'type', `${shown} is no type of event: the types are ${known}`);
}

export function occurredAtIn(
  fields: Fields,
  receivedAtMs: number,
  limits: DecodeLimits,
  times: TimeParser,
): number {
  const value = fields['occurredAt'];
  if (typeof value !== 'string') throw wrongType('occurredAt', 'text', value);
  const bytes = Buffer.from(value);
  const ms = times.parse(bytes, 0, bytes.length);
  if (ms === NOT_A_TIME) {
    const example = '2026-11-21T09:30:00+08:00';
    throw new Refusal(
      'bad_time',
      'occurredAt',
      `write RFC 3339 with an offset, such as ${example}`,
    );
  }
  if (ms < limits.earliestMs) {
    const earliest = new Date(limits.earliestMs).toISOString();
    throw new Refusal(
      'time_out_of_range',
      'occurredAt',
      `before ${earliest}, the first time that ingest.earliest allows`,
    );
  }
  if (ms > receivedAtMs + limits.maxFutureMs) {
    const most = milliseconds(limits.maxFutureMs, { long: true });
    const message = `more than ${most} after its arrival (ingest.maxFutureMs): look at the sender's clock and offset`;
    throw new Refusal('time_out_of_range', 'occurredAt', message);
  }
  return ms;
}

/** The checked and masked text of an optional field. */
export function textIn(value: unknown, path: string, cards: CardMask): string | undefined {
  if (isAbsent(value)) return undefined;
  if (typeof value !== 'string') throw wrongType(path, 'text', value);
  if (BEYOND_ASCII.test(value) && /\p{Surrogate}/u.test(value)) {
    throw new Refusal('not_utf8', path, 'the text holds half of a surrogate pair');
  }
  const masked = cards.text(value);
  // A UTF-16 unit makes at most three bytes.
  if (masked.length * 3 > MAX_TEXT_BYTES && Buffer.byteLength(masked) > MAX_TEXT_BYTES) {
    throw new Refusal('too_large', path, `longer than ${MAX_TEXT_BYTES} bytes`);
  }
  return masked;
}

/** The amount in minor units, NaN when there is none. */
export function amountIn(fields: Fields, maxAmountMinor: number): number {
  const amount = fields['amount'];
  if (isAbsent(amount)) return NaN;
  if (typeof amount !== 'number') throw wrongType('amount', 'an integer of minor units', amount);
  if (amount < 0) throw new Refusal('bad_amount', 'amount', 'negative: what goes back is a refund');
  if (!Number.isInteger(amount) && amount <= maxAmountMinor) {
    throw new Refusal('bad_amount', 'amount', 'not an integer of minor units: 12.50 is 1250');
  }
  if (amount > maxAmountMinor) {
    throw new Refusal(
      'bad_amount',
      'amount',
      `above ${maxAmountMinor}, the most that ingest.maxAmountMinor allows`,
    );
  }
  return amount + 0;
}

/** @param needed whether the event has an amount, which means nothing without its currency. */
export function currencyIn(
  fields: Fields,
  needed: boolean,
  { anyCurrencyCode }: DecodeLimits,
): string | undefined {
  const currency = fields['currency'];
  if (isAbsent(currency)) {
    if (needed)
      throw new Refusal('missing_field', 'currency', 'an amount needs its currency, such as CNY');
    return undefined;
  }
  if (typeof currency === 'string' && currency.length === 3) {
    const bytes = Buffer.from(currency);
    const isMeant = anyCurrencyCode === true ? isCode : isCurrency;
    if (isMeant(bytes, 0, bytes.length)) return currency;
  }
  throw wrongType('currency', 'a code of ISO 4217 such as CNY', currency);
}

export function termsIn(fields: Fields): number {
  const terms = fields['terms'];
  if (isAbsent(terms)) return NaN;
  if (typeof terms === 'number' && Number.isInteger(terms) && terms >= 0 && terms <= MAX_TERMS) {
    return terms + 0;
  }
  throw wrongType('terms', `an integer from 0 to ${MAX_TERMS}`, terms);
}

export interface Geo {
  readonly latitude: number;
  readonly longitude: number;
  readonly city: string | undefined;
  /** Members the product does not know, kept under attributes. */
  readonly others: readonly (readonly [string, unknown])[];
}

const GEO_KEYS: ReadonlySet<string> = new Set(['lat', 'lon', 'city']);

export function geoIn(fields: Fields, cards: CardMask): Geo {
  const geo = fields['geo'];
  if (isAbsent(geo)) return { latitude: NaN, longitude: NaN, city: undefined, others: [] };
  if (typeof geo !== 'object' || Array.isArray(geo)) throw wrongType('geo', 'an object', geo);
  const { lat, lon, city } = geo as Fields;
  const latitude = degrees(lat, 'geo.lat', 90);
  const longitude = degrees(lon, 'geo.lon', 180);
  if (Number.isNaN(latitude) !== Number.isNaN(longitude)) {
    const missing = Number.isNaN(latitude) ? 'geo.lat' : 'geo.lon';
    throw new Refusal('bad_geo', missing, 'latitude and longitude come together');
  }
  return {
    latitude,
    longitude,
    city: textIn(city, 'geo.city', cards),
    others: Object.entries(geo).filter(([key]) => !GEO_KEYS.has(key)),
  };
}

function degrees(value: unknown, path: string, limit: number): number {
  if (isAbsent(value)) return NaN;
  if (typeof value !== 'number') throw wrongType(path, 'a number of degrees', value);
  if (Math.abs(value) > limit) {
    throw new Refusal('bad_geo', path, `not between -${limit} and ${limit}`);
  }
  return value + 0;
}

/** Ground truth is `fraud` or `honest` where it reads like a boolean; any other text is kept. */
export function labelIn(fields: Fields, cards: CardMask): string | undefined {
  const label = fields['label'];
  const plain = typeof label === 'boolean' || typeof label === 'number' ? String(label) : label;
  const text = textIn(plain, 'label', cards);
  if (text === '') return undefined;
  if (text === 'true' || text === '1') return 'fraud';
  return text === 'false' || text === '0' ? 'honest' : text;
}

export function wrongType(path: string, wanted: string, value: unknown): Refusal {
  return new Refusal('wrong_type', path, `must be ${wanted}, not ${kindOf(value)}`);
}

/** What a JSON value is, for a message that must not repeat it. */
export function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'string') return value === '' ? 'empty text' : 'this text';
  if (typeof value === 'object') return 'an object';
  return typeof value === 'number' ? 'this number' : `a ${typeof value}`;
}
