/**
 * The exact sliding-window store in process memory.
 *
 * Chunks of up to 256 events go through it dimension by dimension: first all keys of the chunk are looked
 * up (independent loads overlap), then each stream takes the events in order. Event time only: the
 * watermark is the largest time seen, and what lies further back than a window plus the allowed lateness
 * is dropped by a hand that moves over the keys a little with every event.
 *
 * A late event is measured over the part of its windows that the store still promises to hold: for a
 * window w, entries later than `watermark − lateness − w`. So its measure, too, follows from the set of
 * events alone, and not from what happened to be dropped.
 */

import type { EventBatch } from '../event.ts';
import type { Budget } from './budget.ts';
import { Failure } from '../failure.ts';
import type { FeaturePlan } from './feature-plan.ts';
import { Dimension } from './memory-dimension.ts';
import { TIME_REACH_MS } from './memory-layout.ts';
import { EntryPool } from './memory-pool.ts';
import { Chunk, LATE, LOST, STORED } from './memory-stream.ts';
import type { FeatureMatrix, WindowStore, WindowStoreStats } from './window-store.ts';

/** The `windows` section of config/sheepdog.yaml. */
export interface WindowLimits {
  readonly allowedLatenessMs: number;
  /** Keys of all dimensions together. An event with a new key beyond it is measured and not stored. */
  readonly maxKeys: number;
  /** Entries for which memory is taken, spare room of rings included. */
  readonly maxEntries: number;
}

/** Records that the hand of eviction looks at for each event and dimension. */
const HAND_STEPS = 2;
/** Windows and lateness together must leave the hand this much event time for a round. */
const LEAST_ROUND_MS = 12 * 3_600_000;

export class MemoryWindowStore implements WindowStore {
  watermarkMs = Number.NEGATIVE_INFINITY;
  private readonly plan: FeaturePlan;
  private readonly latenessMs: number;
  private readonly retentionMs: number;
  private readonly pool: EntryPool;
  private readonly budget: Budget & { used: number };
  private readonly dimensions: readonly Dimension[];
  private readonly chunk = new Chunk();
  private lateEvents = 0;
  private capped = 0;

  /** @throws Failure when the longest window and the lateness do not fit into 32-bit time differences. */
  constructor(plan: FeaturePlan, limits: WindowLimits) {
    this.plan = plan;
    this.latenessMs = limits.allowedLatenessMs;
    this.retentionMs = plan.longestWindowMs + limits.allowedLatenessMs;
    if (this.retentionMs > TIME_REACH_MS - LEAST_ROUND_MS)
      throw new Failure(
        'the longest window and windows.allowedLatenessMs together pass 24 days: shorten one of them',
        { exitCode: 2 },
      );
    this.pool = new EntryPool(limits.maxEntries);
    this.budget = { bound: 'keys', used: 0, limit: limits.maxKeys, most: limits.maxKeys };
    this.dimensions = plan.dimensions.map(
      (dimension) => new Dimension(dimension, this.budget, this.pool, this.latenessMs),
    );
  }

  /** Its parts in the bounds that several stores may share. */
  get budgets(): readonly Budget[] {
    return [this.budget, this.pool];
  }

  measure(batch: EventBatch, from: number, to: number, out: FeatureMatrix): void {
    if (out.width < this.plan.width) throw new Error('the matrix was made for another plan');
    let next = from;
    while (next < to) next = this.take(batch, next, to, out);
  }

  restore(batch: EventBatch, from: number, to: number): void {
    let next = from;
    while (next < to) next = this.take(batch, next, to, null);
  }

  /** Puts the watermark of an empty store where another one's stands, so that both take the same events for late. */
  startAt(watermarkMs: number): void {
    this.watermarkMs = watermarkMs;
    for (const dimension of this.dimensions) dimension.clear(watermarkMs);
  }

  stats(): WindowStoreStats {
    return {
      keys: this.budget.used,
      entries: this.dimensions.reduce((sum, { entries }) => sum + entries, 0),
      bytes: this.dimensions.reduce((sum, { bytes }) => sum + bytes, this.pool.bytes),
      lateEvents: this.lateEvents,
      evictedKeys: this.dimensions.reduce((sum, { evicted }) => sum + evicted, 0),
      capped: this.capped,
      cutShort: this.dimensions.reduce((sum, { cutShort }) => sum + cutShort, 0),
    };
  }

  /** Takes a chunk that starts at `from`; returns where the next one starts. */
  private take(batch: EventBatch, from: number, to: number, out: FeatureMatrix | null): number {
    this.makeWay(batch.occurredAtMs[from]!);
    // What expired before the chunk may go; the chunk's first events may still need the rest.
    const watermarkMs = Math.max(this.watermarkMs, batch.occurredAtMs[from]!);
    const end = this.judge(batch, from, Math.min(to, from + Chunk.capacity), out === null);
    const { chunk } = this;
    chunk.from = from;
    chunk.to = end;
    chunk.capped.fill(0);
    if (out !== null) this.fillEmpty(batch, from, end, out);
    for (const dimension of this.dimensions) {
      dimension.setNow(watermarkMs);
      dimension.run(batch, chunk, out);
      dimension.sweep(HAND_STEPS * (end - from), watermarkMs);
    }
    for (let n = 0; n < end - from; n++) this.capped += chunk.capped[n]!;
    return end;
  }

  /**
   * Decides which events are late and moves the watermark. Stops before an event so far ahead that the
   * state must be cleaned first, and returns that place.
   */
  private judge(batch: EventBatch, from: number, to: number, restoring: boolean): number {
    const { chunk, latenessMs, retentionMs } = this;
    const limitMs = this.nextCleaningMs();
    let i = from;
    for (; i < to; i++) {
      const time = batch.occurredAtMs[i]!;
      if (time > this.watermarkMs) {
        if (time >= limitMs && i > from) break;
        this.watermarkMs = time;
      }
      const openMs = this.watermarkMs - latenessMs;
      // A restored event was judged when it first came; the watermark it met then is gone.
      const late = restoring ? batch.late[i] === 1 : time < openMs;
      if (!restoring) {
        batch.late[i] = late ? 1 : 0;
        if (late) this.lateEvents++;
      }
      const lost = time <= this.watermarkMs - retentionMs;
      chunk.fate[i - from] = lost ? LOST : late ? LATE : STORED;
      chunk.anchor[i - from] = late ? openMs | 0 : time | 0;
    }
    return i;
  }

  /** An event at or after this time does not compare right with all that is held: clean before it. */
  private nextCleaningMs(): number {
    const reach = TIME_REACH_MS - this.retentionMs;
    return this.dimensions.reduce(
      (first, { cleanedMs }) => Math.min(first, cleanedMs + reach),
      this.watermarkMs + this.retentionMs,
    );
  }

  /** Drops what must be gone before an event of this time can be taken. */
  private makeWay(timeMs: number): void {
    if (timeMs < this.nextCleaningMs()) return;
    if (timeMs >= this.watermarkMs + this.retentionMs) {
      // Everything held is older than any window that may still be asked for.
      for (const dimension of this.dimensions) dimension.clear(timeMs);
      this.pool.clear();
    } else for (const dimension of this.dimensions) dimension.clean(this.retentionMs, timeMs);
  }

  private fillEmpty(batch: EventBatch, from: number, to: number, out: FeatureMatrix): void {
    const { emptyRows, width } = this.plan;
    const { values } = out;
    for (let i = from; i < to; i++) {
      const row = emptyRows[batch.typeCode[i]!]!;
      const at = i * out.width;
      for (let f = 0; f < width; f++) values[at + f] = row[f]!;
    }
  }
}
