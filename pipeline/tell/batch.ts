/**
 * Metrics and log of the path, a batch at a time: a labelled counter costs more than a decision's policy.
 * Blocks are logged with their ids; reviews only at `debug`, for they are many.
 */

import { decisionIdOf, type Decision, type Finding, type Verdict } from '../decide/decision.ts';
import type { Judged } from '../decide/judgement.ts';
import type { EventBatch } from '../event.ts';
import type { Logger, Metrics } from '../telemetry.ts';

/** Findings are counted by detector, in a place for each band and mode: a label costs more than a finding. */
const BANDS = ['review', 'block', 'error'] as const;
const MODES = ['live', 'shadow'] as const;

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
  const findings = new Map<string, Int32Array>();
  const step = batch.length >= LARGE_BATCH ? OBSERVE_ONE_IN : 1;
  for (let row = 0; row < batch.length; row += step) {
    metrics.decisionSeconds.observe(Math.max(0, nowMs - batch.receivedAtMs[row]!) / 1000);
  }
  let late = 0;
  let repeats = 0;
  for (let row = 0; row < batch.length; row++) {
    const judgement = judged.judgements[row]!;
    if (judgement.kind === 'repeat') repeats++;
    if (judgement.kind !== 'decided') continue;
    const { decision } = judgement;
    verdicts[decision.verdict]++;
    late += batch.late[row]!;
    if (decision.verdict !== 'allow') tellDecision(log, batch, row, decision);
    if (decision.findings.length === 0) continue;
    for (const finding of decision.findings) count(findings, finding);
  }
  metrics.events.inc({ source }, batch.length);
  if (late > 0) metrics.lateEvents.inc(late);
  if (repeats > 0) metrics.duplicates.inc(repeats);
  for (const verdict of ['allow', 'review', 'block'] as const) {
    if (verdicts[verdict] > 0) metrics.verdicts.inc({ verdict }, verdicts[verdict]);
  }
  tellFindings(metrics, findings);
}

function tellDecision(log: Logger, batch: EventBatch, row: number, decision: Decision): void {
  const level = decision.verdict === 'block' ? 'info' : 'debug';
  if (!log.isLevelEnabled(level)) return;
  const eventId = batch.text('id', row)!;
  const { verdict, reasons } = decision;
  log[level]({ eventId, decisionId: decisionIdOf(eventId), verdict, reasons }, 'decided');
}

function count(findings: Map<string, Int32Array>, { detector, band, mode }: Finding): void {
  let counts = findings.get(detector);
  if (counts === undefined) {
    counts = new Int32Array(BANDS.length * MODES.length);
    findings.set(detector, counts);
  }
  counts[BANDS.indexOf(band) * MODES.length + MODES.indexOf(mode)]!++;
}

function tellFindings(metrics: Metrics, findings: ReadonlyMap<string, Int32Array>): void {
  for (const [detector, counts] of findings) {
    for (const [place, count] of counts.entries()) {
      const band = BANDS[Math.floor(place / MODES.length)]!;
      const mode = MODES[place % MODES.length]!;
      if (count > 0) metrics.findings.inc({ detector, band, mode }, count);
    }
  }
}
