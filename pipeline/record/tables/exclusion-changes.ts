/** `exclusion_changes`: every exclusion that was proposed, added, removed or dismissed, with who and why. */

import type { ExclusionChange } from '../../detect/exclusion.ts';
import type { OwnBands } from '../../detect/own-bands.ts';
import type { RowWriter } from '../row-writer.ts';
import { arrival, code, defineTable, instant, nullable, text, uint32 } from '../table.ts';
import type { RowStamp } from './events.ts';

export const exclusionChanges = defineTable('exclusion_changes', {
  kind: text,
  value: text,
  change_id: text,
  op: code({ propose: 0, add: 1, remove: 2, dismiss: 3 }),
  accounts: uint32,
  hub_limit: uint32,
  actor: text,
  reason: text,
  decision_id: text,
  trial: text,
  bands: text,
  occurred_at: instant,
  expires_at: nullable(instant),
  arrival,
  recorded_at: instant,
});

/** Own limits as they are stored, and back. */
export function bandsOf(stored: string): Pick<ExclusionChange, 'bands'> {
  return stored === '' ? {} : { bands: JSON.parse(stored) as OwnBands };
}

export function encodeExclusionChange(
  out: RowWriter,
  change: ExclusionChange,
  stamp: RowStamp,
): void {
  exclusionChanges.encode(out, {
    kind: change.kind,
    value: change.value,
    change_id: change.id,
    op: change.op,
    accounts: change.accounts,
    hub_limit: change.hubLimit,
    actor: change.actor,
    reason: change.reason,
    decision_id: change.decisionId,
    trial: change.trial ?? '',
    bands: change.bands === undefined ? '' : JSON.stringify(change.bands),
    occurred_at: change.occurredAtMs,
    expires_at: change.expiresAtMs,
    arrival: stamp,
    recorded_at: stamp.recordedAtMs,
  });
}
