/** Measures what is usual of kinds of values: of each the accounts of its values, span by span. */

import type { EventBatch } from '../event.ts';
import { keyColumn } from '../event-fields.ts';
import { flagsOf } from '../type-flags.ts';
import type { FeatureSource, FeatureSourceStats, Warming } from './feature-layout.ts';
import type { FeatureRequest } from './feature-plan.ts';
import { SharingSample, VALUE_PAIRS } from './sharing-sample.ts';
import type { SharingFeature, SharingFigures } from './sharing-feature.ts';
import type { FeatureMatrix } from './window-store.ts';

type SharingRequest = FeatureRequest<SharingFeature> & { readonly column: number };

const ACCOUNT = keyColumn('accountId');
/** Parts of a span: three hours of a day, in which a stream that is alive has an event. */
const PARTS = 8;
/** Of a sample of fewer values nothing is told. Where every value has VALUE_PAIRS accounts, twice as many are kept. */
const LEAST_KEPT = 64;

export class SharingSource implements FeatureSource {
  readonly name = 'sharing';
  private readonly kinds: readonly SharingKind[];

  constructor(requests: readonly SharingRequest[], allowedLatenessMs: number) {
    this.kinds = requests.map((request) => new SharingKind(request, allowedLatenessMs));
  }

  measure(batch: EventBatch, from: number, to: number, out: FeatureMatrix): void {
    for (const kind of this.kinds) kind.measure(batch, from, to, out);
  }

  restore(batch: EventBatch, from: number, to: number): void {
    for (const kind of this.kinds) kind.restore(batch, from, to);
  }

  /** Of the last span that is over, of each kind. @param isRead whether a column is of interest. */
  sharing(isRead: (column: number) => boolean): readonly SharingFigures[] {
    return this.kinds.filter(({ column }) => isRead(column)).map(({ figures }) => figures);
  }

  stats(isRead: (column: number) => boolean = () => true): FeatureSourceStats {
    const sum = (of: (kind: SharingKind) => number): number =>
      this.kinds.reduce((total, kind) => total + of(kind), 0);
    return {
      keys: sum(({ size }) => size),
      bytes: sum(({ bytes }) => bytes),
      capped: 0,
      warming: this.kinds
        .filter(({ column }) => isRead(column))
        .flatMap(({ warming }) => warming ?? []),
    };
  }
}

/** One kind of value. */
class SharingKind {
  readonly column: number;
  private readonly spec: SharingFeature;
  private readonly feeds: Uint8Array;
  private readonly measuredOn: Uint8Array;
  private readonly key: number;
  private readonly latenessMs: number;
  /** By number of the span: the one before what may still be measured, and those after it. */
  private readonly spans = new Map<number, Span>();
  private watermarkMs = Number.NEGATIVE_INFINITY;
  /** The part that the latest event was in, for most come from one: from (inclusive) to (exclusive). */
  private partFromMs = Number.POSITIVE_INFINITY;
  private partToMs = Number.NEGATIVE_INFINITY;
  /** Its span, and the one before; undefined: too old, and never there. */
  private now: Span | undefined;
  private before: Span | undefined;

  constructor({ spec, column, measuredOn }: SharingRequest, latenessMs: number) {
    this.spec = spec;
    this.column = column;
    this.feeds = flagsOf(spec.on);
    this.measuredOn = flagsOf(measuredOn);
    this.key = keyColumn(spec.field);
    this.latenessMs = latenessMs;
  }

  get size(): number {
    return [...this.spans.values()].reduce((sum, { sample }) => sum + sample.size, 0);
  }

  get bytes(): number {
    return [...this.spans.values()].reduce((sum, { sample }) => sum + sample.bytes, 0);
  }

  get figures(): SharingFigures {
    const over = this.over;
    const [p99, p999, most] = [0.99, 0.999, 1].map((share) => over?.sample.quantile(share) ?? 0);
    return {
      field: this.spec.field,
      values: over?.sample.all ?? 0,
      state: over === undefined ? 'tooYoung' : this.stateOf(over),
      ...{ p99: p99!, p999: p999!, most: most! },
      countedTo: VALUE_PAIRS,
    };
  }

  /** How much of a whole span is known, where none is: one of too few values is no younger for that. */
  get warming(): Warming | undefined {
    if (this.over?.isWhole === true) return undefined;
    const running = this.spans.get(this.spanOf(this.watermarkMs));
    const parts = Math.max(this.over?.parts ?? 0, running?.parts ?? 0);
    const { field, windowMs } = this.spec;
    return {
      feature: `usual accounts per ${field}`,
      known: hoursOf((parts / PARTS) * windowMs),
      needed: hoursOf(windowMs),
      unit: 'hours',
    };
  }

  measure(batch: EventBatch, from: number, to: number, out: FeatureMatrix): void {
    batch.requireKey(this.key);
    const { late, occurredAtMs, typeCode } = batch;
    const { values, width } = out;
    for (let row = from; row < to; row++) {
      const timeMs = occurredAtMs[row]!;
      const isLate = late[row] === 1;
      if (!isLate) this.take(batch, row, timeMs);
      let usual = Number.NaN;
      if (this.measuredOn[typeCode[row]!] === 1) {
        usual = this.usualOf(
          isLate ? this.spans.get(this.spanOf(Math.max(timeMs, this.openMs)) - 1) : this.before,
        );
      }
      values[row * width + this.column] = usual;
    }
  }

  restore(batch: EventBatch, from: number, to: number): void {
    batch.requireKey(this.key);
    for (let row = from; row < to; row++) this.take(batch, row, batch.occurredAtMs[row]!);
  }

  private take(batch: EventBatch, row: number, timeMs: number): void {
    if (timeMs > this.watermarkMs) this.watermarkMs = timeMs;
    if (!(timeMs >= this.partFromMs && timeMs < this.partToMs)) this.turnTo(timeMs);
    const { now } = this;
    if (now === undefined || this.feeds[batch.typeCode[row]!] === 0) return;
    const at = this.key * batch.capacity + row;
    const hi = batch.keyHi[at]!;
    // Of most values nothing is kept.
    if (!now.sample.keeps(hi)) return;
    const lo = batch.keyLo[at]!;
    if ((lo | hi) === 0) return;
    const who = ACCOUNT * batch.capacity + row;
    const accountLo = batch.keyLo[who]!;
    const accountHi = batch.keyHi[who]!;
    if ((accountLo | accountHi) === 0) return;
    if (now.sample.add(lo, hi, accountLo, accountHi)) now.isAsked = false;
  }

  /** Another part of a span, or another span. */
  private turnTo(timeMs: number): void {
    const { windowMs } = this.spec;
    for (const span of this.spans.keys()) if (span < this.oldest) this.spans.delete(span);
    const span = this.spanOf(timeMs);
    const part = Math.floor(((timeMs - span * windowMs) * PARTS) / windowMs);
    this.partFromMs = span * windowMs + (part * windowMs) / PARTS;
    this.partToMs = span * windowMs + ((part + 1) * windowMs) / PARTS;
    this.now = this.spans.get(span);
    if (this.now === undefined && span >= this.oldest)
      this.spans.set(span, (this.now = new Span()));
    this.now?.see(part);
    this.before = this.spans.get(span - 1);
  }

  private usualOf(span: Span | undefined): number {
    if (span === undefined) return Number.NaN;
    if (!span.isAsked) {
      const isKnown = this.stateOf(span) === 'known';
      span.usual = isKnown ? span.sample.quantile(this.spec.quantile) : Number.NaN;
      span.isAsked = true;
    }
    return span.usual;
  }

  private stateOf({ isWhole, sample }: Span): SharingFigures['state'] {
    if (!isWhole) return 'tooYoung';
    const { values } = this.spec;
    return sample.all >= values && sample.kept >= Math.min(values, LEAST_KEPT)
      ? 'known'
      : 'tooFewValues';
  }

  /** The last span that is over. */
  private get over(): Span | undefined {
    return this.spans.get(this.spanOf(this.watermarkMs) - 1);
  }

  private spanOf(timeMs: number): number {
    return Math.floor(timeMs / this.spec.windowMs);
  }

  /** The earliest time that a late event may be measured at. */
  private get openMs(): number {
    return this.watermarkMs - this.latenessMs;
  }

  private get oldest(): number {
    return this.spanOf(this.openMs) - 1;
  }
}

/** A span of event time. */
class Span {
  readonly sample = new SharingSample();
  /** Parts in which events came, of whatever type. */
  parts = 0;
  /** What was usual in it, as long as `isAsked`; NaN: that is not known. */
  usual = Number.NaN;
  isAsked = false;
  private seen = 0;

  /** Events came in each of its parts: the stream neither began nor stood still within it. */
  get isWhole(): boolean {
    return this.parts === PARTS;
  }

  see(part: number): void {
    if ((this.seen & (1 << part)) !== 0) return;
    this.seen |= 1 << part;
    this.parts++;
    this.isAsked = false;
  }
}

/** Two digits after the point say enough. */
function hoursOf(spanMs: number): number {
  return Math.round(spanMs / 36_000) / 100;
}
