/** What the analytics store knows of one decision or one account, for analysts. */

import { eventIdOf } from '../decide/decision.ts';
import type { Freeze } from '../decide/freezing.ts';
import type { Analytics } from '../record/analytics.ts';

const HISTORY = 100;

export interface CaseFileParts {
  readonly analytics: Pick<Analytics, 'query'>;
  /** The engine's own word on whether an account is frozen: it knows before a row is recorded. */
  readonly freezeOf: (accountId: string) => Freeze | undefined;
}

export type Row = Readonly<Record<string, unknown>>;

export class CaseFile {
  readonly #parts: CaseFileParts;

  constructor(parts: CaseFileParts) {
    this.#parts = parts;
  }

  /**
   * A decision with its findings, its grants, the label that stands and every word said before it; undefined
   * when no row of it is recorded.
   */
  async decision(decisionId: string): Promise<Row | undefined> {
    const { analytics } = this.#parts;
    // The event id has a bloom index, the decision id has not: one is made of the other.
    const eventId = eventIdOf(decisionId);
    const [decision] = await analytics.query<Row>(DECISION, { decisionId, eventId });
    if (decision === undefined) return undefined;
    const occurredAt = decision['occurredAtMs'];
    const findings = await analytics.query<Row>(FINDINGS, { decisionId, occurredAt });
    const grants = await analytics.query<Row>(GRANTS, { eventId });
    const labels = (await analytics.query<Row>(LABELS, { decisionId })).map(withTimes);
    return {
      ...withTimes(decision),
      listed: listsIn(decision['listed']),
      findings: findings.map((finding) => ({ ...finding, evidence: parsed(finding['evidence']) })),
      grants: grants.map(withTimes),
      label: labels[0] ?? null,
      labels,
    };
  }

  /** Whether an account is frozen, since when and why, and what was done to it before. */
  async account(accountId: string): Promise<Row> {
    const actions = await this.#parts.analytics.query<Row>(ACTIONS, { accountId });
    const freeze = this.#parts.freezeOf(accountId);
    return {
      accountId,
      frozen: freeze !== undefined,
      ...(freeze !== undefined && {
        since: iso(freeze.sinceMs),
        until: iso(freeze.expiresAtMs),
        why: freeze.reason,
        by: freeze.actor,
        decisionId: freeze.decisionId,
      }),
      actions: actions.map(withTimes),
    };
  }
}

/** Columns that end in `Ms` hold Unix milliseconds; they leave as RFC 3339 under the name without it. */
export function withTimes(row: Row): Row {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) =>
      name.endsWith('Ms') && name !== 'windowMs' ? [name.slice(0, -2), iso(value)] : [name, value],
    ),
  );
}

/** RFC 3339 of Unix milliseconds, as a number or in ClickHouse's quotes; null when there are none. */
function iso(ms: unknown): string | null {
  return ms === null || ms === undefined ? null : new Date(Number(ms)).toISOString();
}

/** The value of a column that holds JSON; {} where it holds nothing. */
export function parsed(json: unknown): unknown {
  return typeof json === 'string' && json !== '' ? (JSON.parse(json) as unknown) : {};
}

/** The entries of lists that the event met. */
function listsIn(json: unknown): unknown {
  return typeof json === 'string' && json !== '' ? (JSON.parse(json) as unknown) : [];
}

const ms = (column: string): string => `toFloat64(toUnixTimestamp64Milli(${column}))`;

const DECISION = `
SELECT decision_id AS decisionId, event_id AS eventId, type, ${ms('occurred_at')} AS occurredAtMs,
       account_id AS accountId, toFloat64(amount_minor) AS amountMinor, toString(verdict) AS verdict, reasons, listed,
       late, config_version AS configVersion, engine_version AS engineVersion, ${ms('recorded_at')} AS recordedAtMs
FROM decisions FINAL
WHERE event_id = {eventId:String} AND decision_id = {decisionId:String}
LIMIT 1`;

const FINDINGS = `
SELECT detector, toString(mode) AS mode, toString(band) AS band, conclusive, measure, threshold, unit,
       toFloat64(window_ms) AS windowMs, subject, subject_value AS subjectValue, evidence
FROM findings FINAL
WHERE occurred_at = fromUnixTimestamp64Milli({occurredAt:Int64}) AND decision_id = {decisionId:String}
ORDER BY mode, band DESC, detector`;

const GRANTS = `
SELECT grant_id AS grantId, campaign_id AS campaignId, offer_id AS offerId, toString(state) AS state, reason,
       toFloat64(amount_minor) AS amountMinor, toFloat64(clawed_back_minor) AS clawedBackMinor
FROM grants FINAL
WHERE event_id = {eventId:String}
ORDER BY offer_id`;

/** The one that stands first. */
const LABELS = `
SELECT toString(label) AS label, actor, reason, ${ms('labelled_at')} AS labelledAtMs
FROM labels FINAL
WHERE decision_id = {decisionId:String}
ORDER BY arrival DESC
LIMIT ${HISTORY}`;

const ACTIONS = `
SELECT action_id AS actionId, toString(kind) AS kind, actor, reason, decision_id AS decisionId,
       ${ms('occurred_at')} AS occurredAtMs, ${ms('expires_at')} AS expiresAtMs
FROM account_actions FINAL
WHERE account_id = {accountId:String}
ORDER BY arrival DESC
LIMIT ${HISTORY}`;
