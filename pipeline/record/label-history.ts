/** What is on record of many labels at once: for files of them, which may come twice. */

import type { Analytics } from './analytics.ts';
import { portionsOf } from './id-portions.ts';
import type { Unflushed } from './stored-answers.ts';

export interface LabelStanding {
  /** Events that were decided. */
  readonly decided: ReadonlySet<string>;
  /** Ids of labels that are on record. */
  readonly known: ReadonlySet<string>;
}

/** @param isHistory the SQL condition that leaves torn rows out. */
export async function labelStanding(
  analytics: Analytics,
  isHistory: string,
  unflushed: Unflushed,
  eventIds: readonly string[],
): Promise<LabelStanding> {
  const decided = new Set<string>();
  const known = new Set<string>();
  for (const ids of portionsOf(new Set(eventIds), (id) => id)) {
    const asked: string[] = [];
    for (const id of ids) {
      if (unflushed.find(id) === undefined) asked.push(id);
      else decided.add(id);
    }
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
