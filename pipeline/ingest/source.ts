/** What a source hands to the pipeline, and what it is told back. */

import type { DeadLetterReason } from '../outcome.ts';

/** Why raw bytes are no event. */
export interface DecodeFailure {
  readonly reason: DeadLetterReason;
  /** The field at fault as a dotted path, '' for the whole record. */
  readonly fieldPath: string;
  readonly message: string;
}

/** One raw event as it came, not yet decoded. */
export interface RawRecord {
  readonly bytes: Buffer;
  /** When it reached the log it comes from; the same at a replay. Guards against dates in the future. */
  readonly receivedAtMs: number;
  /** Position in the source, for dead letters and logs. */
  readonly position: string;
  /** Set when the source itself could make no event of it: a CSV row that does not fit its map. */
  readonly refused?: DecodeFailure;
}

/** Records of one source in order. */
export interface RawBatch {
  /** The source's name as it appears in rows and metrics, e.g. `kafka:payments/3`, `file:payments.ndjson`. */
  readonly source: string;
  readonly records: readonly RawRecord[];
  /** Called once everything that follows from the batch is durable: the moment to commit an offset. */
  onDurable?(): void;
}

/**
 * Where a source delivers. The promise resolves when the batch is decided and there is room for more:
 * awaiting it is the back-pressure. It rejects only when the process must stop.
 */
export type Deliver = (batch: RawBatch) => Promise<void>;

export interface Source {
  readonly name: string;
  /** Delivers until the input ends or the signal aborts; then resolves with nothing in flight. */
  run(deliver: Deliver, signal: AbortSignal): Promise<void>;
  /** Records waiting at the source, where it can tell. */
  lag?(): number;
  close?(): Promise<void>;
}
