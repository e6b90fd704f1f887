/** One generation of rows: filled while the one before it is being inserted, then swapped. */

import type { Decision } from '../decide/decision.ts';
import type { StoredDecision } from './stored-answers.ts';
import { RowWriter } from './row-writer.ts';
import type { TableShape } from './table.ts';
import { accountActions } from './tables/account-actions.ts';
import { campaignActions } from './tables/campaign-actions.ts';
import { configChanges } from './tables/config-changes.ts';
import { configVersions } from './tables/config-versions.ts';
import { deadLetters } from './tables/dead-letters.ts';
import { decisions } from './tables/decisions.ts';
import { deliveries } from './tables/deliveries.ts';
import { events } from './tables/events.ts';
import { exclusionChanges } from './tables/exclusion-changes.ts';
import { findings } from './tables/findings.ts';
import { grants } from './tables/grants.ts';
import { labels } from './tables/labels.ts';
import { listChanges } from './tables/list-changes.ts';
import { ledgerBalances } from './tables/ledger-balances.ts';
import { ledgerEntries } from './tables/ledger-entries.ts';
import { measureSamples } from './tables/measure-samples.ts';
import { pipelineStats } from './tables/pipeline-stats.ts';
import { rewardProposals } from './tables/reward-proposals.ts';
import { vouchers } from './tables/vouchers.ts';

/** Memory of a table's buffer that is kept from one generation to the next. */
const KEEP_BYTES = 64 * 1024 * 1024;

/** Rows of one table, encoded. */
export class TableBuffer {
  readonly table: TableShape;
  readonly out = new RowWriter();
  rows = 0;

  constructor(table: TableShape) {
    this.table = table;
  }
}

export class RowBuffers {
  readonly events = new TableBuffer(events);
  readonly decisions = new TableBuffer(decisions);
  readonly findings = new TableBuffer(findings);
  readonly grants = new TableBuffer(grants);
  readonly ledgerEntries = new TableBuffer(ledgerEntries);
  readonly ledgerBalances = new TableBuffer(ledgerBalances);
  readonly deliveries = new TableBuffer(deliveries);
  readonly accountActions = new TableBuffer(accountActions);
  readonly campaignActions = new TableBuffer(campaignActions);
  readonly labels = new TableBuffer(labels);
  readonly listChanges = new TableBuffer(listChanges);
  readonly exclusionChanges = new TableBuffer(exclusionChanges);
  readonly deadLetters = new TableBuffer(deadLetters);
  readonly configChanges = new TableBuffer(configChanges);
  readonly configVersions = new TableBuffer(configVersions);
  readonly measureSamples = new TableBuffer(measureSamples);
  readonly pipelineStats = new TableBuffer(pipelineStats);
  readonly vouchers = new TableBuffer(vouchers);
  readonly rewardProposals = new TableBuffer(rewardProposals);
  readonly tables: readonly TableBuffer[] = [
    this.events,
    this.decisions,
    this.findings,
    this.grants,
    this.ledgerEntries,
    this.ledgerBalances,
    this.deliveries,
    this.accountActions,
    this.campaignActions,
    this.rewardProposals,
    this.labels,
    this.listChanges,
    this.exclusionChanges,
    this.deadLetters,
    this.configVersions,
    this.configChanges,
    this.measureSamples,
    this.pipelineStats,
    this.vouchers,
  ];
  /** Where each event's row begins, its answer and its body's hash, by row of `events`. */
  readonly #starts: number[] = [];
  readonly #answers: Decision[] = [];
  readonly #bodyHashes: number[] = [];
  /** Event id → row of `events`, made only when somebody asks. */
  readonly #index = new Map<string, number>();
  #indexed = 0;

  get rows(): number {
    let sum = 0;
    for (const { rows } of this.tables) sum += rows;
    return sum;
  }

  rowsOf(names: ReadonlySet<string>): number {
    let sum = 0;
    for (const { table, rows } of this.tables) if (names.has(table.name)) sum += rows;
    return sum;
  }

  /** Rows of the table that has most. */
  get mostRows(): number {
    let most = 0;
    for (const { rows } of this.tables) if (rows > most) most = rows;
    return most;
  }

  get bytes(): number {
    let sum = 0;
    for (const { out } of this.tables) sum += out.length;
    return sum;
  }

  /** Notes the event whose row is about to be written. */
  note(decision: Decision, bodyHash: number): void {
    this.#starts.push(this.events.out.length);
    this.#answers.push(decision);
    this.#bodyHashes.push(bodyHash);
  }

  find(eventId: string): StoredDecision | undefined {
    for (; this.#indexed < this.#starts.length; this.#indexed++) {
      this.#index.set(this.events.out.textAt(this.#starts[this.#indexed]!), this.#indexed);
    }
    const row = this.#index.get(eventId);
    if (row === undefined) return undefined;
    return { decision: this.#answers[row]!, bodyHash: this.#bodyHashes[row]! };
  }

  clear(): void {
    for (const buffer of this.tables) {
      buffer.out.clear(KEEP_BYTES);
      buffer.rows = 0;
    }
    this.#starts.length = 0;
    this.#answers.length = 0;
    this.#bodyHashes.length = 0;
    this.#index.clear();
    this.#indexed = 0;
  }
}
