/**
 * What the pipeline tells the record. Adding encodes at once and never waits; the flusher makes the rows
 * durable in the background, and a batch becomes history when it was sealed.
 */

import type { DeliveryRecord } from '../act/deliveries.ts';
import type { AccountAction, Label } from '../decide/account-action.ts';
import type { ConfigChange } from '../decide/config-change.ts';
import type { Decision } from '../decide/decision.ts';
import type { ListChange } from '../decide/list-entry.ts';
import type { ExclusionChange } from '../detect/exclusion.ts';
import type { MeasureSample } from '../detect/measure-sketch.ts';
import type { EventBatch } from '../event.ts';
import type { DeadLetter } from '../outcome.ts';
import type { AuditedAction } from '../reward/adjustments.ts';
import type { StoredGrant } from '../reward/grant.ts';
import type { RewardProposal } from '../reward/proposal.ts';
import type { Voucher } from '../reward/voucher.ts';
import { Flusher, type RecorderParts } from './flusher.ts';
import { encodedText } from './row-writer.ts';
import { encodeAccountAction } from './tables/account-actions.ts';
import { encodeCampaignAction } from './tables/campaign-actions.ts';
import { encodeConfigChange } from './tables/config-changes.ts';
import { encodeConfigVersion, type ConfigVersion } from './tables/config-versions.ts';
import { encodeDeadLetter } from './tables/dead-letters.ts';
import { encodeDecision } from './tables/decisions.ts';
import { encodeDelivery } from './tables/deliveries.ts';
import { encodeEvent } from './tables/events.ts';
import { encodeExclusionChange } from './tables/exclusion-changes.ts';
import { encodeFinding } from './tables/findings.ts';
import { encodeGrant } from './tables/grants.ts';
import { encodeLabel } from './tables/labels.ts';
import { encodeLedgerBalance, type LedgerBalance } from './tables/ledger-balances.ts';
import { encodeLedgerEntry, type LedgerEntry } from './tables/ledger-entries.ts';
import { encodeListChange } from './tables/list-changes.ts';
import { encodeRewardProposal } from './tables/reward-proposals.ts';
import { encodeVoucher } from './tables/vouchers.ts';
import { encodeMeasureSample } from './tables/measure-samples.ts';
import { encodeStats, type PipelineStats } from './tables/pipeline-stats.ts';

/** What a decision's row holds beside the decision. */
export interface DecisionMeta {
  readonly source: string;
  readonly configVersion: string;
  readonly engineVersion: string;
  /** Arrival to decision, in microseconds. */
  readonly latencyUs: number;
}

/** Sources and versions are few; a bound keeps a source that names every record from filling memory. */
const MAX_CACHED_TEXTS = 1000;

export class Recorder {
  readonly #parts: RecorderParts;
  readonly #flusher: Flusher;
  readonly #stamp: { readonly epoch: number; sequence: number; recordedAtMs: number };
  readonly #texts = new Map<string, Uint8Array>();

  /** @param parts the history becomes aware of the answers that are not durable yet. */
  constructor(parts: RecorderParts) {
    this.#parts = parts;
    this.#flusher = new Flusher(parts);
    this.#stamp = { epoch: parts.history.epoch, sequence: 0, recordedAtMs: 0 };
  }

  /** Rejects when the database refuses rows for ever: a defect that must end the process. */
  get failed(): Promise<never> {
    return this.#flusher.failed;
  }

  /** The place in the order of arrival of the last row that was added. */
  get sequence(): number {
    return this.#stamp.sequence;
  }

  /** Why nothing is recorded, while the database is away. */
  get obstacle(): string | undefined {
    return this.#flusher.obstacle;
  }

  /** Rows that are not durable yet. */
  get bufferedRows(): number {
    return this.#flusher.bufferedRows;
  }

  /** The same of the tables with these names. */
  bufferedRowsOf(names: ReadonlySet<string>): number {
    return this.#flusher.bufferedRowsOf(names);
  }

  /** Adds event i of a batch and the decision on it, with its findings. The batch may be reused at once. */
  addEvent(batch: EventBatch, i: number, decision: Decision, meta: DecisionMeta): void {
    const { events, decisions, findings } = this.#flusher.filling;
    const stamp = this.#arrive();
    this.#flusher.filling.note(decision, batch.bodyHash[i]!);
    encodeEvent(events.out, batch, i, this.#encoded(meta.source), stamp);
    events.rows++;
    const config = this.#encoded(meta.configVersion);
    const engine = this.#encoded(meta.engineVersion);
    encodeDecision(decisions.out, batch, i, decision, config, engine, meta.latencyUs, stamp);
    decisions.rows++;
    // A loop over a frozen array makes objects even when it is empty.
    if (decision.findings.length === 0) return;
    for (const finding of decision.findings) {
      encodeFinding(findings.out, batch, i, finding, config, stamp);
      findings.rows++;
    }
  }

  /** Adds what the measures were at event i. */
  addSample(batch: EventBatch, i: number, sample: MeasureSample, configVersion: string): void {
    const { measureSamples } = this.#flusher.filling;
    const version = this.#encoded(configVersion);
    encodeMeasureSample(measureSamples.out, batch, i, sample, version, this.#arrive());
    measureSamples.rows++;
  }

  addAccountAction(action: AccountAction): void {
    encodeAccountAction(this.#flusher.filling.accountActions.out, action, this.#arrive());
    this.#flusher.filling.accountActions.rows++;
  }

  addCampaignAction(action: AuditedAction): void {
    encodeCampaignAction(this.#flusher.filling.campaignActions.out, action, this.#arrive());
    this.#flusher.filling.campaignActions.rows++;
  }

  addRewardProposal(proposal: RewardProposal): void {
    const { rewardProposals } = this.#flusher.filling;
    encodeRewardProposal(rewardProposals.out, proposal, this.#arrive());
    rewardProposals.rows++;
  }

  addLabel(label: Label): void {
    encodeLabel(this.#flusher.filling.labels.out, label, this.#arrive());
    this.#flusher.filling.labels.rows++;
  }

  addExclusionChange(change: ExclusionChange): void {
    encodeExclusionChange(this.#flusher.filling.exclusionChanges.out, change, this.#arrive());
    this.#flusher.filling.exclusionChanges.rows++;
  }

  addListChange(change: ListChange): void {
    encodeListChange(this.#flusher.filling.listChanges.out, change, this.#arrive());
    this.#flusher.filling.listChanges.rows++;
  }

  addDeadLetter(letter: DeadLetter): void {
    encodeDeadLetter(this.#flusher.filling.deadLetters.out, letter, this.#arrive());
    this.#flusher.filling.deadLetters.rows++;
  }

  addGrant(grant: StoredGrant): void {
    encodeGrant(this.#flusher.filling.grants.out, grant, this.#parts.clock.now());
    this.#flusher.filling.grants.rows++;
  }

  addVoucher(voucher: Voucher): void {
    encodeVoucher(this.#flusher.filling.vouchers.out, voucher, this.#parts.clock.now());
    this.#flusher.filling.vouchers.rows++;
  }

  addLedgerEntry(entry: LedgerEntry): void {
    encodeLedgerEntry(this.#flusher.filling.ledgerEntries.out, entry, this.#parts.clock.now());
    this.#flusher.filling.ledgerEntries.rows++;
  }

  addBalances(balances: readonly LedgerBalance[]): void {
    const recordedAtMs = this.#parts.clock.now();
    for (const balance of balances) {
      encodeLedgerBalance(this.#flusher.filling.ledgerBalances.out, balance, recordedAtMs);
      this.#flusher.filling.ledgerBalances.rows++;
    }
  }

  /** A delivery as a change left it. */
  addDelivery(delivery: DeliveryRecord): void {
    encodeDelivery(this.#flusher.filling.deliveries.out, delivery, this.#parts.clock.now());
    this.#flusher.filling.deliveries.rows++;
  }

  addConfigVersion(config: ConfigVersion): void {
    encodeConfigVersion(this.#flusher.filling.configVersions.out, config);
    this.#flusher.filling.configVersions.rows++;
  }

  addConfigChange(change: ConfigChange): void {
    encodeConfigChange(this.#flusher.filling.configChanges.out, change, this.#arrive());
    this.#flusher.filling.configChanges.rows++;
  }

  addStats(stats: PipelineStats): void {
    const { clock, history } = this.#parts;
    encodeStats(this.#flusher.filling.pipelineStats.out, stats, {
      worker: history.worker,
      bufferedRows: this.bufferedRows,
      recordedAtMs: clock.now(),
    });
    this.#flusher.filling.pipelineStats.rows++;
  }

  /**
   * Ends the rows of a batch and flushes when enough have gathered.
   * @returns the batch's place in the order of arrival, for `seal`.
   */
  endBatch(): number {
    this.#flusher.check();
    // A number of its own, so that no two markers are equal even when a batch added no row.
    return ++this.#stamp.sequence;
  }

  /**
   * Everything that follows from the batches up to `sequence` has taken effect: once their rows are in, the
   * marker may say so. Batches are sealed in their order.
   * @param positions how far each ordered log has been read; logs not named keep their position.
   */
  seal(
    sequence: number,
    positions: Readonly<Record<string, string>>,
    watermarkMs: number,
    onDurable?: () => void,
  ): void {
    this.#flusher.seal({ sequence, positions, watermarkMs, onDurable });
  }

  /** Resolves when everything added and sealed before the call is durable. */
  flush(): Promise<void> {
    return this.#flusher.flush();
  }

  /** Resolves while there is room for more rows; rejects with what ended the recording. */
  room(): Promise<void> {
    return this.#flusher.room();
  }

  /**
   * Flushes all and stops. While the database is away it goes on trying until `signal` aborts.
   * @throws Failure when it was told to stop before everything was durable.
   */
  close(signal?: AbortSignal): Promise<void> {
    return this.#flusher.close(signal);
  }

  /** The next place in the order of arrival. */
  #arrive(): { readonly epoch: number; readonly sequence: number; readonly recordedAtMs: number } {
    this.#stamp.sequence++;
    this.#stamp.recordedAtMs = this.#parts.clock.now();
    return this.#stamp;
  }

  #encoded(text: string): Uint8Array {
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    if (this.#texts.size >= MAX_CACHED_TEXTS) this.#texts.clear();
    const encoded = encodedText(text);
    this.#texts.set(text, encoded);
    return encoded;
  }
}
