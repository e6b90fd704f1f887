/** What is on record of many labels at once: for files of them, which may come twice. */

import type { Analytics } from './analytics.ts';
import type { Unflushed } from './stored-answers.ts';

export interface LabelStanding {
  /** Events that were decided. */
  readonly decided: ReadonlySet<string>;
  /** Ids of labels that are on record. */
  readonly known: ReadonlySet<string>;
}

/** Ids in one statement: they travel in the request's URL. */
const IDS_A_QUERY = 300;

/** @param isHistory the SQL condition that leaves torn rows out. */
export async function labelStanding(
  analytics: Analytics,
  isHistory: string,
  unflushed: Unflushed,
  eventIds: readonly string[],
): Promise<LabelStanding> {
  const decided = new Set<string>();
  const known = new Set<string>();
  for (let from = 0; from < eventIds.length; from += IDS_A_QUERY) {
    const ids = [...new Set(eventIds.slice(from, from + IDS_A_QUERY))];
    const asked = ids.filter((id) => unflushed.find(id) === undefined);
    for (const id of ids) if (!asked.includes(id)) decided.add(id);
    const rows = await analytics.query<{ id: string }>(
      `SELECT DISTINCT event_id AS id FROM decisions
       WHERE event_id IN {ids:Array(String)} AND ${isHistory}`,
      { ids: asked },
    );
    for (const { id } of rows) decided.add(id);
    const words = await analytics.query<{ id: string }>(
      `SELECT command_id AS id FROM labels
       WHERE decision_id IN (SELECT concat('dec_', arrayJoin({ids:Array(String)}))) AND ${isHistory}`,
      { ids },
    );
    for (const { id } of words) known.add(id);
  }
  return { decided, known };
}
