/**
 * The same engine over history, without effects: no Redis, no ClickHouse, no wall clock in any answer.
 * With a second configuration both engines judge each batch, so that one pass shows the difference.
 */

import type { Clock } from '../clock.ts';
import type { Decision } from '../decide/decision.ts';
import type { Engine } from '../decide/engine.ts';
import { EventBatch } from '../event.ts';
import { Failure } from '../failure.ts';
import type { Decoder } from '../ingest/decode.ts';
import type { RawBatch, Source } from '../ingest/source.ts';
import { Differences } from './compare.ts';
import { share, type BacktestReport } from './report.ts';
import { isFraud, Score } from './score.ts';

/** A configuration ready to judge; its engine has seen nothing yet and is used up by the run. */
export interface Candidate {
  readonly configVersion: string;
  readonly engine: Engine;
  /** Names of the detectors that are on. */
  readonly detectors: readonly string[];
}

export interface BacktestOptions {
  /** Delivers the history in event order (`inEventOrder`). */
  readonly source: Source;
  readonly decoder: Decoder;
  readonly candidate: Candidate;
  /** Another configuration to compare with. */
  readonly against?: Candidate | undefined;
  readonly clock: Clock;
  /** Takes a line of progress now and then, without its line end. */
  readonly progress?: ((line: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Events judged at a time: large enough to share look-ups, small enough to stay in the cache. */
const BATCH = 1024;
const PROGRESS_EVERY_MS = 2000;

/**
 * Runs the source to its end.
 * @throws Failure when the run is stopped, when no record is an event, or when a label is no word it knows.
 */
export async function runBacktest(options: BacktestOptions): Promise<BacktestReport> {
  const { source, clock } = options;
  const signal = options.signal ?? new AbortController().signal;
  const run = new Run(options);
  const startedMs = clock.monotonic();
  await source.run((batch) => {
    run.take(batch);
    return Promise.resolve();
  }, signal);
  if (signal.aborted) throw new Failure('the backtest was stopped before its end');
  run.finish();
  return run.report((clock.monotonic() - startedMs) / 1000);
}

class Run {
  readonly #options: BacktestOptions;
  readonly #batch = new EventBatch(BATCH);
  readonly #score: Score;
  readonly #otherScore: Score | undefined;
  readonly #differences = new Differences();
  readonly #refused = new Map<string, number>();
  #firstRefusal: string | undefined;
  #events = 0;
  #startedMs: number;
  #toldMs: number;

  constructor(options: BacktestOptions) {
    this.#options = options;
    this.#score = new Score(options.candidate.detectors);
    this.#otherScore = options.against && new Score(options.against.detectors);
    this.#startedMs = this.#toldMs = options.clock.monotonic();
  }

  take({ source, records }: RawBatch): void {
    for (const record of records) {
      const failure = this.#options.decoder.decodeRecord(record, this.#batch);
      if (failure !== undefined) {
        this.#firstRefusal ??= `${source} ${record.position}: ${failure.message}`;
        this.#refuse(failure.reason);
      }
      if (this.#batch.length === BATCH) this.#judge();
    }
    this.#tell();
  }

  finish(): void {
    this.#judge();
    if (this.#events === 0 && this.#firstRefusal !== undefined) {
      throw new Failure(`no record is an event; the first one, ${this.#firstRefusal}`);
    }
  }

  report(seconds: number): BacktestReport {
    const { candidate, against } = this.#options;
    return {
      configVersion: candidate.configVersion,
      events: this.#events,
      seconds,
      eventsPerSecond: share(this.#events, seconds),
      positives: this.#score.positives,
      ...this.#score.scores(),
      ...(this.#refused.size === 0 ? {} : { refused: Object.fromEntries(this.#refused) }),
      ...(against === undefined
        ? {}
        : {
            against: {
              configVersion: against.configVersion,
              ...this.#otherScore!.scores(),
              ...this.#differences.counts(),
            },
          }),
    };
  }

  #refuse(reason: string): void {
    this.#refused.set(reason, (this.#refused.get(reason) ?? 0) + 1);
  }

  #judge(): void {
    const batch = this.#batch;
    const { candidate, against } = this.#options;
    const { judgements } = candidate.engine.judge(batch);
    const others = against?.engine.judge(batch).judgements;
    for (let row = 0; row < batch.length; row++) {
      const judgement = judgements[row]!;
      if (judgement.kind === 'decided') {
        const other = others?.[row];
        this.#count(
          row,
          judgement.decision,
          other?.kind === 'decided' ? other.decision : undefined,
        );
      } else if (judgement.kind === 'conflict') {
        this.#refuse('id_conflict');
      }
    }
    batch.clear();
  }

  #count(row: number, decision: Decision, other: Decision | undefined): void {
    const id = this.#batch.text('id', row)!;
    const fraud = isFraud(this.#batch.text('label', row), id);
    this.#events++;
    this.#score.add(decision, fraud);
    if (other === undefined) return;
    this.#otherScore!.add(other, fraud);
    this.#differences.add(id, fraud, decision, other);
  }

  #tell(): void {
    const { clock, progress } = this.#options;
    const nowMs = clock.monotonic();
    if (progress === undefined || nowMs - this.#toldMs < PROGRESS_EVERY_MS) return;
    this.#toldMs = nowMs;
    const perSecond = Math.round((this.#events / (nowMs - this.#startedMs)) * 1000);
    const refused = [...this.#refused.values()].reduce((sum, count) => sum + count, 0);
    progress(
      `backtest: ${this.#events.toLocaleString('en')} events, ${perSecond.toLocaleString('en')}/s` +
        (refused === 0 ? '' : `, ${refused.toLocaleString('en')} records refused`),
    );
  }
}
