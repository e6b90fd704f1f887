/**
 * Recorded events as a source, in the order in which `inEventOrder` has those of a file, with the labels that
 * were given since: the latest word on an event stands above the label that it came with.
 */

import { Failure } from '../failure.ts';
import type { Deliver, RawRecord, Source } from '../ingest/source.ts';
import type { Analytics } from '../record/analytics.ts';
import { eventJson, slicesOf, type Hour, type Slice } from '../record/restore.ts';

export interface RecordedEventsOptions {
  readonly analytics: Analytics;
  /** The SQL condition that leaves torn rows out. */
  readonly isHistory: string;
  /** Inclusive, event time; left out: from the first. */
  readonly fromMs?: number | undefined;
  /** Exclusive; left out: to the last. */
  readonly toMs?: number | undefined;
}

const TAB = 9;
/** What is sorted and handed over at once, or the busiest hour, which spills to the database's disk. */
const ROWS_A_SLICE = 100_000;
const SPILL = `max_bytes_before_external_sort = 268435456`;
const RECORDS_A_BATCH = 1000;

export class RecordedEvents implements Source {
  readonly name: string;
  readonly #options: RecordedEventsOptions;

  constructor(options: RecordedEventsOptions) {
    this.#options = options;
    this.name = `record:${options.analytics.place}`;
  }

  /** @throws Failure when nothing was recorded in the time asked for. */
  async run(deliver: Deliver, signal: AbortSignal): Promise<void> {
    const { analytics } = this.#options;
    const within = this.#within();
    const hours = await analytics.query<Hour>(
      `SELECT toUnixTimestamp(toStartOfHour(occurred_at)) AS hour, count() AS rows
       FROM events WHERE ${within} GROUP BY hour ORDER BY hour`,
    );
    if (hours.length === 0) {
      throw new Failure(`${analytics.place}: no events are on record in the time asked for`);
    }
    for (const slice of slicesOf(hours, ROWS_A_SLICE)) {
      if (signal.aborted) return;
      await this.#deliver(slice, within, deliver, signal);
    }
  }

  async #deliver(
    { first, last }: Slice,
    within: string,
    deliver: Deliver,
    signal: AbortSignal,
  ): Promise<void> {
    const { analytics, isHistory } = this.#options;
    const slice = `toStartOfHour(occurred_at)
        BETWEEN toDateTime(${first}, 'UTC') AND toDateTime(${last}, 'UTC') AND ${within}`;
    const [expected] = await analytics.query<{ events: number }>(
      `SELECT count() AS events FROM (SELECT arrival FROM events WHERE ${slice} GROUP BY arrival)`,
    );
    const pages = analytics.lines(
      `SELECT arrival, toUnixTimestamp64Milli(received_at), ${eventJson()}
       FROM (${labelledEvents(slice, isHistory)})
       ORDER BY occurred_at, type != 'account.opened', event_id SETTINGS ${SPILL}`,
    );
    const lines = new Lines();
    for await (const page of pages) {
      const records = lines.take(page);
      for (let from = 0; from < records.length; from += RECORDS_A_BATCH) {
        await deliver({ source: this.name, records: records.slice(from, from + RECORDS_A_BATCH) });
        if (signal.aborted) return;
      }
    }
    // A server that fails in mid-answer can only cut it short.
    if (lines.events !== expected!.events) {
      throw new Failure(
        `${analytics.place}: ${lines.events} of ${expected!.events} events came: the answer broke off; try again`,
      );
    }
  }

  #within(): string {
    const { isHistory, fromMs, toMs } = this.#options;
    return [
      isHistory,
      ...(fromMs === undefined ? [] : [`occurred_at >= ${instant(fromMs)}`]),
      ...(toMs === undefined ? [] : [`occurred_at < ${instant(toMs)}`]),
    ].join(' AND ');
  }
}

/** Events of a slice; as their label the latest word on each, and where there is none what it came with. */
export function labelledEvents(slice: string, isHistory: string): string {
  return `WITH words AS (
      SELECT event_id AS named, if(argMax(labels.label, labels.arrival) = 'confirmed', 'fraud', 'honest') AS word
      FROM labels WHERE ${isHistory} AND event_id IN (SELECT event_id FROM events WHERE ${slice})
      GROUP BY named)
    SELECT * EXCEPT (label), if(words.word = '', events.label, words.word) AS label
    FROM events LEFT JOIN words ON events.event_id = words.named WHERE ${slice}`;
}

/** An insert that was repeated left an event twice, side by side in this order and with one arrival. */
class Lines {
  events = 0;
  #arrival = '';

  take(page: readonly Buffer[]): RawRecord[] {
    const records: RawRecord[] = [];
    for (const line of page) {
      const first = line.indexOf(TAB);
      const arrival = line.toString('latin1', 0, first);
      if (arrival === this.#arrival) continue;
      this.#arrival = arrival;
      const second = line.indexOf(TAB, first + 1);
      records.push({
        bytes: line.subarray(second + 1),
        receivedAtMs: Number(line.toString('latin1', first + 1, second)),
        position: arrival,
      });
      this.events++;
    }
    return records;
  }
}

function instant(ms: number): string {
  return `fromUnixTimestamp64Milli(toInt64(${Math.floor(ms)}), 'UTC')`;
}
