/**
 * What a decision leads to, event by event in the order of decisions: the event's rows at once, what it asks of
 * the ledger, and what makes rewards given earlier doubtful.
 */

import { causeOfLate, causesOf, type Cause } from './decide/cause.ts';
import type { Decision } from './decide/decision.ts';
import type { Engine } from './decide/engine.ts';
import { isSampled, MeasureSample } from './detect/measure-sketch.ts';
import { EventView, type EventBatch } from './event.ts';
import { LateKeys } from './late/late-keys.ts';
import type { Recorder } from './record/recorder.ts';
import type { LedgerOp } from './reward/ledger-op.ts';
import { LedgerTime } from './reward/ledger-time.ts';
import type { Tally } from './tally.ts';

export interface DecidedParts {
  readonly engine: Pick<Engine, 'sample'>;
  readonly recorder: Pick<Recorder, 'addEvent' | 'addSample'>;
  readonly rewards: (
    event: EventView,
    decision: Decision,
    configVersion: string,
  ) => readonly LedgerOp[];
  readonly config: { onTrial(configVersion: string): string | undefined };
  readonly engineVersion: string;
  readonly tally: Tally;
}

/** Of one batch, in the order of its decisions. */
export interface Following {
  readonly source: string;
  /** When the batch was decided. */
  readonly nowMs: number;
  readonly ops: LedgerOp[];
  readonly causes: Cause[];
}

export class DecidedEvents {
  readonly #parts: DecidedParts;
  readonly #batch: EventBatch;
  readonly #view: EventView;
  readonly #sample = new MeasureSample();
  readonly #ledgerTime: LedgerTime;
  readonly #lateKeys: LateKeys;
  /** What the rows of one event need to know beside it; reused, so that recording makes no object per event. */
  readonly #meta = { source: '', configVersion: '', engineVersion: '', latencyUs: 0 };

  /** @param watermarkMs the event time that history has reached. */
  constructor(parts: DecidedParts, batch: EventBatch, watermarkMs: number) {
    this.#parts = parts;
    this.#batch = batch;
    this.#view = new EventView(batch, 0);
    this.#ledgerTime = new LedgerTime(watermarkMs);
    this.#lateKeys = new LateKeys(watermarkMs);
  }

  /** Records the decided event and adds what follows from it. */
  take(row: number, decision: Decision, configVersion: string, following: Following): void {
    const { recorder, rewards, engineVersion, tally, engine, config } = this.#parts;
    const { source, nowMs, ops, causes } = following;
    const batch = this.#batch;
    const latencyUs = Math.round(Math.max(0, nowMs - batch.receivedAtMs[row]!) * 1000);
    this.#meta.source = source;
    this.#meta.configVersion = configVersion;
    this.#meta.engineVersion = engineVersion;
    this.#meta.latencyUs = latencyUs;
    recorder.addEvent(batch, row, decision, this.#meta);
    this.#view.row = row;
    if (isSampled(batch.idLo[row]!)) {
      this.#sample.clear();
      engine.sample(this.#view, configVersion, this.#sample);
      recorder.addSample(batch, row, this.#sample, configVersion);
    }
    const due = rewards(this.#view, decision, configVersion);
    const time = this.#ledgerTime.before(batch.occurredAtMs[row]!, due.length > 0);
    if (time !== undefined) ops.push(time);
    if (due.length > 0) ops.push(...due);
    causesOf(this.#view, decision, causes, config.onTrial(configVersion));
    if (this.#lateKeys.isLate(batch, row, due)) causes.push(causeOfLate(this.#view));
    tally.decision(decision, batch.occurredAtMs[row]!, latencyUs);
  }

  /** The batch ends: the ledger is told the time where that is news to it. */
  end({ ops }: Following): void {
    const time = this.#ledgerTime.after();
    if (time !== undefined) ops.push(time);
  }
}
