/**
 * The inbox: the local log that makes an event sent by HTTP as durable as one in Kafka. An event enters the
 * engine only after it stands here on disk, so an answered event survives any crash; what was not known to be
 * durable in ClickHouse is delivered again at the next start, in the same order.
 *
 * Appends that arrive together are written and synced together (group commit): at 50 callers one fdatasync
 * carries dozens of events. One process holds the folder; the data folder's lock sees to that.
 */

import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../clock.ts';
import { Failure, messageOf } from '../failure.ts';
import type { Logger } from '../telemetry.ts';
import { writeCheckpoint } from './inbox-checkpoint.ts';
import { openInboxFolder, type InboxFolder, type StoredSegment } from './inbox-recovery.ts';
import { encodeEntries, numbered, type InboxEntry, type InboxRecord } from './inbox-segment.ts';
import { InboxWriter } from './inbox-writer.ts';
import type { Deliver, RawBatch, RawRecord, Source } from './source.ts';

/** The source name of events that came by HTTP, live or delivered again. */
export const HTTP_SOURCE = 'http';

const SEGMENT_BYTES = 64 * 1024 * 1024;
/** One write carries at most about this much, so that neither a caller nor the event loop waits for a very long one. */
const GROUP_BYTES = 1024 * 1024;
const REDELIVERY_RECORDS = 512;
/** After a failed write the inbox calls itself unready this long; then the next append tries again. */
const PROBLEM_STANDS_MS = 5000;

export interface InboxOptions {
  /** The inbox's own folder; made when missing. */
  readonly folder: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** A segment is closed once it is at least this long. */
  readonly segmentBytes?: number;
  /** Told the seconds of every synced write. */
  readonly onSync?: (seconds: number) => void;
}

/** The disk refused: nothing of this append was accepted. `message` is fit for the caller's eyes. */
export class InboxRefusal extends Error {
  override readonly name = 'InboxRefusal';
}

interface Waiting {
  readonly entries: readonly InboxEntry[];
  readonly resolve: (records: readonly InboxRecord[]) => void;
  readonly reject: (error: Error) => void;
}

export class Inbox implements Source {
  readonly name = HTTP_SOURCE;
  /** Bytes cut from a torn tail when this inbox was opened. */
  readonly cutBytes: number;
  readonly #options: InboxOptions;
  readonly #writer: InboxWriter;
  /** What is to be delivered again; emptied by `run`. */
  #undelivered: readonly StoredSegment[];
  /** The first number that was free when the inbox was opened. */
  readonly #foundNext: number;
  #waiting: Waiting[] = [];
  #committing: Promise<void> | undefined;
  /** Every record before it is durable. */
  #durable: number;
  #delivered: number;
  /** Ranges that became durable before an earlier one: first → end. */
  readonly #ahead = new Map<number, number>();
  #checkpointing: Promise<void> | undefined;
  #checkpointed: number;
  #problem: { readonly message: string; readonly atMs: number } | undefined;
  #closed = false;
  #redelivered = false;

  private constructor(options: InboxOptions, found: InboxFolder, writer: InboxWriter) {
    this.#options = options;
    this.#writer = writer;
    this.#undelivered = found.undelivered;
    this.#foundNext = found.next;
    this.#durable = found.durable;
    this.#delivered = found.durable;
    this.#checkpointed = found.durable;
    this.cutBytes = found.cutBytes;
  }

  /** @throws Failure when the folder cannot be read and written. */
  static async open(options: InboxOptions): Promise<Inbox> {
    try {
      const found = await openInboxFolder(options.folder, options.log);
      const segmentBytes = options.segmentBytes ?? SEGMENT_BYTES;
      const writer = await InboxWriter.open(options.folder, segmentBytes, found);
      return new Inbox(options, found, writer);
    } catch (error) {
      throw new Failure(
        `the inbox ${options.folder} cannot be opened (${messageOf(error)}): fix its permissions or free space, or choose another folder with --data`,
        { cause: error },
      );
    }
  }

  /**
   * Puts entries on disk, in the order of the calls.
   * @returns the records, once they are synced.
   * @throws InboxRefusal when the disk is full or broken or the inbox is closed.
   */
  append(entries: readonly InboxEntry[]): Promise<readonly InboxRecord[]> {
    return new Promise((resolve, reject) => {
      if (this.#closed) {
        reject(new InboxRefusal('shutting down'));
        return;
      }
      this.#waiting.push({ entries, resolve, reject });
      this.#committing ??= this.#commit();
    });
  }

  /** The batch of consecutive appended records; its `onDurable` moves the checkpoint. */
  batchOf(records: readonly InboxRecord[]): RawBatch {
    const first = records[0];
    if (first === undefined) return { source: HTTP_SOURCE, records };
    return this.#batch(records, first.sequence, first.sequence + records.length);
  }

  /**
   * Delivers again, in order, what a former process answered or accepted and did not see become durable.
   * Resolves when that is done; live events come through `append` and `batchOf` from then on.
   */
  async run(deliver: Deliver, signal: AbortSignal): Promise<void> {
    let from = this.#durable;
    for (const segment of this.#undelivered) {
      const records = await segment.read();
      for (let at = 0; at < records.length; at += REDELIVERY_RECORDS) {
        if (signal.aborted) return;
        const part = records.slice(at, at + REDELIVERY_RECORDS);
        const end = part.at(-1)!.sequence + 1;
        // The range starts where the last one ended, so that a damaged stretch does not hold the checkpoint back.
        await deliver(this.#batch(part, from, end));
        from = end;
      }
    }
    this.#undelivered = [];
    // Numbers whose records are gone (a damaged end) must not hold the checkpoint back for ever.
    if (from < this.#foundNext) this.#markDurable(from, this.#foundNext);
    this.#redelivered = true;
  }

  /** Whether `run` has delivered all it found: only then may live events follow, or they would overtake. */
  get redelivered(): boolean {
    return this.#redelivered;
  }

  /** Records on disk that were not handed to the pipeline yet. */
  lag(): number {
    return this.#writer.next - this.#delivered;
  }

  /** Why nothing is accepted now, or undefined. */
  problem(): string | undefined {
    if (this.#writer.broken !== undefined) return this.#writer.broken;
    const problem = this.#problem;
    const age = problem === undefined ? 0 : this.#options.clock.monotonic() - problem.atMs;
    return age < PROBLEM_STANDS_MS ? problem?.message : undefined;
  }

  /** Ends acceptance, syncs what was appended and writes the checkpoint. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#committing;
    await this.#checkpointing;
    await this.#checkpointUntilCurrent();
    await this.#writer.close();
  }

  #batch(records: readonly RawRecord[], first: number, end: number): RawBatch {
    this.#delivered = Math.max(this.#delivered, end);
    return { source: HTTP_SOURCE, records, onDurable: () => this.#markDurable(first, end) };
  }

  async #commit(): Promise<void> {
    // Requests whose bytes lie ready in this turn of the event loop join the first group.
    await nextTurn();
    while (this.#waiting.length > 0) {
      const group = this.#takeGroup();
      try {
        const started = this.#options.clock.monotonic();
        const all = group.flatMap((waiting) => waiting.entries);
        let sequence = await this.#writer.write(encodeEntries(all), all.length);
        this.#options.onSync?.((this.#options.clock.monotonic() - started) / 1000);
        this.#problem = undefined;
        for (const { entries, resolve } of group) {
          const first = sequence;
          sequence += entries.length;
          resolve(entries.map((entry, i) => numbered(entry, first + i)));
        }
      } catch (error) {
        const message = `the event log on disk: ${messageOf(error)}`;
        this.#problem = { message, atMs: this.#options.clock.monotonic() };
        this.#options.log.error({ error: messageOf(error) }, 'inbox write failed');
        for (const { reject } of group) reject(new InboxRefusal(message));
      }
    }
    this.#committing = undefined;
  }

  #takeGroup(): Waiting[] {
    let bytes = 0;
    let count = 0;
    while (count < this.#waiting.length && bytes < GROUP_BYTES) {
      for (const entry of this.#waiting[count]!.entries) bytes += entry.bytes.length;
      count++;
    }
    return this.#waiting.splice(0, count);
  }

  #markDurable(first: number, end: number): void {
    this.#ahead.set(first, end);
    for (let to = this.#ahead.get(this.#durable); to !== undefined;) {
      this.#ahead.delete(this.#durable);
      this.#durable = to;
      to = this.#ahead.get(to);
    }
    if (!this.#closed) this.#checkpointing ??= this.#checkpointUntilCurrent();
  }

  async #checkpointUntilCurrent(): Promise<void> {
    while (this.#checkpointed < this.#durable) {
      try {
        await this.#checkpoint();
      } catch (error) {
        // The next durable batch tries again; until then a restart would deliver a little more.
        this.#options.log.warn({ error: messageOf(error) }, 'inbox checkpoint not written');
        break;
      }
    }
    this.#checkpointing = undefined;
  }

  async #checkpoint(): Promise<void> {
    const durable = this.#durable;
    await writeCheckpoint(this.#options.folder, durable);
    this.#checkpointed = durable;
    await this.#writer.removeBefore(durable);
  }
}
