/** What two runs over the same events recorded differently. */

import type { Dump, DumpTable } from './kafka-dump.ts';

type Row = Record<string, unknown>;

/** Rows of a table that only one of the dumps has, a few of them, as text. */
export function differences(expected: Dump, actual: Dump, table: DumpTable): string[] {
  const text = (row: Row): string => JSON.stringify(row);
  const left = expected[table].map(text);
  const right = actual[table].map(text);
  const inLeft = new Set(left);
  const inRight = new Set(right);
  const missing = left.filter((row) => !inRight.has(row)).map((row) => `${table} lacks ${row}`);
  const extra = right.filter((row) => !inLeft.has(row)).map((row) => `${table} has ${row}`);
  if (missing.length + extra.length === 0 && left.length !== right.length) {
    return [`${table}: ${left.length} rows became ${right.length}`];
  }
  return [...missing.slice(0, 3), ...extra.slice(0, 3)];
}

const KEYS = ['account_id', 'card_id', 'device_id', 'ip'] as const;

/**
 * Decisions that differ although the events that share a key with theirs came in the same order before them
 * in both runs: what neither the order of arrival nor anything else allowed explains.
 */
export function unexplained(expected: Dump, actual: Dump): string[] {
  const rank = (dump: Dump): Map<string, number> =>
    new Map(dump.order.map((row, i) => [row['event_id'] as string, i]));
  const ranks = [rank(expected), rank(actual)] as const;
  const events = new Map(expected.events.map((row) => [row['event_id'] as string, row]));
  const related = relations(expected.events);
  const verdicts = new Map(actual.decisions.map((row) => [row['event_id'] as string, row]));
  const differing = expected.decisions.filter((row) => {
    const other = verdicts.get(row['event_id'] as string);
    const answer = (of: Row | undefined): string =>
      JSON.stringify([of?.['verdict'], of?.['reasons'], of?.['detectors']]);
    return answer(row) !== answer(other);
  });
  return differing
    .map((row) => row['event_id'] as string)
    .filter((id) => {
      const others = related(events.get(id)!);
      return others.every((other) => {
        const before = ranks.map((order) => order.get(other)! < order.get(id)!);
        return before[0] === before[1];
      });
    });
}

/** Ids of the events that share a key with one. */
function relations(rows: readonly Row[]): (row: Row) => string[] {
  const byKey = new Map<string, Row[]>();
  for (const row of rows) {
    for (const key of KEYS) {
      const value = row[key] as string;
      if (value === '') continue;
      const name = `${key} ${value}`;
      const list = byKey.get(name);
      if (list === undefined) byKey.set(name, [row]);
      else list.push(row);
    }
  }
  return (row) =>
    KEYS.flatMap((key) => byKey.get(`${key} ${row[key] as string}`) ?? []).map(
      (other) => other['event_id'] as string,
    );
}
