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

import { FreezeCapNews } from './cap-news.ts';
import type { Clock } from './clock.ts';
import type { AccountAction, Command, CommandResult } from './decide/account-action.ts';
import { causesOf, causesOfAction, type Cause } from './decide/cause.ts';
import type { Decision } from './decide/decision.ts';
import type { Judged } from './decide/engine.ts';
import type { ExclusionChange } from './detect/exclusion.ts';
import { EventBatch, EventView } from './event.ts';
import type { BadShareGuard } from './ingest/bad-share.ts';
import type { Decoder } from './ingest/decode.ts';
import { HTTP_SOURCE } from './ingest/inbox.ts';
import { isSampled, MeasureSample } from './detect/measure-sketch.ts';
import type { Failure } from './failure.ts';
import type { DecodeFailure, RawBatch, RawRecord } from './ingest/source.ts';
import type { DeadLetter, RecordOutcome } from './outcome.ts';
import { GrantNews } from './grant-news.ts';
import { hasOffer, type Grant } from './reward/grant.ts';
import type { LedgerOp } from './reward/ledger-op.ts';
import { LedgerTime } from './reward/ledger-time.ts';
import { obey, prepare, type ObeyParts } from './obey.ts';
import type { History } from './record/history.ts';
import { lookUpOld } from './look-up-old.ts';
import { tellActions } from './tell-actions.ts';
import { tellBatch } from './tell-batch.ts';
import { withdrawTrials } from './withdraw-trials.ts';
import type { Settlement } from './settlement.ts';
import type { Tally } from './tally.ts';
import type { Logger, Metrics } from './telemetry.ts';

export interface PipelineParts extends Omit<ObeyParts, 'keys'> {
  readonly decoder: Decoder;
  readonly guard: BadShareGuard;
  /** Knows the events that are too old for the ids in memory, and the answers that were given. */
  readonly history: Pick<History, 'standing' | 'storedDecision' | 'labelStanding' | 'watermarkMs'>;
  readonly rewards: (
    event: EventView,
    decision: Decision,
    configVersion: string,
  ) => readonly LedgerOp[];
  readonly settlement: Settlement;
  readonly engineVersion: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly tally: Tally;
}

const BATCH_CAPACITY = 1024;
const NO_GRANTS: readonly Grant[] = [];
/** The command log's place in the marker's positions. */
export const COMMANDS_POSITION = 'commands';

export class Pipeline {
  readonly #parts: PipelineParts;
  readonly #batch = new EventBatch(BATCH_CAPACITY);
  readonly #view = new EventView(this.#batch, 0);
  readonly #sample = new MeasureSample();
  /** What the rows of one event need to know beside it; reused, so that recording makes no object per event. */
  readonly #meta = { source: '', configVersion: '', engineVersion: '', latencyUs: 0 };
  /** The index, in the source's batch, of the record that event i was decoded from. */
  readonly #recordOf = new Int32Array(BATCH_CAPACITY);
  /** How far each ordered log has been followed; goes into the marker. */
  readonly #positions: Record<string, string>;
  readonly #ledgerTime: LedgerTime;
  #decoder: Decoder;
  readonly #grantNews = new GrantNews();
  readonly #capNews = new FreezeCapNews();
  #turn: Promise<unknown> = Promise.resolve();

  constructor(parts: PipelineParts, positions: Readonly<Record<string, string>>) {
    this.#parts = parts;
    this.#decoder = parts.decoder;
    this.#positions = { ...positions };
    this.#ledgerTime = new LedgerTime(parts.history.watermarkMs);
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
    const standing = await prepare(this.#parts, command);
    const { answer } = await this.#inTurn(() =>
      obey(
        { ...this.#parts, keys: this.#decoder },
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
    this.#decoder = decoder;
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
        this.#ingest(raw, from, letters, outcomes),
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

  /** ingest: bytes → events in the batch, dead letters. @returns where the next chunk begins, and why there should be none. */
  #ingest(
    raw: RawBatch,
    from: number,
    letters: DeadLetter[],
    outcomes: RecordOutcome[] | undefined,
  ): { readonly to: number; readonly failure: Failure | undefined } {
    const { guard } = this.#parts;
    this.#batch.clear();
    let index = from;
    for (; index < raw.records.length && this.#batch.length < BATCH_CAPACITY; index++) {
      const record = raw.records[index]!;
      const row = this.#batch.length;
      const failure =
        record.refused ?? this.#decoder.decode(record.bytes, record.receivedAtMs, this.#batch);
      // Who sent by HTTP was told at once; one bad caller must not stop the worker for all.
      const end =
        raw.source === HTTP_SOURCE ? undefined : guard.count(failure !== undefined, raw.source);
      if (failure === undefined) {
        this.#recordOf[row] = index;
        continue;
      }
      letters.push(this.#letter(raw.source, record, failure));
      if (outcomes !== undefined) outcomes[index] = { kind: 'refused', failure };
      if (end !== undefined) return { to: index + 1, failure: end };
    }
    return { to: index, failure: undefined };
  }

  /** record, then reward and act in the order of decisions, then seal. */
  #conclude(
    raw: RawBatch,
    judged: Judged,
    letters: DeadLetter[],
    outcomes: RecordOutcome[] | undefined,
    onDurable: (() => void) | undefined,
  ): void {
    const ops: LedgerOp[] = [];
    const causes: Cause[] = [];
    /** Where the operations of row i end. */
    const opsEnd: number[] = [];
    const nowMs = this.#parts.clock.now();
    for (let row = 0; row < this.#batch.length; row++) {
      const judgement = judged.judgements[row]!;
      if (judgement.kind === 'decided') {
        const version = judged.versionAt(row);
        this.#record(raw, row, judgement.decision, version, nowMs, ops, causes);
      } else if (judgement.kind === 'conflict') letters.push(this.#conflict(raw, row));
      else this.#parts.tally.duplicates++;
      opsEnd.push(ops.length);
    }
    const time = this.#ledgerTime.after();
    if (time !== undefined) ops.push(time);
    tellBatch(this.#parts, raw.source, this.#batch, judged, nowMs);
    if (judged.ended !== undefined) this.#parts.config.ended(judged.ended);
    for (const change of judged.exclusionChanges) this.#propose(change);
    for (const change of judged.listChanges) this.#parts.recorder.addListChange(change);
    const settled = this.#settle(ops, judged.actions, causes, letters, onDurable);
    if (outcomes !== undefined) this.#answer(judged, opsEnd, settled, outcomes);
  }

  #record(
    raw: RawBatch,
    row: number,
    decision: Decision,
    configVersion: string,
    nowMs: number,
    ops: LedgerOp[],
    causes: Cause[],
  ): void {
    const { recorder, rewards, engineVersion, tally } = this.#parts;
    const batch = this.#batch;
    const latencyUs = Math.round(Math.max(0, nowMs - batch.receivedAtMs[row]!) * 1000);
    const { source } = raw;
    this.#meta.source = source;
    this.#meta.configVersion = configVersion;
    this.#meta.engineVersion = engineVersion;
    this.#meta.latencyUs = latencyUs;
    recorder.addEvent(batch, row, decision, this.#meta);
    this.#view.row = row;
    if (isSampled(batch.idLo[row]!)) {
      this.#sample.clear();
      this.#parts.engine.sample(this.#view, configVersion, this.#sample);
      recorder.addSample(batch, row, this.#sample, configVersion);
    }
    const due = rewards(this.#view, decision, configVersion);
    const time = this.#ledgerTime.before(batch.occurredAtMs[row]!, due.length > 0);
    if (time !== undefined) ops.push(time);
    if (due.length > 0) ops.push(...due);
    causesOf(this.#view, decision, causes, this.#parts.config.onTrial(configVersion));
    tally.decision(decision, batch.occurredAtMs[row]!, latencyUs);
  }

  /** A value joins more accounts than any honest one: people are told, once. */
  #propose(change: ExclusionChange): void {
    const { recorder, log, metrics } = this.#parts;
    recorder.addExclusionChange(change);
    metrics.exclusionProposals.inc({ kind: change.kind });
    const { kind, value, accounts, hubLimit, decisionId } = change;
    log.warn({ kind, value, accounts, hubLimit, decisionId }, 'exclusion proposed');
  }

  #conflict(raw: RawBatch, row: number): DeadLetter {
    const id = this.#batch.text('id', row)!;
    this.#parts.tally.conflicts++;
    return this.#letter(raw.source, raw.records[this.#recordOf[row]!]!, {
      reason: 'id_conflict',
      fieldPath: 'id',
      message: `event ${id} came before with another body; the first one stands`,
    });
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
      outcomes[this.#recordOf[row]!] =
        judgement.kind === 'decided'
          ? { kind: 'decided', eventId, decision: judgement.decision, grants }
          : judgement.kind === 'repeat'
            ? { kind: 'repeated', eventId, settled }
            : { kind: 'conflict', eventId };
    }
  }

  #letter(source: string, record: RawRecord, failure: DecodeFailure): DeadLetter {
    const { reason, fieldPath, message } = failure;
    return {
      source,
      position: record.position,
      reason,
      fieldPath,
      message,
      body: this.#decoder.cards.bytes(record.bytes),
      receivedAtMs: record.receivedAtMs,
    };
  }

  /** Runs the work after everything that was handed in before; a failure does not block the next. */
  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => undefined);
    return await turn;
  }
}
