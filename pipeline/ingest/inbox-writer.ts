/** The writing end of the inbox: positional, synced writes into the active segment, rotation, removal. */

import { writeSync } from 'node:fs';
import { open, unlink, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../failure.ts';
import { syncFolder } from './inbox-checkpoint.ts';
import { encodeSegmentHeader, segmentName, SEGMENT_HEADER_BYTES } from './inbox-segment.ts';
import { SyncThread } from './inbox-sync.ts';

/**
 * The file grows by this much at once, filled with zeros. A sync of bytes within the file's length needs no entry in
 * the file system's journal, where it would wait for every other program's syncs: 0.2 ms against 5 ms on a busy disk.
 */
const EXTEND_BYTES = 1024 * 1024;

export class InboxWriter {
  /** Sequence number of the next record. */
  next: number;
  /** Set when the file is in a state that only a restart can judge; nothing is written from then on. */
  broken: string | undefined;
  readonly #folder: string;
  readonly #segmentBytes: number;
  readonly #bases: number[];
  readonly #thread = new SyncThread();
  #file: FileHandle | undefined;
  #offset = 0;
  /** Length of the active file: zeros from `#offset` on. */
  #allocated = 0;

  private constructor(folder: string, segmentBytes: number, next: number, bases: number[]) {
    this.#folder = folder;
    this.#segmentBytes = segmentBytes;
    this.next = next;
    this.#bases = bases;
  }

  /** Goes on in the last segment where that is possible and it has room, else in a new one. */
  static async open(
    folder: string,
    segmentBytes: number,
    found: { next: number; bases: readonly number[]; lastBytes: number | undefined },
  ): Promise<InboxWriter> {
    const writer = new InboxWriter(folder, segmentBytes, found.next, [...found.bases]);
    const last = found.bases.at(-1);
    if (last !== undefined && found.lastBytes !== undefined && found.lastBytes < segmentBytes) {
      writer.#file = await open(join(folder, segmentName(last)), 'r+');
      writer.#offset = found.lastBytes;
      writer.#allocated = found.lastBytes;
      // A cut made at start must not come undone: sync it before anything is written behind it.
      await writer.#file.sync();
    }
    return writer;
  }

  /**
   * Writes and syncs `count` encoded records.
   * @returns the sequence number of the first.
   * @throws the error of the disk; then none of them counts.
   */
  async write(bytes: Buffer, count: number): Promise<number> {
    if (this.broken !== undefined) throw new Error(this.broken);
    if (this.#file === undefined || this.#offset >= this.#segmentBytes) await this.#rotate();
    const file = this.#file!;
    const end = this.#offset + bytes.length;
    try {
      if (end > this.#allocated) this.#extend(file, end);
      // A copy into the page cache takes microseconds; a trip to the thread pool and back takes longer.
      writeAll(file, bytes, this.#offset);
    } catch (error) {
      await this.#takeBack(file, error);
      throw error;
    }
    try {
      await this.#thread.sync(file.fd);
    } catch (error) {
      // After a failed sync the kernel may have dropped the pages and call them clean: no second try can be trusted.
      this.broken = `sync failed (${messageOf(error)}); restart once the disk is sound`;
      throw error;
    }
    this.#offset = end;
    const first = this.next;
    this.next += count;
    return first;
  }

  /** Removes the segments whose records all lie before `durable`; never the active one. */
  async removeBefore(durable: number): Promise<void> {
    while (this.#bases.length > 1 && this.#bases[1]! <= durable) {
      const path = join(this.#folder, segmentName(this.#bases[0]!));
      await unlink(path).catch((error: unknown) => {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      });
      this.#bases.shift();
    }
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    this.broken ??= 'shutting down';
    // The zeros are harmless, so a failure to take them off is too.
    await file?.truncate(this.#offset).catch(() => undefined);
    await file?.close();
    await this.#thread.close();
  }

  #extend(file: FileHandle, end: number): void {
    const from = this.#allocated;
    const to = Math.max(end, from + Math.min(EXTEND_BYTES, this.#segmentBytes));
    writeAll(file, Buffer.alloc(to - from), from);
    this.#allocated = to;
  }

  /** A half-written group must not stand before the next one. */
  async #takeBack(file: FileHandle, cause: unknown): Promise<void> {
    try {
      await file.truncate(this.#offset);
      this.#allocated = this.#offset;
    } catch {
      this.broken = `write failed (${messageOf(cause)}) and could not be taken back; restart once the disk is sound`;
    }
  }

  async #rotate(): Promise<void> {
    const path = join(this.#folder, segmentName(this.next));
    // 'w', not 'wx': an earlier try may have failed half-way, and its file holds no record.
    const file = await open(path, 'w', 0o600);
    try {
      await file.write(encodeSegmentHeader(this.next), 0, SEGMENT_HEADER_BYTES, 0);
      await file.datasync();
      await syncFolder(this.#folder);
    } catch (error) {
      await file.close();
      throw error;
    }
    await this.#file?.close();
    this.#file = file;
    this.#offset = SEGMENT_HEADER_BYTES;
    this.#allocated = SEGMENT_HEADER_BYTES;
    if (this.#bases.at(-1) !== this.next) this.#bases.push(this.next);
  }
}

function writeAll(file: FileHandle, bytes: Buffer, position: number): void {
  for (let done = 0; done < bytes.length;) {
    done += writeSync(file.fd, bytes, done, bytes.length - done, position + done);
  }
}
