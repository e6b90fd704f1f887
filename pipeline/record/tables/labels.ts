/** `labels`: every word of analysts on a decision; the one that arrived last stands. */

import type { Label } from '../../decide/account-action.ts';
import { eventIdOf } from '../../decide/decision.ts';
import type { RowWriter } from '../row-writer.ts';
import { arrival, code, defineTable, instant, text } from '../table.ts';
import type { RowStamp } from './events.ts';

export const labels = defineTable('labels', {
  decision_id: text,
  command_id: text,
  event_id: text,
  label: code({ confirmed: 1, false_positive: 2 }),
  actor: text,
  reason: text,
  labelled_at: instant,
  arrival,
  recorded_at: instant,
});

export function encodeLabel(out: RowWriter, label: Label, stamp: RowStamp): void {
  labels.encode(out, {
    decision_id: label.decisionId,
    command_id: label.id,
    event_id: eventIdOf(label.decisionId),
    label: label.label,
    actor: label.actor,
    reason: label.reason,
    labelled_at: label.labelledAtMs,
    arrival: stamp,
    recorded_at: stamp.recordedAtMs,
  });
}
