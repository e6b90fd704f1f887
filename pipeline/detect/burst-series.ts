/**
 * One series of buckets: the same events counted by the same key, and whatever features read from it. Days are
 * forgotten whole as the watermark moves on; members are kept while their bucket is open.
 *
 * Everything follows from the set of events that came in time: an entry is a sum or a set, what is dropped can
 * no longer be changed or read by an event in time, and a baseline is taken again when a day of it changed.
 */

import type { EventBatch, EventType } from '../event.ts';
import { keyColumn } from '../event-fields.ts';
import { flagsOf } from '../type-flags.ts';
import type { AsnReader } from './asn.ts';
import { Baseline } from './burst-baseline.ts';
import { DayCounts, MemberSet, PRESENCE, type EntryBudget } from './burst-counts.ts';
import { burstKeys, seenTypes, seriesIdentity, type BurstFeature } from './burst-feature.ts';
import { BurstKeyReader, JoinedHash, type Halves } from './burst-key.ts';
import type { FeatureMatrix } from './window-store.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
const HOURS_A_DAY = 24;

export interface PlacedBurst {
  readonly spec: BurstFeature;
  readonly column: number;
  readonly measuredOn: readonly EventType[];
}

interface Reader {
  readonly column: number;
  readonly read: BurstFeature['read'];
  readonly from: number;
  readonly measuredOn: Uint8Array;
  readonly baseline: Baseline;
}

export interface SeriesParts {
  readonly counts: EntryBudget;
  readonly members: EntryBudget;
  readonly allowedLatenessMs: number;
  readonly asn: AsnReader;
}

export class BurstSeries {
  /** What it counts. */
  readonly spec: BurstFeature;
  readonly identity: string;
  /** Days of the longest baseline read from it. */
  readonly days: number;
  /** Entries and members that a cap kept out. */
  capped = 0;
  readonly #parts: SeriesParts;
  readonly #member: number | undefined;
  readonly #feeds: Uint8Array;
  readonly #seen: Uint8Array;
  readonly #touches: Uint8Array;
  readonly #readers: readonly Reader[];
  readonly #baselines: readonly Baseline[];
  readonly #table = new Map<number, DayCounts>();
  /** By the number of the bucket since 1970. */
  readonly #open = new Map<number, MemberSet>();
  readonly #key: BurstKeyReader;
  readonly #pair = new JoinedHash();
  #watermarkMs = -Infinity;
  #newestDay = -Infinity;
  /** Of what was measured: it may be beyond what was counted. What changes before it changes what was compared. */
  #comparedDay = -Infinity;
  #oldestDay = -Infinity;
  #oldestOpen = Infinity;
  /** Events before it are known from aggregates. */
  #recalledMs = -Infinity;
  #restoring = false;
  /** Something may have to be forgotten: while restoring nothing is, because events may come in any order. */
  #behind = false;

  /** @param features of one series, each with its column. */
  constructor(features: readonly PlacedBurst[], parts: SeriesParts) {
    this.spec = features[0]!.spec;
    this.identity = seriesIdentity(this.spec);
    this.days = Math.max(...features.map(({ spec }) => spec.days));
    this.#parts = parts;
    this.#key = new BurstKeyReader(burstKeys(this.spec), parts.asn);
    this.#member = this.spec.distinct === undefined ? undefined : keyColumn(this.spec.distinct);
    this.#feeds = flagsOf(this.spec.on);
    this.#seen = flagsOf(seenTypes(this.spec));
    const bucketsAnHour = HOUR_MS / this.spec.bucketMs;
    const baselines = new Map<string, Baseline>();
    this.#readers = features.map(({ spec, column, measuredOn }) => {
      const { days, knownDays, read, from } = spec;
      const identity = `${days} ${knownDays}`;
      const baseline = baselines.get(identity) ?? new Baseline({ days, knownDays, bucketsAnHour });
      baselines.set(identity, baseline);
      return { column, read, from, measuredOn: flagsOf(measuredOn), baseline };
    });
    this.#baselines = [...baselines.values()];
    this.#touches = flagsOf([...seenTypes(this.spec), ...features.flatMap((f) => f.measuredOn)]);
  }

  /** Whether any of its columns is. */
  isAnyRead(isRead: (column: number) => boolean): boolean {
    return this.#readers.some(({ column }) => isRead(column));
  }

  /** @param out where what is measured goes; null: the events only enter. */
  take(batch: EventBatch, from: number, to: number, out: FeatureMatrix | null): void {
    this.#key.require(batch);
    if (this.#member !== undefined) batch.requireKey(this.#member);
    this.#restoring = out === null;
    if (!this.#restoring && this.#behind) this.#forget();
    if (out !== null) this.#clear(from, to, out);
    for (let i = from; i < to; i++) {
      const type = batch.typeCode[i]!;
      if (this.#touches[type] === 0 || batch.late[i] === 1) continue;
      const atMs = batch.occurredAtMs[i]!;
      if (out === null && atMs < this.#recalledMs) continue;
      const hasKey = this.#key.read(batch, i);
      if (this.#seen[type] === 1) this.#enter(batch, i, hasKey);
      if (hasKey && out !== null) this.#measure(atMs, type, i, out);
    }
  }

  /**
   * Takes in what an aggregate of history says of one bucket, before any event: `count` events of a key, or one
   * member of it. @param lo and hi: both 0 where there is no key; the stream was alive all the same.
   */
  recall(bucketStartMs: number, lo: number, hi: number, count: number, member?: Halves): void {
    const day = Math.floor(bucketStartMs / DAY_MS);
    const table = this.#dayOf(day);
    table.hours |= 1 << hourOfDay(bucketStartMs);
    if ((lo | hi) === 0) return;
    this.#note(table.get(lo, hi, PRESENCE) || table.add(lo, hi, PRESENCE, 1));
    if (member !== undefined) this.#addMember(table, bucketStartMs, lo, hi, member.lo, member.hi);
    else if (count > 0) this.#note(table.add(lo, hi, this.#tagOf(bucketStartMs), count));
  }

  /** Ends the recalling: events before the instant are in it, and their buckets are closed. */
  recalled(beforeMs: number): void {
    this.#recalledMs = beforeMs;
    this.closeBefore(beforeMs);
    for (const baseline of this.#baselines) baseline.forgetAll();
  }

  /** Days before the newest one on which the stream was alive. */
  get knownDays(): number {
    let known = 0;
    for (const [day, { hours }] of this.#table) if (day < this.#newestDay && hours !== 0) known++;
    return known;
  }

  get bytes(): number {
    let bytes = 0;
    for (const table of this.#table.values()) bytes += table.bytes;
    for (const set of this.#open.values()) bytes += set.bytes;
    return bytes;
  }

  /** Forgets the members of buckets that end at or before the instant. */
  closeBefore(atMs: number): void {
    if (this.#oldestOpen >= Math.floor(atMs / this.spec.bucketMs)) return;
    this.#oldestOpen = Infinity;
    for (const [bucket, members] of this.#open) {
      if ((bucket + 1) * this.spec.bucketMs <= atMs) {
        members.drop();
        this.#open.delete(bucket);
      } else {
        this.#oldestOpen = Math.min(this.#oldestOpen, bucket);
      }
    }
  }

  #clear(from: number, to: number, out: FeatureMatrix): void {
    for (const { column } of this.#readers) {
      for (let i = from; i < to; i++) out.values[i * out.width + column] = Number.NaN;
    }
  }

  /** The event shows that the stream is alive, its key too where it has one, and it counts if its type does. */
  #enter(batch: EventBatch, i: number, hasKey: boolean): void {
    const atMs = batch.occurredAtMs[i]!;
    if (atMs > this.#watermarkMs) this.#moveOn(atMs);
    const day = Math.floor(atMs / DAY_MS);
    const table = this.#dayOf(day);
    const hour = 1 << hourOfDay(atMs);
    const past = day < this.#comparedDay;
    if ((table.hours & hour) === 0) {
      table.hours |= hour;
      if (past) for (const baseline of this.#baselines) baseline.forgetAll();
    }
    if (!hasKey) return;
    const { lo, hi } = this.#key;
    if (past) for (const baseline of this.#baselines) baseline.forget(lo);
    if (table.get(lo, hi, PRESENCE) === 0) this.#note(table.add(lo, hi, PRESENCE, 1));
    if (this.#feeds[batch.typeCode[i]!] === 0) return;
    if (this.#member === undefined) {
      this.#note(table.add(lo, hi, this.#tagOf(atMs), 1));
      return;
    }
    const at = this.#member * batch.capacity + i;
    this.#addMember(table, atMs, lo, hi, batch.keyLo[at]!, batch.keyHi[at]!);
  }

  #addMember(
    table: DayCounts,
    atMs: number,
    lo: number,
    hi: number,
    memberLo: number,
    memberHi: number,
  ): void {
    if ((memberLo | memberHi) === 0) return;
    const bucket = Math.floor(atMs / this.spec.bucketMs);
    let members = this.#open.get(bucket);
    if (members === undefined) {
      members = new MemberSet(this.#parts.members);
      this.#open.set(bucket, members);
      this.#oldestOpen = Math.min(this.#oldestOpen, bucket);
    }
    const pair = this.#pair;
    pair.start();
    pair.join(lo, hi);
    pair.join(memberLo, memberHi);
    const added = members.add(pair.lo, pair.hi);
    if (added === undefined) this.capped++;
    else if (added) this.#note(table.add(lo, hi, this.#tagOf(atMs), 1));
  }

  #measure(atMs: number, type: number, i: number, out: FeatureMatrix): void {
    const { lo, hi } = this.#key;
    const day = Math.floor(atMs / DAY_MS);
    if (day > this.#comparedDay) this.#comparedDay = day;
    let count = -1;
    for (const { column, read, from, measuredOn, baseline } of this.#readers) {
      if (measuredOn[type] === 0) continue;
      if (count < 0) {
        count = this.#table.get(day)?.get(lo, hi, this.#tagOf(atMs)) ?? 0;
      }
      const cell = i * out.width + column;
      if (read === 'count') {
        out.values[cell] = count;
      } else if (count >= from) {
        baseline.read(this.#table, lo, hi, Math.floor(atMs / HOUR_MS));
        out.values[cell] =
          read === 'score'
            ? (count - baseline.median) / baseline.scale
            : read === 'baseline'
              ? baseline.median
              : baseline.known;
      }
    }
  }

  #tagOf(atMs: number): number {
    const { bucketMs } = this.spec;
    return (Math.floor(atMs / bucketMs) % (DAY_MS / bucketMs)) + 1;
  }

  #dayOf(day: number): DayCounts {
    let table = this.#table.get(day);
    if (table === undefined) {
      table = new DayCounts(this.#parts.counts);
      this.#table.set(day, table);
    }
    return table;
  }

  /** Event time has moved on: closes buckets, and forgets days that no event in time can be compared with. */
  #moveOn(atMs: number): void {
    this.#watermarkMs = atMs;
    this.#newestDay = Math.floor(atMs / DAY_MS);
    if (this.#restoring) this.#behind = true;
    else this.#forget();
  }

  #forget(): void {
    this.#behind = false;
    const inTimeMs = this.#watermarkMs - this.#parts.allowedLatenessMs;
    this.closeBefore(inTimeMs);
    const oldest = Math.floor(inTimeMs / DAY_MS) - this.days;
    if (oldest <= this.#oldestDay) return;
    this.#oldestDay = oldest;
    for (const [number, table] of this.#table) {
      if (number >= oldest) continue;
      table.drop();
      this.#table.delete(number);
    }
  }

  #note(count: number): void {
    if (count === 0) this.capped++;
  }
}

function hourOfDay(atMs: number): number {
  return Math.floor(atMs / HOUR_MS) % HOURS_A_DAY;
}
