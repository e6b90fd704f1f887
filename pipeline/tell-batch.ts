/**
 * Metrics and log of the path, a batch at a time: a labelled counter costs more than a decision's policy.
 * Blocks are logged with their ids; reviews only at `debug`, for they are many.
 */

import { decisionIdOf, type Verdict } from './decide/decision.ts';
import type { Judged } from './decide/engine.ts';
import type { EventBatch } from './event.ts';
import type { Logger, Metrics } from './telemetry.ts';

/** In a batch as large as this, one latency in so many is observed: they were decided together. */
const LARGE_BATCH = 64;
const OBSERVE_ONE_IN = 16;

/** @param nowMs when the batch was decided. */
export function tellBatch(
  { metrics, log }: { readonly metrics: Metrics; readonly log: Logger },
  source: string,
  batch: EventBatch,
  judged: Judged,
  nowMs: number,
): void {
  const verdicts: Record<Verdict, number> = { allow: 0, review: 0, block: 0 };
  const step = batch.length >= LARGE_BATCH ? OBSERVE_ONE_IN : 1;
  let late = 0;
  let repeats = 0;
  for (const [row, judgement] of judged.judgements.entries()) {
    if (row % step === 0) {
      metrics.decisionSeconds.observe(Math.max(0, nowMs - batch.receivedAtMs[row]!) / 1000);
    }
    if (judgement.kind === 'repeat') repeats++;
    if (judgement.kind !== 'decided') continue;
    const { verdict, findings, reasons } = judgement.decision;
    verdicts[verdict]++;
    if (verdict !== 'allow') {
      const eventId = batch.text('id', row)!;
      const note = { eventId, decisionId: decisionIdOf(eventId), verdict, reasons };
      log[verdict === 'block' ? 'info' : 'debug'](note, 'decided');
    }
    late += batch.late[row]!;
    for (const { detector, band, mode } of findings) metrics.findings.inc({ detector, band, mode });
  }
  metrics.events.inc({ source }, batch.length);
  if (late > 0) metrics.lateEvents.inc(late);
  if (repeats > 0) metrics.duplicates.inc(repeats);
  for (const verdict of ['allow', 'review', 'block'] as const) {
    if (verdicts[verdict] > 0) metrics.verdicts.inc({ verdict }, verdicts[verdict]);
  }
}
