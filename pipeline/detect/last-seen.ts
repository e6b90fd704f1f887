/**
 * The newest times of a key, for how long it had been quiet. Of each key the newest KEPT_TIMES times are kept, which
 * is a function of the set of events that came, whatever their order; the latest one before an event is among
 * them unless as many others came out of its order.
 */

import type { EventBatch, EventType } from '../event.ts';
import type { KeyField } from '../event-fields.ts';
import { flagsOf } from '../type-flags.ts';
import { AsnReader } from './asn.ts';
import { BurstKeyReader } from './burst-key.ts';
import { EventFilter } from './event-filter.ts';
import type { LastSeenFeature } from './feature.ts';
import { KeyTable, type KeyBudget } from './memory-keys.ts';
import { CAPACITY, INLINE, LINE_INTS } from './memory-layout.ts';
import type { FeatureMatrix } from './window-store.ts';

/** As many as fit beside the key into a line of the processor's cache. */
export const KEPT_TIMES = (LINE_INTS - INLINE) / 2;

/** Keys that the hand of eviction looks at for each event. */
const HAND_STEPS = 2;
/** After a round it rests for this part of the horizon. */
const ROUNDS_PER_HORIZON = 4;

export interface PlacedLastSeen {
  readonly spec: LastSeenFeature;
  readonly measuredOn: readonly EventType[];
  readonly column: number;
}

interface Reading {
  readonly column: number;
  readonly horizonMs: number;
  /** 1 at the codes of the types at which it is measured. */
  readonly measuredOn: Uint8Array;
}

/** The features that look at the same events of the same keys: they share their times. */
export class LastSeenSeries {
  readonly keys: readonly KeyField[];
  readonly spec: LastSeenFeature;
  readonly longestMs: number;
  /** Measures that the kept times could not answer. */
  unanswered = 0;
  /** Events of a new key beyond the cap. */
  capped = 0;
  readonly #readings: readonly Reading[];
  readonly #feeds: Uint8Array;
  /** 1 at the codes of the types that are fed or measured: the others cost no look at a key. */
  readonly #looks: Uint8Array;
  readonly #filter: EventFilter;
  readonly #key: BurstKeyReader;
  readonly #table: KeyTable;
  readonly #latenessMs: number;
  /** The table's lines as doubles: those of a record begin at half the number of its first integer. */
  #times: Float64Array = new Float64Array(0);
  #watermarkMs = -Infinity;
  #hand = 1;
  #roundBeganMs = -Infinity;

  /** @param features with one key, `on` and `where`. */
  constructor(features: readonly PlacedLastSeen[], budget: KeyBudget, latenessMs: number) {
    const { spec } = features[0]!;
    this.spec = spec;
    this.keys = typeof spec.key === 'string' ? [spec.key] : spec.key;
    this.longestMs = Math.max(...features.map(({ spec: { horizonMs } }) => horizonMs));
    this.#readings = features.map(({ spec: { horizonMs }, measuredOn, column }) => {
      return { column, horizonMs, measuredOn: flagsOf(measuredOn) };
    });
    this.#feeds = flagsOf(spec.on);
    this.#looks = flagsOf([...spec.on, ...features.flatMap(({ measuredOn }) => measuredOn)]);
    this.#filter = new EventFilter(spec.where ?? []);
    this.#key = new BurstKeyReader(this.keys, new AsnReader(undefined));
    this.#table = new KeyTable(1, budget);
    this.#latenessMs = latenessMs;
  }

  get bytes(): number {
    return this.#table.bytes;
  }

  /** @param out null after a restart, when nothing is measured. @param afterMs events up to here are in already. */
  take(
    batch: EventBatch,
    from: number,
    to: number,
    out: FeatureMatrix | null,
    afterMs: number,
  ): void {
    this.#key.require(batch);
    this.#filter.bind(batch);
    for (let i = from; i < to; i++) {
      const timeMs = batch.occurredAtMs[i]!;
      if (timeMs > this.#watermarkMs) this.#watermarkMs = timeMs;
      const hasKey = this.#looks[batch.typeCode[i]!] === 1 && this.#key.read(batch, i);
      const late = batch.late[i] === 1;
      const record = hasKey ? this.#table.find(this.#key.lo, this.#key.hi) : 0;
      if (out !== null) this.#tell(batch, i, late ? 0 : record, out);
      if (!hasKey || late || this.#feeds[batch.typeCode[i]!] === 0 || timeMs <= afterMs) continue;
      if (this.#filter.passes(i)) this.#put(record, this.#key.lo, this.#key.hi, timeMs);
    }
    this.#sweep(HAND_STEPS * (to - from));
  }

  /** Remembers a time of a key. */
  put(lo: number, hi: number, timeMs: number): void {
    this.#put(this.#table.find(lo, hi), lo, hi, timeMs);
  }

  /** @param found the key's record, 0 when it has none. */
  #put(found: number, lo: number, hi: number, timeMs: number): void {
    const record = found === 0 ? this.#table.add(lo, hi) : found;
    if (record === 0) {
      this.capped++;
      return;
    }
    const { lines } = this.#table;
    if (this.#times.buffer !== lines.buffer) this.#times = new Float64Array(lines.buffer);
    const times = this.#times;
    const first = (record * LINE_INTS + INLINE) >> 1;
    const held = lines[record * LINE_INTS + CAPACITY]!;
    // Newest first; in a full line the oldest one falls out.
    let place = held;
    while (place > 0 && times[first + place - 1]! < timeMs) place--;
    if (place === KEPT_TIMES) return;
    for (let n = Math.min(held, KEPT_TIMES - 1); n > place; n--)
      times[first + n] = times[first + n - 1]!;
    times[first + place] = timeMs;
    if (held < KEPT_TIMES) lines[record * LINE_INTS + CAPACITY] = held + 1;
  }

  #tell(batch: EventBatch, i: number, record: number, { values, width }: FeatureMatrix): void {
    const type = batch.typeCode[i]!;
    let quietMs = Number.NaN;
    let isKnown = false;
    for (const { column, horizonMs, measuredOn } of this.#readings) {
      if (measuredOn[type] === 1 && !isKnown) {
        isKnown = true;
        quietMs = record === 0 ? Number.NaN : this.#quietBefore(record, batch.occurredAtMs[i]!);
      }
      values[i * width + column] =
        measuredOn[type] === 1 && quietMs < horizonMs ? quietMs : Number.NaN;
    }
  }

  #quietBefore(record: number, timeMs: number): number {
    const first = (record * LINE_INTS + INLINE) >> 1;
    const held = this.#table.lines[record * LINE_INTS + CAPACITY]!;
    for (let n = 0; n < held; n++) {
      const quietMs = timeMs - this.#times[first + n]!;
      if (quietMs >= 0) return quietMs;
    }
    if (held === KEPT_TIMES) this.unanswered++;
    return Number.NaN;
  }

  /** Forgets keys whose newest time is beyond the horizon of every event that may still come. */
  #sweep(steps: number): void {
    const table = this.#table;
    const expiryMs = this.#watermarkMs - this.#latenessMs - this.longestMs;
    for (let n = steps; n > 0; n--) {
      if (this.#hand >= table.end) {
        if (this.#watermarkMs < this.#roundBeganMs + this.longestMs / ROUNDS_PER_HORIZON) return;
        this.#roundBeganMs = this.#watermarkMs;
        this.#hand = 1;
        if (table.end === 1) return;
      }
      const record = this.#hand++;
      if (table.isFree(record)) continue;
      if (this.#times[(record * LINE_INTS + INLINE) >> 1]! <= expiryMs) table.remove(record);
    }
  }
}
