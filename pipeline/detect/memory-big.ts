/**
 * Keys with many entries: each window length has a cursor at its oldest entry, with the sum and the
 * number of distinct members from there to the newest. A new event moves the cursors over what has left
 * and adds itself: a few steps on average, whatever the window's length.
 */

import { addOwnMoments, measureCold } from './memory-cold.ts';
import { ExtremaTree } from './memory-extrema.ts';
import {
  BIG,
  CAPACITY,
  END,
  FIRST,
  HAS_NEXT,
  LEAST_PLAIN,
  MEMBER,
  NEWEST,
  NO_PREVIOUS,
  OFFSET,
} from './memory-layout.ts';
import { MOMENT_NUMBERS, addMoment } from './memory-moments.ts';
import { enlarge, lookBig, refreshTree } from './memory-ring.ts';
import { HOT_COLUMNS } from './memory-state.ts';
import type { StreamState } from './memory-state.ts';

/** Expired entries are dropped while the ring is in use, a few for each event, so that no event pays for all. */
const DROP_EVERY = 8;
const DROP_AT_MOST = 16;

/** Measures an event not older than what the cursors stand at, and stores it if it is to be stored. */
export function addToBig(state: StreamState, line: number): void {
  const { lines } = state.keys;
  let { store } = state;
  const used = (lines[line + END]! - lines[line + FIRST]!) | 0;
  if (store && used >= lines[line + CAPACITY]! && !growBig(state, line)) {
    store = false;
    state.capped = true;
  }
  const { ints } = state.pool;
  const base = lines[line + OFFSET]! << 2;
  const mask = lines[line + CAPACITY]! - 1;
  const end = lines[line + END]!;
  let pairAt = 0;
  let distance = NO_PREVIOUS;
  if (state.hasMember) {
    pairAt = state.pairs.find(line >>> 4, state.lo, state.hi);
    if (pairAt >= 0) distance = (end - state.pairs.seqAt(pairAt, line >>> 4)) | 0;
  }
  moveCursors(state, line, distance, store);
  if (state.cold.length > 0) measureColdInOrder(state, line);
  lines[line + NEWEST] = state.anchor;
  if (!store) return;
  if (state.hasMoments) addMomentsToCursors(state, lines[line + BIG]!);
  const at = base + ((end & mask) << 2);
  ints[at] = state.time;
  ints[at + 1] = state.codeToStore();
  ints[at + 2] = state.lo;
  ints[at + 3] = state.memberMode === MEMBER ? (state.hasMember ? distance : HAS_NEXT) : state.hi;
  lines[line + END] = (end + 1) | 0;
  state.entries++;
  if (state.hasMember) {
    if (pairAt >= 0) {
      const previous = base + (((end - distance) & mask) << 2) + 3;
      ints[previous] = ints[previous]! | HAS_NEXT;
      state.pairs.setSeqAt(pairAt, line >>> 4, end);
    } else state.pairs.fill(~pairAt, line >>> 4, state.lo, state.hi, end);
  }
  if (state.hasExtrema) refreshTree(state, line, end);
  if ((end & (DROP_EVERY - 1)) === 0) dropExpired(state, line, DROP_AT_MOST);
}

/** Moves every cursor up to the event, writes what its window holds with the event, and adds it if stored. */
function moveCursors(state: StreamState, line: number, distance: number, store: boolean): void {
  const { lines } = state.keys;
  const { ints } = state.pool;
  const base = lines[line + OFFSET]! << 2;
  const mask = lines[line + CAPACITY]! - 1;
  const end = lines[line + END]!;
  const { cursorSums, cursorInts, windows, windowCount, columns, out, row, value, anchor } = state;
  const own = state.included ? 1 : 0;
  let column = state.at;
  let cursor = lines[line + BIG]! * windowCount * 2;
  for (let w = 0; w < windowCount; w++, cursor += 2, column += HOT_COLUMNS) {
    const bound = (anchor - windows[w]!) | 0;
    let tail = cursorInts[cursor * 2 + 2]!;
    let distinct = cursorInts[cursor * 2 + 3]!;
    let sum = cursorSums[cursor]!;
    while (tail !== end) {
      const at = base + ((tail & mask) << 2);
      if (((ints[at]! - bound) | 0) > 0) break;
      const code = ints[at + 1]!;
      sum -= code >= LEAST_PLAIN ? code : state.addend(code);
      if (ints[at + 3]! >= 0) distinct--;
      if (state.hasMoments) leaveMoments(state, lines[line + BIG]!, w, at);
      tail = (tail + 1) | 0;
    }
    const ownDistinct = state.hasMember && distance > ((end - tail) | 0) ? 1 : 0;
    const ownSum = own === 1 ? sum + value : sum;
    cursorInts[cursor * 2 + 2] = tail;
    cursorInts[cursor * 2 + 3] = store ? distinct + ownDistinct : distinct;
    cursorSums[cursor] = store ? ownSum : sum;
    const countColumn = columns[column]!;
    if (countColumn >= 0) out[row + countColumn] = ((end - tail) | 0) + own;
    const sumColumn = columns[column + 1]!;
    if (sumColumn >= 0) out[row + sumColumn] = ownSum;
    const distinctColumn = columns[column + 2]!;
    if (distinctColumn >= 0) out[row + distinctColumn] = distinct + ownDistinct;
  }
}

function leaveMoments(state: StreamState, big: number, window: number, at: number): void {
  const to = (big * state.windowCount + window) * MOMENT_NUMBERS;
  addMoment(state.moments, to, state.valueAt(state.pool.ints, at), -1);
}

function addMomentsToCursors(state: StreamState, big: number): void {
  for (let w = 0; w < state.windowCount; w++)
    addMoment(state.moments, (big * state.windowCount + w) * MOMENT_NUMBERS, state.value, 1);
}

function measureColdInOrder(state: StreamState, line: number): void {
  const ring = lookBig(state, line);
  const big = state.keys.lines[line + BIG]!;
  if (state.hasMoments) {
    const from = big * state.windowCount;
    for (let w = 0; w < state.windowCount; w++)
      state.foundCounts[w] = (ring.end - state.cursorInts[(from + w) * 4 + 2]!) | 0;
    const numbers = state.moments.subarray(
      from * MOMENT_NUMBERS,
      (from + state.windowCount) * MOMENT_NUMBERS,
    );
    state.foundMoments.set(numbers);
    if (state.included) addOwnMoments(state);
  }
  measureCold(state, ring.end, state.hasExtrema ? state.trees[big]! : null);
}

/** Makes room in a full ring: by dropping what has expired, else by doubling. False when neither is possible. */
export function growBig(state: StreamState, line: number): boolean {
  const { lines } = state.keys;
  advanceAll(state, line);
  if (dropExpired(state, line, lines[line + CAPACITY]!) > 0) return true;
  if (!enlarge(state, line)) return false;
  if (state.hasExtrema) {
    state.trees[lines[line + BIG]!] = new ExtremaTree(lines[line + CAPACITY]!);
    refreshTree(state, line, lines[line + FIRST]!);
  }
  return true;
}

/** Moves the cursors past what has left the windows of every event that may still come. */
function advanceAll(state: StreamState, line: number): void {
  const saved = {
    anchor: state.anchor,
    at: state.at,
    included: state.included,
    hasMember: state.hasMember,
  };
  state.anchor = (state.now - state.latenessMs) | 0;
  state.at = state.silent;
  state.included = false;
  state.hasMember = false;
  moveCursors(state, line, NO_PREVIOUS, false);
  Object.assign(state, saved);
}

/** Drops up to `most` entries that no window can reach any more; returns how many it dropped. */
function dropExpired(state: StreamState, line: number, most: number): number {
  const { lines } = state.keys;
  const { ints, base, mask, first, end } = lookBig(state, line);
  const longest = lines[line + BIG]! * state.windowCount + state.windowCount - 1;
  const stop = state.windowCount > 0 ? state.cursorInts[longest * 4 + 2]! : end;
  let last = first;
  let fetched = 0;
  // First look at all pairs that must go: their cache misses overlap, those of the removals would not.
  while (last !== stop && ((last - first) | 0) < most) {
    const at = base + ((last & mask) << 2);
    if (((ints[at]! - state.expiry) | 0) > 0) break;
    if (state.memberMode === MEMBER) fetched ^= state.pairs.peek(line >>> 4, ints[at + 2]!);
    last = (last + 1) | 0;
  }
  state.fetched = fetched;
  for (let seq = first; seq !== last; seq = (seq + 1) | 0) {
    const at = base + ((seq & mask) << 2);
    if (state.memberMode === MEMBER && ints[at + 3]! >= 0)
      state.pairs.remove(line >>> 4, ints[at + 2]!, seq);
    state.odd.drop(ints[at + 1]!);
  }
  lines[line + FIRST] = last;
  const dropped = (last - first) | 0;
  state.entries -= dropped;
  return dropped;
}

/** Drops all that has expired; a key with nothing left gives its ring and cursors back. */
export function settleBig(state: StreamState, line: number): void {
  const { lines } = state.keys;
  advanceAll(state, line);
  dropExpired(state, line, lines[line + CAPACITY]!);
  if (lines[line + FIRST] !== lines[line + END]) return;
  state.pool.give(lines[line + OFFSET]!, lines[line + CAPACITY]!);
  state.giveCursors(lines[line + BIG]!);
  lines[line + CAPACITY] = 0;
}
