/**
 * The contract of every window store, in memory or shared. One law suite (test/laws) runs on each.
 */

import type { EventBatch } from '../event.ts';

/**
 * The measured features of a batch. Value of feature f at event i is `values[i * width + f]`, where f is
 * the feature's index in the plan; NaN means absent (an empty window, or the event lacks the key).
 */
export interface FeatureMatrix {
  readonly width: number;
  readonly values: Float64Array;
}

export interface WindowStore {
  /**
   * Takes the events `from` (inclusive) to `to` (exclusive) of the batch in order; each one enters its
   * windows and is then measured into `out`. An event older than the allowed lateness is measured as if
   * it were stored, its `late` flag in the batch is set to 1 (0 for all others), and it is not stored. Its
   * windows hold what the store still promises to hold: events later than watermark − lateness − window.
   * The caller has removed repeated events. A store in memory answers at once, without a promise.
   */
  measure(batch: EventBatch, from: number, to: number, out: FeatureMatrix): Promise<void> | void;

  /**
   * Takes events back in after a restart: they enter their windows and nothing is measured. Events whose
   * `late` flag was recorded as 1 stay out, so the caller sets the flags. Cheapest in time order. The state
   * afterwards equals that of `measure` over the same set of events, in any order.
   */
  restore(batch: EventBatch, from: number, to: number): Promise<void> | void;

  /** Largest `occurredAtMs` taken so far, or −Infinity. Lateness and eviction count back from it. */
  readonly watermarkMs: number;

  /** Counters for metrics and for the bounds' tests. */
  stats(): WindowStoreStats;
}

export interface WindowStoreStats {
  readonly keys: number;
  readonly entries: number;
  readonly bytes: number;
  readonly lateEvents: number;
  readonly evictedKeys: number;
  /** Events that a configured cap kept out of a window. */
  readonly capped: number;
  /** Measures of sequences and absences that looked at a key's newest events alone, since it has too many. */
  readonly cutShort: number;
}
