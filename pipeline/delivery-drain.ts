/**
 * Carries the ledger of deliveries into the record: every change becomes the delivery's newest row and is counted.
 * The stream of changes is trimmed only when its rows are durable; what is drained twice writes the same rows.
 */

import {
  CHANGES_START,
  OPEN_STATES,
  type Deliveries,
  type DeliveryRecord,
} from './act/deliveries.ts';
import type { Clock } from './clock.ts';
import { messageOf } from './failure.ts';
import type { Recorder } from './record/recorder.ts';
import { isUnavailable } from './reward/redis.ts';
import type { Logger, Metrics } from './telemetry.ts';

export interface DeliveryDrainParts {
  readonly deliveries: Deliveries;
  readonly recorder: Pick<Recorder, 'addDelivery' | 'flush'>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly fail: (error: unknown) => void;
}

/** The journal flushes the record twice a second under load; more often would only make smaller inserts. */
const EVERY_MS = 2000;
const GAUGE_EVERY_MS = 5000;
const CHANGES_A_ROUND = 1000;
/** At the end, the record itself is waited for longer. */
const LAST_DRAIN_WITHIN_MS = 2000;

export class DeliveryDrain {
  readonly #parts: DeliveryDrainParts;
  readonly #stopping = new AbortController();
  #drained = CHANGES_START;
  #loop: Promise<void> = Promise.resolve();

  constructor(parts: DeliveryDrainParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#loop = this.#run().catch((error: unknown) => this.#parts.fail(error));
  }

  /** Drains what is left, for a short time; the rest waits in Redis for the next start. */
  async close(): Promise<void> {
    this.#stopping.abort();
    const done = new AbortController();
    const last = this.#loop.then(() => this.drainNow());
    try {
      await Promise.race([last, this.#parts.clock.sleep(LAST_DRAIN_WITHIN_MS, done.signal)]);
    } finally {
      done.abort();
    }
  }

  /** Drains all that stands in the stream and reads the gauges; not beside the loop. */
  async drainNow(): Promise<void> {
    await this.#quietly(() => this.#drain());
    await this.#quietly(() => this.#gauge());
  }

  async #run(): Promise<void> {
    const { clock } = this.#parts;
    let gaugedAtMs = -Infinity;
    while (!this.#stopping.signal.aborted) {
      await this.#quietly(() => this.#drain());
      if (clock.monotonic() - gaugedAtMs >= GAUGE_EVERY_MS) {
        gaugedAtMs = clock.monotonic();
        await this.#quietly(() => this.#gauge());
      }
      await clock.sleep(EVERY_MS, this.#stopping.signal);
    }
  }

  async #drain(): Promise<void> {
    const { deliveries, recorder } = this.#parts;
    for (;;) {
      const changes = await deliveries.changes(this.#drained, CHANGES_A_ROUND);
      const last = changes.at(-1);
      if (last === undefined) return;
      for (const { record } of changes) {
        recorder.addDelivery(record);
        this.#count(record);
      }
      this.#drained = last.id;
      await recorder.flush();
      await deliveries.trim(last.id);
      if (changes.length < CHANGES_A_ROUND) return;
    }
  }

  #count(record: DeliveryRecord): void {
    const { kind, state, attempts } = record;
    const retried = state === 'waiting' && attempts > 0;
    const labels = { kind, state: retried ? 'retried' : state };
    this.#parts.metrics.deliveries.inc(labels);
  }

  async #gauge(): Promise<void> {
    const { deliveries, clock, metrics } = this.#parts;
    for (const state of OPEN_STATES) {
      const { count, oldestMs } = await deliveries.count(state);
      metrics.deliveriesOpen.set({ state }, count);
      const ageMs = oldestMs === undefined ? 0 : Math.max(0, clock.now() - oldestMs);
      metrics.deliveriesOldestSeconds.set({ state }, ageMs / 1000);
    }
  }

  /** While Redis is away the changes wait there. */
  async #quietly(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!isUnavailable(error)) throw error;
      this.#parts.log.debug({ error: messageOf(error) }, 'the changes of deliveries wait');
    }
  }
}
