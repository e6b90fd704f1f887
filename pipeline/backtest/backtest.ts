/**
 * The same engine over history, without effects: no ClickHouse, no wall clock in any answer, and no Redis
 * unless rewards are asked for. With a second configuration both engines judge each batch, so that one pass
 * shows the difference.
 */

import type { Clock } from '../clock.ts';
import type { Decision } from '../decide/decision.ts';
import type { Engine } from '../decide/engine.ts';
import { EventBatch, EventView } from '../event.ts';
import { Failure } from '../failure.ts';
import type { Decoder } from '../ingest/decode.ts';
import type { RawBatch, Source } from '../ingest/source.ts';
import type { Grant } from '../reward/grant.ts';
import { AttackScore } from './attack-score.ts';
import { Differences } from './compare.ts';
import type { ChangeLine, Comparison } from './comparison.ts';
import type { DryRun } from './dry-run.ts';
import { share, type BacktestReport } from './report.ts';
import { rewardChanges } from './reward-changes.ts';
import { fraudAt, Score } from './score.ts';

/** A configuration ready to judge; its engine has seen nothing yet and is used up by the run. */
export interface Candidate {
  readonly configVersion: string;
  readonly engine: Engine;
  /** Names of the detectors that are on. */
  readonly detectors: readonly string[];
  /** What its campaigns are run on; without it rewards are left out. */
  readonly rewards?: DryRun | undefined;
}

export interface BacktestOptions {
  /** Delivers the history in event order (`inEventOrder`). */
  readonly source: Source;
  readonly decoder: Decoder;
  readonly candidate: Candidate;
  /** Another configuration to compare with. */
  readonly against?: Candidate | undefined;
  /** Events before it, in event time, fill windows and freeze accounts, and are not counted; left out: none. */
  readonly countFromMs?: number | undefined;
  /** Takes every change that the other configuration makes, in order. */
  readonly onChanges?: ((lines: readonly ChangeLine[]) => Promise<void>) | undefined;
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
  await source.run((batch) => run.take(batch), signal);
  if (signal.aborted) throw new Failure('the backtest was stopped before its end');
  await run.finish();
  return await run.report((clock.monotonic() - startedMs) / 1000);
}

class Run {
  readonly #options: BacktestOptions;
  readonly #batch = new EventBatch(BATCH);
  readonly #view = new EventView(this.#batch, 0);
  readonly #score: Score;
  readonly #otherScore: Score | undefined;
  readonly #attacks = new AttackScore();
  readonly #differences: Differences;
  readonly #onGrant = (grant: Grant): void => this.#attacks.grant(grant);
  readonly #refused = new Map<string, number>();
  #firstRefusal: string | undefined;
  readonly #countFromMs: number;
  #events = 0;
  #startedMs: number;
  #toldMs: number;

  constructor(options: BacktestOptions) {
    this.#options = options;
    this.#score = new Score(options.candidate.detectors);
    this.#otherScore = options.against && new Score(options.against.detectors);
    this.#countFromMs = options.countFromMs ?? -Infinity;
    this.#differences = new Differences(options.onChanges !== undefined);
    this.#startedMs = this.#toldMs = options.clock.monotonic();
  }

  async take({ source, records }: RawBatch): Promise<void> {
    for (const record of records) {
      const failure = this.#options.decoder.decodeRecord(record, this.#batch);
      if (failure !== undefined) {
        this.#firstRefusal ??= `${source} ${record.position}: ${failure.message}`;
        this.#refuse(failure.reason);
      }
      if (this.#batch.length === BATCH) await this.#judge();
    }
    this.#tell();
  }

  async finish(): Promise<void> {
    await this.#judge();
    if (this.#events === 0 && this.#firstRefusal !== undefined) {
      throw new Failure(`no record is an event; the first one, ${this.#firstRefusal}`);
    }
  }

  async report(seconds: number): Promise<BacktestReport> {
    const { candidate, against } = this.#options;
    // Its grants are told to the attacks' score as they are counted, so they come first.
    const campaigns = await candidate.rewards?.report(this.#onGrant);
    const attacks = this.#attacks.report(campaigns !== undefined);
    const honest = this.#attacks.honest();
    return {
      configVersion: candidate.configVersion,
      events: this.#events,
      seconds,
      eventsPerSecond: share(this.#events, seconds),
      positives: this.#score.positives,
      ...this.#score.scores(),
      ...(this.#refused.size === 0 ? {} : { refused: Object.fromEntries(this.#refused) }),
      ...(attacks && { attacks }),
      ...(honest && { honest }),
      ...(campaigns && { campaigns }),
      ...(against && { against: await this.#comparison(against) }),
    };
  }

  async #comparison(against: Candidate): Promise<Comparison> {
    const base = this.#options.candidate.rewards;
    const { rewards } = against;
    const campaigns = await rewards?.report();
    return {
      configVersion: against.configVersion,
      ...this.#otherScore!.scores(),
      ...this.#differences.counts(),
      ...(campaigns && { campaigns }),
      ...(base && rewards && { rewards: await rewardChanges(base, rewards) }),
      caveats: this.#differences.caveats(),
    };
  }

  #refuse(reason: string): void {
    this.#refused.set(reason, (this.#refused.get(reason) ?? 0) + 1);
  }

  async #judge(): Promise<void> {
    const batch = this.#batch;
    const { candidate, against } = this.#options;
    const { judgements } = candidate.engine.judge(batch);
    const others = against?.engine.judge(batch).judgements;
    for (let row = 0; row < batch.length; row++) {
      const judgement = judgements[row]!;
      if (this.#batch.occurredAtMs[row]! < this.#countFromMs) continue;
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
    await candidate.rewards?.settle(this.#onGrant);
    await against?.rewards?.settle();
    const lines = this.#differences.takeLines();
    if (lines.length > 0) await this.#options.onChanges?.(lines);
    batch.clear();
  }

  #count(row: number, decision: Decision, other: Decision | undefined): void {
    const fraud = fraudAt(this.#batch, row);
    this.#events++;
    this.#score.add(decision, fraud);
    this.#view.row = row;
    const { candidate, against } = this.#options;
    this.#attacks.add(this.#view, decision, fraud);
    candidate.rewards?.add(this.#view, decision, fraud);
    if (other === undefined) return;
    this.#otherScore!.add(other, fraud);
    against?.rewards?.add(this.#view, other, fraud);
    this.#differences.add(this.#view, fraud, decision, other);
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
