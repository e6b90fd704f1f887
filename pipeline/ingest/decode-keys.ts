/**
 * Keys that few deployments use: hashed when a loaded feature asks for their column, for all events of the
 * batch at once, so that nobody else pays for them.
 */

import type { EventBatch } from '../event.ts';
import { ATTRIBUTE_KEYS, KEY_FIELDS, keyColumn, TEXT_FIELDS } from '../event-fields.ts';
import type { KeysOnDemand } from '../event.ts';
import { memberText, MemberFinder } from '../event-attributes.ts';
import type { KeyHasher } from './hash.ts';
import type { Placeholders } from './placeholders.ts';

const AMOUNT_KEY = keyColumn('amount');

/** The text column behind a key column; −1 where there is none. */
const TEXT_OF_KEY = Int32Array.from(KEY_FIELDS, (field) =>
  TEXT_FIELDS.findIndex((text) => text === field),
);

export class KeyWriter implements KeysOnDemand {
  private readonly hasher: KeyHasher;
  private readonly placeholders: Placeholders;
  private readonly finders = new Map(
    ATTRIBUTE_KEYS.map((name) => [keyColumn(name), new MemberFinder(name)]),
  );
  private readonly amount = new Float64Array(1);
  private readonly amountBytes = new Uint8Array(this.amount.buffer);

  constructor(hasher: KeyHasher, placeholders: Placeholders) {
    this.hasher = hasher;
    this.placeholders = placeholders;
  }

  hashKeys(batch: EventBatch, column: number, from: number, to: number): void {
    const { capacity, keyLo, keyHi } = batch;
    const finder = this.finders.get(column);
    const text = TEXT_OF_KEY[column]! * capacity;
    for (let row = from; row < to; row++) {
      const cell = column * capacity + row;
      let found = false;
      if (finder !== undefined) found = this.hashAttribute(batch, row, finder);
      else if (column === AMOUNT_KEY) found = this.hashAmount(batch.amountMinor[row]!);
      else {
        const length = batch.spanLength[text + row]!;
        const start = batch.spanStart[text + row]!;
        found = length > 0 && this.hashText(batch.source[row]!, start, start + length);
      }
      keyLo[cell] = found ? this.hasher.lo : 0;
      keyHi[cell] = found ? this.hasher.hi : 0;
    }
  }

  /** Leaves the hash of an amount in the hasher; false when there is none. */
  hashAmount(amountMinor: number): boolean {
    if (Number.isNaN(amountMinor)) return false;
    this.amount[0] = amountMinor;
    this.hasher.hash(this.amountBytes, 0, 8);
    return true;
  }

  private hashAttribute(batch: EventBatch, row: number, finder: MemberFinder): boolean {
    if (!finder.find(batch, row)) return false;
    const { span } = finder;
    const source = batch.source[row]!;
    if (!span.escaped) return this.hashText(source, span.start, span.end);
    const bytes = Buffer.from(memberText(source, span));
    return this.hashText(bytes, 0, bytes.length);
  }

  /** Leaves the hash of a text in the hasher; false for a placeholder. */
  private hashText(bytes: Buffer, start: number, end: number): boolean {
    if (this.placeholders.matches(bytes, start, end, false)) return false;
    this.hasher.hash(bytes, start, end);
    return true;
  }
}
