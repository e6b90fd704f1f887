/** `measure_samples`: what every measure was at one event in sixteen, as bins of a sketch; `measure_sketches` adds them up. */

import type { EventBatch } from '../../event.ts';
import { textColumn } from '../../event-fields.ts';
import type { MeasureSample } from '../../detect/measure-sketch.ts';
import type { RowWriter } from '../row-writer.ts';
import { arrival, defineTable, instant, text, texts, type Column } from '../table.ts';
import { writeStamp, type RowStamp } from './events.ts';

const ID = textColumn('id');

const bins: Column<readonly number[]> = {
  type: 'Array(Int16)',
  write: (out, value) => {
    out.count(value.length);
    for (const bin of value) out.u16(bin & 0xffff);
  },
};

/** The columns in the order in which `encodeMeasureSample` writes them. */
export const measureSamples = defineTable('measure_samples', {
  event_id: text,
  occurred_at: instant,
  config_version: text,
  measures: texts,
  bins,
  arrival,
  recorded_at: instant,
});

/** Appends the measures at event i. `configVersion` comes encoded. */
export function encodeMeasureSample(
  out: RowWriter,
  batch: EventBatch,
  i: number,
  sample: MeasureSample,
  configVersion: Uint8Array,
  stamp: RowStamp,
): void {
  const at = ID * batch.capacity + i;
  out.bytes(batch.source[i]!, batch.spanStart[at]!, batch.spanLength[at]!);
  out.i64At(batch.occurredAtMs, i);
  out.encoded(configVersion);
  texts.write(out, sample.names);
  bins.write(out, sample.bins);
  writeStamp(out, stamp);
}
