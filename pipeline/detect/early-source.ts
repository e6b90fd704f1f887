/**
 * Which keys were there when the stream began: what they did before is unknown, and not nothing. Kept are the
 * keys of the stream's first minutes, and only until it has been watched long enough.
 *
 * A stream has begun with its event number BEGUN_BY in the order of event times. Its very first event may be a day
 * old (a telephone that was off), and comes before anything that would say so: counted from there, all keys of the
 * stream itself would have come later, and the day that is needed would be over at once.
 */

import type { EventBatch } from '../event.ts';
import { keyColumn, type KeyField } from '../event-fields.ts';
import { flagsOf } from '../type-flags.ts';
import type { FeatureSource, FeatureSourceStats } from './feature-layout.ts';
import type { FeatureRequest } from './feature-plan.ts';
import { KeyTable } from './memory-keys.ts';
import { INLINE, LINE_INTS } from './memory-layout.ts';
import type { FeatureMatrix } from './window-store.ts';

/**
 * 1 at an event whose key had an event before the stream had begun or less than `withinMs` after that, as long as
 * the beginning lies less than `untilMs` before the event; else 0. Events that came late begin nothing, and are
 * measured at the earliest time that is still open.
 */
export interface EarlyFeature {
  readonly kind: 'early';
  readonly key: KeyField;
  /** 0: no key was there before. */
  readonly withinMs: number;
  /** As long as it takes until enough is known; reported until then. */
  readonly untilMs: number;
}

/** So many events of a stream may be stale before those that show how old it is. */
const BEGUN_BY = 100;

/**
 * Those beyond are held to have come later, and are counted. A busy key is among the first: where ten million
 * customers come in any order, an address of forty of them is missed by a million keys once in fifty times
 * (e^(−40 · 10^6 / 10^7)), one of two hundred never. They take 80 MB, and that for the first day.
 */
const MAX_EARLY_KEYS = 1_000_000;
const HOUR_MS = 3_600_000;

export interface BeginningHistory {
  /** Whether so many recorded events that came in time lie before an instant. */
  hasBefore(beforeMs: number, events: number): Promise<boolean>;
}

export class EarlySource implements FeatureSource {
  readonly name = 'early';
  private readonly keys: readonly EarlyKeys[];

  constructor(
    requests: readonly (FeatureRequest<EarlyFeature> & { readonly column: number })[],
    allowedLatenessMs: number,
  ) {
    this.keys = requests.map((request) => new EarlyKeys(request, allowedLatenessMs));
  }

  measure(batch: EventBatch, from: number, to: number, out: FeatureMatrix): void {
    for (const keys of this.keys) keys.measure(batch, from, to, out);
  }

  restore(batch: EventBatch, from: number, to: number): void {
    for (const keys of this.keys) keys.restore(batch, from, to);
  }

  async recall(history: BeginningHistory, watermarkMs: number): Promise<void> {
    for (const keys of this.keys) await keys.recall(history, watermarkMs);
  }

  stats(isRead: (column: number) => boolean = () => true): FeatureSourceStats {
    const sum = (of: (keys: EarlyKeys) => number): number =>
      this.keys.reduce((total, keys) => total + of(keys), 0);
    return {
      keys: sum(({ size }) => size),
      bytes: sum(({ bytes }) => bytes),
      capped: sum(({ capped }) => capped),
      warming: this.keys.flatMap(({ spec, column, watchedMs }) =>
        spec.withinMs === 0 || watchedMs >= spec.untilMs || !isRead(column)
          ? []
          : [
              {
                feature: `each ${spec.key} of the stream's beginning`,
                known: Number((watchedMs / HOUR_MS).toFixed(2)),
                needed: spec.untilMs / HOUR_MS,
                unit: 'hours',
              },
            ],
      ),
    };
  }
}

class EarlyKeys {
  readonly spec: EarlyFeature;
  readonly column: number;
  capped = 0;
  private readonly measuredOn: Uint8Array;
  private readonly key: number;
  private readonly latenessMs: number;
  private table = newTable();
  /** The table's lines as doubles: a record's holds the earliest time of its key. */
  private seenMs: Float64Array = new Float64Array(0);
  /** Times of the stream's first BEGUN_BY events, in their order. */
  private readonly firstMs: number[] = [];
  private lastMs = Number.NEGATIVE_INFINITY;

  constructor(
    { spec, column, measuredOn }: FeatureRequest<EarlyFeature> & { readonly column: number },
    latenessMs: number,
  ) {
    this.spec = spec;
    this.column = column;
    this.measuredOn = flagsOf(measuredOn);
    this.key = keyColumn(spec.key);
    this.latenessMs = latenessMs;
  }

  get size(): number {
    return this.table.size;
  }

  get bytes(): number {
    return this.table.bytes;
  }

  /** How long the stream is known, in event time. */
  get watchedMs(): number {
    return Math.max(0, this.lastMs - this.begunMs);
  }

  /** As long as it has not begun it may begin at any time. */
  private get begunMs(): number {
    return this.firstMs[BEGUN_BY - 1] ?? Number.POSITIVE_INFINITY;
  }

  measure(batch: EventBatch, from: number, to: number, out: FeatureMatrix): void {
    batch.requireKey(this.key);
    for (let row = from; row < to; row++) {
      if (batch.late[row] === 0) this.take(batch, row);
      const isMeasured = this.measuredOn[batch.typeCode[row]!] === 1;
      out.values[row * out.width + this.column] = isMeasured ? this.read(batch, row) : Number.NaN;
    }
  }

  restore(batch: EventBatch, from: number, to: number): void {
    batch.requireKey(this.key);
    for (let row = from; row < to; row++) this.take(batch, row);
  }

  /** Of a stream that began before all that may still be asked for, what is restored is no beginning. */
  async recall(history: BeginningHistory, watermarkMs: number): Promise<void> {
    const beforeMs = watermarkMs - this.latenessMs - this.spec.untilMs;
    if (this.spec.withinMs > 0 && (await history.hasBefore(beforeMs, BEGUN_BY))) {
      this.begin(beforeMs, BEGUN_BY);
    }
  }

  private take(batch: EventBatch, row: number): void {
    const timeMs = batch.occurredAtMs[row]!;
    if (timeMs > this.lastMs) {
      this.lastMs = timeMs;
      // Nothing that still comes in time can ask for them.
      if (this.size > 0 && this.watchedMs > this.spec.untilMs + this.latenessMs) {
        this.table = newTable();
      }
    }
    if (timeMs < this.begunMs) this.begin(timeMs);
    if (this.spec.withinMs === 0 || timeMs - this.begunMs >= this.spec.withinMs) return;
    const at = this.key * batch.capacity + row;
    const lo = batch.keyLo[at]!;
    const hi = batch.keyHi[at]!;
    if ((lo | hi) !== 0) this.see(lo, hi, timeMs);
  }

  private see(lo: number, hi: number, timeMs: number): void {
    const { table } = this;
    const known = table.find(lo, hi);
    const record = known === 0 ? table.add(lo, hi) : known;
    if (record === 0) {
      this.capped++;
      return;
    }
    if (this.seenMs.buffer !== table.lines.buffer) {
      this.seenMs = new Float64Array(table.lines.buffer);
    }
    const at = placeOf(record);
    if (known === 0 || timeMs < this.seenMs[at]!) this.seenMs[at] = timeMs;
  }

  /** Takes the time of an event before which fewer than BEGUN_BY lie; or of so many that lie no later. */
  private begin(timeMs: number, events = 1): void {
    const after = this.firstMs.findIndex((eachMs) => eachMs > timeMs);
    const times = new Array<number>(events).fill(timeMs);
    this.firstMs.splice(after === -1 ? this.firstMs.length : after, 0, ...times);
    this.firstMs.length = Math.min(this.firstMs.length, BEGUN_BY);
    const { begunMs, table } = this;
    for (let record = 1; record < table.end; record++) {
      if (table.isFree(record)) continue;
      if (this.seenMs[placeOf(record)]! - begunMs >= this.spec.withinMs) table.remove(record);
    }
  }

  private read(batch: EventBatch, row: number): number {
    const ownMs = batch.occurredAtMs[row]!;
    const timeMs = batch.late[row] === 1 ? Math.max(ownMs, this.lastMs - this.latenessMs) : ownMs;
    if (this.size === 0 || timeMs - this.begunMs >= this.spec.untilMs) return 0;
    const at = this.key * batch.capacity + row;
    return this.table.find(batch.keyLo[at]!, batch.keyHi[at]!) === 0 ? 0 : 1;
  }
}

function newTable(): KeyTable {
  return new KeyTable(1, { used: 0, limit: MAX_EARLY_KEYS });
}

/** Where a record's time stands among the doubles. */
function placeOf(record: number): number {
  return (record * LINE_INTS + INLINE) >> 1;
}
