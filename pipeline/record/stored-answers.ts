/** The answers that were given, on record or on their way to it: a repeated event gets the same one again. */

import type { Decision, Finding, Verdict } from '../decide/decision.ts';
import { NO_HITS, type ListHit } from '../decide/list-entry.ts';
import type { DecisionReason } from '../outcome.ts';
import type { Analytics } from './analytics.ts';
import { portionsOf } from './id-portions.ts';

/** A recorded answer, with what tells a repeat of its event from a conflict. */
export interface StoredDecision {
  readonly decision: Decision;
  readonly bodyHash: number;
}

/** An event as its sender names it, and the hash of its body. */
export interface EventIdentity {
  readonly eventId: string;
  readonly bodyHash: number;
}

/** Answers that are on their way to the database. */
export interface Unflushed {
  find(eventId: string): StoredDecision | undefined;
}

export class StoredAnswers {
  readonly #analytics: Analytics;
  readonly #isHistory: string;
  readonly #unflushed: Unflushed;

  /** @param isHistory the SQL condition that leaves torn rows out. */
  constructor(analytics: Analytics, isHistory: string, unflushed: Unflushed) {
    this.#analytics = analytics;
    this.#isHistory = isHistory;
    this.#unflushed = unflushed;
  }

  /** Whether each event is new, recorded with the same body, or recorded with another one. */
  async standing(
    events: readonly EventIdentity[],
  ): Promise<readonly ('new' | 'repeat' | 'conflict')[]> {
    const hashes = await this.#bodyHashes(events.map(({ eventId }) => eventId));
    return events.map(({ eventId, bodyHash }) => {
      const stored = hashes.get(eventId);
      return stored === undefined ? 'new' : stored === bodyHash ? 'repeat' : 'conflict';
    });
  }

  /** The recorded answers to these events, those on their way to the database included. */
  async storedDecisions(eventIds: readonly string[]): Promise<ReadonlyMap<string, StoredDecision>> {
    const found = new Map<string, StoredDecision>();
    const missing: string[] = [];
    for (const id of new Set(eventIds)) {
      const answer = this.#unflushed.find(id);
      if (answer === undefined) missing.push(id);
      else found.set(id, answer);
    }
    for (const ids of portionsOf(missing, (id) => id)) {
      const [hashes, decisions, findings] = await Promise.all([
        this.#storedHashes(ids),
        this.#latest<DecisionRow>(
          'decisions',
          `event_id AS eventId, verdict, reasons, late, listed`,
          'event_id',
          ids,
        ),
        this.#latest<FindingRow>('findings', FINDING_COLUMNS, 'event_id, detector', ids),
      ]);
      const byEvent = new Map<string, Finding[]>(ids.map((id) => [id, []]));
      for (const finding of findings) byEvent.get(finding.eventId)?.push(findingOf(finding));
      for (const { eventId, verdict, reasons, late, listed } of decisions) {
        const own = byEvent.get(eventId)!;
        found.set(eventId, {
          decision: { verdict, reasons, late, findings: own, listed: listedOf(listed) },
          bodyHash: hashes.get(eventId) ?? 0,
        });
      }
    }
    return found;
  }

  async #bodyHashes(eventIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const found = new Map<string, number>();
    const missing: string[] = [];
    for (const id of new Set(eventIds)) {
      const answer = this.#unflushed.find(id);
      if (answer === undefined) missing.push(id);
      else found.set(id, answer.bodyHash);
    }
    for (const ids of portionsOf(missing, (id) => id)) {
      for (const [id, hash] of await this.#storedHashes(ids)) found.set(id, hash);
    }
    return found;
  }

  async #storedHashes(ids: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const rows = await this.#latest<{ eventId: string; bodyHash: number }>(
      'events',
      'event_id AS eventId, body_hash AS bodyHash',
      'event_id',
      ids,
    );
    return new Map(rows.map(({ eventId, bodyHash }) => [eventId, bodyHash]));
  }

  /** Rows of history of these events, one a key: an insert that was repeated left several. */
  #latest<Row>(
    table: string,
    columns: string,
    key: string,
    ids: readonly string[],
  ): Promise<Row[]> {
    return this.#analytics.query<Row>(
      `SELECT ${columns} FROM ${table} WHERE event_id IN {ids:Array(String)} AND ${this.#isHistory}
       ORDER BY arrival LIMIT 1 BY ${key}`,
      { ids },
    );
  }
}

interface DecisionRow {
  readonly eventId: string;
  readonly verdict: Verdict;
  readonly reasons: readonly DecisionReason[];
  readonly late: boolean;
  readonly listed: string;
}

interface FindingRow extends Omit<Finding, 'evidence'> {
  readonly eventId: string;
  readonly evidence: string;
}

const FINDING_COLUMNS = `event_id AS eventId, detector, mode, band, conclusive, measure, threshold, unit,
  window_ms AS windowMs, subject, subject_value AS subjectValue, evidence`;

function findingOf({ eventId: _, evidence, ...rest }: FindingRow): Finding {
  return { ...rest, evidence: JSON.parse(evidence) as Finding['evidence'] };
}

function listedOf(json: string): readonly ListHit[] {
  return json === '' ? NO_HITS : (JSON.parse(json) as readonly ListHit[]);
}
