/** What history says of configurations: which one judges whom, their files, and how a trial went so far. */

import type { ConfigChange } from '../decide/config-change.ts';
import { UNJUDGED, type RolloutCounts, type TrialSoFar } from '../decide/rollout.ts';
import type { Analytics } from './analytics.ts';

/** A recorded change and its place in the order of arrival, as a decimal number. */
export interface RecordedConfigChange extends Omit<ConfigChange, 'diff' | 'paths'> {
  readonly arrival: string;
}

const ROWS = 50;

/**
 * The latest changes, newest first.
 * @param isHistory the SQL condition that leaves torn rows out.
 */
export function latestConfigChanges(
  analytics: Analytics,
  isHistory: string,
): Promise<RecordedConfigChange[]> {
  return analytics.query<RecordedConfigChange>(
    `SELECT change_id AS id, kind, version, previous_version AS previousVersion, judging, actor, reason, share,
       toUnixTimestamp64Milli(occurred_at) AS occurredAtMs, toString(arrival) AS arrival
     FROM (SELECT * FROM config_changes WHERE ${isHistory} ORDER BY config_changes.arrival DESC LIMIT ${ROWS}) AS latest
     ORDER BY latest.arrival DESC LIMIT 1 BY id`,
  );
}

/** The files of a version, or undefined when it was never stored. */
export async function filesOfVersion(
  analytics: Analytics,
  version: string,
): Promise<Readonly<Record<string, string>> | undefined> {
  const [row] = await analytics.query<{ files: Readonly<Record<string, string>> }>(
    `SELECT files FROM config_versions WHERE version = {version:String} ORDER BY activated_at DESC LIMIT 1`,
    { version },
  );
  return row?.files;
}

interface SideRow extends RolloutCounts {
  readonly isCanary: 0 | 1;
  readonly blocked: readonly string[];
  readonly latestMs: number;
}

/** @param afterArrival the place of the row that began the trial. */
export async function trialSoFar(
  analytics: Analytics,
  isHistory: string,
  version: string,
  afterArrival: string,
): Promise<TrialSoFar> {
  const unjudged = [...UNJUDGED].map((reason) => `'${reason}'`).join(', ');
  const afterStart = `${isHistory} AND arrival > toUInt64('${Number.parseInt(afterArrival, 10) > 0 ? afterArrival : '0'}')`;
  const found = `NOT has([${unjudged}], reasons[1])`;
  const rows = await analytics.query<SideRow>(
    `WITH ${found} AND (blocked_at = 0 OR arrival <= blocked_at) AS counted
     SELECT config_version = {version:String} AS isCanary, uniqExact(event_id) AS events,
       uniqExactIf(event_id, verdict = 'review' AND counted) AS reviews,
       uniqExactIf(event_id, verdict = 'block' AND counted) AS blocks,
       groupUniqArrayIf(account_id, verdict = 'block' AND counted) AS blocked,
       toUnixTimestamp64Milli(max(occurred_at)) AS latestMs
     FROM decisions
     LEFT JOIN
     (
         SELECT account_id, min(arrival) AS blocked_at FROM decisions
         WHERE ${afterStart} AND verdict = 'block' AND ${found}
         GROUP BY account_id
     ) AS firsts USING (account_id)
     WHERE ${afterStart}
     GROUP BY isCanary`,
    { version },
  );
  const side = (isCanary: boolean): RolloutCounts => {
    const row = rows.find((each) => (each.isCanary === 1) === isCanary);
    return { events: row?.events ?? 0, reviews: row?.reviews ?? 0, blocks: row?.blocks ?? 0 };
  };
  const latestMs = rows.reduce((most, row) => Math.max(most, row.latestMs), -Infinity);
  const blocked = rows.flatMap((row) => row.blocked);
  return { canary: side(true), stable: side(false), latestMs, blocked };
}

/** A condition that leaves out what arrived after a place of an epoch, which a worker took in itself. */
export function upTo(isHistory: string, epoch: number, sequence: number): string {
  return `${isHistory} AND (bitShiftRight(arrival, 38) != ${epoch} OR bitAnd(arrival, 274877906943) <= ${sequence})`;
}
