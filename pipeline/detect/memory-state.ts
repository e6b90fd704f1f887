/**
 * What one stream of the memory store keeps, and the event it is looking at. The algorithms on it stand
 * in memory-small, memory-big, memory-late and memory-cold; they share this one object so that no event
 * makes garbage.
 */

import { EVENT_TYPES } from '../event.ts';
import { EventFilter, StepMatcher } from './event-filter.ts';
import { coldFeaturesOf } from './memory-cold.ts';
import type { ColdFeature } from './memory-cold.ts';
import { ExtremaTree } from './memory-extrema.ts';
import type { KeyTable } from './memory-keys.ts';
import { ID_ORDER, LEAST_PLAIN, MEMBER, NO_MEMBER, VALUE_ABSENT } from './memory-layout.ts';
import type { Ring } from './memory-layout.ts';
import { MOMENT_NUMBERS } from './memory-moments.ts';
import { PairTable } from './memory-pairs.ts';
import { OddValues } from './memory-pool.ts';
import type { EntryPool } from './memory-pool.ts';
import { isSmallInteger } from './feature-streams.ts';
import type { PlannedFeature, StreamPlan } from './feature-plan.ts';

/** In `roles`: events of the type enter the stream; some feature of it is measured at them. */
export const FEEDS = 1;
export const MEASURES = 2;
/** Columns of one window in `columns`: count, sum, distinct. */
export const HOT_COLUMNS = 3;
const NO_COLUMN = -1;
/** Marks a value that needs a slot of `OddValues` if the event is stored. */
export const ODD = LEAST_PLAIN - 1;

export class StreamState {
  readonly plan: StreamPlan;
  readonly keys: KeyTable;
  readonly pool: EntryPool;
  readonly pairs = new PairTable();
  readonly odd = new OddValues();
  /** Window lengths that need a cursor, ascending, in milliseconds. */
  readonly windows: Int32Array;
  readonly windowCount: number;
  readonly memberMode: typeof NO_MEMBER | typeof MEMBER | typeof ID_ORDER;
  readonly valueIsTime: boolean;
  /** What an event has to meet to enter; null when there is nothing to meet. */
  readonly filter: EventFilter | null;
  /** In a stream of steps: which of them an event matches. */
  readonly steps: StepMatcher | null;
  readonly hasMoments: boolean;
  readonly hasExtrema: boolean;
  readonly roles: Uint8Array;
  /** Where count, sum and distinct of window w go at type code c: `(c * windowCount + w) * HOT_COLUMNS`. */
  readonly columns: Int32Array;
  /** Offset in `columns` at which nothing is written. */
  readonly silent: number;
  readonly coldByType: readonly (readonly ColdFeature[])[];
  /** An entry older than this before the watermark is in no window of any event that may still come. */
  readonly retentionMs: number;
  readonly latenessMs: number;

  // The chunk: the watermark at its start and what follows from it, and where answers go.
  nowMs = 0;
  now = 0;
  expiry = 0;
  out: Float64Array = new Float64Array(0);
  values: Float64Array | null = null;
  memberColumn = 0;

  // The event. Its windows are (anchor − length, time]; the two differ only when it is late.
  time = 0;
  timeMs = 0;
  anchor = 0;
  value = 0;
  hasValue = false;
  code = VALUE_ABSENT;
  lo = 0;
  hi = 0;
  hasMember = false;
  included = false;
  store = false;
  row = 0;
  at = 0;
  cold: readonly ColdFeature[] = [];

  /** Entries held. */
  entries = 0;
  /** Holds what was read only to bring it into the cache: a result nobody uses would not be computed. */
  fetched = 0;
  /** Measures that looked at the newest events of a key alone, since it has so many. */
  cutShort = 0;
  /** Set when the pool was exhausted and the event could not be stored. */
  capped = false;

  /** Cursors: 16 bytes a window: sum as a double, then the oldest entry's number and the distinct count. */
  cursorSums = new Float64Array(0);
  cursorInts = new Int32Array(0);
  /** Double-double sums of a cursor, in streams that need them. */
  moments = new Float64Array(0);
  readonly trees: ExtremaTree[] = [];
  private readonly freeCursors: number[] = [];
  private cursorTop = 1;

  /** What a measure of the event found before it entered: moments and entries of each window. */
  readonly foundMoments: Float64Array;
  readonly foundCounts: Int32Array;
  readonly ring: Ring = { ints: new Int32Array(0), base: 0, mask: 0, first: 0, end: 0 };
  readonly valueAt = (ints: Int32Array, at: number): number =>
    this.valueIsTime ? this.timeAt(ints, at) : this.decode(ints[at + 1]!);

  constructor(plan: StreamPlan, keys: KeyTable, pool: EntryPool, latenessMs: number) {
    this.plan = plan;
    this.keys = keys;
    this.pool = pool;
    this.latenessMs = latenessMs;
    this.retentionMs = plan.longestWindowMs + latenessMs;
    this.memberMode = plan.orderById ? ID_ORDER : plan.member === undefined ? NO_MEMBER : MEMBER;
    this.valueIsTime = plan.value === 'occurredAtMs';
    this.filter = plan.where.length === 0 ? null : new EventFilter(plan.where);
    this.steps = plan.patterns.length === 0 ? null : new StepMatcher(plan.patterns);
    const cursored = plan.features.filter(needsCursor);
    this.windows = Int32Array.from(new Set(cursored.map(({ windowMs }) => windowMs))).sort();
    this.windowCount = this.windows.length;
    this.hasMoments = plan.features.some(needsMoments);
    this.hasExtrema = plan.features.some(
      ({ aggregate: { kind } }) => kind === 'min' || kind === 'max',
    );
    this.roles = Uint8Array.from(EVENT_TYPES, (_type, code) => roleOf(plan, code));
    this.silent = EVENT_TYPES.length * this.windowCount * HOT_COLUMNS;
    this.columns = hotColumns(plan.features.filter(isHot), this.windows);
    this.coldByType = EVENT_TYPES.map((_type, code) =>
      coldFeaturesOf(
        plan.features.filter((feature) => !isHot(feature) && feature.measuredOn[code] === 1),
        this.windows,
      ),
    );
    this.foundMoments = new Float64Array(this.windowCount * MOMENT_NUMBERS);
    this.foundCounts = new Int32Array(this.windowCount);
  }

  /** Takes note of the watermark: what expires, and what the times in entries are relative to. */
  setNow(watermarkMs: number): void {
    this.nowMs = watermarkMs;
    this.now = watermarkMs | 0;
    this.expiry = (watermarkMs - this.retentionMs) | 0;
  }

  /** The time of the entry that starts at `at`, in milliseconds since the epoch. */
  timeAt(ints: Int32Array, at: number): number {
    return this.nowMs - ((this.now - ints[at]!) | 0);
  }

  /** The number that a value code stands for; NaN when the entry has none. */
  decode(code: number): number {
    return code >= LEAST_PLAIN ? code : this.odd.get(code);
  }

  /** What an entry adds to a sum. */
  addend(code: number): number {
    return code >= LEAST_PLAIN ? code : code === VALUE_ABSENT ? 0 : this.odd.get(code);
  }

  /** The code of the event's value, for an entry that is being written. */
  codeToStore(): number {
    return this.code === ODD ? this.odd.put(this.value) : this.code;
  }

  /** A set of cursors for one key; its content is undefined. Never 0. */
  takeCursors(): number {
    const number = this.freeCursors.pop() ?? this.cursorTop++;
    if (this.cursorTop * this.windowCount * 2 > this.cursorSums.length) this.growCursors();
    return number;
  }

  giveCursors(number: number): void {
    this.freeCursors.push(number);
    if (this.hasExtrema) this.trees[number] = NO_TREE;
  }

  clear(): void {
    this.pairs.clear();
    this.odd.clear();
    this.freeCursors.length = 0;
    this.trees.length = 0;
    this.cursorTop = 1;
    this.entries = 0;
  }

  get bytes(): number {
    return (
      this.pairs.bytes +
      this.odd.bytes +
      this.cursorSums.byteLength +
      this.moments.byteLength +
      this.trees.reduce((sum, tree) => sum + tree.bytes, 0)
    );
  }

  private growCursors(): void {
    const sums = new Float64Array(Math.max(64, this.cursorTop * 4) * this.windowCount);
    sums.set(this.cursorSums);
    this.cursorSums = sums;
    this.cursorInts = new Int32Array(sums.buffer);
    if (!this.hasMoments) return;
    const moments = new Float64Array((sums.length / 2) * MOMENT_NUMBERS);
    moments.set(this.moments);
    this.moments = moments;
  }
}

const NO_TREE = new ExtremaTree(16);

function needsMoments({ aggregate }: PlannedFeature): boolean {
  return (
    aggregate.kind === 'mean' ||
    aggregate.kind === 'stddev' ||
    (aggregate.kind === 'sum' && !isSmallInteger(aggregate.of))
  );
}

/** Hot features are read off the cursors; the others are worked out by memory-cold. */
function isHot(feature: PlannedFeature): boolean {
  const { kind } = feature.aggregate;
  return kind === 'count' || kind === 'distinct' || (kind === 'sum' && !needsMoments(feature));
}

function needsCursor(feature: PlannedFeature): boolean {
  return isHot(feature) || needsMoments(feature);
}

function roleOf(plan: StreamPlan, code: number): number {
  const measured = plan.features.some(({ measuredOn }) => measuredOn[code] === 1);
  return (plan.feeds[code] === 1 ? FEEDS : 0) | (measured ? MEASURES : 0);
}

function hotColumns(features: readonly PlannedFeature[], windows: Int32Array): Int32Array {
  const perType = windows.length * HOT_COLUMNS;
  const columns = new Int32Array((EVENT_TYPES.length + 1) * perType).fill(NO_COLUMN);
  for (const { index, windowMs, aggregate, measuredOn } of features) {
    const place = ['count', 'sum', 'distinct'].indexOf(aggregate.kind);
    for (let code = 0; code < EVENT_TYPES.length; code++)
      if (measuredOn[code] === 1)
        columns[code * perType + windows.indexOf(windowMs) * HOT_COLUMNS + place] = index;
  }
  return columns;
}
