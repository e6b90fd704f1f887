/**
 * Keys with few entries, kept in the line itself or in a ring of up to SMALL_ENTRIES: an event scans
 * them once from the newest back, and the ages it meets cross the window lengths in ascending order.
 */

import { addToBig } from './memory-big.ts';
import { findMomentsSmall, isIdAfter, measureCold } from './memory-cold.ts';
import {
  BIG,
  CAPACITY,
  END,
  FIRST,
  HAS_NEXT,
  ID_ORDER,
  INLINE,
  INLINE_ENTRIES,
  LINE_INTS,
  MEMBER,
  MEMBER_BITS,
  NEWEST,
  OFFSET,
  SMALL_ENTRIES,
  firstAfter,
  firstAfterNear,
} from './memory-layout.ts';
import type { Ring } from './memory-layout.ts';
import { makeBig } from './memory-ring.ts';
import { HOT_COLUMNS } from './memory-state.ts';
import type { StreamState } from './memory-state.ts';

/** Points `state.ring` at the entries of a small line. */
function look(state: StreamState, line: number): Ring {
  const { lines } = state.keys;
  const { ring } = state;
  const capacity = lines[line + CAPACITY]!;
  if (capacity <= INLINE_ENTRIES) {
    ring.ints = lines;
    ring.base = line + INLINE;
    ring.mask = INLINE_ENTRIES;
    ring.first = 0;
    ring.end = capacity;
  } else {
    ring.ints = state.pool.ints;
    ring.base = lines[line + OFFSET]! << 2;
    ring.mask = capacity - 1;
    ring.first = lines[line + FIRST]!;
    ring.end = lines[line + END]!;
  }
  return ring;
}

/** Measures an event that is not older than any entry of the key, and stores it if it is to be stored. */
export function addToSmall(state: StreamState, line: number): void {
  const ring = look(state, line);
  if (state.cold.length > 0) {
    if (state.hasMoments) findMomentsSmall(state, ring.end);
    measureCold(state, ring.end, null);
  }
  if (state.windowCount > 0) scan(state, ring);
  if (state.store) append(state, line);
}

/** One pass over the entries: all windows' counts, sums and distincts, and the flag of the same member. */
function scan(state: StreamState, { ints, base, mask, first, end }: Ring): void {
  const { windows, windowCount, anchor, lo, hi, store } = state;
  let same = state.hasMember;
  let count = state.included ? 1 : 0;
  let sum = state.included ? state.value : 0;
  let distinct = same ? 1 : 0;
  let window = 0;
  let length = windows[0]!;
  for (let seq = (end - 1) | 0, left = (end - first) | 0; left > 0; left--, seq = (seq - 1) | 0) {
    const at = base + ((seq & mask) << 2);
    const age = (anchor - ints[at]!) | 0;
    while (age >= length) {
      emit(state, window, count, sum, distinct);
      if (++window === windowCount) return;
      length = windows[window]!;
    }
    count++;
    sum += state.addend(ints[at + 1]!);
    const entryHi = ints[at + 3]!;
    if (entryHi < 0) continue;
    if (same && entryHi === hi && ints[at + 2] === lo) {
      same = false;
      if (store) ints[at + 3] = entryHi | HAS_NEXT;
    } else distinct++;
  }
  for (; window < windowCount; window++) emit(state, window, count, sum, distinct);
}

/** Writes what one window holds to the columns that want it at this event's type. */
export function emit(
  state: StreamState,
  window: number,
  count: number,
  sum: number,
  distinct: number,
): void {
  const { columns, out, row } = state;
  const at = state.at + window * HOT_COLUMNS;
  const countColumn = columns[at]!;
  if (countColumn >= 0) out[row + countColumn] = count;
  const sumColumn = columns[at + 1]!;
  if (sumColumn >= 0) out[row + sumColumn] = sum;
  const distinctColumn = columns[at + 2]!;
  if (distinctColumn >= 0) out[row + distinctColumn] = distinct;
}

function append(state: StreamState, line: number): void {
  const room = makeRoom(state, line);
  const { lines } = state.keys;
  if (room === 'none') state.capped = true;
  else if (room === 'big') {
    // What the event measured is written already; now it only enters.
    state.at = state.silent;
    state.cold = [];
    addToBig(state, line);
  } else {
    const ring = look(state, line);
    write(state, ring.ints, ring.base + ((ring.end & ring.mask) << 2), false);
    advanceEnd(lines, line);
    lines[line + NEWEST] = state.time;
    state.entries++;
  }
}

function advanceEnd(lines: Int32Array, line: number): void {
  const capacity = lines[line + CAPACITY]!;
  if (capacity < INLINE_ENTRIES) lines[line + CAPACITY] = capacity + 1;
  else lines[line + END] = (lines[line + END]! + 1) | 0;
}

function write(state: StreamState, ints: Int32Array, at: number, hasNext: boolean): void {
  ints[at] = state.time;
  ints[at + 1] = state.codeToStore();
  ints[at + 2] = state.lo;
  ints[at + 3] =
    hasNext || (state.memberMode === MEMBER && !state.hasMember) ? state.hi | HAS_NEXT : state.hi;
}

/** Sees to it that one more entry fits: by dropping expired ones, by a larger ring, or by cursors. */
function makeRoom(state: StreamState, line: number): 'small' | 'big' | 'none' {
  const { lines } = state.keys;
  let capacity = lines[line + CAPACITY]!;
  if (capacity < INLINE_ENTRIES) return 'small';
  if (capacity > INLINE_ENTRIES && ((lines[line + END]! - lines[line + FIRST]!) | 0) < capacity)
    return 'small';
  if (settleSmall(state, line) > 0) return 'small';
  capacity = lines[line + CAPACITY]!;
  if (capacity >= SMALL_ENTRIES) return makeBig(state, line) ? 'big' : 'none';
  const larger = capacity === INLINE_ENTRIES ? INLINE_ENTRIES + 1 : capacity * 2;
  const offset = state.pool.take(larger);
  if (offset < 0) return 'none';
  const ring = look(state, line);
  const to = state.pool.ints;
  const count = (ring.end - ring.first) | 0;
  for (let n = 0; n < count; n++) {
    const from = ring.base + (((ring.first + n) & ring.mask) << 2);
    const at = (offset + n) << 2;
    for (let k = 0; k < 4; k++) to[at + k] = ring.ints[from + k]!;
  }
  if (capacity > INLINE_ENTRIES) state.pool.give(lines[line + OFFSET]!, capacity);
  lines[line + CAPACITY] = larger;
  lines[line + OFFSET] = offset;
  lines[line + FIRST] = 0;
  lines[line + END] = count;
  lines[line + BIG] = 0;
  return 'small';
}

/** Drops entries that no window can reach any more; returns how many it dropped. */
export function settleSmall(state: StreamState, line: number): number {
  const { lines } = state.keys;
  const ring = look(state, line);
  const first = firstAfter(ring, ring.first, ring.end, state.expiry);
  const dropped = (first - ring.first) | 0;
  if (dropped === 0) return 0;
  if (state.odd.live > 0)
    for (let seq = ring.first; seq !== first; seq = (seq + 1) | 0)
      state.odd.drop(ring.ints[ring.base + ((seq & ring.mask) << 2) + 1]!);
  state.entries -= dropped;
  const capacity = lines[line + CAPACITY]!;
  if (capacity <= INLINE_ENTRIES) {
    lines.copyWithin(line + INLINE, line + INLINE + dropped * 4, line + LINE_INTS);
    lines[line + CAPACITY] = capacity - dropped;
  } else if (first === ring.end) {
    state.pool.give(lines[line + OFFSET]!, capacity);
    lines[line + CAPACITY] = 0;
  } else lines[line + FIRST] = first;
  return dropped;
}

/** Measures an event that is older than the newest entry of its key. Entries are few: it compares them all. */
export function measureLateSmall(state: StreamState, line: number): void {
  const ring = look(state, line);
  const end = firstAfter(ring, ring.first, ring.end, state.time);
  if (state.cold.length > 0) {
    if (state.hasMoments) findMomentsSmall(state, end);
    measureCold(state, end, null);
  }
  for (let w = 0; w < state.windowCount; w++) {
    const first = firstAfter(ring, ring.first, end, state.anchor - state.windows[w]!);
    let sum = state.included ? state.value : 0;
    let distinct = state.hasMember ? 1 : 0;
    for (let seq = first; seq !== end; seq = (seq + 1) | 0) {
      const at = ring.base + ((seq & ring.mask) << 2);
      sum += state.addend(ring.ints[at + 1]!);
      if (state.memberMode === MEMBER && isLastOfItsMember(state, ring, seq, end)) distinct++;
    }
    emit(state, w, ((end - first) | 0) + (state.included ? 1 : 0), sum, distinct);
  }
}

/** Whether the entry's member occurs neither in a later entry before `end` nor in the event itself. */
function isLastOfItsMember(state: StreamState, ring: Ring, seq: number, end: number): boolean {
  const { ints, base, mask } = ring;
  const lo = ints[base + ((seq & mask) << 2) + 2]!;
  const hi = ints[base + ((seq & mask) << 2) + 3]! & MEMBER_BITS;
  if ((lo | hi) === 0) return false;
  if (state.hasMember && state.lo === lo && state.hi === hi) return false;
  for (let next = (seq + 1) | 0; next !== end; next = (next + 1) | 0) {
    const at = base + ((next & mask) << 2);
    if (ints[at + 2] === lo && (ints[at + 3]! & MEMBER_BITS) === hi) return false;
  }
  return true;
}

/** Puts an event that is not the newest into its place. Returns false when the key became big instead. */
export function insertLateSmall(state: StreamState, line: number): boolean {
  const room = makeRoom(state, line);
  if (room === 'big') return false;
  if (room === 'none') {
    state.capped = true;
    return true;
  }
  const ring = look(state, line);
  const { ints, base, mask } = ring;
  const place = placeOf(state, ring);
  let hasNext = false;
  for (let seq = ring.end; seq !== place; seq = (seq - 1) | 0) {
    const from = base + (((seq - 1) & mask) << 2);
    const to = base + ((seq & mask) << 2);
    for (let k = 0; k < 4; k++) ints[to + k] = ints[from + k]!;
    hasNext ||= isOwnMember(state, ints, to);
  }
  write(state, ints, base + ((place & mask) << 2), hasNext);
  for (let seq = (place - 1) | 0; ((seq - ring.first) | 0) >= 0; seq = (seq - 1) | 0) {
    const at = base + ((seq & mask) << 2);
    if (isOwnMember(state, ints, at)) ints[at + 3] = ints[at + 3]! | HAS_NEXT;
  }
  const { lines } = state.keys;
  if (place === ring.end) lines[line + NEWEST] = state.time;
  advanceEnd(lines, line);
  state.entries++;
  return true;
}

function isOwnMember(state: StreamState, ints: Int32Array, at: number): boolean {
  return state.hasMember && ints[at + 2] === state.lo && (ints[at + 3]! & MEMBER_BITS) === state.hi;
}

/** Where the event belongs: after all entries that are not later, by id too where that matters. */
export function placeOf(state: StreamState, ring: Ring): number {
  const { ints, base, mask, first } = ring;
  let place = firstAfterNear(ring, state.time);
  while (state.memberMode === ID_ORDER && place !== first) {
    const at = base + (((place - 1) & mask) << 2);
    if (ints[at] !== state.time || isIdAfter(state.lo, state.hi, ints[at + 2]!, ints[at + 3]!))
      break;
    place = (place - 1) | 0;
  }
  return place;
}
