/** `list_changes`: every entry that was put on a list or taken off, and the steps of the guard of automatic ones. */

import type { ListChange } from '../../decide/list-entry.ts';
import type { RowWriter } from '../row-writer.ts';
import { arrival, code, defineTable, instant, nullable, text } from '../table.ts';
import type { RowStamp } from './events.ts';

export const listChanges = defineTable('list_changes', {
  list: code({ block: 0, allow: 1, watch: 2 }),
  kind: text,
  value: text,
  change_id: text,
  op: code({ add: 0, remove: 1, witness: 2, spare: 3 }),
  reason: text,
  author: text,
  actor: text,
  decision_id: text,
  occurred_at: instant,
  expires_at: nullable(instant),
  detail: text,
  arrival,
  recorded_at: instant,
});

export function encodeListChange(out: RowWriter, change: ListChange, stamp: RowStamp): void {
  listChanges.encode(out, {
    list: change.list,
    kind: change.kind,
    value: change.value,
    change_id: change.id,
    op: change.op,
    reason: change.reason,
    author: change.author,
    actor: change.actor,
    decision_id: change.decisionId,
    occurred_at: change.occurredAtMs,
    expires_at: change.expiresAtMs,
    detail: change.detail,
    arrival: stamp,
    recorded_at: stamp.recordedAtMs,
  });
}
