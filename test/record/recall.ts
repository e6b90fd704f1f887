/** The law of features that look back further than events are restored: a restart changes no value of theirs. */

import { expect } from 'vitest';
import type { FeatureLayout } from '../../pipeline/detect/feature-layout.ts';
import type { EventBatch } from '../../pipeline/event.ts';
import type { Analytics } from '../../pipeline/record/analytics.ts';
import { openHistory } from '../../pipeline/record/history.ts';
import type { Recorder } from '../../pipeline/record/recorder.ts';
import { batchFrom, START_MS, testDecoder, type PlainEvent } from '../support/events.ts';
import { ALLOW, META, startRecording } from './recording.ts';

const DAY_MS = 86_400_000;
const decoder = testDecoder();

export function decoded(plain: readonly PlainEvent[]): EventBatch {
  return batchFrom(plain, { decoder, receivedAtMs: START_MS + 400 * DAY_MS });
}

/** What is measured, row by row; the batch's late flags are set. */
function measured(
  { store: windows, sources, width }: FeatureLayout,
  batch: EventBatch,
): number[][] {
  const out = { width, values: new Float64Array(width * batch.length) };
  windows.measure(batch, 0, batch.length, out);
  for (const source of sources) source.measure(batch, 0, batch.length, out);
  return Array.from({ length: batch.length }, (_, i) => [
    ...out.values.subarray(i * width, (i + 1) * width),
  ]);
}

export async function write(recorder: Recorder, batch: EventBatch, sealed: boolean): Promise<void> {
  for (let row = 0; row < batch.length; row++) {
    recorder.addEvent(batch, row, { ...ALLOW, late: batch.late[row] === 1 }, META);
  }
  const sequence = recorder.endBatch();
  const watermarkMs = Math.max(0, ...batch.occurredAtMs.subarray(0, batch.length));
  if (sealed) recorder.seal(sequence, {}, watermarkMs);
  await recorder.flush();
}

/**
 * Expects that whoever stops after the first `durable` events, leaves the rest torn and every event recorded
 * twice, measures the rest after a restart as one that never stopped does.
 * @param restoredMs how far back events themselves are restored; everything older is recalled from history.
 */
export async function expectSameAfterRestart(
  analytics: Analytics,
  lay: () => FeatureLayout,
  all: readonly PlainEvent[],
  { durable, restoredMs }: { readonly durable: number; readonly restoredMs: number },
): Promise<void> {
  const first = decoded(all.slice(0, durable));
  const rest = all.slice(durable);
  const undisturbed = lay();
  measured(undisturbed, first);

  const before = await startRecording(analytics);
  await write(before.recorder, first, true);
  await write(before.recorder, decoded(rest), false);
  await analytics.command('INSERT INTO events SELECT * FROM events');

  const history = await openHistory(analytics, 'worker-1');
  const restarted = lay();
  const keyOf = decoder.keyOf.bind(decoder);
  for (const source of restarted.sources) {
    await source.recall?.(history, history.watermarkMs, keyOf);
  }
  const again = decoded(all.slice(0, durable));
  const fromMs = history.watermarkMs - restoredMs;
  for (let row = 0; row < again.length; row++) {
    again.late[row] = first.late[row]!;
    if (again.late[row] === 1 || again.occurredAtMs[row]! <= fromMs) continue;
    restarted.store.restore(again, row, row + 1);
    for (const source of restarted.sources) source.restore(again, row, row + 1);
  }
  expect(measured(restarted, decoded(rest))).toEqual(measured(undisturbed, decoded(rest)));
}
