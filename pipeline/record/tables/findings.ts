/** `findings`: what each detector said, live and shadow, with everything that explains it. */

import type { Finding } from '../../decide/decision.ts';
import type { EventBatch } from '../../event.ts';
import { textColumn } from '../../event-fields.ts';
import type { RowWriter } from '../row-writer.ts';
import { arrival, bool, code, defineTable, float64, instant, text, uint64 } from '../table.ts';
import { DECISION_PREFIX } from './decisions.ts';
import { writeStamp, type RowStamp } from './events.ts';

const MODE_CODES = { live: 0, shadow: 1 } as const;
const BAND_CODES = { review: 1, block: 2, error: 3 } as const;
const ID = textColumn('id');
const ACCOUNT = textColumn('accountId');

/** The columns in the order in which `encodeFinding` writes them. */
export const findings = defineTable('findings', {
  decision_id: text,
  event_id: text,
  occurred_at: instant,
  account_id: text,
  detector: text,
  mode: code(MODE_CODES),
  band: code(BAND_CODES),
  conclusive: bool,
  measure: float64,
  threshold: float64,
  unit: text,
  window_ms: uint64,
  subject: text,
  subject_value: text,
  evidence: text,
  config_version: text,
  arrival,
  recorded_at: instant,
});

/** Appends what a detector said about event i. `configVersion` comes encoded. */
export function encodeFinding(
  out: RowWriter,
  batch: EventBatch,
  i: number,
  finding: Finding,
  configVersion: Uint8Array,
  stamp: RowStamp,
): void {
  const { capacity, spanStart, spanLength } = batch;
  const bytes = batch.source[i]!;
  const idStart = spanStart[ID * capacity + i]!;
  const idLength = spanLength[ID * capacity + i]!;
  out.prefixed(DECISION_PREFIX, bytes, idStart, idLength);
  out.bytes(bytes, idStart, idLength);
  out.i64At(batch.occurredAtMs, i);
  out.bytes(bytes, spanStart[ACCOUNT * capacity + i]!, spanLength[ACCOUNT * capacity + i]!);
  out.text(finding.detector);
  out.u8(MODE_CODES[finding.mode]);
  out.u8(BAND_CODES[finding.band]);
  out.bool(finding.conclusive);
  out.f64(finding.measure);
  out.f64(finding.threshold);
  out.text(finding.unit);
  out.i64(finding.windowMs);
  out.text(finding.subject);
  out.text(finding.subjectValue);
  out.text(JSON.stringify(finding.evidence));
  out.encoded(configVersion);
  writeStamp(out, stamp);
}
