/** `progress`: how far each start of a worker has become durable history. */

import type { RowWriter } from '../row-writer.ts';
import { defineTable, instant, text, textMap, uint32, uint64 } from '../table.ts';

export const progress = defineTable('progress', {
  worker: text,
  epoch: uint32,
  sequence: uint64,
  watermark: instant,
  positions: textMap,
  recorded_at: instant,
});

/** The marker: rows of the epoch up to the sequence number are history. */
export interface Marker {
  readonly worker: string;
  readonly epoch: number;
  readonly sequence: number;
  /** Largest event time; 0 before the first event. */
  readonly watermarkMs: number;
  /** How far each ordered log has been read, by its name. */
  readonly positions: Readonly<Record<string, string>>;
}

export function encodeMarker(out: RowWriter, marker: Marker, recordedAtMs: number): void {
  progress.encode(out, {
    worker: marker.worker,
    epoch: marker.epoch,
    sequence: marker.sequence,
    watermark: marker.watermarkMs,
    positions: marker.positions,
    recorded_at: recordedAtMs,
  });
}
