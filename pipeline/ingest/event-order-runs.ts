/** Sorted runs of records in files, and their merge: the machinery of event-order.ts. */

import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import type { DecodeFailure, RawRecord } from './source.ts';

export interface OrderedRecord {
  readonly record: RawRecord;
  /** −Infinity for a record that is no event. */
  readonly occurredAtMs: number;
  /** What orders events of one instant: their rank, and then the UTF-8 of the id, by bytes. */
  readonly rank: number;
  readonly idSource: Buffer;
  readonly idStart: number;
  readonly idEnd: number;
  /** Place in the input; counts only where everything else is equal, or for records that are no events. */
  readonly sequence: number;
}

/** Sorted records, some at a time. */
export type Run = AsyncIterable<readonly OrderedRecord[]>;

/** The order of a backtest: by event time, then rank, then id by bytes; records that are no events come first, as they came in. */
export function compareRecords(a: OrderedRecord, b: OrderedRecord): number {
  if (a.occurredAtMs !== b.occurredAtMs) return a.occurredAtMs < b.occurredAtMs ? -1 : 1;
  if (a.occurredAtMs === -Infinity) return a.sequence - b.sequence;
  return (
    a.rank - b.rank ||
    a.idSource.compare(b.idSource, b.idStart, b.idEnd, a.idStart, a.idEnd) ||
    Buffer.compare(a.record.bytes, b.record.bytes) ||
    a.sequence - b.sequence
  );
}

const WRITE_RECORDS = 1000;
const READ_BYTES = 1 << 18;

/** Length of a frame's body (u32), time (f64), sequence (f64), arrival (f64), lengths of id, position and refusal, rank (u32 each). */
const HEAD_BYTES = 4 + 8 * 3 + 4 * 4;

function frameOf(ordered: OrderedRecord): Buffer {
  const { record, occurredAtMs, sequence, idSource, idStart, idEnd } = ordered;
  const id = idSource.subarray(idStart, idEnd);
  const position = Buffer.from(record.position);
  const refused = Buffer.from(record.refused === undefined ? '' : JSON.stringify(record.refused));
  const head = Buffer.alloc(HEAD_BYTES);
  const body = id.length + position.length + refused.length + record.bytes.length;
  head.writeUInt32LE(body, 0);
  head.writeDoubleLE(occurredAtMs, 4);
  head.writeDoubleLE(sequence, 12);
  head.writeDoubleLE(record.receivedAtMs, 20);
  head.writeUInt32LE(id.length, 28);
  head.writeUInt32LE(position.length, 32);
  head.writeUInt32LE(refused.length, 36);
  head.writeUInt32LE(ordered.rank, 40);
  return Buffer.concat([head, id, position, refused, record.bytes]);
}

/** The record whose frame starts at `at`, which is there whole. */
function readFrame(bytes: Buffer, at: number): OrderedRecord {
  let from = at + HEAD_BYTES;
  const next = (length: number): Buffer => bytes.subarray(from, (from += length));
  const idStart = from;
  const idEnd = (from += bytes.readUInt32LE(at + 28));
  const position = next(bytes.readUInt32LE(at + 32)).toString();
  const refused = next(bytes.readUInt32LE(at + 36)).toString();
  const content = bytes.subarray(from, at + HEAD_BYTES + bytes.readUInt32LE(at));
  const record: RawRecord = {
    bytes: content,
    receivedAtMs: bytes.readDoubleLE(at + 20),
    position,
    ...(refused === '' ? {} : { refused: JSON.parse(refused) as DecodeFailure }),
  };
  return {
    record,
    occurredAtMs: bytes.readDoubleLE(at + 4),
    rank: bytes.readUInt32LE(at + 40),
    idSource: bytes,
    idStart,
    idEnd,
    sequence: bytes.readDoubleLE(at + 12),
  };
}

/** Writes sorted records as one run. @param file must not exist: a run is written once. */
export async function writeRun(
  file: string,
  batches: Iterable<OrderedRecord[]> | AsyncIterable<OrderedRecord[]>,
): Promise<void> {
  const handle = await open(file, 'wx', 0o600);
  try {
    for await (const records of batches) {
      for (let from = 0; from < records.length; from += WRITE_RECORDS) {
        const frames = records.slice(from, from + WRITE_RECORDS).map(frameOf);
        await handle.writeFile(Buffer.concat(frames));
      }
    }
  } finally {
    await handle.close();
  }
}

/** The records of a run in their order, as much at a time as one read brings. */
export async function* openRun(file: string): AsyncGenerator<OrderedRecord[]> {
  let rest: Buffer = Buffer.alloc(0);
  const chunks = createReadStream(file, { highWaterMark: READ_BYTES }) as AsyncIterable<Buffer>;
  for await (const chunk of chunks) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const records: OrderedRecord[] = [];
    let at = 0;
    while (bytes.length - at >= HEAD_BYTES) {
      const end = at + HEAD_BYTES + bytes.readUInt32LE(at);
      if (end > bytes.length) break;
      records.push(readFrame(bytes, at));
      at = end;
    }
    rest = bytes.subarray(at);
    if (records.length > 0) yield records;
  }
}

/** One run as the merge sees it: the record it stands at. */
interface Cursor {
  readonly rest: AsyncIterator<readonly OrderedRecord[]>;
  records: readonly OrderedRecord[];
  index: number;
}

/** The records of all runs in order, `batchRecords` at a time. */
export async function* mergeRuns(
  runs: readonly Run[],
  batchRecords: number,
): AsyncGenerator<OrderedRecord[]> {
  const heap: Cursor[] = [];
  let batch: OrderedRecord[] = [];
  try {
    for (const run of runs) {
      const cursor: Cursor = { rest: run[Symbol.asyncIterator](), records: [], index: 0 };
      if (await refill(cursor)) {
        heap.push(cursor);
        siftUp(heap, heap.length - 1);
      }
    }
    while (heap.length > 0) {
      const first = heap[0]!;
      batch.push(first.records[first.index++]!);
      if (batch.length >= batchRecords) {
        yield batch;
        batch = [];
      }
      if (first.index === first.records.length && !(await refill(first))) {
        const last = heap.pop()!;
        if (last !== first) heap[0] = last;
      }
      siftDown(heap);
    }
    if (batch.length > 0) yield batch;
  } finally {
    for (const { rest } of heap) await rest.return?.();
  }
}

async function refill(cursor: Cursor): Promise<boolean> {
  let next = await cursor.rest.next();
  while (next.done !== true && next.value.length === 0) next = await cursor.rest.next();
  if (next.done === true) return false;
  cursor.records = next.value;
  cursor.index = 0;
  return true;
}

function before(a: Cursor, b: Cursor): boolean {
  return compareRecords(a.records[a.index]!, b.records[b.index]!) < 0;
}

function siftUp(heap: Cursor[], from: number): void {
  let at = from;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (!before(heap[at]!, heap[parent]!)) return;
    [heap[at], heap[parent]] = [heap[parent]!, heap[at]!];
    at = parent;
  }
}

function siftDown(heap: Cursor[]): void {
  let at = 0;
  for (;;) {
    const left = at * 2 + 1;
    if (left >= heap.length) return;
    const right = left + 1;
    const child = right < heap.length && before(heap[right]!, heap[left]!) ? right : left;
    if (!before(heap[child]!, heap[at]!)) return;
    [heap[at], heap[child]] = [heap[child]!, heap[at]!];
    at = child;
  }
}
