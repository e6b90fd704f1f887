/** `config_changes`: which configuration judged from when on, and who or what made it so. */

import type { ConfigChange } from '../../decide/config-change.ts';
import type { RowWriter } from '../row-writer.ts';
import { arrival, defineTable, float64, instant, text, texts } from '../table.ts';
import type { RowStamp } from './events.ts';

export const configChanges = defineTable('config_changes', {
  change_id: text,
  kind: text,
  version: text,
  previous_version: text,
  judging: text,
  actor: text,
  reason: text,
  paths: texts,
  diff: text,
  share: float64,
  occurred_at: instant,
  arrival,
  recorded_at: instant,
});

export function encodeConfigChange(out: RowWriter, change: ConfigChange, stamp: RowStamp): void {
  configChanges.encode(out, {
    change_id: change.id,
    kind: change.kind,
    version: change.version,
    previous_version: change.previousVersion,
    judging: change.judging,
    actor: change.actor,
    reason: change.reason,
    paths: change.paths,
    diff: change.diff,
    share: change.share,
    occurred_at: change.occurredAtMs,
    arrival: stamp,
    recorded_at: stamp.recordedAtMs,
  });
}
