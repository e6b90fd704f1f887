/** Inserts until it succeeds: what passes with time is waited for, what never will is a defect. */

import type { Clock } from '../clock.ts';
import { Failure, messageOf } from '../failure.ts';
import type { Logger, Metrics } from '../telemetry.ts';
import { AnalyticsError, type Analytics } from './analytics.ts';
import type { TableShape } from './table.ts';

const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 10_000;

export interface SinkParts {
  readonly analytics: Analytics;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
}

export class Sink {
  readonly #parts: SinkParts;
  readonly #givenUp = new AbortController();
  #obstacle: string | undefined;

  constructor(parts: SinkParts) {
    this.#parts = parts;
  }

  /** Why nothing is recorded, while the database is away. */
  get obstacle(): string | undefined {
    return this.#obstacle;
  }

  /** Ends the waiting: an insert under way rejects with a Failure. */
  giveUp(): void {
    this.#givenUp.abort();
  }

  /**
   * Resolves when the rows are in the table, however long that takes.
   * @throws AnalyticsError when the database will never take them; Failure after `giveUp`.
   */
  async insert(table: TableShape, rows: Buffer): Promise<void> {
    const { analytics, clock, log, metrics } = this.#parts;
    for (let waitMs = FIRST_RETRY_MS; ; waitMs = Math.min(LAST_RETRY_MS, waitMs * 2)) {
      try {
        await analytics.insert(table, rows);
        if (this.#obstacle !== undefined)
          log.info({ place: analytics.place }, 'ClickHouse is back');
        this.#obstacle = undefined;
        return;
      } catch (error) {
        if (!(error instanceof AnalyticsError) || error.permanent) throw error;
        if (this.#obstacle === undefined) {
          log.warn(
            { place: analytics.place, table: table.name, error: messageOf(error) },
            'ClickHouse is away: rows are kept and tried again',
          );
        }
        this.#obstacle = messageOf(error);
        metrics.recordRetries.inc();
        if (!this.#givenUp.signal.aborted) await clock.sleep(waitMs, this.#givenUp.signal);
        if (this.#givenUp.signal.aborted) {
          throw new Failure(
            `stopped while ClickHouse was away (${messageOf(error)}): rows that were not durable are delivered again at the next start`,
            { cause: error },
          );
        }
      }
    }
  }
}
