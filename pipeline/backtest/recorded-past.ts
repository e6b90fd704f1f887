/**
 * All that a worker took in, as it took it in: events with the decisions on them, and between them people's orders
 * and changes of the configuration, slice by slice of the order of arrival and so in bounded memory.
 */

import type { AccountAction } from '../decide/account-action.ts';
import type { Verdict } from '../decide/decision.ts';
import type { ListChange } from '../decide/list-entry.ts';
import type { ExclusionChange } from '../detect/exclusion.ts';
import { Failure } from '../failure.ts';
import type { Analytics } from '../record/analytics.ts';
import { eventJson } from '../record/restore.ts';
import { bandsOf } from '../record/tables/exclusion-changes.ts';
import { labelledEvents } from './recorded-events.ts';

/** The answer that was given. */
export interface RecordedDecision {
  readonly verdict: Verdict;
  readonly reasons: readonly string[];
  /** Those with a live finding. */
  readonly detectors: readonly string[];
  readonly late: boolean;
  readonly version: string;
}

export type PastStep =
  | {
      readonly step: 'event';
      readonly json: Buffer;
      readonly receivedAtMs: number;
      readonly decision: RecordedDecision;
    }
  | { readonly step: 'action'; readonly action: AccountAction }
  | { readonly step: 'list'; readonly change: ListChange }
  | { readonly step: 'exclusion'; readonly change: ExclusionChange }
  | { readonly step: 'config'; readonly kind: string; readonly version: string };

/** Rows of all tables together that a slice of the order of arrival has at most. */
const SLICE_BITS = 17;
const WITHIN_SLICE = 2 ** SLICE_BITS - 1;
const TAB = 9;
const OWN = `actor = 'policy'`;

type Placed = readonly [at: number, step: PastStep];
/** What a statement selects; its caller vouches for what it makes of it. */
interface Row {
  readonly at: number;
  readonly expiresAtMs: number | null;
}

/**
 * Every step in the order of arrival. What the engine itself does again is left out: its freezes, proposals,
 * ends of freezes, and its entries on lists.
 * @param isHistory the SQL condition that leaves torn rows out.
 */
export async function* recordedPast(
  analytics: Analytics,
  isHistory: string,
): AsyncGenerator<PastStep, void, undefined> {
  const tables = [
    'events',
    'account_actions',
    'list_changes',
    'exclusion_changes',
    'config_changes',
  ];
  const slices = await analytics.query<{ slice: number }>(
    `SELECT DISTINCT bitShiftRight(arrival, ${SLICE_BITS}) AS slice
     FROM (${tables.map((table) => `SELECT arrival FROM ${table} WHERE ${isHistory}`).join(' UNION ALL ')})
     ORDER BY slice`,
  );
  for (const { slice } of slices) {
    const within = `bitShiftRight(arrival, ${SLICE_BITS}) = ${slice} AND ${isHistory}`;
    const orders = await ordersIn(analytics, within);
    let next = 0;
    for await (const [at, step] of eventsIn(analytics, within, isHistory)) {
      for (; next < orders.length && orders[next]![0] < at; next++) yield orders[next]![1];
      yield step;
    }
    for (; next < orders.length; next++) yield orders[next]![1];
  }
}

async function* eventsIn(
  analytics: Analytics,
  within: string,
  isHistory: string,
): AsyncGenerator<Placed, void, undefined> {
  // An event and the decision on it have one place.
  const rows = await analytics.query<RecordedDecision & { readonly at: number }>(
    `SELECT bitAnd(arrival, ${WITHIN_SLICE}) AS at, verdict, reasons, detectors, late, config_version AS version
     FROM decisions WHERE ${within}`,
  );
  const decisions = new Map(rows.map((row) => [row.at, row]));
  const pages = analytics.lines(
    `SELECT bitAnd(arrival, ${WITHIN_SLICE}), toUnixTimestamp64Milli(received_at), ${eventJson()}
     FROM (${labelledEvents(within, isHistory)}) ORDER BY arrival`,
  );
  let seen = 0;
  let last = -1;
  for await (const page of pages) {
    for (const line of page) {
      const first = line.indexOf(TAB);
      const at = Number(line.toString('latin1', 0, first));
      if (at === last) continue;
      last = at;
      seen++;
      const second = line.indexOf(TAB, first + 1);
      const receivedAtMs = Number(line.toString('latin1', first + 1, second));
      const json = line.subarray(second + 1);
      yield [at, { step: 'event', json, receivedAtMs, decision: decisions.get(at)! }];
    }
  }
  if (seen !== decisions.size) {
    throw new Failure(
      `${analytics.place}: ${seen} events for ${decisions.size} decisions came: the answer broke off; try again`,
    );
  }
}

async function ordersIn(analytics: Analytics, within: string): Promise<Placed[]> {
  const of = async (
    columns: string,
    from: string,
    stepOf: (row: unknown) => PastStep,
  ): Promise<Placed[]> => {
    const rows = await analytics.query<Row>(
      `SELECT bitAnd(arrival, ${WITHIN_SLICE}) AS at, ${columns} FROM ${from} ORDER BY at LIMIT 1 BY id`,
    );
    return rows.map(({ at, expiresAtMs, ...row }) => [
      at,
      stepOf({ ...row, expiresAtMs: expiresAtMs ?? undefined }),
    ]);
  };
  const times = `toFloat64(toUnixTimestamp64Milli(occurred_at)) AS occurredAtMs,
     toFloat64(toUnixTimestamp64Milli(expires_at)) AS expiresAtMs`;
  const said = `actor, reason, decision_id AS decisionId, ${times}`;
  const placed = [
    ...(await of(
      `action_id AS id, toString(account_actions.kind) AS kind, account_id AS accountId, ${said}, answers, detail`,
      `account_actions WHERE ${within} AND NOT (${OWN} AND account_actions.kind IN ('propose', 'freeze', 'expire'))`,
      (row) => ({ step: 'action', action: told(row as AccountAction) }),
    )),
    ...(await of(
      `change_id AS id, toString(list_changes.list) AS list, kind, value, toString(list_changes.op) AS op, author, detail, ${said}`,
      `list_changes WHERE ${within} AND list_changes.op IN ('add', 'remove') AND NOT ${OWN}`,
      (row) => ({ step: 'list', change: row as ListChange }),
    )),
    ...(await of(
      `change_id AS id, toString(exclusion_changes.op) AS op, kind, value, accounts, hub_limit AS hubLimit, bands, ${said}`,
      `exclusion_changes WHERE ${within} AND NOT ${OWN}`,
      (row) => {
        const { bands, ...change } = row as ExclusionChange & { readonly bands: string };
        return { step: 'exclusion', change: { ...change, ...bandsOf(bands) } };
      },
    )),
    ...(await of(
      `change_id AS id, NULL AS expiresAtMs, kind, version`,
      `config_changes WHERE ${within}`,
      (row) => ({ step: 'config', ...(row as { kind: string; version: string }) }),
    )),
  ];
  return placed.sort(([a], [b]) => a - b);
}

/** Empty columns are left out, as in the action that was recorded. */
function told({ answers, detail, ...action }: AccountAction): AccountAction {
  return {
    ...action,
    ...(answers !== undefined && answers !== '' && { answers }),
    ...(detail !== undefined && detail !== '' && { detail }),
  };
}
