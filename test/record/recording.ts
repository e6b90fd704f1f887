/** A recorder at work on some analytics store, as a start of the worker makes it. */

import { systemClock } from '../../pipeline/clock.ts';
import type { Decision, Finding } from '../../pipeline/decide/decision.ts';
import type { Analytics } from '../../pipeline/record/analytics.ts';
import { openHistory, type History } from '../../pipeline/record/history.ts';
import { Recorder, type DecisionMeta } from '../../pipeline/record/recorder.ts';
import type { RecorderSettings } from '../../pipeline/record/flusher.ts';
import { Metrics, silentLogger } from '../../pipeline/telemetry.ts';
import { batchOf, type SampleEvent } from './sample-batch.ts';

/** Everything that some text format would have to escape. */
export const AWKWARD = `it's "quoted"\\,\ttab\nline\r 羊毛党 😀 \u0000 \\N {x:String} %_`;

export const ALLOW: Decision = {
  verdict: 'allow',
  reasons: [],
  findings: [],
  listed: [],
  late: false,
};

export const FINDING: Finding = {
  detector: 'same-ip',
  mode: 'live',
  band: 'review',
  conclusive: false,
  measure: 7,
  threshold: 5,
  unit: 'accounts',
  windowMs: 600_000,
  subject: 'ip',
  subjectValue: '203.0.113.9',
  evidence: { accounts: 7, network: "carrier's\tNAT" },
};

export const REVIEW: Decision = {
  verdict: 'review',
  reasons: ['review_finding'],
  findings: [FINDING, { ...FINDING, detector: 'many-cards', mode: 'shadow' }],
  listed: [],
  late: false,
};

export const META: DecisionMeta = {
  source: 'file:payments.ndjson',
  configVersion: 'c0ffee',
  engineVersion: '0.1.0',
  latencyUs: 250,
};

export interface Recording {
  readonly history: History;
  readonly recorder: Recorder;
  readonly metrics: Metrics;
}

/** Nothing is flushed by itself unless the settings say so. */
export async function startRecording(
  analytics: Analytics,
  settings: Partial<RecorderSettings> = {},
  worker = 'worker-1',
): Promise<Recording> {
  const history = await openHistory(analytics, worker);
  const metrics = new Metrics();
  const recorder = new Recorder({
    analytics,
    history,
    settings: {
      flushRows: 1_000_000,
      flushEveryMs: 3_600_000,
      maxBufferedRows: 2_000_000,
      ...settings,
    },
    clock: systemClock,
    log: silentLogger(),
    metrics,
  });
  return { history, recorder, metrics };
}

/** Adds the events as one batch, without sealing it. @returns the batch's place, for `seal`. */
export function addBatch(
  recorder: Recorder,
  samples: readonly SampleEvent[],
  decision: Decision = ALLOW,
): number {
  const batch = batchOf(samples);
  for (let i = 0; i < batch.length; i++) recorder.addEvent(batch, i, decision, META);
  return recorder.endBatch();
}

/** Adds, seals and flushes one batch. */
export async function record(
  recorder: Recorder,
  samples: readonly SampleEvent[],
  decision: Decision = ALLOW,
): Promise<void> {
  const end = addBatch(recorder, samples, decision);
  const watermarkMs = Math.max(...samples.map(({ occurredAtMs }) => occurredAtMs));
  recorder.seal(end, {}, watermarkMs);
  await recorder.flush();
}
