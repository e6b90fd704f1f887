/** The streams of one key: they share the table of keys, and the lines of a key lie side by side. */

import { EVENT_TYPES } from '../event.ts';
import { keyColumn } from '../event-fields.ts';
import type { EventBatch } from '../event.ts';
import type { DimensionPlan } from './feature-plan.ts';
import { KeyTable } from './memory-keys.ts';
import type { KeyBudget } from './memory-keys.ts';
import { LINE_INTS, TIME_REACH_MS } from './memory-layout.ts';
import type { EntryPool } from './memory-pool.ts';
import { FEEDS, StreamState } from './memory-state.ts';
import { STORED, admits, bindColumns, runStream, settleLine } from './memory-stream.ts';
import type { Chunk } from './memory-stream.ts';
import type { FeatureMatrix } from './window-store.ts';

/** In `uses`: some stream stores events of the type; some stream looks at the key at all. */
const STORES = 1;
const LOOKS = 2;

/** Expired keys stay at most this part of their retention, beside the time that a round takes. */
const ROUNDS_PER_RETENTION = 4;

export class Dimension {
  evicted = 0;
  /** Nothing is held that had expired when the watermark stood here. */
  cleanedMs = Number.NEGATIVE_INFINITY;
  private readonly keys: KeyTable;
  private readonly streams: readonly StreamState[];
  private readonly keyColumns: readonly number[];
  private readonly uses: Uint8Array;
  /** The hand of eviction: the next record it looks at, and the watermark when its round began. */
  private hand = 1;
  private roundBeganMs = Number.NEGATIVE_INFINITY;
  private readonly restMs: number;

  constructor(plan: DimensionPlan, budget: KeyBudget, pool: EntryPool, latenessMs: number) {
    this.keys = new KeyTable(plan.streams.length, budget);
    this.streams = plan.streams.map(
      (stream) => new StreamState(stream, this.keys, pool, latenessMs),
    );
    this.keyColumns = plan.keys.map(keyColumn);
    const retained = plan.streams.map(({ longestWindowMs }) => longestWindowMs + latenessMs);
    this.restMs = Math.max(...retained) / ROUNDS_PER_RETENTION;
    this.uses = Uint8Array.from(EVENT_TYPES, (_type, code) => {
      const stores = plan.streams.some(({ feeds }) => feeds[code] === 1);
      const measures = plan.streams.some(({ features }) =>
        features.some(({ measuredOn }) => measuredOn[code] === 1),
      );
      return (stores ? STORES : 0) | (stores || measures ? LOOKS : 0);
    });
  }

  /** Takes the chunk's events through all streams. @param out null when nothing is to be measured. */
  run(batch: EventBatch, chunk: Chunk, out: FeatureMatrix | null): void {
    for (const column of this.keyColumns) batch.requireKey(column);
    for (const stream of this.streams) bindColumns(stream, batch);
    if (this.keyColumns.length === 1) this.resolve(batch, chunk);
    else this.resolveComposite(batch, chunk);
    this.streams.forEach((stream, index) => {
      if (out !== null) stream.out = out.values;
      runStream(stream, chunk, batch, out, this.streams.length, index);
    });
  }

  /** Tells the streams where the watermark stands before the chunk. */
  setNow(watermarkMs: number): void {
    for (const stream of this.streams) stream.setNow(watermarkMs);
  }

  /**
   * Lets the hand look at up to `steps` records and drop what has expired. After a round it rests until
   * enough event time has gone by for something to have expired.
   */
  sweep(steps: number, watermarkMs: number): void {
    const { keys } = this;
    for (let n = steps; n > 0; n--) {
      if (this.hand >= keys.end) {
        if (watermarkMs < this.roundBeganMs + this.restMs) return;
        this.cleanedMs = Math.max(this.cleanedMs, this.roundBeganMs);
        this.roundBeganMs = watermarkMs;
        this.hand = 1;
        if (keys.end === 1) return;
      }
      this.settle(this.hand++);
    }
  }

  /**
   * Cleans so thoroughly that times up to `upToMs` compare right with everything held. Needed only when
   * event time runs ahead of the hand.
   */
  clean(retentionMs: number, upToMs: number): void {
    const reach = TIME_REACH_MS - retentionMs;
    while (this.cleanedMs + reach <= upToMs) {
      const watermarkMs = this.cleanedMs + reach;
      this.setNow(watermarkMs);
      for (let record = 1; record < this.keys.end; record++) this.settle(record);
      this.cleanedMs = watermarkMs;
      this.roundBeganMs = watermarkMs;
      this.hand = 1;
    }
  }

  /** Forgets everything: all of it expired at once. */
  clear(watermarkMs: number): void {
    this.evicted += this.keys.size;
    this.keys.clear();
    for (const stream of this.streams) stream.clear();
    this.hand = 1;
    this.cleanedMs = watermarkMs;
    this.roundBeganMs = watermarkMs;
  }

  get entries(): number {
    return this.streams.reduce((sum, { entries }) => sum + entries, 0);
  }

  get cutShort(): number {
    return this.streams.reduce((sum, { cutShort }) => sum + cutShort, 0);
  }

  /** Without the shared pool of entries. */
  get bytes(): number {
    return this.streams.reduce((sum, { bytes }) => sum + bytes, this.keys.bytes);
  }

  private settle(record: number): void {
    if (this.keys.isFree(record)) return;
    let empty = true;
    const { held } = this.keys;
    const first = record * this.streams.length;
    for (let s = 0; s < this.streams.length; s++) {
      if (held[first + s] === 0) continue;
      if (settleLine(this.streams[s]!, (first + s) * LINE_INTS)) held[first + s] = 0;
      else empty = false;
    }
    if (!empty) return;
    this.keys.remove(record);
    this.evicted++;
  }

  /** Finds the records of the chunk's keys, and makes those of new keys that are to be stored. */
  private resolve(batch: EventBatch, { from, to, fate, record }: Chunk): void {
    const { uses, keys } = this;
    const { keyLo, keyHi, typeCode } = batch;
    const column = this.keyColumns[0]! * batch.capacity;
    for (let i = from; i < to; i++) {
      const use = uses[typeCode[i]!]!;
      const lo = keyLo[column + i]!;
      const hi = keyHi[column + i]!;
      if (use === 0 || (lo | hi) === 0) {
        record[i - from] = -1;
        continue;
      }
      const found = keys.find(lo, hi);
      const isNew = found === 0 && (use & STORES) !== 0 && fate[i - from] === STORED;
      record[i - from] = isNew && this.enters(i, typeCode[i]!) ? keys.add(lo, hi) : found;
    }
  }

  /** Whether some stream lets the event in: a key that every filter keeps out takes no room. */
  private enters(i: number, code: number): boolean {
    for (const stream of this.streams)
      if ((stream.roles[code]! & FEEDS) !== 0 && admits(stream, i)) return true;
    return false;
  }

  /** As `resolve`, for several key fields: their hashes are hashed together, in their order. */
  private resolveComposite(batch: EventBatch, { from, to, fate, record }: Chunk): void {
    const { uses, keys, keyColumns } = this;
    const { typeCode } = batch;
    for (let i = from; i < to; i++) {
      const use = uses[typeCode[i]!]!;
      let lo = 0x2545f491;
      let hi = 0x1b873593;
      let present = use !== 0;
      for (const column of keyColumns) {
        const at = column * batch.capacity + i;
        const partLo = batch.keyLo[at]!;
        const partHi = batch.keyHi[at]!;
        if ((partLo | partHi) === 0) present = false;
        lo = mix(lo ^ partLo, hi);
        hi = mix(hi ^ partHi, lo);
      }
      if (!present) {
        record[i - from] = -1;
        continue;
      }
      const found = keys.find(lo, hi);
      const isNew = found === 0 && (use & STORES) !== 0 && fate[i - from] === STORED;
      record[i - from] = isNew && this.enters(i, typeCode[i]!) ? keys.add(lo, hi) : found;
    }
  }
}

/** Two rounds of multiply and shift (as in murmur3), so that every part moves every bit. */
function mix(value: number, salt: number): number {
  let h = Math.imul(value ^ (salt >>> 15), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16) ^ (salt << 7)) | 0;
}
