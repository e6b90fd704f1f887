/** Measures how long keys had been quiet, over any time: after a restart, history says when each was last seen. */

import type { EventBatch, EventType } from '../event.ts';
import type { KeyField } from '../event-fields.ts';
import type { Budget } from './budget.ts';
import { joinedKey, type Halves } from './burst-key.ts';
import type { FeatureSource, FeatureSourceStats } from './feature-layout.ts';
import { featureIdentity, type FeatureCondition } from './feature.ts';
import { LastSeenSeries, type PlacedLastSeen } from './last-seen.ts';
import type { FeatureMatrix } from './window-store.ts';

/** Which events of history are looked at, and by what they are told apart. */
export interface LatestQuery {
  readonly keys: readonly KeyField[];
  readonly on: readonly EventType[];
  readonly where: readonly FeatureCondition[];
  /** Exclusive. */
  readonly fromMs: number;
  /** Inclusive. */
  readonly toMs: number;
}

/** When a key was last seen. */
export interface LatestRow {
  /** One text for each key field; '' where it is missing. For `ipPrefix` the address. */
  readonly keys: readonly string[];
  readonly occurredAtMs: number;
}

export interface LatestHistory {
  /** Of the events that came in time, page by page; a key may come several times. */
  latest(query: LatestQuery): AsyncIterable<readonly LatestRow[]>;
}

export class LastSeenSource implements FeatureSource {
  readonly name = 'lastSeen';
  readonly #series: readonly LastSeenSeries[];
  readonly #budget: Budget & { used: number };
  readonly #latenessMs: number;
  /** Times up to here came from history as aggregates: their events are not taken again. */
  #recalledMs = -Infinity;

  constructor(
    features: readonly PlacedLastSeen[],
    limits: { readonly allowedLatenessMs: number; readonly maxKeys: number },
  ) {
    const { maxKeys: most } = limits;
    this.#budget = { bound: 'lastSeen', used: 0, limit: most, most };
    this.#latenessMs = limits.allowedLatenessMs;
    const groups = new Map<string, PlacedLastSeen[]>();
    for (const feature of features) {
      const identity = featureIdentity({ ...feature.spec, horizonMs: 0 });
      groups.set(identity, [...(groups.get(identity) ?? []), feature]);
    }
    this.#series = [...groups.values()].map(
      (group) => new LastSeenSeries(group, this.#budget, this.#latenessMs),
    );
  }

  get budgets(): readonly Budget[] {
    return [this.#budget];
  }

  measure(batch: EventBatch, from: number, to: number, out: FeatureMatrix): void {
    for (const series of this.#series) series.take(batch, from, to, out, -Infinity);
  }

  restore(batch: EventBatch, from: number, to: number): void {
    for (const series of this.#series) series.take(batch, from, to, null, this.#recalledMs);
  }

  /**
   * Of the time in which no event can be in time any more, one time a key answers every event that may still come;
   * what lies after it is restored from the events themselves.
   */
  async recall(
    history: LatestHistory,
    watermarkMs: number,
    keyOf: (field: KeyField, text: string) => Halves,
  ): Promise<void> {
    const toMs = watermarkMs - this.#latenessMs - 1;
    for (const series of this.#series) {
      const { keys, longestMs } = series;
      const { on, where = [] } = series.spec;
      const query = { keys, on, where, fromMs: toMs - longestMs, toMs };
      for await (const page of history.latest(query)) {
        for (const { keys: texts, occurredAtMs } of page) {
          const { lo, hi } = joinedKey(keys, texts, (key, text) =>
            key === 'asn' ? { lo: 0, hi: 0 } : keyOf(key, text),
          );
          if ((lo | hi) !== 0) series.put(lo, hi, occurredAtMs);
        }
      }
    }
    this.#recalledMs = toMs;
  }

  stats(): FeatureSourceStats {
    return {
      keys: this.#budget.used,
      bytes: this.#series.reduce((sum, { bytes }) => sum + bytes, 0),
      capped: this.#series.reduce((sum, { capped, unanswered }) => sum + capped + unanswered, 0),
    };
  }
}
