/** `measure_samples`: what every measure was at one event in sixteen, as bins of a sketch; `measure_sketches` adds them up. */

import type { EventBatch } from '../../event.ts';
import type { MeasureSample } from '../../detect/measure-sketch.ts';
import type { RowWriter } from '../row-writer.ts';
import { arrival, defineTable, instant, text, texts, type Column } from '../table.ts';
import type { RowStamp } from './events.ts';

const bins: Column<readonly number[]> = {
  type: 'Array(Int16)',
  write: (out, value) => {
    out.count(value.length);
    for (const bin of value) out.u16(bin & 0xffff);
  },
};

export const measureSamples = defineTable('measure_samples', {
  event_id: text,
  occurred_at: instant,
  config_version: text,
  measures: texts,
  bins,
  arrival,
  recorded_at: instant,
});

export function encodeMeasureSample(
  out: RowWriter,
  batch: EventBatch,
  i: number,
  sample: MeasureSample,
  configVersion: string,
  stamp: RowStamp,
): void {
  measureSamples.encode(out, {
    event_id: batch.text('id', i)!,
    occurred_at: batch.occurredAtMs[i]!,
    config_version: configVersion,
    measures: sample.names,
    bins: sample.bins,
    arrival: stamp,
    recorded_at: stamp.recordedAtMs,
  });
}
