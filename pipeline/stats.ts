/** The worker's own figures: gauges for scraping, and a row every few seconds for its dashboard. */

import { WindowCapNews } from './tell/cap-news.ts';
import type { Clock } from './clock.ts';
import { messageOf } from './failure.ts';
import type { Source } from './ingest/source.ts';
import type { PipelineStats } from './record/tables/pipeline-stats.ts';
import type { Logger, Metrics } from './telemetry.ts';
import { gaugeCases, type ToldCases } from './tell/actions.ts';
import { tellDetectors } from './tell/detectors.ts';
import { tellFeatures } from './tell/features.ts';
import type { Worker } from './worker.ts';

const EVERY_MS = 5000;

export interface StatsParts {
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
}

export interface Stats {
  /** Ledger entries that were not on record when they were counted last. */
  journalWaiting(): number;
  /** Reports a last time and stops. */
  stop(): void;
}

/** Starts reporting. */
export function reportStats(
  parts: StatsParts,
  worker: Worker,
  sources: ReadonlySet<Source>,
): Stats {
  let jobs = { waiting: 0, failed: 0 };
  let journalWaiting = 0;
  const told: ToldCases = { dropped: 0 };
  const windowCap = new WindowCapNews();
  const count = (): void => {
    worker.queue.counts().then(
      (counts) => {
        jobs = counts;
        for (const [state, value] of Object.entries(counts))
          parts.metrics.queueJobs.set({ state }, value as number);
      },
      (error: unknown) => parts.log.debug({ error: messageOf(error) }, 'jobs are not counted'),
    );
    worker.ledger.waiting().then(
      (entries) => {
        journalWaiting = entries;
        parts.metrics.journalWaiting.set(entries);
      },
      (error: unknown) =>
        parts.log.debug({ error: messageOf(error) }, 'the ledger journal is not counted'),
    );
  };
  const report = (): void => {
    const lag = gauge(parts, worker, sources, told);
    const { assembled, recorder } = worker;
    const windows = assembled.layers.stats();
    windowCap.tell(parts.log, windows.capped);
    recorder.addStats(figuresOf(worker, { lag, jobs, journalWaiting, windows }));
  };
  count();
  const stopCounting = parts.clock.every(EVERY_MS, count);
  const stopReporting = parts.clock.every(EVERY_MS, report);
  return {
    journalWaiting: () => journalWaiting,
    stop: () => {
      stopCounting();
      stopReporting();
      report();
    },
  };
}

/** Counted beforehand: records at the sources, jobs, ledger entries that are not on record yet, and windows. */
interface Counted {
  readonly lag: number;
  readonly jobs: { readonly waiting: number; readonly failed: number };
  readonly journalWaiting: number;
  readonly windows: { readonly keys: number; readonly bytes: number };
}

/** The row of the dashboard. */
function figuresOf(worker: Worker, counted: Counted): PipelineStats {
  const { tally, assembled, recorder } = worker;
  return {
    events: tally.events + tally.duplicates,
    decisions: tally.events,
    duplicates: tally.duplicates,
    lateEvents: tally.late,
    deadLetters: tally.deadLetters,
    lag: counted.lag,
    latencyP50Us: Math.round(tally.latencyUs(0.5)),
    latencyP99Us: Math.round(tally.latencyUs(0.99)),
    queueWaiting: counted.jobs.waiting,
    queueFailed: counted.jobs.failed,
    journalWaiting: counted.journalWaiting,
    windowKeys: counted.windows.keys,
    windowBytes: counted.windows.bytes,
    // Only what holds the sources back: a worker that starts or stops in order is no case for an engineer.
    paused: recorder.obstacle !== undefined || worker.settlement.obstacle !== undefined,
    secondsSinceFinding: tally.secondsSinceFinding(assembled.layers.watermarkMs),
    configVersion: worker.live.active.version,
    drifting: tally.rates.drifting,
    configRefused: worker.live.status.refused?.problems.join('; ') ?? '',
    warming: worker.live.warmingUp.map(({ feature }) => feature),
  };
}

/** Sets the gauges. @returns the records waiting at all sources. */
function gauge(
  parts: StatsParts,
  worker: Worker,
  sources: ReadonlySet<Source>,
  told: ToldCases,
): number {
  const { metrics } = parts;
  const { layers, engine } = worker.assembled;
  if (Number.isFinite(layers.watermarkMs)) metrics.watermarkSeconds.set(layers.watermarkMs / 1000);
  const { proposals } = worker.lateTruth;
  gaugeCases({ ...parts, engine, told }, engine.watermarkMs, proposals.size);
  if (Number.isFinite(engine.watermarkMs)) {
    const { detectors } = worker.assembled;
    tellDetectors(parts, worker.tally.rates, engine.watermarkMs, detectors);
  }
  tellFeatures(parts, layers, worker.live.warmingUp);
  metrics.secondsSinceFinding.set(worker.tally.secondsSinceFinding(layers.watermarkMs));
  for (const { count, ...labels } of worker.campaigns.takeIneligible())
    metrics.ineligible.inc(labels, count);
  let lag = 0;
  for (const source of sources) {
    const own = source.lag?.() ?? 0;
    metrics.lag.set({ source: source.name }, own);
    lag += own;
  }
  return lag;
}
