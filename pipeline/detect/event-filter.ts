/**
 * Conditions on events, made ready to be asked of a batch's rows: numbers and bytes are compared, and only for an
 * address that is held against ranges a text is made.
 */

import { typeCodeOf, EVENT_TYPES } from '../event.ts';
import type { EventBatch } from '../event.ts';
import { ATTRIBUTE_KEYS, textColumn, type NumberField, type TextField } from '../event-fields.ts';
import { MemberFinder } from '../event-attributes.ts';
import type { ConditionText, EventPattern, WindowCondition } from './feature.ts';
import { NetworkSet, type Network } from './networks.ts';

const NO_VALUES = new Float64Array(0);

/** `bind` a batch, then ask of its rows. */
export class EventFilter {
  private readonly ranges: Range[] = [];
  private readonly texts: (TextCondition | NetworkCondition)[] = [];

  constructor(where: readonly WindowCondition[]) {
    for (const condition of where) {
      if ('in' in condition)
        this.texts.push(new TextCondition(condition.field, condition.in, true));
      else if ('notIn' in condition)
        this.texts.push(new TextCondition(condition.field, condition.notIn, false));
      else if ('outside' in condition) this.texts.push(new NetworkCondition(condition.outside));
      else this.ranges.push(new Range(condition.field, condition.atLeast, condition.atMost));
    }
  }

  bind(batch: EventBatch): void {
    for (const range of this.ranges) range.values = batch[range.field];
    for (const text of this.texts) text.batch = batch;
  }

  passes(row: number): boolean {
    const { ranges, texts } = this;
    for (let n = 0; n < ranges.length; n++) {
      const { values, atLeast, atMost } = ranges[n]!;
      // True for NaN, too.
      if (!(values[row]! >= atLeast && values[row]! <= atMost)) return false;
    }
    for (let n = 0; n < texts.length; n++) if (!texts[n]!.passes(row)) return false;
    return true;
  }
}

class Range {
  readonly field: NumberField;
  readonly atLeast: number;
  readonly atMost: number;
  values: Float64Array = NO_VALUES;

  constructor(field: NumberField, atLeast = -Infinity, atMost = Infinity) {
    this.field = field;
    this.atLeast = atLeast;
    this.atMost = atMost;
  }
}

class TextCondition {
  batch: EventBatch | undefined;
  private readonly words: readonly Buffer[];
  /** Whether the text has to be one of the words, or none of them. */
  private readonly wanted: boolean;
  private readonly column: number;
  /** For a text among the attributes. */
  private readonly finder: MemberFinder | undefined;

  constructor(field: ConditionText, words: readonly string[], wanted: boolean) {
    const inAttributes = ATTRIBUTE_KEYS.some((name) => name === field);
    this.finder = inAttributes ? new MemberFinder(field) : undefined;
    this.column = textColumn(inAttributes ? 'attributes' : (field as TextField));
    // Canonical JSON writes a text in one way, so that its bytes can be compared as they stand.
    this.words = words.map((word) =>
      Buffer.from(inAttributes ? JSON.stringify(word).slice(1, -1) : word),
    );
    this.wanted = wanted;
  }

  passes(row: number): boolean {
    const batch = this.batch!;
    const { finder } = this;
    if (finder !== undefined) {
      const { span } = finder;
      if (!finder.find(batch, row) || span.start === span.end) return false;
      return this.test(batch, row, span.start, span.end);
    }
    const cell = this.column * batch.capacity + row;
    const length = batch.spanLength[cell]!;
    if (length <= 0) return false;
    const start = batch.spanStart[cell]!;
    return this.test(batch, row, start, start + length);
  }

  private test(batch: EventBatch, row: number, start: number, end: number): boolean {
    const bytes = batch.source[row]!;
    const { words } = this;
    for (let n = 0; n < words.length; n++)
      if (isWord(bytes, start, end, words[n]!)) return this.wanted;
    return !this.wanted;
  }
}

class NetworkCondition {
  batch: EventBatch | undefined;
  private readonly networks: NetworkSet<Network>;

  constructor(ranges: readonly string[]) {
    this.networks = new NetworkSet(ranges.map((cidr) => ({ cidr, reason: '' })));
  }

  passes(row: number): boolean {
    return this.networks.match(this.batch!.text('ip', row)) === undefined;
  }
}

function isWord(bytes: Uint8Array, start: number, end: number, word: Uint8Array): boolean {
  if (end - start !== word.length) return false;
  for (let i = 0; i < word.length; i++) if (bytes[start + i] !== word[i]) return false;
  return true;
}

/** Which of several patterns an event matches. */
export class StepMatcher {
  /** The patterns that the last event asked about matches, pattern n as bit n. */
  matched = 0;
  /** By type code: the patterns that take the type, as bits. */
  private readonly ofType: Int32Array;
  private readonly filters: readonly (EventFilter | null)[];
  private typeCode: Uint8Array = new Uint8Array(0);

  constructor(patterns: readonly EventPattern[]) {
    this.ofType = new Int32Array(EVENT_TYPES.length);
    patterns.forEach(({ on }, n) => {
      for (const type of on) this.ofType[typeCodeOf(type)]! |= 1 << n;
    });
    this.filters = patterns.map(({ where = [] }) =>
      where.length === 0 ? null : new EventFilter(where),
    );
  }

  bind(batch: EventBatch): void {
    this.typeCode = batch.typeCode;
    for (const filter of this.filters) filter?.bind(batch);
  }

  /** Fills `matched` and returns it. */
  match(row: number): number {
    let matched = this.ofType[this.typeCode[row]!]!;
    for (let n = 0; n < this.filters.length; n++)
      if ((matched & (1 << n)) !== 0 && this.filters[n]?.passes(row) === false)
        matched &= ~(1 << n);
    this.matched = matched;
    return matched;
  }
}
