/** The lists as they are on record: for a restart, and for people who look at them. */

import type { ListChange } from '../decide/list-entry.ts';
import type { Analytics, Parameters } from './analytics.ts';

const CHANGE = `list, kind, value, change_id AS id, toString(op) AS op, reason, author, actor, decision_id AS decisionId,
  toFloat64(toUnixTimestamp64Milli(occurred_at)) AS occurredAtMs,
  toFloat64(toUnixTimestamp64Milli(expires_at)) AS expiresAtMs, detail`;

type ChangeRow = Omit<ListChange, 'expiresAtMs'> & { readonly expiresAtMs: number | null };

/**
 * In the table's own order, so that nothing is sorted in memory however many they are.
 * @param isHistory the SQL condition that leaves torn rows out.
 */
export async function* listEntryChanges(
  analytics: Analytics,
  isHistory: string,
): AsyncGenerator<readonly ListChange[], void, undefined> {
  const pages = analytics.stream<ChangeRow>(
    `SELECT ${CHANGE} FROM list_changes WHERE op IN ('add', 'remove') AND ${isHistory}
     ORDER BY list, kind, value, arrival`,
  );
  for await (const page of pages) yield page.map(changeOf);
}

/** Steps of the guard, and the entries that came of them, from an event time on, in the order of arrival. */
export async function guardSteps(
  analytics: Analytics,
  isHistory: string,
  fromMs: number,
): Promise<readonly ListChange[]> {
  const rows = await analytics.query<ChangeRow>(
    `SELECT ${CHANGE} FROM list_changes
     WHERE actor = 'policy' AND occurred_at >= fromUnixTimestamp64Milli(toInt64(${Math.floor(fromMs)}), 'UTC') AND ${isHistory}
     ORDER BY arrival LIMIT 1 BY change_id`,
  );
  return rows.map(changeOf);
}

function changeOf({ expiresAtMs, ...rest }: ChangeRow): ListChange {
  return { ...rest, expiresAtMs: expiresAtMs ?? undefined };
}

/** What people ask of the lists. */
export interface ListQuestion {
  readonly list?: string | undefined;
  readonly kind?: string | undefined;
  readonly value?: string | undefined;
  /** Entries behind this one, in the order of list, kind and value. */
  readonly after?: readonly [string, string, string] | undefined;
  readonly limit: number;
}

/** An entry as it stands on record. */
export interface RecordedEntry {
  readonly list: string;
  readonly kind: string;
  readonly value: string;
  readonly entryId: string;
  readonly reason: string;
  readonly author: string;
  readonly addedBy: string;
  readonly addedAtMs: number;
  readonly expiresAtMs: number | null;
  readonly decisionId: string;
}

/** The entries that orders and the engine put on the lists and nobody took off, ended ones included. */
export function recordedEntries(
  analytics: Pick<Analytics, 'query'>,
  { list, kind, value, after, limit }: ListQuestion,
): Promise<RecordedEntry[]> {
  const conditions = [
    `op IN ('add', 'remove')`,
    ...(list === undefined ? [] : ['list = {list:String}']),
    ...(kind === undefined ? [] : ['kind = {kind:String}']),
    ...(value === undefined ? [] : ['value = {value:String}']),
    ...(after === undefined
      ? []
      : [
          '(toString(list), kind, value) > ({afterList:String}, {afterKind:String}, {afterValue:String})',
        ]),
  ];
  const [afterList, afterKind, afterValue] = after ?? [];
  const given = { list, kind, value, limit, afterList, afterKind, afterValue };
  const parameters: Parameters = Object.fromEntries(
    Object.entries(given).filter(([, each]) => each !== undefined),
  );
  return analytics.query<RecordedEntry>(
    `SELECT toString(list_changes.list) AS list, kind, value,
       argMax(change_id, arrival) AS entryId, argMax(reason, arrival) AS reason, argMax(author, arrival) AS author,
       argMax(actor, arrival) AS addedBy,
       argMax(toFloat64(toUnixTimestamp64Milli(occurred_at)), arrival) AS addedAtMs,
       argMax(tuple(toFloat64(toUnixTimestamp64Milli(expires_at))), arrival).1 AS expiresAtMs,
       argMax(decision_id, arrival) AS decisionId
     FROM list_changes WHERE ${conditions.join(' AND ')}
     GROUP BY list_changes.list, kind, value HAVING argMax(op, arrival) = 'add'
     ORDER BY list, kind, value LIMIT {limit:UInt32}`,
    parameters,
  );
}
