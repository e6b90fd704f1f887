/**
 * The last step of decoding, shared by the scanner and the general path: a draft of one event, whose text
 * lies as spans in some bytes, becomes a row of the batch with its hashes. What both paths hash is thus
 * the same by construction.
 */

import { DECODED_KEYS, keyColumn, TEXT_FIELDS, textColumn } from '../event-fields.ts';
import type { EventBatch, KeysOnDemand } from '../event.ts';
import { placeOf } from '../place.ts';
import { ipv4PrefixLength, isMistakenAddress, type AddressReader } from './decode-address.ts';
import type { KeyHasher } from './hash.ts';
import type { Placeholders } from './placeholders.ts';

/** One event, checked but not yet in a batch. */
export class EventDraft {
  /** By text column, as in EventBatch; offsets into the bytes handed to `append`. */
  readonly spanStart = new Int32Array(TEXT_FIELDS.length);
  readonly spanLength = new Int32Array(TEXT_FIELDS.length);
  typeCode = 0;
  occurredAtMs = 0;
  amountMinor = NaN;
  terms = NaN;
  latitude = NaN;
  longitude = NaN;
  /** Bytes that begin as those that were scanned, with what they do not hold in one piece behind; the spans are into them. */
  laidOut: Buffer | undefined = undefined;

  reset(): void {
    this.spanLength.fill(-1);
    this.laidOut = undefined;
    this.amountMinor = NaN;
    this.terms = NaN;
    this.latitude = NaN;
    this.longitude = NaN;
  }
}

const ID = textColumn('id');
const IP_KEY = keyColumn('ip');
const PREFIX_KEY = keyColumn('ipPrefix');

/** The key column that holds the hash of a text column; −1 for text that is no key, or one on demand alone. */
const KEY_OF_TEXT = Int32Array.from(TEXT_FIELDS, (field) =>
  DECODED_KEYS.findIndex((key) => key === field),
);

export class RowWriter {
  private readonly hasher: KeyHasher;
  private readonly placeholders: Placeholders;
  private readonly addresses: AddressReader;
  private readonly keysOnDemand: KeysOnDemand;
  private readonly numbers = new Float64Array(5);
  private readonly numberWords = new Int32Array(this.numbers.buffer);

  constructor(
    hasher: KeyHasher,
    placeholders: Placeholders,
    addresses: AddressReader,
    keysOnDemand: KeysOnDemand,
  ) {
    this.addresses = addresses;
    this.keysOnDemand = keysOnDemand;
    this.hasher = hasher;
    this.placeholders = placeholders;
  }

  /** Appends the draft, whose spans point into `source`. The caller guarantees room. */
  append(into: EventBatch, draft: EventDraft, source: Buffer, receivedAtMs: number): void {
    const row = into.length;
    const capacity = into.capacity;
    const hasher = this.hasher;
    let body = draft.typeCode;
    into.keyLo[PREFIX_KEY * capacity + row] = 0;
    into.keyHi[PREFIX_KEY * capacity + row] = 0;
    const { spanStart, spanLength } = into;
    for (let column = 0, cell = row; column < TEXT_FIELDS.length; column++, cell += capacity) {
      const start = draft.spanStart[column]!;
      const length = draft.spanLength[column]!;
      const key = KEY_OF_TEXT[column]!;
      spanStart[cell] = start;
      spanLength[cell] = length;
      let word = 0;
      if (key >= 0) word = this.writeKey(into, row, key, source, start, length);
      else if (length >= 0 && column !== ID) word = hasher.hash32(source, start, start + length);
      body = (Math.imul(body, 0x01000193) + word) | 0;
    }
    const idStart = draft.spanStart[ID]!;
    hasher.hash(source, idStart, idStart + draft.spanLength[ID]!);
    into.idLo[row] = hasher.lo;
    into.idHi[row] = hasher.hi;
    into.bodyHash[row] = (Math.imul(body, 0x01000193) + this.numbersWord(draft)) | 0;
    into.source[row] = source;
    into.typeCode[row] = draft.typeCode;
    into.occurredAtMs[row] = draft.occurredAtMs;
    into.receivedAtMs[row] = receivedAtMs;
    into.amountMinor[row] = draft.amountMinor;
    into.terms[row] = draft.terms;
    into.latitude[row] = draft.latitude;
    into.longitude[row] = draft.longitude;
    into.place[row] = placeOf(draft.latitude, draft.longitude);
    into.late[row] = 0;
    into.keysOnDemand = this.keysOnDemand;
    into.length = row + 1;
  }

  /** Writes the hash of a key field, (0, 0) when it is absent or a placeholder; returns its low half for the body. */
  private writeKey(
    into: EventBatch,
    row: number,
    key: number,
    source: Buffer,
    start: number,
    length: number,
  ): number {
    const cell = key * into.capacity + row;
    into.keyLo[cell] = 0;
    into.keyHi[cell] = 0;
    if (length < 0) return 0;
    const hasher = this.hasher;
    const end = start + length;
    hasher.hash(source, start, end);
    const word = hasher.lo;
    if (this.placeholders.matches(source, start, end, key === IP_KEY)) return word;
    into.keyLo[cell] = word;
    into.keyHi[cell] = hasher.hi;
    if (key === IP_KEY) this.writePrefix(into, row, source, start, end);
    return word;
  }

  private writePrefix(
    into: EventBatch,
    row: number,
    source: Buffer,
    start: number,
    end: number,
  ): void {
    const dotted = ipv4PrefixLength(source, start, end);
    if (dotted > 0) {
      this.hasher.hash(source, start, start + dotted);
    } else {
      const address = source.subarray(start, end).includes(0x3a)
        ? this.addresses.read(source.toString('utf8', start, end))
        : undefined;
      if (address === undefined) {
        if (isMistakenAddress(source, start, end)) {
          into.mistakenAddresses.push(row);
          into.keyLo[IP_KEY * into.capacity + row] = 0;
          into.keyHi[IP_KEY * into.capacity + row] = 0;
        }
        return;
      }
      const prefix = Buffer.from(address.prefix);
      this.hasher.hash(prefix, 0, prefix.length);
    }
    into.keyLo[PREFIX_KEY * into.capacity + row] = this.hasher.lo;
    into.keyHi[PREFIX_KEY * into.capacity + row] = this.hasher.hi;
  }

  /** 32 bits over the numbers. Adding 0 turns −0, which JSON can write, into 0. */
  private numbersWord(draft: EventDraft): number {
    const numbers = this.numbers;
    numbers[0] = draft.occurredAtMs + 0;
    numbers[1] = draft.amountMinor + 0;
    numbers[2] = draft.terms + 0;
    numbers[3] = draft.latitude + 0;
    numbers[4] = draft.longitude + 0;
    let word = 0;
    for (let i = 0; i < 10; i++) {
      word = (Math.imul(word ^ (word >>> 15), 0x2c1b3c6d) + this.numberWords[i]!) | 0;
    }
    return word;
  }
}
