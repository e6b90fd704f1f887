/** Events older than the ids in memory: did they come before? The record knows, and the batch itself. */

import type { Engine } from './decide/engine.ts';
import type { EventBatch } from './event.ts';
import type { History } from './record/history.ts';

/** @returns the rows that are repeats or conflicts; undefined when no event is that old. */
export async function lookUpOld(
  { engine, history }: { readonly engine: Engine; readonly history: Pick<History, 'standing'> },
  batch: EventBatch,
): Promise<ReadonlyMap<number, 'repeat' | 'conflict'> | undefined> {
  const rows = engine.rowsBeyondMemory(batch);
  if (rows.length === 0) return undefined;
  const events = rows.map((row) => ({
    eventId: batch.text('id', row)!,
    bodyHash: batch.bodyHash[row]!,
  }));
  const standings = await history.standing(events);
  const known = new Map<number, 'repeat' | 'conflict'>();
  // What comes twice within this batch is not recorded yet either.
  const seen = new Map<string, number>();
  for (const [index, { eventId, bodyHash }] of events.entries()) {
    const before = seen.get(eventId);
    let standing = standings[index]!;
    if (before === undefined) seen.set(eventId, bodyHash);
    else if (standing === 'new') standing = before === bodyHash ? 'repeat' : 'conflict';
    if (standing !== 'new') known.set(rows[index]!, standing);
  }
  return known;
}
