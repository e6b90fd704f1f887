/**
 * Rules of then on events of then: everything on record once more in the order of its arrival, each event judged
 * by the version that decided it, with people's orders in their places. What is answered otherwise now is a
 * defect, an order that left no row, or a version that this release reads otherwise.
 */

import { assembleHistoryDecoder, assembleVersions } from '../assemble.ts';
import type { LoadedConfig } from '../../config/load.ts';
import type { Clock } from '../clock.ts';
import type { Decision } from '../decide/decision.ts';
import type { Engine } from '../decide/engine.ts';
import { Rollout } from '../decide/rollout.ts';
import type { Ruling } from '../decide/ruling.ts';
import { EventBatch } from '../event.ts';
import type { Decoder } from '../ingest/decode.ts';
import type { Keys } from '../keys.ts';
import type { PastStep, RecordedDecision } from './recorded-past.ts';
import { share, type Scores } from './report.ts';
import { fraudAt, Score } from './score.ts';
import type { LoadedVersions } from './versions.ts';

export interface AsOfOptions {
  readonly past: AsyncIterable<PastStep>;
  readonly versions: LoadedVersions;
  readonly keys: Keys;
  /** Events before and from these on are judged and not counted. */
  readonly fromMs?: number | undefined;
  readonly toMs?: number | undefined;
  readonly clock: Clock;
  readonly progress?: ((line: string) => void) | undefined;
}

export interface AsOfReport extends Scores {
  readonly events: number;
  readonly seconds: number;
  readonly eventsPerSecond: number | null;
  readonly positives: number;
  readonly asOf: {
    /** By version: the events that it decided, and those that are decided otherwise now. */
    readonly versions: Readonly<Record<string, VersionCount>>;
    readonly differing: number;
    /** How many went from which verdict to which, as `allow → review`; the same twice where only the reasons differ. */
    readonly changes: Readonly<Record<string, number>>;
    /** The first of them. */
    readonly decisions: readonly OtherDecision[];
    /** People's orders that were repeated in their places. */
    readonly orders: number;
    /** Versions that cannot be loaded any more, and why; their events fill windows and are not judged. */
    readonly lost: Readonly<Record<string, string>>;
    readonly notes: readonly string[];
  };
}

interface VersionCount {
  events: number;
  differing: number;
}

type Answer = Omit<RecordedDecision, 'version'>;

export interface OtherDecision {
  readonly eventId: string;
  readonly version: string;
  readonly recorded: Answer;
  readonly replayed: Answer;
}

const BATCH = 1024;
const NAMED = 1000;
const PROGRESS_EVERY_MS = 2000;
/** What makes a version everybody's. */
const ADOPTS = new Set(['start', 'reload', 'promoted']);
const NEVER = { times: Infinity, points: Infinity, atLeast: Infinity };

/** Judges the recorded past once more, in the order of its arrival. @returns what would be answered otherwise, with scores where labels are known. */
export async function replayAsOf(options: AsOfOptions): Promise<AsOfReport> {
  const { clock } = options;
  const startedMs = clock.monotonic();
  const run = new Replay(options);
  for await (const step of options.past) run.take(step);
  run.judge();
  return run.report((clock.monotonic() - startedMs) / 1000);
}

class Replay {
  readonly #options: AsOfOptions;
  readonly #engine: Engine;
  readonly #rulings: ReadonlyMap<string, Ruling>;
  readonly #decoders: ReadonlyMap<string, Decoder>;
  readonly #batch = new EventBatch(BATCH);
  #recorded: RecordedDecision[] = [];
  readonly #canaries = new Set<string>();
  readonly #score: Score;
  readonly #versions = new Map<string, VersionCount>();
  readonly #changes = new Map<string, number>();
  readonly #decisions: OtherDecision[] = [];
  /** Judges everybody; undefined before the record says so. */
  #stable: string | undefined;
  /** Judges the events of the batch. */
  #judging: string | undefined;
  #decoder: Decoder;
  #events = 0;
  #differing = 0;
  #orders = 0;
  #toldMs: number;

  constructor(options: AsOfOptions) {
    this.#options = options;
    const { configs } = options.versions;
    const { engine, rulings } = assembleVersions([...configs.values()]);
    this.#engine = engine;
    const named = <Value>(of: (config: LoadedConfig, index: number) => Value): Map<string, Value> =>
      new Map([...configs].map(([version, config], index) => [version, of(config, index)]));
    this.#rulings = named((_, index) => rulings[index]!);
    this.#decoders = named((config) => assembleHistoryDecoder(config, options.keys));
    this.#decoder = [...this.#decoders.values()][0]!;
    this.#score = new Score(
      [...new Set(rulings.flatMap(({ detectors }) => detectors.names))].sort(),
    );
    this.#toldMs = options.clock.monotonic();
  }

  take(step: PastStep): void {
    if (step.step === 'event') {
      const { decision, json, receivedAtMs } = step;
      if (decision.version !== this.#judging) this.#judgeBy(decision.version);
      const failure = this.#decoder.decode(json, receivedAtMs, this.#batch);
      if (failure !== undefined) {
        throw new Error(
          `a recorded event cannot be read back (${failure.fieldPath}: ${failure.message})`,
        );
      }
      this.#recorded.push(decision);
      if (this.#batch.length === BATCH) this.judge();
      return;
    }
    this.judge();
    if (step.step === 'config') this.#configure(step);
    else this.#obey(step);
  }

  judge(): void {
    const batch = this.#batch;
    if (batch.length === 0) return;
    const { judgements } = this.#engine.judge(batch);
    const { fromMs = -Infinity, toMs = Infinity } = this.#options;
    for (let row = 0; row < batch.length; row++) {
      const judgement = judgements[row]!;
      const atMs = batch.occurredAtMs[row]!;
      if (judgement.kind !== 'decided' || atMs < fromMs || atMs >= toMs) continue;
      this.#count(row, judgement.decision);
    }
    batch.clear();
    this.#recorded = [];
    this.#tell();
  }

  report(seconds: number): AsOfReport {
    const { lost, notes } = this.#options.versions;
    return {
      ...{ events: this.#events, seconds, eventsPerSecond: share(this.#events, seconds) },
      positives: this.#score.positives,
      ...this.#score.scores(),
      asOf: {
        versions: Object.fromEntries(this.#versions),
        differing: this.#differing,
        changes: Object.fromEntries([...this.#changes].sort()),
        decisions: this.#decisions,
        orders: this.#orders,
        ...{ lost, notes },
      },
    };
  }

  /** The events from now on were decided by this version. */
  #judgeBy(version: string): void {
    this.judge();
    this.#judging = version;
    const ruling = this.#rulings.get(version);
    if (ruling === undefined) return;
    this.#decoder = this.#decoders.get(version)!;
    if (this.#canaries.has(version) && this.#stable !== undefined && version !== this.#stable) {
      // Who takes part is on record: it need not be drawn again.
      const settings = { share: 1, minimumEvents: Infinity, durationMs: Infinity };
      const rollout = new Rollout({ ...settings, block: NEVER, review: NEVER }, -Infinity);
      this.#engine.tryOut({ ruling, rollout });
    } else if (version === this.#stable) this.#engine.endTrial('rolled_back');
    else this.#adopt(version);
  }

  #configure({ kind, version }: Extract<PastStep, { step: 'config' }>): void {
    if (kind === 'canary') this.#canaries.add(version);
    if (ADOPTS.has(kind)) this.#adopt(version);
    // The next event says by which of the two it was judged.
    this.#judging = undefined;
  }

  #adopt(version: string): void {
    this.#stable = version;
    const ruling = this.#rulings.get(version);
    if (ruling !== undefined) this.#engine.adopt(ruling);
  }

  #obey(step: Exclude<PastStep, { step: 'event' | 'config' }>): void {
    this.#orders++;
    const { freezing, lists, exclusions, watermarkMs } = this.#engine;
    if (step.step === 'action') freezing.apply(step.action);
    else if (step.step === 'list') lists.live.apply(step.change, this.#decoder, watermarkMs);
    else exclusions.apply(step.change);
  }

  #count(row: number, decision: Decision): void {
    const { version, ...recorded } = this.#recorded[row]!;
    const count = this.#versions.get(version) ?? { events: 0, differing: 0 };
    this.#versions.set(version, count);
    count.events++;
    if (!this.#rulings.has(version)) return;
    this.#events++;
    this.#score.add(decision, fraudAt(this.#batch, row));
    const replayed = answerOf(decision);
    const was = answerOf(recorded);
    if (JSON.stringify(replayed) === JSON.stringify(was)) return;
    count.differing++;
    this.#differing++;
    const change = `${was.verdict} → ${replayed.verdict}`;
    this.#changes.set(change, (this.#changes.get(change) ?? 0) + 1);
    if (this.#decisions.length < NAMED) {
      const eventId = this.#batch.text('id', row)!;
      this.#decisions.push({ eventId, version, recorded: was, replayed });
    }
  }

  #tell(): void {
    const { clock, progress } = this.#options;
    const nowMs = clock.monotonic();
    if (progress === undefined || nowMs - this.#toldMs < PROGRESS_EVERY_MS) return;
    this.#toldMs = nowMs;
    progress(
      `backtest: ${this.#events.toLocaleString('en')} events, ${this.#differing} decided otherwise`,
    );
  }
}

/** As a decision's row has it. */
function answerOf(decision: Decision | Answer): Answer {
  const { verdict, reasons, late } = decision;
  const detectors =
    'findings' in decision
      ? decision.findings.filter(({ mode }) => mode === 'live').map(({ detector }) => detector)
      : decision.detectors;
  return { verdict, reasons, detectors, late };
}
