/** What the ids say of a batch before anything of it is measured: which events are new, and which came before. */

import type { EventBatch } from '../event.ts';
import type { IdTable } from '../ingest/id-table.ts';
import { CONFLICT, REPEAT, type Judgement } from './judgement.ts';

/** Of an event whose id came before: with the same body, or with another one. */
export type Standing = 'repeat' | 'conflict';

/**
 * Takes in the ids of the batch.
 * @param known what the record says of events older than the ids in memory: row → standing.
 * @returns judgements of repeats and conflicts; that of a new event is undefined yet.
 */
export function admit(
  batch: EventBatch,
  ids: IdTable,
  known: ReadonlyMap<number, Standing> | undefined,
): (Judgement | undefined)[] {
  const judgements = new Array<Judgement | undefined>(batch.length);
  for (let row = 0; row < batch.length; row++) {
    const standing =
      known?.get(row) ??
      ids.check(batch.idLo[row]!, batch.idHi[row]!, batch.bodyHash[row]!, batch.occurredAtMs[row]!);
    if (standing === 'repeat') judgements[row] = REPEAT;
    else if (standing === 'conflict') judgements[row] = CONFLICT;
  }
  return judgements;
}

/** Rows whose events are, or become within this batch, older than the ids in memory. */
export function rowsBeyondMemory(batch: EventBatch, ids: IdTable): readonly number[] {
  let newestMs = -Infinity;
  for (let row = 0; row < batch.length; row++) {
    newestMs = Math.max(newestMs, batch.occurredAtMs[row]!);
  }
  const fromMs = ids.coveredFromAt(newestMs);
  const rows: number[] = [];
  for (let row = 0; row < batch.length; row++) {
    if (batch.occurredAtMs[row]! < fromMs) rows.push(row);
  }
  return rows;
}
