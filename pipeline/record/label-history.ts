/** What is on record of many labels at once: for files of them, which may come twice. */

import type { Analytics } from './analytics.ts';
import type { Unflushed } from './stored-answers.ts';

export interface LabelStanding {
  /** Events that were decided. */
  readonly decided: ReadonlySet<string>;
  /** Ids of labels that are on record. */
  readonly known: ReadonlySet<string>;
}

/** Every statement reads the ids of the whole record, however few it asks for; it is said in a body, not in a URL. */
const IDS_A_QUERY = 2500;
/** A server takes a parameter of 128 KiB; each id has two quotes and a comma. */
const CHARACTERS_A_QUERY = 100_000;

/** @param isHistory the SQL condition that leaves torn rows out. */
export async function labelStanding(
  analytics: Analytics,
  isHistory: string,
  unflushed: Unflushed,
  eventIds: readonly string[],
): Promise<LabelStanding> {
  const decided = new Set<string>();
  const known = new Set<string>();
  for (const ids of portionsOf(new Set(eventIds))) {
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

function* portionsOf(ids: ReadonlySet<string>): Generator<readonly string[]> {
  let portion: string[] = [];
  let characters = 0;
  for (const id of ids) {
    portion.push(id);
    characters += id.length + 3;
    if (portion.length < IDS_A_QUERY && characters < CHARACTERS_A_QUERY) continue;
    yield portion;
    portion = [];
    characters = 0;
  }
  if (portion.length > 0) yield portion;
}
