/** Measures what is usual of kinds of values: of each the accounts of its values, span by span. */

import { EVENT_TYPES, keyColumn, typeCodeOf, type EventBatch, type EventType } from '../event.ts';
import type { FeatureSource, FeatureSourceStats, Warming } from './feature-layout.ts';
import type { FeatureRequest } from './feature-plan.ts';
import { MOST_ACCOUNTS, SharingSample } from './sharing-sample.ts';
import type { SharingFeature, SharingFigures } from './sharing-feature.ts';
import type { FeatureMatrix } from './window-store.ts';

type SharingRequest = FeatureRequest<SharingFeature> & { readonly column: number };

const ACCOUNT = keyColumn('accountId');

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

  /** Of the last span that is over, of each kind. */
  sharing(): readonly SharingFigures[] {
    return this.kinds.map((kind) => kind.figures);
  }

  stats(): FeatureSourceStats {
    const sum = (of: (kind: SharingKind) => number): number =>
      this.kinds.reduce((total, kind) => total + of(kind), 0);
    return {
      keys: sum(({ size }) => size),
      bytes: sum(({ bytes }) => bytes),
      capped: 0,
      warming: this.kinds.flatMap(({ warming }) => warming ?? []),
    };
  }
}

/** One kind of value. */
class SharingKind {
  private readonly spec: SharingFeature;
  private readonly column: number;
  private readonly feeds: Uint8Array;
  private readonly measuredOn: Uint8Array;
  private readonly key: number;
  private readonly latenessMs: number;
  /** By number of the span: the one before what may still be measured, and those after it. */
  private readonly spans = new Map<number, SharingSample>();
  private watermarkMs = Number.NEGATIVE_INFINITY;
  /** The span that the latest event was in, for most come from one. */
  private latest = Number.NaN;
  private latestSample: SharingSample | undefined;

  constructor({ spec, column, measuredOn }: SharingRequest, latenessMs: number) {
    this.spec = spec;
    this.column = column;
    this.feeds = flagsOf(spec.on);
    this.measuredOn = flagsOf(measuredOn);
    this.key = keyColumn(spec.field);
    this.latenessMs = latenessMs;
  }

  get size(): number {
    return [...this.spans.values()].reduce((sum, { size }) => sum + size, 0);
  }

  get bytes(): number {
    return [...this.spans.values()].reduce((sum, { bytes }) => sum + bytes, 0);
  }

  get figures(): SharingFigures {
    const over = this.over;
    const [p99, p999, most] = [0.99, 0.999, 1].map((share) => over?.quantile(share) ?? 0);
    return {
      field: this.spec.field,
      values: over?.all ?? 0,
      isKnown: (over?.kept ?? 0) >= this.spec.values,
      ...{ p99: p99!, p999: p999!, most: most! },
      countedTo: MOST_ACCOUNTS,
    };
  }

  /** What is not known yet, at the newest event. */
  get warming(): Warming | undefined {
    const known = this.over?.kept ?? 0;
    const { field, values: needed } = this.spec;
    if (known >= needed) return undefined;
    return { feature: `usual accounts per ${field}`, known, needed, unit: 'values' };
  }

  measure(batch: EventBatch, from: number, to: number, out: FeatureMatrix): void {
    batch.requireKey(this.key);
    let usual = Number.NaN;
    let usualOf = Number.NaN;
    for (let row = from; row < to; row++) {
      const isLate = batch.late[row] === 1;
      const timeMs = batch.occurredAtMs[row]!;
      if (!isLate && this.take(batch, row, timeMs)) usualOf = Number.NaN;
      let measure = Number.NaN;
      if (this.measuredOn[batch.typeCode[row]!] === 1) {
        const span = this.spanOf(isLate ? Math.max(timeMs, this.openMs) : timeMs);
        if (span !== usualOf) {
          usual = this.usualBefore(span);
          usualOf = span;
        }
        measure = usual;
      }
      out.values[row * out.width + this.column] = measure;
    }
  }

  restore(batch: EventBatch, from: number, to: number): void {
    batch.requireKey(this.key);
    for (let row = from; row < to; row++) this.take(batch, row, batch.occurredAtMs[row]!);
  }

  /** @returns whether what is usual may be another now: of a span that is over, or of which spans are kept. */
  private take(batch: EventBatch, row: number, timeMs: number): boolean {
    let isMoved = false;
    if (timeMs > this.watermarkMs) {
      isMoved = this.spanOf(timeMs) !== this.spanOf(this.watermarkMs);
      this.watermarkMs = timeMs;
      if (isMoved) this.forget();
    }
    if (this.feeds[batch.typeCode[row]!] === 0) return isMoved;
    const at = this.key * batch.capacity + row;
    const lo = batch.keyLo[at]!;
    const hi = batch.keyHi[at]!;
    if ((lo | hi) === 0) return isMoved;
    const span = this.spanOf(timeMs);
    if (span < this.oldest) return isMoved;
    const sample = this.sampleOf(span);
    const who = ACCOUNT * batch.capacity + row;
    // Of most values nothing is kept.
    if (!sample.keeps(hi) || (batch.keyLo[who]! | batch.keyHi[who]!) === 0) return isMoved;
    sample.add(lo, hi, batch.keyLo[who]!, batch.keyHi[who]!);
    return isMoved || span < this.spanOf(this.watermarkMs);
  }

  private sampleOf(span: number): SharingSample {
    if (span === this.latest && this.latestSample !== undefined) return this.latestSample;
    let sample = this.spans.get(span);
    if (sample === undefined) this.spans.set(span, (sample = new SharingSample()));
    this.latest = span;
    this.latestSample = sample;
    return sample;
  }

  private usualBefore(span: number): number {
    const sample = this.spans.get(span - 1);
    return sample === undefined || sample.kept < this.spec.values
      ? Number.NaN
      : sample.quantile(this.spec.quantile);
  }

  /** The last span that is over. */
  private get over(): SharingSample | undefined {
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

  private forget(): void {
    for (const span of this.spans.keys()) if (span < this.oldest) this.spans.delete(span);
    this.latest = Number.NaN;
  }
}

function flagsOf(types: readonly EventType[]): Uint8Array {
  const flags = new Uint8Array(EVENT_TYPES.length);
  for (const type of types) flags[typeCodeOf(type)] = 1;
  return flags;
}
