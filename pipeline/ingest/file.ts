/**
 * Events from a file or from standard input: NDJSON, or CSV with a mapping file; plain or gzip. Memory is
 * bounded by one chunk and one record, whatever the file's size or the length of its lines.
 */

import { closeSync, constants, createReadStream, open, openSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Socket } from 'node:net';
import { basename } from 'node:path';
import { pipeline, Readable } from 'node:stream';
import { promisify } from 'node:util';
import { createGunzip } from 'node:zlib';
import type { Clock } from '../clock.ts';
import { Failure, messageOf } from '../failure.ts';
import type { CsvMap } from './csv-map-schema.ts';
import { CsvReader, type CsvRow } from './csv-rows.ts';
import { CsvSplitter } from './csv-split.ts';
import { LineSplitter } from './ndjson.ts';
import type { Deliver, RawRecord, Source } from './source.ts';

export interface FileSourceOptions {
  /** The file, or `-` for standard input. */
  readonly path: string;
  /** Needed for a CSV; with it, the input is one whatever its name. */
  readonly map?: CsvMap;
  readonly maxRecordBytes: number;
  readonly clock: Clock;
  readonly batchRecords?: number;
  /** Bytes read at a time. */
  readonly chunkBytes?: number;
  /** Standard input, for `-`. */
  readonly stdin?: Readable;
}

const BATCH_RECORDS = 1000;
const CHUNK_BYTES = 1 << 20;
const GZIP_MARK = Buffer.of(0x1f, 0x8b);

/** How far the file is read; `total` is unknown for standard input and pipes. */
export interface FileProgress {
  readonly bytesRead: number;
  readonly bytesTotal: number | undefined;
}

export class FileSource implements Source {
  readonly name: string;
  private readonly options: FileSourceOptions;
  private readonly shown: string;
  private bytesRead = 0;
  private bytesTotal: number | undefined;
  private isPipe = false;

  constructor(options: FileSourceOptions) {
    const { path, map } = options;
    this.options = options;
    this.shown = path === '-' ? 'standard input' : path;
    this.name = `file:${path === '-' ? '-' : basename(path)}`;
    if (map === undefined && /\.csv(\.gz)?$/i.test(path)) {
      const message = `${path}: a CSV needs a mapping file that says which column is what (--map MAP.yaml)`;
      throw new Failure(message, { exitCode: 2 });
    }
  }

  progress(): FileProgress {
    return { bytesRead: this.bytesRead, bytesTotal: this.bytesTotal };
  }

  /** @throws Failure when the file cannot be read, is damaged gzip, or lacks a mapped column. */
  async run(deliver: Deliver, signal: AbortSignal): Promise<void> {
    const receivedAtMs = await this.arrival();
    const batches =
      this.options.map === undefined
        ? this.lineBatches(signal, receivedAtMs)
        : this.rowBatches(this.options.map, signal, receivedAtMs);
    for await (const records of batches) {
      if (signal.aborted) return;
      await deliver({ source: this.name, records });
    }
  }

  /**
   * A file's records reached it at its last change: the same at every replay, so that a date in the future
   * is judged alike. What comes through a pipe arrives now.
   */
  private async arrival(): Promise<number> {
    const { path, clock } = this.options;
    if (path === '-') return clock.now();
    const found = await stat(path).catch((error: unknown) => {
      throw this.unreadable(error);
    });
    if (found.isDirectory()) {
      throw new Failure(`${path} is a folder; name a file`, { exitCode: 2 });
    }
    this.isPipe = found.isFIFO();
    if (!found.isFile()) return clock.now();
    this.bytesTotal = found.size;
    return Math.floor(found.mtimeMs);
  }

  private async *lineBatches(
    signal: AbortSignal,
    receivedAtMs: number,
  ): AsyncGenerator<RawRecord[]> {
    const limit = this.options.batchRecords ?? BATCH_RECORDS;
    const splitter = new LineSplitter(this.options.maxRecordBytes);
    let records: RawRecord[] = [];
    const take = (bytes: Buffer, line: number): void => {
      records.push(new LineRecord(bytes, receivedAtMs, line));
    };
    for await (const chunk of this.chunks(signal)) {
      splitter.push(chunk, take);
      yield* inBatches(records, limit);
      records = [];
    }
    splitter.end(take);
    yield* inBatches(records, limit);
  }

  private async *rowBatches(
    map: CsvMap,
    signal: AbortSignal,
    receivedAtMs: number,
  ): AsyncGenerator<RawRecord[]> {
    const limit = this.options.batchRecords ?? BATCH_RECORDS;
    const { maxRecordBytes } = this.options;
    const splitter = new CsvSplitter(maxRecordBytes, map.delimiter);
    const reader = new CsvReader(map, this.shown, maxRecordBytes);
    let rows: CsvRow[] = [];
    const take = (bytes: Buffer, line: number): void => {
      rows.push({ bytes, line });
    };
    for await (const chunk of this.chunks(signal)) {
      splitter.push(chunk, take);
      for (const part of inBatches(rows, limit)) yield reader.read(part, receivedAtMs);
      rows = [];
    }
    splitter.end(take);
    for (const part of inBatches(rows, limit)) yield reader.read(part, receivedAtMs);
  }

  /** The input's bytes, unpacked; ends early and quietly when the signal aborts. */
  private async *chunks(signal: AbortSignal): AsyncGenerator<Buffer> {
    const { chunkBytes = CHUNK_BYTES } = this.options;
    const raw = await this.open(chunkBytes, signal);
    const stop = (): void => {
      raw.destroy();
    };
    signal.addEventListener('abort', stop, { once: true });
    try {
      if (signal.aborted) return;
      yield* this.unpacked(raw, chunkBytes);
    } catch (error) {
      if (!signal.aborted) throw error instanceof Failure ? error : this.unreadable(error);
    } finally {
      signal.removeEventListener('abort', stop);
      raw.destroy();
    }
  }

  private async open(chunkBytes: number, signal: AbortSignal): Promise<Readable> {
    const { path, stdin = process.stdin } = this.options;
    if (path === '-') return stdin;
    if (!this.isPipe) return createReadStream(path, { highWaterMark: chunkBytes });
    // A file's read that waits for a writer cannot be given up and would keep the process from ending; a
    // socket's can.
    return new Socket({ fd: await openPipe(path, signal), readable: true, writable: false });
  }

  private async *unpacked(raw: Readable, chunkBytes: number): AsyncGenerator<Buffer> {
    const source = this.counted(raw);
    let head: Buffer = Buffer.alloc(0);
    while (head.length < GZIP_MARK.length) {
      const next = await source.next();
      if (next.done === true) break;
      head = head.length === 0 ? next.value : Buffer.concat([head, next.value]);
    }
    if (head.length === 0) return;
    const packed = head.subarray(0, GZIP_MARK.length).equals(GZIP_MARK);
    if (!packed && /\.gz$/i.test(this.options.path)) {
      throw new Failure(`${this.shown} is not gzip, although its name ends in .gz`, {
        exitCode: 2,
      });
    }
    async function* whole(): AsyncGenerator<Buffer> {
      yield head;
      yield* source;
    }
    if (packed) {
      const gunzip = createGunzip({ chunkSize: chunkBytes });
      // A failure on either side destroys the other, so that reading `gunzip` below throws it.
      pipeline(Readable.from(whole()), gunzip, () => undefined);
      yield* gunzip as AsyncIterable<Buffer>;
    } else {
      yield* whole();
    }
  }

  private async *counted(raw: Readable): AsyncGenerator<Buffer, void> {
    for await (const chunk of raw as AsyncIterable<Buffer | string>) {
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
      this.bytesRead += bytes.length;
      yield bytes;
    }
  }

  private unreadable(error: unknown): Failure {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    const { shown } = this;
    const exitCode = code === 'ENOENT' ? 2 : 1;
    const said: Readonly<Record<string, string>> = {
      ENOENT: `${shown}: there is no such file`,
      EACCES: `${shown}: no permission to read it`,
      Z_BUF_ERROR: `${shown}: the gzip data ends too early, the file is cut off`,
    };
    const damaged = code.startsWith('Z_') ? 'damaged gzip data' : 'cannot be read';
    const message = said[code] ?? `${shown}: ${damaged} (${messageOf(error)})`;
    return new Failure(message, { exitCode, cause: error });
  }
}

const openFile = promisify(open);

/** Waits for a writer. When the signal aborts we are that writer, because nothing else ends the wait. */
async function openPipe(path: string, signal: AbortSignal): Promise<number> {
  const comeOurselves = (): void => {
    try {
      closeSync(openSync(path, constants.O_WRONLY | constants.O_NONBLOCK));
    } catch {
      // Nobody waits at the other end: then nothing is to be ended.
    }
  };
  signal.addEventListener('abort', comeOurselves, { once: true });
  try {
    return await openFile(path, 'r');
  } finally {
    signal.removeEventListener('abort', comeOurselves);
  }
}

/** A record whose position is made into text only for the few that need it. */
class LineRecord implements RawRecord {
  readonly bytes: Buffer;
  readonly receivedAtMs: number;
  private readonly line: number;

  constructor(bytes: Buffer, receivedAtMs: number, line: number) {
    this.bytes = bytes;
    this.receivedAtMs = receivedAtMs;
    this.line = line;
  }

  get position(): string {
    return String(this.line);
  }
}

function* inBatches<T>(items: readonly T[], limit: number): Generator<T[]> {
  for (let from = 0; from < items.length; from += limit) yield items.slice(from, from + limit);
}
