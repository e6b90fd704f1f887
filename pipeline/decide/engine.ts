/**
 * The engine: repeats out, windows measured, detectors heard, policy applied, accounts frozen. Synchronous
 * and deterministic: what it answers follows from the events in their order of arrival and from nothing
 * else, so live, backtest and replay run this same code.
 */

import type { CompiledDetectors } from '../detect/evaluate.ts';
import type { FeatureSource } from '../detect/feature-layout.ts';
import type { FeatureMatrix, WindowStore } from '../detect/window-store.ts';
import { EventBatch, EventView, keyColumn, textColumn } from '../event.ts';
import type { IdTable } from '../ingest/id-table.ts';
import type { AccountAction } from './account-action.ts';
import { decisionIdOf, type Decision } from './decision.ts';
import type { FreezeState } from './freezing.ts';
import type { SubjectList } from './lists.ts';
import { ALLOW, decide, type PolicySettings } from './policy.ts';

/** What became of one event of a batch. */
export type Judgement =
  | { readonly kind: 'decided'; readonly decision: Decision }
  /** The same event again: its answer is the stored one. */
  | { readonly kind: 'repeat' }
  /** The same id with another body: the first one stands. */
  | { readonly kind: 'conflict' };

const REPEAT: Judgement = Object.freeze({ kind: 'repeat' });
const CONFLICT: Judgement = Object.freeze({ kind: 'conflict' });
const ALLOWED: Judgement = Object.freeze({ kind: 'decided', decision: ALLOW });

export interface EngineParts {
  readonly detectors: CompiledDetectors;
  /** A store in memory: the engine is synchronous. */
  readonly store: WindowStore;
  /** What measures features beside the store, in order. */
  readonly sources: readonly FeatureSource[];
  readonly ids: IdTable;
  readonly blockList: SubjectList;
  readonly allowList: SubjectList;
  readonly policy: PolicySettings;
  readonly freezing: FreezeState;
}

export interface Judged {
  /** One judgement an event, in the batch's order. */
  readonly judgements: readonly Judgement[];
  /** Transitions that the batch caused, in order. */
  readonly actions: readonly AccountAction[];
}

export class Engine {
  readonly freezing: FreezeState;
  readonly #parts: EngineParts;
  readonly #accountColumn = keyColumn('accountId');
  readonly #accountText = textColumn('accountId');
  #matrix: FeatureMatrix;
  /**
   * Kept between batches: V8 drops code compiled for a shape of object when a collection finds no object of
   * that shape, and would compile most of the path again.
   */
  #view = new EventView(new EventBatch(0), 0);

  constructor(parts: EngineParts) {
    this.#parts = parts;
    this.freezing = parts.freezing;
    this.#matrix = { width: parts.detectors.width, values: new Float64Array(0) };
  }

  /** Largest event time taken so far, or −Infinity. */
  get watermarkMs(): number {
    return this.#parts.store.watermarkMs;
  }

  /** Rows whose events are, or become within this batch, older than the ids in memory. */
  rowsBeyondMemory(batch: EventBatch): readonly number[] {
    const { ids } = this.#parts;
    let newestMs = -Infinity;
    for (let row = 0; row < batch.length; row++) {
      newestMs = Math.max(newestMs, batch.occurredAtMs[row]!);
    }
    const fromMs = ids.coveredFromAt(newestMs);
    const rows: number[] = [];
    for (let row = 0; row < batch.length; row++) {
      if (batch.occurredAtMs[row]! < fromMs) rows.push(row);
    }
    return rows;
  }

  /**
   * Judges the whole batch in order.
   * @param known answers for events older than the id table's horizon, looked up by the caller: row → judgement.
   */
  judge(batch: EventBatch, known?: ReadonlyMap<number, 'repeat' | 'conflict'>): Judged {
    const judgements = this.#admit(batch, known);
    this.#measure(batch, judgements);
    const actions: AccountAction[] = [];
    if (this.#view.batch !== batch) this.#view = new EventView(batch, 0);
    const view = this.#view;
    for (let row = 0; row < batch.length; row++) {
      if (judgements[row] !== undefined) continue;
      view.row = row;
      judgements[row] = this.#judge(view, actions);
    }
    actions.push(...this.freezing.expire(this.watermarkMs));
    return { judgements: judgements as readonly Judgement[], actions };
  }

  /** Takes recorded events back in after a restart, without judging them again; late ones enter no window. */
  restore(batch: EventBatch): void {
    const { ids, store, sources } = this.#parts;
    for (let row = 0; row < batch.length; row++) {
      ids.check(batch.idLo[row]!, batch.idHi[row]!, batch.bodyHash[row]!, batch.occurredAtMs[row]!);
    }
    for (const [from, to] of runs(batch.length, (row) => batch.late[row] === 0)) {
      synchronously(store.restore(batch, from, to));
      for (const source of sources) source.restore(batch, from, to);
    }
  }

  /** Marks repeats and conflicts; a new event stays undefined. */
  #admit(
    batch: EventBatch,
    known: ReadonlyMap<number, 'repeat' | 'conflict'> | undefined,
  ): (Judgement | undefined)[] {
    const judgements = new Array<Judgement | undefined>(batch.length);
    for (let row = 0; row < batch.length; row++) {
      const standing =
        known?.get(row) ??
        this.#parts.ids.check(
          batch.idLo[row]!,
          batch.idHi[row]!,
          batch.bodyHash[row]!,
          batch.occurredAtMs[row]!,
        );
      if (standing === 'repeat') judgements[row] = REPEAT;
      else if (standing === 'conflict') judgements[row] = CONFLICT;
    }
    return judgements;
  }

  /** Measures each run of new events between two repeats. */
  #measure(batch: EventBatch, judgements: readonly (Judgement | undefined)[]): void {
    const { store, sources } = this.#parts;
    const size = batch.length * this.#matrix.width;
    if (this.#matrix.values.length < size) {
      this.#matrix = { width: this.#matrix.width, values: new Float64Array(size) };
      this.#parts.detectors.bind(this.#matrix);
    }
    for (const [from, to] of runs(batch.length, (row) => judgements[row] === undefined)) {
      synchronously(store.measure(batch, from, to, this.#matrix));
      for (const source of sources) source.measure(batch, from, to, this.#matrix);
    }
  }

  /** Plain allows, by far the most, share one value. */
  #judge(view: EventView, actions: AccountAction[]): Judgement {
    const { detectors, blockList, allowList, policy } = this.#parts;
    const findings = detectors.evaluate(view);
    const frozen = this.freezing.size > 0 && this.#isFrozen(view);
    const list =
      blockList.match(view) !== undefined
        ? 'block'
        : allowList.match(view) !== undefined
          ? 'allow'
          : undefined;
    const late = view.batch.late[view.row] === 1;
    const decision = decide({ findings, list, frozen, late }, policy);
    if (decision === ALLOW) return ALLOWED;
    if (decision.verdict === 'block' && !frozen && list === undefined)
      this.#freeze(view, decision, actions);
    return { kind: 'decided', decision };
  }

  /** The policy blocked an event on its findings: its account freezes, unless many people stand behind it. */
  #freeze(view: EventView, decision: Decision, actions: AccountAction[]): void {
    if (!this.#hasAccount(view)) return;
    const cause = decision.findings.filter(({ band, mode }) => band === 'block' && mode === 'live');
    const freezes = this.freezing.onBlock(
      view.accountId,
      decisionIdOf(view.id),
      cause.map((finding) => finding.detector).join(', '),
      view.occurredAtMs,
    );
    actions.push(...freezes);
  }

  #isFrozen(view: EventView): boolean {
    const { batch, row } = view;
    const at = this.#accountText * batch.capacity + row;
    const from = batch.spanStart[at]!;
    const to = from + batch.spanLength[at]!;
    const { freezing } = this;
    return (
      freezing.mayBeFrozen(batch.source[row]!, from, to) &&
      freezing.isFrozen(view.accountId, view.occurredAtMs)
    );
  }

  /** A placeholder account is many people: it is never frozen. */
  #hasAccount(view: EventView): boolean {
    const at = this.#accountColumn * view.batch.capacity + view.row;
    return view.batch.keyLo[at] !== 0 || view.batch.keyHi[at] !== 0;
  }
}

function synchronously(result: Promise<void> | void): void {
  if (result !== undefined) throw new TypeError('the engine needs a window store in memory');
}

/** The runs [from, to) of rows that are wanted. */
function* runs(
  length: number,
  wanted: (row: number) => boolean,
): Generator<readonly [number, number]> {
  let from = 0;
  while (from < length) {
    while (from < length && !wanted(from)) from++;
    let to = from;
    while (to < length && wanted(to)) to++;
    if (to > from) yield [from, to];
    from = to;
  }
}
