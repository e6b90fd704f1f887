/**
 * Bytes to events: the schema at the edge. A record becomes a row of the batch or a failure with its
 * reason and field path; nothing is thrown and nothing is lost.
 */

import type { EventBatch } from '../event.ts';
import type { KeyField } from '../event-fields.ts';
import { CardMask } from './card-number.ts';
import { AddressReader, isMistakenAddress, parseAddress } from './decode-address.ts';
import type { DecodeLimits } from './decode-fields.ts';
import { GeneralDecoder } from './decode-general.ts';
import { KeyWriter } from './decode-keys.ts';
import { EventDraft, RowWriter } from './decode-row.ts';
import { TimeParser } from './decode-time.ts';
import { KeyHasher, type HashSeed } from './hash.ts';
import { Placeholders } from './placeholders.ts';
import { Scanner } from './scan.ts';
import type { DecodeFailure, RawRecord } from './source.ts';

export type { DecodeLimits } from './decode-fields.ts';
export type { DecodeFailure } from './source.ts';
export type { HashSeed } from './hash.ts';

export interface DecoderOptions {
  /** Kept with the deployment: stored body hashes and restored keys are comparable only under the same seed. */
  readonly hashSeed: HashSeed;
  /** Values that never join two events (config/lists/placeholders.txt, see parsePlaceholders). */
  readonly placeholders: Iterable<string>;
  /** Secret behind the tokens of masked card numbers. */
  readonly cardTokenKey: string | Buffer;
  readonly limits: DecodeLimits;
}

/** A 64-bit key in halves, as in EventBatch; both 0 for absent. */
export interface KeyHash {
  readonly lo: number;
  readonly hi: number;
}

export class Decoder {
  /** The mask every text of an event has passed; for other texts from outside, use the same. */
  readonly cards: CardMask;
  private readonly scanner: Scanner;
  private readonly general: GeneralDecoder;
  private readonly rows: RowWriter;
  private readonly keys: KeyWriter;
  private readonly draft = new EventDraft();
  private readonly hasher: KeyHasher;
  private readonly placeholders: Placeholders;

  constructor(options: DecoderOptions) {
    this.cards = new CardMask(options.cardTokenKey);
    this.hasher = new KeyHasher(options.hashSeed);
    this.placeholders = new Placeholders(options.placeholders);
    const addresses = new AddressReader();
    const times = new TimeParser();
    this.keys = new KeyWriter(this.hasher, this.placeholders);
    this.rows = new RowWriter(this.hasher, this.placeholders, addresses, this.keys);
    this.scanner = new Scanner(options.limits, times, addresses);
    this.general = new GeneralDecoder(options.limits, this.cards, times);
  }

  /**
   * Appends the event to the batch, which must have room, or says why there is none.
   * The batch keeps `bytes`: they must not change until it is cleared.
   */
  decode(bytes: Buffer, receivedAtMs: number, into: EventBatch): DecodeFailure | undefined {
    if (!this.scanner.scan(bytes, receivedAtMs, this.draft)) {
      return this.decodeGenerally(bytes, receivedAtMs, into);
    }
    this.rows.append(into, this.draft, this.draft.laidOut ?? bytes, receivedAtMs);
    return undefined;
  }

  /** As `decode`, by the general path alone: the authority that the scanner is held equal to. */
  decodeGenerally(
    bytes: Buffer,
    receivedAtMs: number,
    into: EventBatch,
  ): DecodeFailure | undefined {
    const source = this.general.decode(bytes, receivedAtMs, this.draft);
    if (!Buffer.isBuffer(source)) return source;
    this.rows.append(into, this.draft, source, receivedAtMs);
    return undefined;
  }

  /** As `decode`, of a record that its source may have refused already. */
  decodeRecord(record: RawRecord, into: EventBatch): DecodeFailure | undefined {
    return record.refused ?? this.decode(record.bytes, record.receivedAtMs, into);
  }

  /**
   * Reads a record as `decodeRecord` does and hashes nothing: for who only orders events.
   * @returns the bytes that the spans of `drafted` point into; undefined where the record is no event.
   */
  read({ refused, bytes, receivedAtMs }: RawRecord): Buffer | undefined {
    if (refused !== undefined) return undefined;
    if (this.scanner.scan(bytes, receivedAtMs, this.draft)) return this.draft.laidOut ?? bytes;
    const source = this.general.decode(bytes, receivedAtMs, this.draft);
    return Buffer.isBuffer(source) ? source : undefined;
  }

  /** The event that was read last; stays until the next one. */
  get drafted(): EventDraft {
    return this.draft;
  }

  /** The key that an event with this text in the field has in its batch: for lists and look-ups by hand. */
  keyOf(field: KeyField, text: string): KeyHash {
    if (field === 'amount') {
      const found = text !== '' && this.keys.hashAmount(Number(text));
      return found ? { lo: this.hasher.lo, hi: this.hasher.hi } : { lo: 0, hi: 0 };
    }
    const masked = this.cards.text(text);
    const address = field === 'ip' || field === 'ipPrefix';
    const canonical = address ? (parseAddress(masked)?.text ?? masked) : masked;
    const bytes = Buffer.from(canonical);
    const isUnread = field === 'ip' && parseAddress(canonical) === undefined;
    if (isUnread && isMistakenAddress(bytes, 0, bytes.length)) return { lo: 0, hi: 0 };
    if (this.placeholders.matches(bytes, 0, bytes.length, address)) return { lo: 0, hi: 0 };
    const key = field === 'ipPrefix' ? Buffer.from(parseAddress(canonical)?.prefix ?? '') : bytes;
    if (key.length === 0) return { lo: 0, hi: 0 };
    this.hasher.hash(key, 0, key.length);
    return { lo: this.hasher.lo, hi: this.hasher.hi };
  }
}
