/** The key of a burst as a 64-bit hash: of an event, or of what history says of one. */

import type { EventBatch } from '../event.ts';
import { keyColumn } from '../event-fields.ts';
import type { AsnReader } from './asn.ts';
import type { BurstKey } from './burst-feature.ts';

/** A 64-bit hash in halves that joins several; reused, so that joining makes no object. */
export class JoinedHash {
  lo = 0;
  hi = 0;

  start(): void {
    this.lo = 0;
    this.hi = 0;
  }

  /** Takes in the halves of a hash; the order of taking in tells. The pair is never (0, 0) afterwards. */
  join(lo: number, hi: number): void {
    const was = this.lo;
    this.lo = ((Math.imul(this.lo, 0x2c1b3c6d) ^ (this.hi >>> 15)) + lo) | 0;
    this.hi = ((Math.imul(this.hi, 0x297a2d39) ^ (was >>> 15)) + hi) | 0;
    if ((this.lo | this.hi) === 0) this.lo = 1;
  }
}

/** Reads the key of events; one hash for all of them. */
export class BurstKeyReader extends JoinedHash {
  readonly #columns: readonly (number | 'asn')[];
  readonly #asn: AsnReader;

  constructor(keys: readonly BurstKey[], asn: AsnReader) {
    super();
    this.#columns = keys.map((key) => (key === 'asn' ? key : keyColumn(key)));
    this.#asn = asn;
  }

  /** Before `read`: sees to it that the batch holds the hashes. */
  require(batch: EventBatch): void {
    for (const column of this.#columns) if (column !== 'asn') batch.requireKey(column);
  }

  /** Sets `lo` and `hi` to the key of event i. @returns whether it has one: no part is missing or a placeholder. */
  read(batch: EventBatch, i: number): boolean {
    this.start();
    for (const column of this.#columns) {
      if (column === 'asn') {
        const asn = this.#asn.of(batch, i);
        if (Number.isNaN(asn)) return false;
        this.join(asn, ASN_HALF);
        continue;
      }
      const at = column * batch.capacity + i;
      const lo = batch.keyLo[at]!;
      const hi = batch.keyHi[at]!;
      if ((lo | hi) === 0) return false;
      this.join(lo, hi);
    }
    return true;
  }
}

/** The halves of a 64-bit hash; both 0 for none. */
export interface Halves {
  readonly lo: number;
  readonly hi: number;
}

/** Joined with the number of an autonomous system to make a key of it. */
const ASN_HALF = 0x61736e;

/** The key of history's texts as the reader makes it of an event; `hash` as the decoder's, both halves 0 for no key. */
export function joinedKey(
  keys: readonly BurstKey[],
  texts: readonly string[],
  hash: (key: BurstKey, text: string) => Halves,
): Halves {
  const joined = new JoinedHash();
  joined.start();
  for (const [index, key] of keys.entries()) {
    const { lo, hi } = hash(key, texts[index]!);
    if ((lo | hi) === 0) return { lo: 0, hi: 0 };
    joined.join(lo, hi);
  }
  return { lo: joined.lo, hi: joined.hi };
}

/** The halves by which an autonomous system is a key. */
export function asnHalves(asn: number): Halves {
  return Number.isNaN(asn) ? { lo: 0, hi: 0 } : { lo: asn, hi: ASN_HALF };
}
