/**
 * The engine: repeats out, windows measured, detectors heard, policy applied, accounts frozen. Synchronous
 * and deterministic: what it answers follows from the events in their order of arrival and from nothing
 * else, so live, backtest and replay run this same code.
 */

import type { FeatureSource } from '../detect/feature-layout.ts';
import type { MeasureSample } from '../detect/measure-sketch.ts';
import { runs, type FeatureLayers } from '../detect/feature-layers.ts';
import type { FeatureMatrix } from '../detect/window-store.ts';
import { EventBatch, EventView } from '../event.ts';
import { keyColumn, textColumn } from '../event-fields.ts';
import type { ExclusionChange, ExclusionRegistry } from '../detect/exclusion.ts';
import type { IdTable } from '../ingest/id-table.ts';
import type { AccountAction } from './account-action.ts';
import { admit, rowsBeyondMemory, type Standing } from './admission.ts';
import { decisionIdOf, type Decision } from './decision.ts';
import type { FreezeStanding, FreezeState } from './freezing.ts';
import { ALLOWED, type Judged, type Judgement } from './judgement.ts';
import type { ListChange } from './list-entry.ts';
import type { Lists } from './lists.ts';
import { ALLOW, decide } from './policy.ts';
import type { RolloutOutcome } from './rollout.ts';
import type { EndedTrial, Ruling, Trial } from './ruling.ts';

export interface EngineParts {
  readonly layers: FeatureLayers;
  readonly ids: IdTable;
  readonly lists: Lists;
  readonly ruling: Ruling;
  readonly freezing: FreezeState;
  readonly exclusions: ExclusionRegistry;
}

export class Engine {
  readonly freezing: FreezeState;
  readonly lists: Lists;
  readonly exclusions: ExclusionRegistry;
  readonly #parts: EngineParts;
  readonly #accountColumn = keyColumn('accountId');
  readonly #accountText = textColumn('accountId');
  #ruling: Ruling;
  #proposed: ExclusionChange[] = [];
  #trial: Trial | undefined;
  /** Judgings whose trial ended without success: what they proposed is yet to be taken back. */
  readonly #disowned = new Set<string>();
  /** The matrix that the rulings read. */
  #bound: FeatureMatrix | undefined;
  /** The exclusions that they heed. */
  #heeded: number | undefined;
  /**
   * Kept between batches: V8 drops code compiled for a shape of object when a collection finds no object of
   * that shape, and would compile most of the path again.
   */
  #view = new EventView(new EventBatch(0), 0);

  constructor(parts: EngineParts) {
    this.#parts = parts;
    this.freezing = parts.freezing;
    this.lists = parts.lists;
    this.exclusions = parts.exclusions;
    this.#ruling = parts.ruling;
  }

  get ruling(): Ruling {
    return this.#ruling;
  }

  get trial(): Trial | undefined {
    return this.#trial;
  }

  /**
   * Judges every event from now on; a trial that runs ends without a word.
   * @param ruling compiled upon what the layers measure.
   */
  adopt(ruling: Ruling): void {
    if (this.#trial !== undefined) this.disown(this.#trial.ruling.judging);
    this.#trial = undefined;
    this.#disowned.delete(ruling.judging);
    this.#ruling = ruling;
    this.#bound = undefined;
    this.freezing.configure(ruling.freezing);
    this.lists.adopt(ruling.lists);
    this.exclusions.adopt(ruling.exclusions);
  }

  /** Judges the share's accounts by another ruling until its rollout ends; lists and freezing stay those of all. */
  tryOut(trial: Trial): void {
    this.#bound = undefined;
    this.#trial = trial;
    this.#disowned.delete(trial.ruling.judging);
  }

  /** Ends the trial; where none runs, nothing happens. @returns the trial that ended. */
  endTrial(outcome: RolloutOutcome): Trial | undefined {
    const trial = this.#trial;
    if (trial === undefined) return undefined;
    if (outcome === 'promoted') this.adopt(trial.ruling);
    else this.disown(trial.ruling.judging);
    this.#trial = undefined;
    return trial;
  }

  /** What this judging proposed on trial is dismissed before the next event, unless it judges again by then. */
  disown(judging: string): void {
    if (judging !== this.#ruling.judging) this.#disowned.add(judging);
  }

  /** Proposals of trials that were taken back, as the actions that dismiss them. */
  dismissals(atMs = Math.max(0, this.watermarkMs)): readonly AccountAction[] {
    if (this.#disowned.size === 0) return [];
    const actions = [...this.#disowned].flatMap((each) => this.freezing.dismissTrial(each, atMs));
    this.#disowned.clear();
    return actions;
  }

  /** Takes the measures of an event that was judged last, under the ruling of that version. */
  sample(view: EventView, version: string, into: MeasureSample): void {
    const { detectors } =
      this.#trial?.ruling.version === version ? this.#trial.ruling : this.#ruling;
    detectors.sample(view, into);
  }

  /** Largest event time taken so far, or −Infinity. */
  get watermarkMs(): number {
    return this.#parts.layers.watermarkMs;
  }

  /** Rows whose events are, or become within this batch, older than the ids in memory. */
  rowsBeyondMemory(batch: EventBatch): readonly number[] {
    return rowsBeyondMemory(batch, this.#parts.ids);
  }

  /**
   * Judges the whole batch in order.
   * @param known answers for events older than the id table's horizon, looked up by the caller: row → judgement.
   */
  judge(batch: EventBatch, known?: ReadonlyMap<number, Standing>): Judged {
    const judgements = admit(batch, this.#parts.ids, known);
    let { watermarkMs } = this;
    const actions = [...this.dismissals()];
    this.#measure(batch, judgements);
    const listChanges: ListChange[] = [];
    this.#proposed = [];
    if (this.#view.batch !== batch) this.#view = new EventView(batch, 0);
    const view = this.#view;
    const { version } = this.#ruling;
    /** Only while a trial runs do the rows of a batch have versions of their own. */
    const versions = this.#trial === undefined ? undefined : new Array<string>(batch.length);
    let ended: EndedTrial | undefined;
    for (let row = 0; row < batch.length; row++) {
      if (judgements[row] !== undefined) continue;
      view.row = row;
      if (versions === undefined) {
        judgements[row] = this.#judge(view, undefined, actions, listChanges);
      } else {
        const trial = this.#trialOf(batch, row);
        versions[row] = (trial?.ruling ?? this.#ruling).version;
        const judgement = this.#judge(view, trial, actions, listChanges);
        judgements[row] = judgement;
        ended ??= this.#observe(trial !== undefined, judgement, view);
      }
      // Event by event: an older one that comes later meets the same, wherever the batch was cut.
      watermarkMs = Math.max(watermarkMs, view.occurredAtMs);
      for (const action of this.freezing.expire(watermarkMs)) actions.push(action);
      if (ended !== undefined) actions.push(...this.dismissals(watermarkMs));
    }
    this.exclusions.expire(watermarkMs);
    return {
      judgements: judgements as readonly Judgement[],
      actions,
      listChanges,
      exclusionChanges: this.#proposed,
      versionAt: versions === undefined ? () => version : (row) => versions[row] ?? version,
      ended,
    };
  }

  /** The trial, where the event's account takes part in it. */
  #trialOf(batch: EventBatch, row: number): Trial | undefined {
    const at = this.#accountColumn * batch.capacity + row;
    return this.#trial?.rollout.takesPart(batch.keyLo[at]!, batch.keyHi[at]!) === true
      ? this.#trial
      : undefined;
  }

  /** Counts a decision of a trial's time; with the one that ends it, the next event has one ruling again. */
  #observe(isCanary: boolean, judgement: Judgement, view: EventView): EndedTrial | undefined {
    const trial = this.#trial;
    if (trial === undefined || judgement.kind !== 'decided') return undefined;
    const { decision } = judgement;
    // Texts are dear, and whose an allowed event is makes no difference.
    const account = decision.verdict === 'allow' ? '' : view.accountId;
    const end = trial.rollout.observe(isCanary, decision, view.occurredAtMs, account);
    if (end === undefined) return undefined;
    this.endTrial(end.outcome);
    return { ...end, trial };
  }

  /** Before `restore`: what features need of history that is older than the events that are restored. */
  async recall(...history: Parameters<NonNullable<FeatureSource['recall']>>): Promise<void> {
    for (const source of this.#parts.layers.sources) await source.recall?.(...history);
  }

  /** Takes recorded events back in after a restart, without judging them again; late ones enter no window. */
  restore(batch: EventBatch): void {
    const { ids, layers } = this.#parts;
    for (let row = 0; row < batch.length; row++) {
      ids.check(batch.idLo[row]!, batch.idHi[row]!, batch.bodyHash[row]!, batch.occurredAtMs[row]!);
    }
    layers.restore(batch);
  }

  /** Measures each run of new events between two repeats. */
  #measure(batch: EventBatch, judgements: readonly (Judgement | undefined)[]): void {
    for (const [from, to] of runs(0, batch.length, (row) => judgements[row] === undefined)) {
      this.#parts.layers.measure(batch, from, to);
    }
    const { layers } = this.#parts;
    const { matrix } = layers;
    const { generation } = this.exclusions;
    if (matrix === this.#bound && generation === this.#heeded) return;
    for (const ruling of [this.#ruling, this.#trial?.ruling]) {
      ruling?.detectors.bind(matrix);
      ruling?.detectors.heed({
        exclusions: this.exclusions,
        explain: (row) => layers.explain(row),
      });
    }
    this.#bound = matrix;
    this.#heeded = generation;
  }

  /** Hears the detectors on one new event, decides it, and freezes its account where that follows. */
  #judge(
    view: EventView,
    trial: Trial | undefined,
    actions: AccountAction[],
    listChanges: ListChange[],
  ): Judgement {
    const { detectors, policy } = trial?.ruling ?? this.#ruling;
    const findings = detectors.evaluate(view);
    detectors.propose(view, this.#proposed, decisionIdOf, trial?.ruling.judging);
    const standing = this.freezing.size > 0 ? this.#standing(view) : undefined;
    const listed = this.lists.match(view);
    const late = view.batch.late[view.row] === 1;
    const frozen = standing === 'frozen';
    const softened = frozen ? undefined : standing;
    const blockingOff = !this.freezing.cases.isOn('blocking');
    const decision = decide({ findings, listed, frozen, softened, blockingOff, late }, policy);
    // A trial acts on its own events alone: an entry on a list would outlive it.
    if (trial === undefined) this.lists.guard.observe(view, decision, listChanges);
    if (decision === ALLOW) return ALLOWED;
    // A block list names one subject of the event, which may not be its account.
    const byFindings = standing === undefined && decision.reasons[0] !== 'block_list';
    const isBlock = decision.verdict === 'block' || decision.reasons[0] === 'blocking_off';
    if (isBlock && byFindings) this.#freeze(view, decision, trial, actions);
    return { kind: 'decided', decision };
  }

  /** The policy blocked an event on its findings: its account freezes, unless many people stand behind it. */
  #freeze(
    view: EventView,
    decision: Decision,
    trial: Trial | undefined,
    actions: AccountAction[],
  ): void {
    if (!this.#hasAccount(view)) return;
    const cause = decision.findings.filter(({ band, mode }) => band === 'block' && mode === 'live');
    const freezes = this.freezing.onBlock(
      view.accountId,
      decisionIdOf(view.id),
      cause.map((finding) => finding.detector).join(', '),
      view.occurredAtMs,
      trial?.ruling.judging,
    );
    actions.push(...freezes);
  }

  #standing(view: EventView): FreezeStanding | undefined {
    const { batch, row } = view;
    const at = this.#accountText * batch.capacity + row;
    const from = batch.spanStart[at]!;
    const to = from + batch.spanLength[at]!;
    const { freezing } = this;
    return freezing.mayBeFrozen(batch.source[row]!, from, to)
      ? freezing.standingAt(view.accountId, view.occurredAtMs)
      : undefined;
  }

  /** A placeholder account is many people: it is never frozen. */
  #hasAccount(view: EventView): boolean {
    const at = this.#accountColumn * view.batch.capacity + view.row;
    return view.batch.keyLo[at] !== 0 || view.batch.keyHi[at] !== 0;
  }
}
