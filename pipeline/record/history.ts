/**
 * What is already durable, and how a start goes on from it.
 *
 * A row of an epoch is history exactly when the epoch's marker in `progress` has reached its sequence
 * number. Rows beyond it are torn: a crash left them without their rewards and actions, their source
 * delivers them again, and nothing here ever sees them. Every start takes the next epoch.
 */

import type { AccountAction, AccountActionKind } from '../decide/account-action.ts';
import { systemClock, type Clock } from '../clock.ts';
import type { ExclusionChange } from '../detect/exclusion.ts';
import { Failure } from '../failure.ts';
import type { ListChange } from '../decide/list-entry.ts';
import type { BucketQuery, BucketRow } from '../detect/burst-source.ts';
import type { LatestQuery, LatestRow } from '../detect/last-seen-source.ts';
import type { CampaignAction, CampaignChange } from '../reward/adjustments.ts';
import type { FactPeriod } from '../reward/customer-facts.ts';
import type { CustomerTotals } from '../reward/customer-totals.ts';
import type { Analytics } from './analytics.ts';
import { knowsAccount } from './account-history.ts';
import { bucketRows, instant } from './burst-history.ts';
import { customerTotals } from './customer-history.ts';
import { latestRows } from './last-seen-history.ts';
import { labelStanding, type LabelStanding } from './label-history.ts';
import { guardSteps, listEntryChanges } from './list-history.ts';
import { historyCondition, readMarkers } from './markers.ts';
import { findingRates, type RateRow } from './rate-history.ts';
import { restoredEvents, type RestoredEvent } from './restore.ts';
import {
  StoredAnswers,
  type EventIdentity,
  type StoredDecision,
  type Unflushed,
} from './stored-answers.ts';
import { RowWriter } from './row-writer.ts';
import { bandsOf } from './tables/exclusion-changes.ts';
import { encodeMarker, progress, type Marker } from './tables/progress.ts';

/**
 * Reads the markers and claims the next epoch for this worker.
 * @throws Failure when another process claimed the same epoch at the same moment.
 */
export async function openHistory(
  analytics: Analytics,
  worker: string,
  clock: Clock = systemClock,
): Promise<History> {
  const markers = await readMarkers(analytics);
  const own = markers.filter((marker) => marker.worker === worker).at(-1);
  const epoch = (markers.at(-1)?.epoch ?? 0) + 1;
  const watermarkMs = markers.reduce((latest, marker) => Math.max(latest, marker.watermarkMs), 0);
  const positions = own?.positions ?? {};
  // The claim is durable before the first row: were the epoch taken again after a crash, a later marker
  // would make this start's torn rows look like history.
  const row = new RowWriter();
  encodeMarker(row, { worker, epoch, sequence: 0, watermarkMs, positions }, clock.now());
  await analytics.insert(progress, row.written());
  const claimants = (await readMarkers(analytics)).filter((marker) => marker.epoch === epoch);
  if (claimants.length > 1) {
    const names = claimants.map((marker) => marker.worker).join(', ');
    throw new Failure(
      `epoch ${epoch} at ${analytics.place} was claimed by ${names} at once; start again`,
    );
  }
  const last = markers.reduce((sum, marker) => sum + Number(marker.sequence > 0), 0);
  return new History({
    analytics,
    worker,
    epoch,
    watermarkMs,
    positions,
    markers,
    empty: last === 0,
  });
}

interface HistoryState {
  readonly analytics: Analytics;
  readonly worker: string;
  readonly epoch: number;
  readonly watermarkMs: number;
  readonly positions: Readonly<Record<string, string>>;
  readonly markers: readonly Marker[];
  readonly empty: boolean;
}

export class History {
  readonly worker: string;
  /** This start's number; its rows' sequence numbers begin at 1. */
  readonly epoch: number;
  /** Largest event time of history, 0 when there is none. */
  readonly watermarkMs: number;
  /** How far each ordered log had been read at the worker's last marker. */
  readonly positions: Readonly<Record<string, string>>;
  /** True when nothing was ever recorded. */
  readonly empty: boolean;
  readonly #analytics: Analytics;
  readonly #isHistory: string;
  #unflushed: Unflushed = { find: () => undefined };
  #answers: StoredAnswers;

  constructor(state: HistoryState) {
    this.worker = state.worker;
    this.epoch = state.epoch;
    this.watermarkMs = state.watermarkMs;
    this.positions = state.positions;
    this.empty = state.empty;
    this.#analytics = state.analytics;
    this.#isHistory = historyCondition(state.markers, state.epoch);
    this.#answers = new StoredAnswers(this.#analytics, this.#isHistory, this.#unflushed);
  }

  /** The SQL condition that holds for rows of history, this start's own included. */
  get condition(): string {
    return this.#isHistory;
  }

  /** Makes the answers that a recorder still holds visible to the look-ups. */
  beside(unflushed: Unflushed): void {
    this.#unflushed = unflushed;
    this.#answers = new StoredAnswers(this.#analytics, this.#isHistory, unflushed);
  }

  /**
   * The events of history within `horizonMs` before its watermark, by event time, page by page: what the
   * windows and the id table have to be filled with again. Late events are among them, marked.
   */
  restoreEvents(horizonMs: number): AsyncIterable<readonly RestoredEvent[]> {
    return restoredEvents(this.#analytics, this.#isHistory, this.watermarkMs - horizonMs);
  }

  /** What history says of each customer, in parts that a CustomerBook joins. */
  restoreCustomers(periods: readonly FactPeriod[]): AsyncIterable<readonly CustomerTotals[]> {
    return customerTotals(this.#analytics, this.#isHistory, periods);
  }

  /** Aggregates of the events that came in time, for features that look back further than events are restored. */
  buckets(query: BucketQuery): AsyncIterable<readonly BucketRow[]> {
    return bucketRows(this.#analytics, this.#isHistory, query);
  }

  /** When keys were last seen, for features that look back further than events are restored. */
  latest(query: LatestQuery): AsyncIterable<readonly LatestRow[]> {
    return latestRows(this.#analytics, this.#isHistory, query);
  }

  /** Whether so many events that came in time lie before an instant. */
  async hasBefore(beforeMs: number, events: number): Promise<boolean> {
    const [found] = await this.#analytics.query<{ events: number }>(
      `SELECT count() AS events FROM (
         SELECT event_id FROM events
         WHERE occurred_at < ${instant(beforeMs)} AND NOT late AND ${this.#isHistory}
         LIMIT 1 BY event_id LIMIT ${events})`,
    );
    return found!.events >= events;
  }

  /** See `findingRates`; of the time before the watermark. */
  findingRates(bucketMs: number, horizonMs: number): Promise<readonly RateRow[]> {
    const fromMs = Math.floor((this.watermarkMs - horizonMs) / bucketMs) * bucketMs;
    return findingRates(this.#analytics, this.#isHistory, bucketMs, fromMs);
  }

  /** Every account action of history in the order in which they took effect. */
  async restoreAccountActions(): Promise<readonly AccountAction[]> {
    const rows = await this.#analytics.query<AccountActionRow>(
      `SELECT action_id AS id, kind, account_id AS accountId, actor, reason, decision_id AS decisionId,
         toUnixTimestamp64Milli(occurred_at) AS occurredAtMs,
         toUnixTimestamp64Milli(expires_at) AS expiresAtMs, answers, detail
       FROM account_actions WHERE ${this.#isHistory} ORDER BY arrival LIMIT 1 BY action_id`,
    );
    return rows.map(({ answers, detail, ...row }) => ({
      ...row,
      expiresAtMs: row.expiresAtMs ?? undefined,
      ...(answers !== '' && { answers }),
      ...(detail !== '' && { detail }),
    }));
  }

  /** Every change to a campaign that is part of history, in the order in which they were obeyed. */
  async restoreCampaignActions(): Promise<readonly CampaignAction[]> {
    const rows = await this.#analytics.query<Omit<CampaignAction, 'change'> & { value: string }>(
      `SELECT action_id AS id, value, actor, reason, toUnixTimestamp64Milli(issued_at) AS issuedAtMs
       FROM campaign_actions WHERE ${this.#isHistory} AND kind NOT IN ('approve', 'reject') ORDER BY arrival LIMIT 1 BY action_id`,
    );
    return rows.map(({ value, ...rest }) => ({
      ...rest,
      change: JSON.parse(value) as CampaignChange,
    }));
  }

  /** Every change of the exclusions, in the order in which they took effect. */
  async restoreExclusionChanges(): Promise<readonly ExclusionChange[]> {
    const rows = await this.#analytics.query<
      Omit<ExclusionChange, 'expiresAtMs' | 'trial' | 'bands'> & {
        readonly expiresAtMs: number | null;
        readonly trial: string;
        readonly bands: string;
      }
    >(
      `SELECT change_id AS id, op, kind, value, accounts, hub_limit AS hubLimit, actor, reason,
         decision_id AS decisionId, trial, bands, toUnixTimestamp64Milli(occurred_at) AS occurredAtMs,
         toUnixTimestamp64Milli(expires_at) AS expiresAtMs
       FROM exclusion_changes WHERE ${this.#isHistory} ORDER BY arrival LIMIT 1 BY change_id`,
    );
    return rows.map(({ trial, bands, ...row }) => ({
      ...row,
      expiresAtMs: row.expiresAtMs ?? undefined,
      ...(trial !== '' && { trial }),
      ...bandsOf(bands),
    }));
  }

  /** Every entry put on a list or taken off; those of one subject in the order in which they came. */
  restoreListChanges(): AsyncIterable<readonly ListChange[]> {
    return listEntryChanges(this.#analytics, this.#isHistory);
  }

  /** The steps of the guard of automatic entries within `withinMs` of the watermark, in order of arrival. */
  restoreGuardSteps(withinMs: number): Promise<readonly ListChange[]> {
    return guardSteps(this.#analytics, this.#isHistory, this.watermarkMs - withinMs);
  }

  /** Which of these events were decided, and which labels of theirs are on record. */
  labelStanding(eventIds: readonly string[]): Promise<LabelStanding> {
    return labelStanding(this.#analytics, this.#isHistory, this.#unflushed, eventIds);
  }

  /** See `knowsAccount`; what came within the last second or so may not be on record yet. */
  knowsAccount(accountId: string): Promise<boolean | undefined> {
    return knowsAccount(this.#analytics, this.#isHistory, accountId);
  }

  /** Whether each event is new, recorded with the same body, or recorded with another one. */
  standing(events: readonly EventIdentity[]): Promise<readonly ('new' | 'repeat' | 'conflict')[]> {
    return this.#answers.standing(events);
  }

  /** The recorded answer to one event, or undefined when it was never decided. */
  async storedDecision(eventId: string): Promise<StoredDecision | undefined> {
    return (await this.storedDecisions([eventId])).get(eventId);
  }

  /** The recorded answers to these events, those on their way to the database included. */
  storedDecisions(eventIds: readonly string[]): Promise<ReadonlyMap<string, StoredDecision>> {
    return this.#answers.storedDecisions(eventIds);
  }
}

type AccountActionRow = Omit<AccountAction, 'expiresAtMs'> & {
  readonly kind: AccountActionKind;
  readonly expiresAtMs: number | null;
  readonly answers: string;
  readonly detail: string;
};
