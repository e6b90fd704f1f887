/**
 * The general path of decoding: any JSON, by JSON.parse. It is the authority on what an event is and on
 * every way to fail; the scanner takes only records on which both agree. A repeated key means its last
 * value, as JSON.parse has it.
 */

import { isUtf8 } from 'node:buffer';
import { TEXT_FIELDS, textColumn, type TextField } from '../event-fields.ts';
import type { CardMask } from './card-number.ts';
import { parseAddress } from './decode-address.ts';
import {
  amountIn,
  currencyIn,
  geoIn,
  isAbsent,
  kindOf,
  labelIn,
  occurredAtIn,
  Refusal,
  termsIn,
  textIn,
  typeCodeIn,
  wrongType,
  type DecodeLimits,
  type Fields,
  type Geo,
} from './decode-fields.ts';
import { canonicalObject, findForbiddenKey, inspectJson, quoteCardNumbers } from './decode-json.ts';
import type { EventDraft } from './decode-row.ts';
import type { TimeParser } from './decode-time.ts';
import type { DecodeFailure } from './source.ts';

const REQUIRED = ['id', 'type', 'occurredAt', 'accountId'] as const;

/** Text fields that are read as they stand. */
const PLAIN_TEXT = [
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
  'refundOf',
] as const satisfies readonly TextField[];

/** Top-level keys with a meaning; all others are attributes. */
const KNOWN: ReadonlySet<string> = new Set([
  ...PLAIN_TEXT,
  ...['type', 'occurredAt', 'amount', 'currency', 'terms', 'geo', 'attributes', 'label'],
]);

type Texts = Partial<Record<TextField, string | undefined>>;

export class GeneralDecoder {
  private readonly limits: DecodeLimits;
  private readonly cards: CardMask;
  private readonly times: TimeParser;

  constructor(limits: DecodeLimits, cards: CardMask, times: TimeParser) {
    this.limits = limits;
    this.cards = cards;
    this.times = times;
  }

  /** Fills the draft and returns the bytes its spans point into, or the reason why the record is refused. */
  decode(bytes: Buffer, receivedAtMs: number, draft: EventDraft): Buffer | DecodeFailure {
    try {
      return this.read(bytes, receivedAtMs, draft);
    } catch (error) {
      if (error instanceof Refusal) return error.failure;
      throw error;
    }
  }

  private read(bytes: Buffer, receivedAtMs: number, draft: EventDraft): Buffer {
    const { fields, exact } = this.parse(bytes);
    const { cards, limits } = this;
    draft.reset();
    const texts: Texts = {};
    for (const name of REQUIRED) {
      if (isAbsent(fields[name]) || fields[name] === '') {
        throw new Refusal('missing_field', name, `${name} is required`);
      }
    }
    draft.typeCode = typeCodeIn(fields, cards);
    draft.occurredAtMs = occurredAtIn(fields, receivedAtMs, limits, this.times);
    for (const name of PLAIN_TEXT) texts[name] = textIn(fields[name], name, cards);
    if (texts.ip !== undefined) texts.ip = parseAddress(texts.ip)?.text ?? texts.ip;
    draft.amountMinor = amountIn(fields, limits.maxAmountMinor);
    texts.currency = currencyIn(fields, !Number.isNaN(draft.amountMinor), limits);
    draft.terms = termsIn(fields);
    const geo = geoIn(fields, cards);
    draft.latitude = geo.latitude;
    draft.longitude = geo.longitude;
    texts.city = geo.city;
    texts.label = labelIn(fields, cards);
    const others = exact === fields ? geo.others : geoIn(exact, cards).others;
    texts.attributes = this.attributes(exact, others);
    return layOut(texts, draft);
  }

  /** The parsed event, and beside it the event whose card numbers of many digits are text, masked. */
  private parse(bytes: Buffer): { fields: Fields; exact: Fields } {
    const { maxRecordBytes, maxDepth } = this.limits;
    if (bytes.length > maxRecordBytes) {
      throw new Refusal('too_large', '', `longer than ${maxRecordBytes} bytes`);
    }
    if (!isUtf8(bytes)) throw new Refusal('not_utf8', '', 'the bytes are not UTF-8');
    const { depth, longNumber } = inspectJson(bytes);
    if (depth > maxDepth) {
      throw new Refusal('too_deep', '', `nested ${depth} levels deep, the limit is ${maxDepth}`);
    }
    const text = bytes.toString('utf8');
    const value = parseJson(text);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new Refusal('not_an_object', '', `an event is a JSON object, not ${kindOf(value)}`);
    }
    const forbidden = findForbiddenKey(value, text);
    if (forbidden !== undefined) {
      throw new Refusal('forbidden_key', this.cards.text(forbidden), 'this key is not allowed');
    }
    const fields = value as Fields;
    if (!longNumber) return { fields, exact: fields };
    return { fields, exact: parseJson(quoteCardNumbers(text, this.cards)) as Fields };
  }

  /**
   * The canonical text of everything the product does not know: unknown members of the event and of `geo`,
   * and the members of `attributes`, which stand where the same name is used twice.
   */
  private attributes(fields: Fields, geo: Geo['others']): string | undefined {
    const entries = new Map<string, unknown>();
    for (const key of Object.keys(fields)) {
      if (!KNOWN.has(key)) entries.set(key, fields[key]);
    }
    if (geo.length > 0) entries.set('geo', Object.fromEntries(geo));
    const own = fields['attributes'];
    if (!isAbsent(own)) {
      if (typeof own !== 'object' || Array.isArray(own)) {
        throw wrongType('attributes', 'an object', own);
      }
      for (const [key, value] of Object.entries(own)) entries.set(key, value);
    }
    return entries.size === 0 ? undefined : canonicalObject([...entries], this.cards);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // The engine's own message quotes the input, which may hold a card number.
    const what = text.trim() === '' ? 'the record is empty' : 'the record is not JSON';
    throw new Refusal('not_json', '', what);
  }
}

/** Lays the texts end to end in fresh bytes and points the draft's spans at them. */
function layOut(texts: Texts, draft: EventDraft): Buffer {
  let longest = 0;
  for (const name of TEXT_FIELDS) longest += (texts[name]?.length ?? 0) * 3;
  const room = Buffer.allocUnsafe(longest);
  let at = 0;
  for (const name of TEXT_FIELDS) {
    const column = textColumn(name);
    const text = texts[name];
    draft.spanStart[column] = at;
    draft.spanLength[column] = text === undefined ? -1 : room.write(text, at);
    if (text !== undefined) at += draft.spanLength[column];
  }
  return room.subarray(0, at);
}
