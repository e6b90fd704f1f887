/** `dead_letters`: every record that was refused, with its bytes as they came. */

import type { DeadLetter } from '../../outcome.ts';
import type { RowWriter } from '../row-writer.ts';
import { arrival, defineTable, instant, raw, text } from '../table.ts';
import type { RowStamp } from './events.ts';

export const deadLetters = defineTable('dead_letters', {
  source: text,
  position: text,
  reason: text,
  field_path: text,
  message: text,
  body: raw,
  received_at: instant,
  arrival,
  recorded_at: instant,
});

export function encodeDeadLetter(out: RowWriter, letter: DeadLetter, stamp: RowStamp): void {
  deadLetters.encode(out, {
    source: letter.source,
    position: letter.position,
    reason: letter.reason,
    field_path: letter.fieldPath,
    message: letter.message,
    body: letter.body,
    received_at: letter.receivedAtMs,
    arrival: stamp,
    recorded_at: stamp.recordedAtMs,
  });
}
