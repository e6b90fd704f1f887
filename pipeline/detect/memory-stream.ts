/** Takes a chunk of events through one stream of the memory store. */

import type { EventBatch } from '../event.ts';
import { keyColumn } from '../event-fields.ts';
import { addToBig, settleBig } from './memory-big.ts';
import { isIdAfter } from './memory-cold.ts';
import type { ColdFeature } from './memory-cold.ts';
import { insertLateBig, measureLateBig } from './memory-late.ts';
import {
  BIG,
  CAPACITY,
  END,
  ID_ORDER,
  INLINE,
  INLINE_ENTRIES,
  LEAST_PLAIN,
  LINE_INTS,
  MEMBER,
  MEMBER_BITS,
  NEWEST,
  FIRST,
  OFFSET,
  SMALL_ENTRIES,
  VALUE_ABSENT,
} from './memory-layout.ts';
import { addToSmall, insertLateSmall, measureLateSmall, settleSmall } from './memory-small.ts';
import { FEEDS, HOT_COLUMNS, MEASURES, ODD } from './memory-state.ts';
import type { StreamState } from './memory-state.ts';
import type { FeatureMatrix } from './window-store.ts';

/** What becomes of an event of a chunk. */
export const STORED = 0;
/** Later than the allowed lateness: measured only. */
export const LATE = 1;
/** So late that nothing it could see is kept: measured as if it were alone. */
export const LOST = 2;

/** Up to `capacity` consecutive events of a batch. */
export class Chunk {
  static readonly capacity = 256;
  from = 0;
  to = 0;
  /** STORED, LATE or LOST for event `from + n`. */
  readonly fate = new Uint8Array(Chunk.capacity);
  /** Where windows are counted back from, modulo 2^32: the event's time, or later when it is late. */
  readonly anchor = new Int32Array(Chunk.capacity);
  /** 1 when a cap kept the event out of some window. */
  readonly capped = new Uint8Array(Chunk.capacity);
  /** The record of the event's key in the current dimension: −1 without a key, 0 when it was never seen. */
  readonly record = new Int32Array(Chunk.capacity);
}

const NOTHING_COLD: readonly ColdFeature[] = [];

/**
 * Measures the chunk's events and stores them; with `out` null it only stores. Before it, `bindColumns`.
 * @param streams of the dimension. @param index of this one among them.
 */
export function runStream(
  state: StreamState,
  chunk: Chunk,
  batch: EventBatch,
  out: FeatureMatrix | null,
  streams: number,
  index: number,
): void {
  const { roles, expiry } = state;
  const { held, lines } = state.keys;
  const { from, to, fate, anchor, record } = chunk;
  const { typeCode, occurredAtMs } = batch;
  const perType = state.windowCount * HOT_COLUMNS;
  if (state.memberMode === MEMBER) fetchPairs(state, chunk, batch, streams, index);
  for (let i = from; i < to; i++) {
    const n = i - from;
    const type = typeCode[i]!;
    const role = roles[type]!;
    const key = record[n]!;
    if (role === 0 || key < 0) continue;
    const included = (role & FEEDS) !== 0 && admits(state, i);
    const place = (fate[n] === LOST ? 0 : key) * streams + index;
    // An empty window holds what every row is filled with to begin with.
    if (!included && held[place] === 0) continue;
    const measured = out !== null && (role & MEASURES) !== 0;
    const timeMs = occurredAtMs[i]!;
    const time = timeMs | 0;
    // Only a restored event can be behind its stream's horizon without being late.
    const wanted = included && fate[n] === STORED && ((time - expiry) | 0) > 0;
    const store = wanted && key > 0;
    if (wanted && key === 0) chunk.capped[n] = 1;
    if (!store && !measured) continue;
    const line = place * LINE_INTS;
    if (held[place] === 0) {
      lines[line + CAPACITY] = 0;
      if (store) held[place] = 1;
    }
    state.time = time;
    state.timeMs = timeMs;
    state.anchor = anchor[n]!;
    state.included = included;
    state.store = store;
    state.row = out === null ? 0 : i * out.width;
    state.at = measured ? type * perType : state.silent;
    state.cold = measured ? state.coldByType[type]! : NOTHING_COLD;
    if (included) readEvent(state, batch, i);
    else state.hasMember = false;
    takeEvent(state, line);
    if (state.capped) {
      chunk.capped[n] = 1;
      state.capped = false;
    }
  }
}

/**
 * Reads the pairs that the chunk's events will need, one after the other without waiting for any: so the
 * processor fetches several from memory at once, which each event by itself would wait for.
 */
function fetchPairs(
  state: StreamState,
  { from, to, record }: Chunk,
  batch: EventBatch,
  streams: number,
  index: number,
): void {
  const { lines, held } = state.keys;
  const column = keyColumn(state.plan.member!) * batch.capacity;
  let fetched = 0;
  for (let i = from; i < to; i++) {
    const place = record[i - from]! * streams + index;
    if (place < 0 || held[place] === 0) continue;
    if (lines[place * LINE_INTS + CAPACITY]! <= SMALL_ENTRIES) continue;
    fetched ^= state.pairs.peek(place, batch.keyLo[column + i]!);
  }
  state.fetched = fetched;
}

function takeEvent(state: StreamState, line: number): void {
  const { lines } = state.keys;
  const capacity = lines[line + CAPACITY]!;
  const big = capacity > INLINE_ENTRIES && lines[line + BIG] !== 0;
  if (capacity === 0 || !isBehind(state, lines, line, big)) {
    if (big) addToBig(state, line);
    else addToSmall(state, line);
    return;
  }
  if (state.at !== state.silent || state.cold.length > 0) {
    if (big) measureLateBig(state, line);
    else measureLateSmall(state, line);
  }
  if (!state.store) return;
  if (big || !insertLateSmall(state, line)) insertLateBig(state, line);
}

/** Whether the event belongs before an entry of the key, or before the point its cursors stand at. */
function isBehind(state: StreamState, lines: Int32Array, line: number, big: boolean): boolean {
  const ahead = (state.time - lines[line + NEWEST]!) | 0;
  if (ahead !== 0 || state.memberMode !== ID_ORDER || !state.included) return ahead < 0;
  const capacity = lines[line + CAPACITY]!;
  const inline = capacity <= INLINE_ENTRIES;
  if (big && lines[line + END] === lines[line + FIRST]) return false;
  const ints = inline ? lines : state.pool.ints;
  const at = inline
    ? line + INLINE + (capacity - 1) * 4
    : (lines[line + OFFSET]! << 2) + (((lines[line + END]! - 1) & (capacity - 1)) << 2);
  return ints[at] === state.time && isIdAfter(ints[at + 2]!, ints[at + 3]!, state.lo, state.hi);
}

/** Looks up the batch's columns that the stream reads, once for a chunk. */
export function bindColumns(state: StreamState, batch: EventBatch): void {
  const { value, member } = state.plan;
  state.values = value === undefined ? null : batch[value];
  state.filter?.bind(batch);
  state.steps?.bind(batch);
  if (member !== undefined) batch.requireKey(keyColumn(member));
  state.memberColumn = member === undefined ? 0 : keyColumn(member) * batch.capacity;
}

/** Whether the event passes the stream's filter and has the value that it requires. */
export function admits(state: StreamState, i: number): boolean {
  const { plan, values, filter, steps } = state;
  if (plan.valueRequired && Number.isNaN(values![i]!)) return false;
  if (steps !== null) return steps.match(i) !== 0;
  return filter === null || filter.passes(i);
}

/** Takes over the event's value and member. */
function readEvent(state: StreamState, batch: EventBatch, i: number): void {
  state.code = VALUE_ABSENT;
  state.value = 0;
  state.hasValue = false;
  if (state.values !== null) {
    const value = state.values[i]!;
    if (state.valueIsTime) state.value = value;
    else if (!Number.isNaN(value)) {
      state.hasValue = true;
      state.value = value;
      const whole = value | 0;
      state.code = whole === value && whole >= LEAST_PLAIN ? whole : ODD;
    }
  }
  if (state.steps !== null) state.code = state.steps.matched;
  state.hasMember = false;
  state.lo = 0;
  state.hi = 0;
  if (state.memberMode === ID_ORDER) {
    state.lo = batch.idLo[i]!;
    state.hi = batch.idHi[i]!;
  } else if (state.memberMode === MEMBER) readMember(state, batch, i);
}

function readMember(state: StreamState, batch: EventBatch, i: number): void {
  const at = state.memberColumn + i;
  const lo = batch.keyLo[at]!;
  const hi = batch.keyHi[at]!;
  if ((lo | hi) === 0) return;
  state.hasMember = true;
  // The top bit is the entry's flag. All-zero halves mean "no member" in an entry.
  state.hi = hi & MEMBER_BITS;
  state.lo = (lo | state.hi) === 0 ? 1 : lo;
}

/** Drops what has expired in a line. Whether nothing is left in it. */
export function settleLine(state: StreamState, line: number): boolean {
  const { lines } = state.keys;
  const capacity = lines[line + CAPACITY]!;
  if (capacity === 0) return true;
  if (capacity > INLINE_ENTRIES && lines[line + BIG] !== 0) settleBig(state, line);
  else settleSmall(state, line);
  return lines[line + CAPACITY] === 0;
}
