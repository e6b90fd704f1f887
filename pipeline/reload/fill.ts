/**
 * Fills a new layer of features from recorded events, in small portions between batches: history up to the
 * moment the layer was laid, live events from then on, never both for one event.
 */

import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Warming } from './config-status.ts';
import type { FeatureLayer, FeatureLayers } from '../detect/feature-layers.ts';
import type { FeatureRequest } from '../detect/feature-plan.ts';
import { featureText } from '../detect/feature-text.ts';
import { EventBatch } from '../event.ts';
import { Stopped } from '../failure.ts';
import type { Decoder } from '../ingest/decode.ts';
import type { Pipeline } from '../pipeline.ts';
import type { Analytics } from '../record/analytics.ts';
import { upTo } from '../record/config-history.ts';
import type { History } from '../record/history.ts';
import type { Recorder } from '../record/recorder.ts';
import { restoredEvents, type RestoredEvent } from '../record/restore.ts';

export interface FillParts {
  readonly layers: FeatureLayers;
  readonly pipeline: Pick<Pipeline, 'between'>;
  readonly recorder: Pick<Recorder, 'flush' | 'sequence'>;
  readonly history: History;
  readonly analytics: Analytics;
  /** With the limits of history, which refuse nothing that was recorded. */
  readonly decoder: Decoder;
  readonly allowedLatenessMs: number;
}

/** How far a layer is filled: history is read in the order of event time. */
export interface Filled {
  /** Recorded events taken in. */
  readonly events: number;
  /** Event time that they cover, of that which is needed. */
  readonly knownMs: number;
  readonly neededMs: number;
}

export const NOTHING_FILLED: Filled = { events: 0, knownMs: 0, neededMs: 0 };

/** What people are told while a layer is filled. @param requests its features. */
export function warmingOf(
  version: string,
  requests: readonly FeatureRequest[],
  { events, knownMs, neededMs }: Filled,
): Warming {
  const hours = { known: hoursOf(knownMs), needed: hoursOf(neededMs), unit: 'hours' };
  const features = requests.map(({ spec }) => ({ feature: featureText(spec), ...hours }));
  return { version, events, features };
}

/** Two digits after the point say enough to whoever waits. */
function hoursOf(spanMs: number): number {
  return Math.round(spanMs / 36_000) / 100;
}

/** Events between two turns: well under a millisecond of work. */
const PORTION = 128;
/** What the database sorts and hands over at once. */
const ROWS_A_SLICE = 10_000;

/**
 * @param layer just laid, between two batches.
 * @param sequence the last row that was recorded before.
 * @throws Stopped when the signal aborts before its end; AnalyticsError while the database is away.
 */
export async function fillLayer(
  parts: FillParts,
  layer: FeatureLayer,
  sequence: number,
  signal: AbortSignal,
  onProgress: (filled: Filled) => void,
): Promise<void> {
  const { layers, pipeline, recorder, history, analytics, decoder } = parts;
  const { watermarkMs } = layers;
  if (!Number.isFinite(watermarkMs)) return;
  // What was decided before the layer was laid has to be found in the tables.
  await recorder.flush();
  for (const source of layer.layout.sources) {
    await source.recall?.(history, watermarkMs, (field, text) => decoder.keyOf(field, text));
  }
  const fromMs = watermarkMs - parts.allowedLatenessMs - layer.layout.longestWindowMs;
  const condition = upTo(history.condition, history.epoch, sequence);
  const batch = new EventBatch(PORTION);
  let events = 0;
  for await (const page of restoredEvents(analytics, condition, fromMs, ROWS_A_SLICE)) {
    for (let from = 0; from < page.length; from += PORTION) {
      if (signal.aborted) throw new Stopped('another configuration came');
      decode(decoder, page.slice(from, from + PORTION), batch);
      await pipeline.between(() => layers.fill(layer, batch));
      events += batch.length;
      const reachedMs = batch.length === 0 ? fromMs : batch.occurredAtMs[batch.length - 1]!;
      onProgress({ events, knownMs: reachedMs - fromMs, neededMs: watermarkMs - fromMs });
      // Whatever waits gets its turn between two portions: input, output and batches alike.
      await nextTurn();
    }
  }
}

/** Late events belong to no window. */
function decode(decoder: Decoder, rows: readonly RestoredEvent[], batch: EventBatch): void {
  batch.clear();
  for (const { json, receivedAtMs, bodyHash, late } of rows) {
    if (late) continue;
    const failure = decoder.decode(json, receivedAtMs, batch);
    if (failure !== undefined) {
      throw new Error(
        `a recorded event cannot be read back (${failure.fieldPath}: ${failure.message})`,
      );
    }
    batch.bodyHash[batch.length - 1] = bodyHash;
    batch.late[batch.length - 1] = 0;
  }
}
