/** `labels`: an analyst's word on a decision; the latest one stands. */

import type { Label } from '../../decide/account-action.ts';
import type { RowWriter } from '../row-writer.ts';
import { arrival, code, defineTable, instant, text } from '../table.ts';
import { DECISION_PREFIX } from './decisions.ts';
import type { RowStamp } from './events.ts';

export const labels = defineTable('labels', {
  decision_id: text,
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
    event_id: label.decisionId.slice(DECISION_PREFIX.length),
    label: label.label,
    actor: label.actor,
    reason: label.reason,
    labelled_at: label.labelledAtMs,
    arrival: stamp,
    recorded_at: stamp.recordedAtMs,
  });
}
