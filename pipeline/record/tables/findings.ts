/** `findings`: what each detector said, live and shadow, with everything that explains it. */

import { decisionIdOf, type Finding } from '../../decide/decision.ts';
import type { RowWriter } from '../row-writer.ts';
import { arrival, bool, code, defineTable, float64, instant, text, uint64 } from '../table.ts';
import type { RowStamp } from './events.ts';

export const findings = defineTable('findings', {
  decision_id: text,
  event_id: text,
  occurred_at: instant,
  account_id: text,
  detector: text,
  mode: code({ live: 0, shadow: 1 }),
  band: code({ review: 1, block: 2 }),
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

/** The event a finding is about. */
export interface FindingContext {
  readonly eventId: string;
  readonly accountId: string;
  readonly occurredAtMs: number;
  readonly configVersion: string;
}

export function encodeFinding(
  out: RowWriter,
  finding: Finding,
  context: FindingContext,
  stamp: RowStamp,
): void {
  findings.encode(out, {
    decision_id: decisionIdOf(context.eventId),
    event_id: context.eventId,
    occurred_at: context.occurredAtMs,
    account_id: context.accountId,
    detector: finding.detector,
    mode: finding.mode,
    band: finding.band,
    conclusive: finding.conclusive,
    measure: finding.measure,
    threshold: finding.threshold,
    unit: finding.unit,
    window_ms: finding.windowMs,
    subject: finding.subject,
    subject_value: finding.subjectValue,
    evidence: JSON.stringify(finding.evidence),
    config_version: context.configVersion,
    arrival: stamp,
    recorded_at: stamp.recordedAtMs,
  });
}
