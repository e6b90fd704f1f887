/** Measures bursts: every series in turn takes the events and writes the columns of its features. */

import type { EventBatch, EventType } from '../event.ts';
import type { KeyField } from '../event-fields.ts';
import type { AsnReader } from './asn.ts';
import type { Budget } from './budget.ts';
import { Failure } from '../failure.ts';
import {
  burstKeys,
  burstProblem,
  seenTypes,
  seriesIdentity,
  type BurstKey,
} from './burst-feature.ts';
import { asnHalves, joinedKey, type Halves } from './burst-key.ts';
import { BurstSeries, type PlacedBurst } from './burst-series.ts';
import type { FeatureSource, FeatureSourceStats } from './feature-layout.ts';
import type { FeatureMatrix } from './window-store.ts';

const DAY_MS = 86_400_000;

/** The `bursts` section of config/sheepdog.yaml. */
export interface BurstLimits {
  /** Counts of all series: one for a key and bucket in which it had events, one for a key and day. */
  readonly maxCounts: number;
  /** Distinct values in the buckets that are open, of all series. */
  readonly maxMembers: number;
}

/** Which events of history are counted, by what, into which buckets. */
export interface BucketQuery {
  readonly keys: readonly BurstKey[];
  readonly on: readonly EventType[];
  readonly seen: readonly EventType[];
  readonly distinct: KeyField | undefined;
  readonly bucketMs: number;
  /** Inclusive; a whole hour. */
  readonly fromMs: number;
  /** Exclusive; a whole hour. */
  readonly beforeMs: number;
}

/** What history says of a key in a bucket. */
export interface BucketRow {
  readonly bucketStartMs: number;
  /** One text for each key field; '' where it is missing. For `ipPrefix` and `asn` the address. */
  readonly keys: readonly string[];
  /** Events counted, where nothing is counted distinctly; 0 where the key was only seen. */
  readonly count: number;
  /** A value that is counted distinctly; '' where the key was only seen. */
  readonly member: string;
}

/** Aggregates of the recorded events that came in time. */
export interface BucketHistory {
  /** In the order of their buckets, page by page; a key may come several times. */
  buckets(query: BucketQuery): AsyncIterable<readonly BucketRow[]>;
}

export interface BurstParts extends BurstLimits {
  readonly allowedLatenessMs: number;
  readonly asn: AsnReader;
}

export class BurstSource implements FeatureSource {
  readonly name = 'burst';
  readonly #series: readonly BurstSeries[];
  readonly #parts: BurstParts;
  readonly #counts: Budget & { used: number };
  readonly #members: Budget & { used: number };

  /** @throws Failure (exit code 2) when the numbers of a feature do not go together. */
  constructor(features: readonly PlacedBurst[], parts: BurstParts) {
    for (const { spec } of features) {
      const problem = burstProblem(spec);
      if (problem !== undefined) {
        throw new Failure(`burst per ${burstKeys(spec).join(' and ')}: ${problem}`, {
          exitCode: 2,
        });
      }
    }
    this.#parts = parts;
    const { maxCounts, maxMembers } = parts;
    this.#counts = { bound: 'burstCounts', used: 0, limit: maxCounts, most: maxCounts };
    this.#members = { bound: 'burstMembers', used: 0, limit: maxMembers, most: maxMembers };
    const groups = new Map<string, PlacedBurst[]>();
    for (const feature of features) {
      const identity = seriesIdentity(feature.spec);
      const group = groups.get(identity);
      if (group === undefined) groups.set(identity, [feature]);
      else group.push(feature);
    }
    const { allowedLatenessMs, asn } = parts;
    this.#series = [...groups.values()].map(
      (group) =>
        new BurstSeries(group, {
          counts: this.#counts,
          members: this.#members,
          allowedLatenessMs,
          asn,
        }),
    );
  }

  get budgets(): readonly Budget[] {
    return [this.#counts, this.#members];
  }

  measure(batch: EventBatch, from: number, to: number, out: FeatureMatrix): void {
    for (const series of this.#series) series.take(batch, from, to, out);
  }

  restore(batch: EventBatch, from: number, to: number): void {
    for (const series of this.#series) series.take(batch, from, to, null);
  }

  /**
   * Days before the one in which an event can still come in time are read as aggregates: at a thousandth of
   * the size of their events. What follows is restored from the events themselves.
   */
  async recall(
    history: BucketHistory,
    watermarkMs: number,
    keyOf: (field: KeyField, text: string) => Halves,
  ): Promise<void> {
    const beforeMs = Math.floor((watermarkMs - this.#parts.allowedLatenessMs) / DAY_MS) * DAY_MS;
    const hash = (key: BurstKey, text: string): Halves =>
      key === 'asn' ? asnHalves(this.#parts.asn.ofText(text)) : keyOf(key, text);
    for (const series of this.#series) {
      const { spec, days } = series;
      const keys = burstKeys(spec);
      const { on, distinct, bucketMs } = spec;
      const fromMs = beforeMs - days * DAY_MS;
      const query = { keys, on, seen: seenTypes(spec), distinct, bucketMs, fromMs, beforeMs };
      for await (const page of history.buckets(query)) {
        for (const { bucketStartMs, keys: texts, count, member } of page) {
          const { lo, hi } = joinedKey(keys, texts, hash);
          series.closeBefore(bucketStartMs);
          if (distinct === undefined || member === '') series.recall(bucketStartMs, lo, hi, count);
          else series.recall(bucketStartMs, lo, hi, 0, keyOf(distinct, member));
        }
      }
      series.recalled(beforeMs);
    }
  }

  stats(isRead: (column: number) => boolean = () => true): FeatureSourceStats {
    return {
      keys: this.#counts.used,
      bytes: this.#series.reduce((sum, { bytes }) => sum + bytes, 0),
      capped: this.#series.reduce((sum, { capped }) => sum + capped, 0),
      warming: this.#series
        .filter((series) => series.knownDays < series.days && series.isAnyRead(isRead))
        .map(({ spec, days, knownDays }) => ({
          feature: `${spec.distinct ?? 'events'} per ${burstKeys(spec).join(' and ')} on ${spec.on.join(', ')}`,
          known: knownDays,
          needed: days,
          unit: 'days',
        })),
    };
  }
}
