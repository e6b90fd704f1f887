/**
 * Makes buffered rows durable. A flush inserts every table's rows, then the
 * marker that makes them history, then tells whoever waited. One flush is in flight while the next rows
 * gather. A sink that is away is tried for ever and no row is dropped: `room` holds the sources meanwhile.
 *
 * An insert that is repeated, because its answer was lost, writes the same rows under the same keys.
 */

import type { Clock } from '../clock.ts';
import type { Logger, Metrics } from '../telemetry.ts';
import type { Analytics } from './analytics.ts';
import type { History } from './history.ts';
import type { StoredDecision, Unflushed } from './stored-answers.ts';
import { RowBuffers } from './row-buffers.ts';
import { RowWriter } from './row-writer.ts';
import { Sink } from './sink.ts';
import { encodeMarker, progress } from './tables/progress.ts';

export interface RecorderSettings {
  /** Rows of one table that start a flush at once. */
  readonly flushRows: number;
  /** Age at which fewer rows are flushed too. */
  readonly flushEveryMs: number;
  /** Rows of all tables, those in flight included, at which `room` waits. */
  readonly maxBufferedRows: number;
}

export interface RecorderParts {
  readonly analytics: Analytics;
  /** This start's place in history; the recorder makes its unflushed answers visible there. */
  readonly history: History;
  readonly settings: RecorderSettings;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
}

/** The end of a batch whose consequences have all taken effect. */
export interface Seal {
  readonly sequence: number;
  readonly positions: Readonly<Record<string, string>>;
  readonly watermarkMs: number;
  readonly onDurable: (() => void) | undefined;
}

interface Waiter {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Encoded bytes that start a flush however few rows they are. */
const FLUSH_BYTES = 32 * 1024 * 1024;
const MAX_BUFFERED_BYTES = 256 * 1024 * 1024;

export class Flusher implements Unflushed {
  readonly #parts: RecorderParts;
  readonly #sink: Sink;
  #filling = new RowBuffers();
  #flushing: RowBuffers | undefined;
  #spare: RowBuffers | undefined;
  #positions: Readonly<Record<string, string>>;
  /** Where the marker stands once every seal so far is durable. */
  #sealed: { readonly sequence: number; readonly watermarkMs: number };
  #seals: Seal[] = [];
  #flight: Promise<void> | undefined;
  #waiters: Waiter[] = [];
  readonly #stopTimer: () => void;
  #ended: { readonly error: unknown } | undefined;
  #fail: (error: unknown) => void = () => undefined;

  /** Rejects when the database refuses rows for ever: a defect that must end the process. */
  readonly failed: Promise<never>;

  constructor(parts: RecorderParts) {
    this.#parts = parts;
    this.#sink = new Sink(parts);
    const { history, settings, clock } = parts;
    this.#positions = history.positions;
    this.#sealed = { sequence: 0, watermarkMs: history.watermarkMs };
    history.beside(this);
    this.failed = new Promise<never>((_, reject) => {
      this.#fail = reject;
    });
    // The waiter may come later; until then the rejection is not an unhandled one.
    this.failed.catch(() => undefined);
    this.#stopTimer = clock.every(settings.flushEveryMs, () => this.#kick());
  }

  /** Why nothing is recorded, while the database is away. */
  get obstacle(): string | undefined {
    return this.#sink.obstacle;
  }

  /** The rows that gather for the next flush. */
  get filling(): RowBuffers {
    return this.#filling;
  }

  /** Rows that are not durable yet. */
  get bufferedRows(): number {
    return this.#filling.rows + (this.#flushing?.rows ?? 0);
  }

  /** The same of the tables with these names. */
  bufferedRowsOf(names: ReadonlySet<string>): number {
    return this.#filling.rowsOf(names) + (this.#flushing?.rowsOf(names) ?? 0);
  }

  /** Starts a flush when enough rows have gathered. */
  check(): void {
    this.#parts.metrics.bufferedRows.set(this.bufferedRows);
    if (this.#isFull()) this.#kick();
  }

  /** Batches are sealed in their order; see `Recorder.seal`. */
  seal(seal: Seal): void {
    this.#positions = { ...this.#positions, ...seal.positions };
    this.#seals.push(seal);
  }

  /** Resolves when everything added and sealed before the call is durable. */
  async flush(): Promise<void> {
    await this.#flight;
    this.#throwIfEnded();
    this.#kick();
    await this.#flight;
    this.#throwIfEnded();
  }

  /** Resolves while there is room for more rows; rejects with what ended the recording. */
  async room(): Promise<void> {
    this.#throwIfEnded();
    if (this.#hasRoom()) return;
    this.#kick();
    this.#parts.metrics.paused.set(1);
    await new Promise<void>((resolve, reject) => {
      this.#waiters.push({ resolve, reject });
    });
  }

  /**
   * Flushes all and stops. While the database is away it goes on trying until `signal` aborts.
   * @throws Failure when it was told to stop before everything was durable.
   */
  async close(signal?: AbortSignal): Promise<void> {
    this.#stopTimer();
    const giveUp = (): void => this.#sink.giveUp();
    if (signal?.aborted === true) giveUp();
    signal?.addEventListener('abort', giveUp, { once: true });
    try {
      await this.flush();
    } finally {
      signal?.removeEventListener('abort', giveUp);
    }
  }

  /** The answer to an event whose rows are not durable yet. */
  find(eventId: string): StoredDecision | undefined {
    return this.#filling.find(eventId) ?? this.#flushing?.find(eventId);
  }

  #isFull(): boolean {
    const { mostRows, bytes } = this.#filling;
    return mostRows >= this.#parts.settings.flushRows || bytes >= FLUSH_BYTES;
  }

  #hasRoom(): boolean {
    const bytes = this.#filling.bytes + (this.#flushing?.bytes ?? 0);
    return this.bufferedRows < this.#parts.settings.maxBufferedRows && bytes < MAX_BUFFERED_BYTES;
  }

  /** Starts a flush unless one is in flight, nothing waits, or the recording has ended. */
  #kick(): void {
    if (this.#flight !== undefined || this.#ended !== undefined) return;
    if (this.#filling.rows === 0 && this.#seals.length === 0) return;
    this.#flight = this.#flushOnce().then(
      () => {
        this.#flight = undefined;
        this.#release();
        if (this.#isFull()) this.#kick();
      },
      (error: unknown) => {
        this.#flight = undefined;
        this.#end(error);
      },
    );
  }

  async #flushOnce(): Promise<void> {
    const { clock, metrics, history } = this.#parts;
    const startedMs = clock.monotonic();
    const rows = this.#filling;
    const seals = this.#seals;
    const positions = this.#positions;
    this.#flushing = rows;
    this.#filling = this.#spare ?? new RowBuffers();
    this.#spare = undefined;
    this.#seals = [];
    const filled = rows.tables.filter((buffer) => buffer.rows > 0);
    // One after the other: the embedded engine holds a thread of the process's small pool for each.
    for (const { table, out } of filled) await this.#sink.insert(table, out.written());
    for (const { table, rows: count } of filled) {
      metrics.rowsRecorded.inc({ table: table.name }, count);
    }
    if (seals.length > 0) {
      const { sequence, watermarkMs } = seals.reduce(latestOf, this.#sealed);
      this.#sealed = { sequence, watermarkMs };
      const marker = new RowWriter(1024);
      const { worker, epoch } = history;
      const place = { worker, epoch, sequence, watermarkMs, positions };
      encodeMarker(marker, place, clock.now());
      await this.#sink.insert(progress, marker.written());
    }
    rows.clear();
    this.#flushing = undefined;
    this.#spare = rows;
    metrics.bufferedRows.set(this.bufferedRows);
    metrics.flushSeconds.observe((clock.monotonic() - startedMs) / 1000);
    for (const { onDurable } of seals) onDurable?.();
  }

  #release(): void {
    if (this.#waiters.length === 0 || !this.#hasRoom()) return;
    const waiters = this.#waiters;
    this.#waiters = [];
    this.#parts.metrics.paused.set(0);
    for (const { resolve } of waiters) resolve();
  }

  #end(error: unknown): void {
    this.#ended = { error };
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const { reject } of waiters) reject(error);
    this.#fail(error);
  }

  #throwIfEnded(): void {
    if (this.#ended !== undefined) throw this.#ended.error;
  }
}

/** Event time never goes back, and −Infinity stands for no event yet. */
function latestOf(
  latest: { readonly sequence: number; readonly watermarkMs: number },
  seal: { readonly sequence: number; readonly watermarkMs: number },
): { readonly sequence: number; readonly watermarkMs: number } {
  return {
    sequence: Math.max(latest.sequence, seal.sequence),
    watermarkMs: Math.max(latest.watermarkMs, seal.watermarkMs),
  };
}
