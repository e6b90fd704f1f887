/** The simulator as a source of the pipeline: paced so that event time runs faster than the wall, or unpaced. */

import type { Clock } from '../clock.ts';
import type { Deliver, RawRecord, Source } from '../ingest/source.ts';
import { simulate, type SimulationOptions } from './simulate.ts';
import type { SimulatedEvent } from './simulated-event.ts';

export interface SimulatorSourceOptions extends SimulationOptions {
  /** Seconds of event time in a second of wall time; Infinity delivers as fast as the pipeline takes it. */
  readonly speedUp: number;
  /** Stops after this many events. */
  readonly limit?: number;
  /** Events in a batch at most, 1,000 by default. */
  readonly batchEvents?: number;
}

/**
 * What falls due meanwhile makes a batch. Waiting only when nothing is due would make a batch of each event, and a
 * pipeline that is a little slower than the pace would be fed without a pause in which anything else could happen.
 */
const TICK_MS = 25;

export class SimulatorSource implements Source {
  readonly name = 'simulator';
  readonly #options: SimulatorSourceOptions;
  readonly #clock: Clock;
  /** Monotonic time at which the simulation began; undefined before `run`. */
  #startedMs: number | undefined;
  #deliveredToMs: number;

  constructor(options: SimulatorSourceOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
    this.#deliveredToMs = options.startMs;
  }

  /** Delivers in event-time order until the simulation ends, the limit is reached or the signal aborts. */
  async run(deliver: Deliver, signal: AbortSignal): Promise<void> {
    const { limit = Infinity, batchEvents = 1000 } = this.#options;
    this.#startedMs = this.#clock.monotonic();
    const events = simulate(this.#options);
    let next = events.next();
    let position = 0;
    while (!signal.aborted && next.done !== true && position < limit) {
      const records: RawRecord[] = [];
      const dueMs = this.#dueMs();
      while (next.done !== true && records.length < batchEvents && position < limit) {
        const atMs = Date.parse(next.value.occurredAt);
        this.#deliveredToMs = Math.min(atMs, dueMs);
        if (atMs > dueMs) break;
        records.push(this.#record(next.value, atMs, position));
        position += 1;
        next = events.next();
      }
      if (records.length > 0) await deliver({ source: this.name, records });
      // Also when it is far behind: the ledger, the screen and the HTTP side live on the same thread.
      await this.#clock.sleep(records.length < batchEvents ? TICK_MS : 0, signal);
    }
  }

  /** Events that are due and not yet delivered, estimated from the rate; 0 when unpaced. */
  lag(): number {
    const dueMs = this.#dueMs();
    if (!Number.isFinite(dueMs)) return 0;
    const behindMs = Math.max(0, dueMs - this.#deliveredToMs);
    return Math.floor((behindMs / 1000) * this.#options.ratePerSecond);
  }

  /** The event time that the wall has reached. */
  #dueMs(): number {
    const { speedUp, startMs } = this.#options;
    if (!Number.isFinite(speedUp)) return Infinity;
    if (this.#startedMs === undefined) return startMs;
    return startMs + (this.#clock.monotonic() - this.#startedMs) * speedUp;
  }

  #record(event: SimulatedEvent, atMs: number, position: number): RawRecord {
    return {
      bytes: Buffer.from(JSON.stringify(event)),
      // Event time may overtake the wall; an event never arrives before it happens.
      receivedAtMs: Math.max(this.#clock.now(), atMs),
      position: String(position),
    };
  }
}
