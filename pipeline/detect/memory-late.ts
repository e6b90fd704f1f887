/**
 * Events that are older than what the cursors of a big key stand at. The answer is worked out from the
 * cursors: their windows' bounds are moved back, and what is newer than the event is taken off. The cost
 * is the number of entries between the event and the newest one.
 */

import { addOwnMoments, measureCold } from './memory-cold.ts';
import { growBig } from './memory-big.ts';
import {
  BIG,
  END,
  HAS_NEXT,
  MEMBER,
  MEMBER_BITS,
  NO_PREVIOUS,
  LEAST_PLAIN,
  firstAfterNear,
} from './memory-layout.ts';
import type { Ring } from './memory-layout.ts';
import { MOMENT_NUMBERS, addMoment } from './memory-moments.ts';
import { lookBig, refreshTree } from './memory-ring.ts';
import { emit, placeOf } from './memory-small.ts';
import type { StreamState } from './memory-state.ts';

/** Measures the event; the state stays as it is. */
export function measureLateBig(state: StreamState, line: number): void {
  const ring = lookBig(state, line);
  const big = state.keys.lines[line + BIG]!;
  const end = firstAfterNear(ring, state.time);
  const previous = state.hasMember ? previousOf(state, ring, line, end) : end;
  for (let w = 0; w < state.windowCount; w++) measureWindow(state, ring, big, w, end, previous);
  if (state.cold.length === 0) return;
  if (state.hasMoments && state.included) addOwnMoments(state);
  measureCold(state, end, state.hasExtrema ? state.trees[big]! : null);
}

/** @param previous the last entry before `end` with the event's member, or `end` when there is none. */
function measureWindow(
  state: StreamState,
  ring: Ring,
  big: number,
  w: number,
  end: number,
  previous: number,
): void {
  const { ints, base, mask } = ring;
  const cursor = big * state.windowCount + w;
  const bound = (state.anchor - state.windows[w]!) | 0;
  const own = state.included ? 1 : 0;
  const found = w * MOMENT_NUMBERS;
  if (((state.time - bound) | 0) <= 0) {
    // So late that this window ends before the part that is still held begins.
    state.foundMoments.fill(0, found, found + MOMENT_NUMBERS);
    state.foundCounts[w] = 0;
    emit(state, w, own, own * state.value, state.hasMember ? 1 : 0);
    return;
  }
  let tail = state.cursorInts[cursor * 4 + 2]!;
  let distinct = state.cursorInts[cursor * 4 + 3]!;
  let sum = state.cursorSums[cursor * 2]!;
  if (state.hasMoments)
    for (let n = 0; n < MOMENT_NUMBERS; n++)
      state.foundMoments[found + n] = state.moments[cursor * MOMENT_NUMBERS + n]!;
  while (tail !== ring.end) {
    const at = base + ((tail & mask) << 2);
    if (((ints[at]! - bound) | 0) > 0) break;
    sum -= state.addend(ints[at + 1]!);
    if (ints[at + 3]! >= 0) distinct--;
    if (state.hasMoments) correct(state, found, at, -1);
    tail = (tail + 1) | 0;
  }
  while (tail !== ring.first) {
    const at = base + (((tail - 1) & mask) << 2);
    if (((ints[at]! - bound) | 0) <= 0) break;
    sum += state.addend(ints[at + 1]!);
    if (ints[at + 3]! >= 0) distinct++;
    if (state.hasMoments) correct(state, found, at, 1);
    tail = (tail - 1) | 0;
  }
  for (let seq = end; seq !== ring.end; seq = (seq + 1) | 0) {
    const at = base + ((seq & mask) << 2);
    const code = ints[at + 1]!;
    sum -= code >= LEAST_PLAIN ? code : state.addend(code);
    // A newer entry holds its member's only occurrence when the one before lies outside of the window.
    if ((ints[at + 3]! & MEMBER_BITS) > ((seq - tail) | 0)) distinct--;
    if (state.hasMoments) correct(state, found, at, -1);
  }
  const entries = (end - tail) | 0;
  state.foundCounts[w] = entries;
  const isNew = state.hasMember && (previous === end || ((previous - tail) | 0) < 0);
  emit(state, w, entries + own, own === 1 ? sum + state.value : sum, distinct + (isNew ? 1 : 0));
}

/** Adds an entry to the moments found so far, or takes it off. */
function correct(state: StreamState, found: number, at: number, sign: 1 | -1): void {
  addMoment(state.foundMoments, found, state.valueAt(state.pool.ints, at), sign);
}

/** The last entry before `end` with the event's member, or `end` when there is none. */
function previousOf(state: StreamState, ring: Ring, line: number, end: number): number {
  const found = state.pairs.find(line >>> 4, state.lo, state.hi);
  let seq = found < 0 ? end : state.pairs.seqAt(found, line >>> 4);
  while (found >= 0 && ((seq - end) | 0) >= 0) {
    const before = occurrenceBefore(ring, seq);
    if (before === seq) return end;
    seq = before;
  }
  return seq;
}

/** The same member's entry before this one, or this one itself when it is the first. */
function occurrenceBefore({ ints, base, mask, first }: Ring, seq: number): number {
  const distance = ints[base + ((seq & mask) << 2) + 3]! & MEMBER_BITS;
  return distance > ((seq - first) | 0) ? seq : (seq - distance) | 0;
}

/** Puts the event into its place: entries after it move up by one. */
export function insertLateBig(state: StreamState, line: number): void {
  const { lines } = state.keys;
  const full = ((lines[line + END]! - lookBig(state, line).first) | 0) > state.ring.mask;
  if (full && !growBig(state, line)) {
    state.capped = true;
    return;
  }
  const ring = lookBig(state, line);
  const place = placeOf(state, ring);
  const previous = state.hasMember ? previousOf(state, ring, line, place) : place;
  const next = state.hasMember ? nextOf(state, ring, line, place) : ring.end;
  makeGap(state, ring, line, place);
  fillGap(state, ring, line, place, previous, next);
  addToCursors(state, lines[line + BIG]!, place, previous, next === ring.end);
  lines[line + END] = (ring.end + 1) | 0;
  state.entries++;
  if (state.hasExtrema) refreshTree(state, line, place);
}

/** The first entry from `place` on with the event's member, or the ring's end when there is none. */
function nextOf(state: StreamState, ring: Ring, line: number, place: number): number {
  const found = state.pairs.find(line >>> 4, state.lo, state.hi);
  let next = ring.end;
  let seq = found < 0 ? place : state.pairs.seqAt(found, line >>> 4);
  while (found >= 0 && ((seq - place) | 0) >= 0) {
    next = seq;
    const before = occurrenceBefore(ring, seq);
    if (before === seq) break;
    seq = before;
  }
  return next;
}

function makeGap(state: StreamState, ring: Ring, line: number, place: number): void {
  const { ints, base, mask } = ring;
  const members = state.memberMode === MEMBER;
  for (let seq = ring.end; seq !== place; seq = (seq - 1) | 0) {
    const old = (seq - 1) | 0;
    const from = base + ((old & mask) << 2);
    const to = base + ((seq & mask) << 2);
    const link = ints[from + 3]!;
    ints[to] = ints[from]!;
    ints[to + 1] = ints[from + 1]!;
    ints[to + 2] = ints[from + 2]!;
    ints[to + 3] = link;
    if (!members) continue;
    const distance = link & MEMBER_BITS;
    // The entry moves and the one before it with the same member may not.
    if (distance !== NO_PREVIOUS && distance > ((old - place) | 0)) ints[to + 3] = link + 1;
    if (link >= 0) state.pairs.move(line >>> 4, ints[from + 2]!, old, seq);
  }
}

function fillGap(
  state: StreamState,
  ring: Ring,
  line: number,
  place: number,
  previous: number,
  next: number,
): void {
  const { ints, base, mask } = ring;
  const at = base + ((place & mask) << 2);
  ints[at] = state.time;
  ints[at + 1] = state.codeToStore();
  ints[at + 2] = state.lo;
  ints[at + 3] = state.memberMode === MEMBER ? HAS_NEXT : state.hi;
  if (!state.hasMember) return;
  const distance = previous === place ? NO_PREVIOUS : (place - previous) | 0;
  if (next !== ring.end) {
    ints[at + 3] = distance | HAS_NEXT;
    const nextAt = base + (((next + 1) & mask) << 2) + 3;
    ints[nextAt] = (ints[nextAt]! & HAS_NEXT) | ((next + 1 - place) | 0);
    return;
  }
  ints[at + 3] = distance;
  const pairAt = state.pairs.find(line >>> 4, state.lo, state.hi);
  if (pairAt < 0) {
    state.pairs.fill(~pairAt, line >>> 4, state.lo, state.hi, place);
    return;
  }
  const previousAt = base + ((previous & mask) << 2) + 3;
  ints[previousAt] = ints[previousAt]! | HAS_NEXT;
  state.pairs.setSeqAt(pairAt, line >>> 4, place);
}

function addToCursors(
  state: StreamState,
  big: number,
  place: number,
  previous: number,
  isLast: boolean,
): void {
  for (let w = 0; w < state.windowCount; w++) {
    const cursor = big * state.windowCount + w;
    const tail = state.cursorInts[cursor * 4 + 2]!;
    if (((place - tail) | 0) < 0) {
      state.cursorInts[cursor * 4 + 2] = (tail + 1) | 0;
      continue;
    }
    state.cursorSums[cursor * 2] = state.cursorSums[cursor * 2]! + state.value;
    if (state.hasMoments) addMoment(state.moments, cursor * MOMENT_NUMBERS, state.value, 1);
    const isNew = previous === place || ((previous - tail) | 0) < 0;
    if (state.hasMember && isLast && isNew)
      state.cursorInts[cursor * 4 + 3] = state.cursorInts[cursor * 4 + 3]! + 1;
  }
}
