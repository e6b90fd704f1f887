/**
 * A reload under load: batches come at a steady rate and are timed from when they were due, in quiet stretches
 * and in stretches with a reload, in turns. Every event must be on record once.
 */

import { quantile } from 'simple-statistics';
import { systemClock } from '../../pipeline/clock.ts';
import { temporaryAnalytics } from '../support/chdb.ts';
import { startReloading, type Reloading } from '../support/reloading.ts';
import { spreadOf } from './measure.ts';
import type { Bench, Report } from './report.ts';
import { payments } from './broker-payments.ts';

const ROUNDS = 5;
const BATCH = 20;
const EVERY_MS = 10;
const STRETCH_MS = 2500;
const HISTORY = 60_000;
const MOST_ADDED_MS = 50;

class Load {
  readonly #path: Reloading;
  readonly #lines: Iterator<Buffer>;
  #waiting: Promise<void>[] = [];
  delivered = 0;

  constructor(path: Reloading, lines: Iterator<Buffer>) {
    this.#path = path;
    this.#lines = lines;
  }

  /** As fast as it goes: what history holds before the measurement. */
  async fill(events: number): Promise<void> {
    while (this.delivered < events) await this.#deliver(1000);
  }

  /** @returns the 99th percentile of due to decided, in ms. */
  async stretch(withMs: number): Promise<number> {
    const delays: number[] = [];
    const startedMs = performance.now();
    for (let n = 0; n * EVERY_MS < withMs; n++) {
      const dueMs = startedMs + n * EVERY_MS;
      const early = dueMs - performance.now();
      if (early > 0) await systemClock.sleep(early);
      const decided = this.#deliver(BATCH).then(() => {
        delays.push(performance.now() - dueMs);
      });
      this.#waiting.push(decided);
    }
    await Promise.all(this.#waiting);
    this.#waiting = [];
    return quantile(delays, 0.99);
  }

  #deliver(count: number): Promise<void> {
    const records = Array.from({ length: count }, () => ({
      bytes: this.#lines.next().value as Buffer,
      receivedAtMs: Number.MAX_SAFE_INTEGER,
      position: '',
    }));
    this.delivered += count;
    return this.#path.pipeline.deliver({ source: 'bench', records });
  }
}

interface Edit {
  readonly name: string;
  /** Two texts that take turns in detectors.yaml. */
  readonly texts: readonly [string, string];
}

const THRESHOLD = 'payments: { review: 8, block: 20, conclusive: 40 }';
const EDITS: readonly Edit[] = [
  { name: 'a threshold', texts: [THRESHOLD, THRESHOLD.replace('8', '9')] },
  { name: 'a new window, filled from history', texts: ['deviceWindow: 24h', 'deviceWindow: 23h'] },
];

async function run(report: Report): Promise<void> {
  const store = await temporaryAnalytics();
  const path = await startReloading(store.analytics);
  const history = Math.round(HISTORY * report.scale);
  const load = new Load(path, payments(10_000_000, 3)[Symbol.iterator]());
  await load.fill(history);
  report.note(
    `${(BATCH * 1000) / EVERY_MS} events/s in batches of ${BATCH} upon ${history} events of history; ${ROUNDS} rounds`,
  );
  await load.stretch(STRETCH_MS);
  try {
    for (const { name, texts } of EDITS) {
      const added: number[] = [];
      const tookMs: number[] = [];
      const worst: number[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        const quiet = await load.stretch(STRETCH_MS);
        const [from, to] = round % 2 === 0 ? texts : [texts[1], texts[0]];
        const startedMs = performance.now();
        const done = path.edit('detectors.yaml', from, to).then(() => performance.now());
        const busy = await load.stretch(STRETCH_MS);
        tookMs.push((await done) - startedMs);
        added.push(busy - quiet);
        worst.push(busy);
      }
      report.section(`A reload of ${name}`);
      report.figure('p99 in its stretch', spreadOf(worst), 'ms');
      report.figure('p99 added', spreadOf(added), 'ms', { atMost: MOST_ADDED_MS });
      report.figure('until it judges', spreadOf(tookMs), 'ms');
      if (path.live.status.refused !== undefined) throw new Error('a reload was refused');
    }
    await path.pipeline.idle();
    await path.recorder.flush();
    const [row] = await store.analytics.query<{ n: number }>(
      'SELECT uniqExact(event_id) AS n FROM decisions',
    );
    report.section('Every event is on record');
    report.figure('events lost', load.delivered - row!.n, 'events', { atMost: 0 });
    if (load.delivered !== row!.n) throw new Error(`${row!.n} of ${load.delivered} events`);
  } finally {
    await path.close();
    await store.close();
  }
  report.didNotMeasure('rewards, queues and Kafka beside the path');
}

export const bench: Bench = {
  name: 'reload',
  summary:
    'latency of decisions while a changed configuration is taken up, against quiet stretches',
  run,
};
