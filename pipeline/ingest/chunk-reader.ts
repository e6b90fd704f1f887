/** ingest: the records of a source, chunk by chunk, into the one batch of events; what is no event is a dead letter. */

import { EventBatch } from '../event.ts';
import type { Failure } from '../failure.ts';
import type { DeadLetter } from '../outcome.ts';
import type { BadShareGuard } from './bad-share.ts';
import type { Decoder } from './decode.ts';
import { HTTP_SOURCE } from './inbox.ts';
import type { DecodeFailure, RawBatch, RawRecord } from './source.ts';

const BATCH_CAPACITY = 1024;

export interface Chunk {
  /** Index of the record that the next chunk begins with. */
  readonly to: number;
  /** Why there should be none: too many of the latest records are bad. */
  readonly failure: Failure | undefined;
}

export class ChunkReader {
  /** The events of the chunk read last; one batch, used again and again. */
  readonly batch = new EventBatch(BATCH_CAPACITY);
  readonly #guard: BadShareGuard;
  /** The index, in the source's batch, of the record that event i was decoded from. */
  readonly #recordOf = new Int32Array(BATCH_CAPACITY);
  #decoder: Decoder;

  constructor(decoder: Decoder, guard: BadShareGuard) {
    this.#decoder = decoder;
    this.#guard = guard;
  }

  get decoder(): Decoder {
    return this.#decoder;
  }

  /** Reads records by another decoder from the next chunk on. */
  decodeBy(decoder: Decoder): void {
    this.#decoder = decoder;
  }

  /**
   * Reads from the record `from` on until the batch is full or the records end.
   * @param refused told of every record that is no event, with its index and the dead letter it becomes.
   */
  read(
    raw: RawBatch,
    from: number,
    refused: (letter: DeadLetter, index: number, failure: DecodeFailure) => void,
  ): Chunk {
    this.batch.clear();
    let index = from;
    for (; index < raw.records.length && this.batch.length < BATCH_CAPACITY; index++) {
      const record = raw.records[index]!;
      const row = this.batch.length;
      const failure =
        record.refused ?? this.#decoder.decode(record.bytes, record.receivedAtMs, this.batch);
      // Who sent by HTTP was told at once; one bad caller must not stop the worker for all.
      const end =
        raw.source === HTTP_SOURCE
          ? undefined
          : this.#guard.count(failure !== undefined, raw.source);
      if (failure === undefined) {
        this.#recordOf[row] = index;
        continue;
      }
      refused(this.#letter(raw.source, record, failure), index, failure);
      if (end !== undefined) return { to: index + 1, failure: end };
    }
    return { to: index, failure: undefined };
  }

  /** The index, in the source's batch, of the record that the event in this row was read from. */
  recordOf(row: number): number {
    return this.#recordOf[row]!;
  }

  /** The dead letter of an event whose id came before with another body. */
  conflict(raw: RawBatch, row: number): DeadLetter {
    const id = this.batch.text('id', row)!;
    return this.#letter(raw.source, raw.records[this.recordOf(row)]!, {
      reason: 'id_conflict',
      fieldPath: 'id',
      message: `event ${id} came before with another body; the first one stands`,
    });
  }

  #letter(source: string, record: RawRecord, failure: DecodeFailure): DeadLetter {
    const { reason, fieldPath, message } = failure;
    return {
      source,
      position: record.position,
      reason,
      fieldPath,
      message,
      body: this.#decoder.cards.bytes(record.bytes),
      receivedAtMs: record.receivedAtMs,
    };
  }
}
