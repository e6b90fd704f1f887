/**
 * One measure of one detector over history: what every threshold would flag, and which one keeps the target.
 * The detector runs alone and in shadow with a band that everything reaches, so its findings are its measures: what is
 * exempt from a finding (a missing subject, limits of its own) is exempt here too.
 */

import { accountKey } from '../backtest/account-changes.ts';
import { fraudAt } from '../backtest/score.ts';
import { truthOf } from '../backtest/comparison.ts';
import type { Clock } from '../clock.ts';
import type { Engine } from '../decide/engine.ts';
import type { Bands } from '../detect/detector.ts';
import { EventBatch, EventView } from '../event.ts';
import { Failure } from '../failure.ts';
import type { Decoder } from '../ingest/decode.ts';
import type { RawBatch, Source } from '../ingest/source.ts';
import { AccountDays } from './account-days.ts';
import { curveOf, proposedBands, reachedBy, thinned, type CurvePoint } from './curve.ts';
import { Distribution } from './distribution.ts';

export interface TuneOptions {
  /** In event order. */
  readonly source: Source;
  readonly decoder: Decoder;
  /** Runs the detector alone (`measuringConfig`); used up. */
  readonly engine: Engine;
  readonly detector: string;
  readonly measure: string;
  readonly about: string;
  readonly unit: string;
  readonly direction: 'atLeast' | 'atMost';
  readonly present: Bands;
  readonly configVersion: string;
  /** Of the honest events; of all events where nothing is labelled. In (0, 1). */
  readonly target: number;
  /** Truth by event id that stands above the events' own labels. */
  readonly labels?: ReadonlyMap<string, boolean> | undefined;
  readonly countFromMs?: number | undefined;
  readonly clock: Clock;
  readonly progress?: ((line: string) => void) | undefined;
}

export interface TuneReport {
  readonly configVersion: string;
  readonly detector: string;
  readonly measure: string;
  readonly about: string;
  readonly unit: string;
  readonly direction: 'atLeast' | 'atMost';
  readonly events: number;
  /** Events at which the measure could be taken and its subject is known. */
  readonly measured: number;
  readonly positives: number;
  readonly negatives: number;
  /** `falsePositiveRate`, or `flaggedShare` where no honest event is labelled. */
  readonly basis: 'falsePositiveRate' | 'flaggedShare';
  readonly target: number;
  /** From the first event to the last, at least one. */
  readonly days: number;
  /** Null: no value of history is strict enough. */
  readonly proposed: Readonly<Record<string, CurvePoint | null>>;
  /** Null: nothing in history reaches the band. */
  readonly present: Readonly<Record<string, CurvePoint | null>>;
  /** The strictest threshold first. */
  readonly curve: readonly CurvePoint[];
  readonly notes: readonly string[];
}

const BATCH = 1024;
const DAY_MS = 86_400_000;
const PROGRESS_EVERY_MS = 2000;

/** @throws Failure when no event has the measure, or a label is no word it knows. */
export async function tune(options: TuneOptions): Promise<TuneReport> {
  const run = new Measuring(options);
  const take = (batch: RawBatch): Promise<void> => {
    run.take(batch);
    return Promise.resolve();
  };
  await options.source.run(take, new AbortController().signal);
  run.judge();
  return run.report();
}

class Measuring {
  readonly #options: TuneOptions;
  readonly #batch = new EventBatch(BATCH);
  readonly #view = new EventView(this.#batch, 0);
  readonly #values: Distribution;
  readonly #honest: AccountDays;
  readonly #everybody: AccountDays;
  readonly #totals = { fraud: 0, honest: 0, unlabelled: 0 };
  #measured = 0;
  #firstMs = Infinity;
  #lastMs = -Infinity;
  #toldMs: number;

  constructor(options: TuneOptions) {
    this.#options = options;
    this.#values = new Distribution(options.direction);
    this.#honest = new AccountDays(options.direction);
    this.#everybody = new AccountDays(options.direction);
    this.#toldMs = options.clock.monotonic();
  }

  take({ records }: RawBatch): void {
    for (const record of records) {
      this.#options.decoder.decodeRecord(record, this.#batch);
      if (this.#batch.length === BATCH) this.judge();
    }
    this.#tell();
  }

  judge(): void {
    const batch = this.#batch;
    const { judgements } = this.#options.engine.judge(batch);
    for (let row = 0; row < batch.length; row++) {
      const judgement = judgements[row]!;
      const isCounted = batch.occurredAtMs[row]! >= (this.#options.countFromMs ?? -Infinity);
      if (judgement.kind !== 'decided' || !isCounted) continue;
      this.#view.row = row;
      const finding = judgement.decision.findings.find(({ band }) => band !== 'error');
      this.#count(finding?.measure);
    }
    batch.clear();
  }

  report(): TuneReport {
    const { detector, measure, about, unit, direction, present, target } = this.#options;
    const { fraud: positives, honest: negatives, unlabelled } = this.#totals;
    if (this.#measured === 0) {
      throw new Failure(
        `${detector}.${measure} could be taken of none of ${positives + negatives + unlabelled} events: they lack what it is measured on`,
      );
    }
    const basis = negatives > 0 ? 'falsePositiveRate' : 'flaggedShare';
    const candidates = this.#values.candidates();
    const accounts = negatives > 0 ? this.#honest : this.#everybody;
    const days = Math.max(1, (this.#lastMs - this.#firstMs) / DAY_MS);
    const curve = curveOf(candidates, {
      totals: this.#totals,
      accountDays: accounts.reaching(candidates.map(({ threshold }) => threshold)),
      days,
    });
    const proposed = proposedBands(curve, present, target);
    const orNull = (points: object): Record<string, CurvePoint | null> =>
      Object.fromEntries(
        Object.entries(points as Record<string, CurvePoint | undefined>).map(([band, point]) => [
          band,
          point ?? null,
        ]),
      );
    return {
      configVersion: this.#options.configVersion,
      ...{ detector, measure, about, unit, direction },
      events: positives + negatives + unlabelled,
      measured: this.#measured,
      ...{ positives, negatives, basis, target, days },
      proposed: orNull(proposed),
      present: orNull(
        Object.fromEntries(
          Object.entries(present)
            .filter(([, limit]) => limit !== undefined)
            .map(([band, limit]) => [band, reachedBy(curve, limit as number, direction)]),
        ),
      ),
      curve: thinned(curve),
      notes: this.#notes(basis, proposed, accounts.isExact),
    };
  }

  #count(value: number | undefined): void {
    const { labels } = this.#options;
    const { occurredAtMs } = this.#view;
    const fraud = labels?.get(this.#view.id) ?? fraudAt(this.#batch, this.#view.row);
    const truth = truthOf(fraud);
    this.#totals[truth]++;
    this.#firstMs = Math.min(this.#firstMs, occurredAtMs);
    this.#lastMs = Math.max(this.#lastMs, occurredAtMs);
    if (value === undefined) return;
    this.#measured++;
    this.#values.add(value, truth);
    const account = accountKey(this.#view);
    if (account === 0 || fraud === true) return;
    const day = Math.floor(occurredAtMs / DAY_MS);
    this.#everybody.add(account, day, value);
    if (fraud === false) this.#honest.add(account, day, value);
  }

  #notes(
    basis: TuneReport['basis'],
    proposed: ReturnType<typeof proposedBands>,
    isExact: boolean,
  ): string[] {
    const { target, detector } = this.#options;
    const { honest } = this.#totals;
    const unmet = Object.entries(proposed).filter(([, point]) => point === undefined);
    return [
      ...(basis === 'flaggedShare'
        ? [
            'No honest event has a label, so nobody is known to be right or wrong about it: only the share of all events that is flagged is tuned, and precision, recall and false-positive rate are not known. Give labels with --labels, in the events, or from the record.',
          ]
        : []),
      ...(basis === 'falsePositiveRate' && honest * target < 3
        ? [
            `${honest} honest events are too few to tell a rate of ${target}: read falsePositiveRateAtMost.`,
          ]
        : []),
      ...unmet.map(
        ([band]) =>
          `No threshold within history keeps ${detector} within the target of the band ${band}: even the strictest value is beyond it.`,
      ),
      ...(this.#values.isSketched
        ? [
            'The measure has so many values that thresholds within 1 % of one another are shown as one.',
          ]
        : []),
      ...(isExact ? [] : ['Accounts a day are estimated from a sample of the accounts.']),
    ];
  }

  #tell(): void {
    const { clock, progress } = this.#options;
    const nowMs = clock.monotonic();
    if (progress === undefined || nowMs - this.#toldMs < PROGRESS_EVERY_MS) return;
    this.#toldMs = nowMs;
    const { fraud, honest, unlabelled } = this.#totals;
    progress(`tune: ${(fraud + honest + unlabelled).toLocaleString('en')} events`);
  }
}
