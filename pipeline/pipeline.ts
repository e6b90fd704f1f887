/**
 * READ FIRST: the path of one batch, in order.
 *
 *   ingest → detect → decide → record → reward → act → seal, then the source may commit its offset.
 *
 * Batches pass one at a time and in their order, so that every answer follows from what arrived before it.
 * Rows are encoded at once; the batch becomes history only when it is sealed, after its rewards and actions
 * have taken effect, and its offset is committed only when that is durable. A crash anywhere in between
 * leaves a batch that the source delivers again and that changes nothing twice.
 */

import { FreezeCapNews } from './tell/cap-news.ts';
import type { Clock } from './clock.ts';
import type { AccountAction, Command, CommandResult } from './decide/account-action.ts';
import { causesOfAction, type Cause } from './decide/cause.ts';
import { DecidedEvents, type DecidedParts, type Following } from './decided-events.ts';
import type { Judged } from './decide/judgement.ts';
import type { ExclusionChange } from './detect/exclusion.ts';
import type { EventBatch } from './event.ts';
import type { BadShareGuard } from './ingest/bad-share.ts';
import { ChunkReader } from './ingest/chunk-reader.ts';
import type { Decoder } from './ingest/decode.ts';
import type { Failure } from './failure.ts';
import type { RawBatch } from './ingest/source.ts';
import type { DeadLetter, RecordOutcome } from './outcome.ts';
import { GrantNews } from './tell/grant-news.ts';
import { hasOffer, type Grant } from './reward/grant.ts';
import type { LedgerOp } from './reward/ledger-op.ts';
import { obey, prepare, type ObeyParts } from './orders/obey.ts';
import type { History } from './record/history.ts';
import { lookUpOld } from './look-up-old.ts';
import { tellActions } from './tell/actions.ts';
import { tellBatch } from './tell/batch.ts';
import { MistakenNews } from './tell/mistaken-news.ts';
import { withdrawTrials } from './orders/withdraw-trials.ts';
import type { Settlement } from './settlement.ts';
import type { Tally } from './tally.ts';
import type { Logger, Metrics } from './telemetry.ts';

export interface PipelineParts
  extends Omit<ObeyParts, 'keys' | 'change'>, Pick<DecidedParts, 'rewards' | 'engineVersion'> {
  readonly decoder: Decoder;
  readonly guard: BadShareGuard;
  /** Knows the events that are too old for the ids in memory, and the answers that were given. */
  readonly history: ObeyParts['history'] & Pick<History, 'standing' | 'watermarkMs'>;
  readonly settlement: Settlement;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly tally: Tally;
}

const NO_GRANTS: readonly Grant[] = [];
/** The command log's place in the marker's positions. */
export const COMMANDS_POSITION = 'commands';

export class Pipeline {
  readonly #parts: PipelineParts;
  readonly #reader: ChunkReader;
  readonly #batch: EventBatch;
  readonly #decided: DecidedEvents;
  /** How far each ordered log has been followed; goes into the marker. */
  readonly #positions: Record<string, string>;
  readonly #grantNews = new GrantNews();
  readonly #capNews = new FreezeCapNews();
  readonly #mistakenNews = new MistakenNews();
  #turn: Promise<unknown> = Promise.resolve();

  constructor(parts: PipelineParts, positions: Readonly<Record<string, string>>) {
    this.#parts = parts;
    this.#reader = new ChunkReader(parts.decoder, parts.guard);
    this.#batch = this.#reader.batch;
    this.#decided = new DecidedEvents(parts, this.#batch, parts.history.watermarkMs);
    this.#positions = { ...positions };
  }

  /** Takes a source's batch down the path; resolves when it is decided and there is room for more. */
  async deliver(raw: RawBatch): Promise<void> {
    await this.#room();
    await this.#inTurn(() => this.#run(raw, undefined));
  }

  /** As `deliver`, with the outcome of every record: for a caller who waits for the answer. */
  async decide(raw: RawBatch): Promise<readonly RecordOutcome[]> {
    await this.#room();
    const outcomes = new Array<RecordOutcome>(raw.records.length);
    await this.#inTurn(() => this.#run(raw, outcomes));
    return outcomes;
  }

  /**
   * Obeys an order between two batches; resolves when it is known what came of it.
   * @param onDurable called once what it changed is durable.
   */
  async obey(command: Command, onDurable?: () => void): Promise<CommandResult> {
    // A file of labels leads to as many operations of the ledger; rewards of events must not wait behind all of them.
    if (command.kind === 'labels') await this.#room();
    const standing = await prepare(this.#parts, command);
    const { answer } = await this.#inTurn(() =>
      obey(
        { ...this.#parts, keys: this.#reader.decoder, change: (work) => this.change(work) },
        command,
        ({ ops = [], actions = [], causes = [] }) => {
          // Not before: an order that failed must not be passed over by the marker of a batch that waits.
          this.#positions[COMMANDS_POSITION] = command.id;
          return this.#settle(ops, actions, causes, [], onDurable);
        },
        standing,
      ),
    );
    return await answer;
  }

  /** Runs something short between two batches. */
  async between<T>(work: () => T): Promise<T> {
    return await this.#inTurn(() => Promise.resolve(work()));
  }

  /** As `between`, for what is to be on record: rows that `work` adds are history once they are durable. */
  async change<T>(work: () => T): Promise<T> {
    return await this.between(() => {
      const result = work();
      void this.#settle([], [], [], [], undefined);
      return result;
    });
  }

  /** Reads records by another decoder from the next batch on. */
  decodeBy(decoder: Decoder): void {
    this.#reader.decodeBy(decoder);
  }

  /** Resolves when every batch and command that was handed in has passed. */
  async idle(): Promise<void> {
    await this.#turn.catch(() => undefined);
    await this.#parts.settlement.idle();
  }

  /** Back-pressure: resolves while the buffers behind the path have room. */
  async #room(): Promise<void> {
    await this.#parts.settlement.room();
    await this.#parts.recorder.room();
  }

  /** The whole path, chunk by chunk. */
  async #run(raw: RawBatch, outcomes: RecordOutcome[] | undefined): Promise<void> {
    for (let from = 0; from < raw.records.length || from === 0;) {
      const letters: DeadLetter[] = [];
      const { to, failure } = this.#timed('ingest', () =>
        this.#reader.read(raw, from, (letter, index, failure) => {
          letters.push(letter);
          if (outcomes !== undefined) outcomes[index] = { kind: 'refused', failure };
        }),
      );
      const known = await lookUpOld(this.#parts, this.#batch);
      const judged = this.#timed('decide', () => this.#parts.engine.judge(this.#batch, known));
      const last = to >= raw.records.length;
      const onDurable = last && failure === undefined ? raw.onDurable?.bind(raw) : undefined;
      this.#timed('record', () => this.#conclude(raw, judged, letters, outcomes, onDurable));
      if (failure !== undefined) await this.#endWith(failure);
      if (last) return;
      from = to;
    }
  }

  /** The dead letters that say why are on record before the process ends. */
  async #endWith(failure: Failure): Promise<never> {
    await this.#parts.settlement.idle();
    await this.#parts.recorder.flush();
    throw failure;
  }

  #timed<T>(stage: string, run: () => T): T {
    const { clock, metrics } = this.#parts;
    const startedMs = clock.monotonic();
    const result = run();
    metrics.stageSeconds.observe({ stage }, (clock.monotonic() - startedMs) / 1000);
    return result;
  }

  /** record, then reward and act in the order of decisions, then seal. */
  #conclude(
    raw: RawBatch,
    judged: Judged,
    letters: DeadLetter[],
    outcomes: RecordOutcome[] | undefined,
    onDurable: (() => void) | undefined,
  ): void {
    const nowMs = this.#parts.clock.now();
    const following: Following = { source: raw.source, nowMs, ops: [], causes: [] };
    const { ops, causes } = following;
    /** Where the operations of row i end. */
    const opsEnd: number[] = [];
    for (let row = 0; row < this.#batch.length; row++) {
      const judgement = judged.judgements[row]!;
      if (judgement.kind === 'decided') {
        this.#decided.take(row, judgement.decision, judged.versionAt(row), following);
      } else if (judgement.kind === 'conflict') {
        letters.push(this.#reader.conflict(raw, row));
        this.#parts.tally.conflicts++;
      } else {
        this.#parts.tally.duplicates++;
      }
      opsEnd.push(ops.length);
    }
    this.#decided.end(following);
    tellBatch(this.#parts, raw.source, this.#batch, judged, nowMs);
    this.#mistakenNews.tell(this.#parts, raw.source, this.#batch);
    if (judged.ended !== undefined) this.#parts.config.ended(judged.ended);
    for (const change of judged.exclusionChanges) this.#propose(change);
    for (const change of judged.listChanges) this.#parts.recorder.addListChange(change);
    const settled = this.#settle(ops, judged.actions, causes, letters, onDurable);
    if (outcomes !== undefined) this.#answer(judged, opsEnd, settled, outcomes);
  }

  /** A value joins more accounts than any honest one: people are told, once. */
  #propose(change: ExclusionChange): void {
    const { recorder, log, metrics } = this.#parts;
    recorder.addExclusionChange(change);
    metrics.exclusionProposals.inc({ kind: change.kind });
    const { kind, value, accounts, hubLimit, decisionId } = change;
    log.warn({ kind, value, accounts, hubLimit, decisionId }, 'exclusion proposed');
  }

  /** Queues what follows; the batch is sealed when all of it has taken effect. */
  #settle(
    ops: readonly LedgerOp[],
    actions: readonly AccountAction[],
    causes: readonly Cause[],
    letters: readonly DeadLetter[],
    onDurable: (() => void) | undefined,
  ): Promise<readonly (readonly Grant[])[]> {
    const { recorder, settlement, engine, tally, metrics } = this.#parts;
    for (const action of actions) {
      recorder.addAccountAction(action);
      tally.action(action);
    }
    tellActions(this.#parts, this.#capNews, actions);
    withdrawTrials(this.#parts);
    for (const letter of letters) {
      recorder.addDeadLetter(letter);
      metrics.deadLetters.inc({ reason: letter.reason });
      tally.deadLetters++;
    }
    const sequence = recorder.endBatch();
    const positions = { ...this.#positions };
    const { watermarkMs } = engine;
    const all = [...causes, ...actions.flatMap((each) => causesOfAction(each, watermarkMs) ?? [])];
    return new Promise((resolve) => {
      settlement.add({
        ops,
        actions,
        causes: all,
        letters,
        settled: (grants) => {
          for (const grant of this.#grantNews.take(grants)) {
            tally.grant(grant);
            if (hasOffer(grant)) metrics.grants.inc({ offer: grant.offerId, state: grant.state });
          }
          recorder.seal(sequence, positions, watermarkMs, onDurable);
          resolve(grants);
        },
      });
    });
  }

  #answer(
    judged: Judged,
    opsEnd: readonly number[],
    settled: Promise<readonly (readonly Grant[])[]>,
    outcomes: RecordOutcome[],
  ): void {
    for (let row = 0; row < this.#batch.length; row++) {
      const judgement = judged.judgements[row]!;
      const eventId = this.#batch.text('id', row)!;
      const from = opsEnd[row - 1] ?? 0;
      const to = opsEnd[row]!;
      const grants = from === to ? NO_GRANTS : settled.then((all) => all.slice(from, to).flat());
      outcomes[this.#reader.recordOf(row)] =
        judgement.kind === 'decided'
          ? { kind: 'decided', eventId, decision: judgement.decision, grants }
          : judgement.kind === 'repeat'
            ? { kind: 'repeated', eventId, settled }
            : { kind: 'conflict', eventId };
    }
  }

  /** Runs the work after everything that was handed in before; a failure does not block the next. */
  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => undefined);
    return await turn;
  }
}
