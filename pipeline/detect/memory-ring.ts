/** The rings of keys with many entries: how a key gets one with cursors, and how it grows. */

import { entryValue } from './memory-cold.ts';
import { ExtremaTree } from './memory-extrema.ts';
import {
  BIG,
  CAPACITY,
  END,
  FIRST,
  HAS_NEXT,
  MEMBER,
  MEMBER_BITS,
  NO_PREVIOUS,
  OFFSET,
} from './memory-layout.ts';
import type { Ring } from './memory-layout.ts';
import { MOMENT_NUMBERS, addMoment } from './memory-moments.ts';
import type { StreamState } from './memory-state.ts';

/** Points `state.ring` at the entries of a big line. */
export function lookBig(state: StreamState, line: number): Ring {
  const { lines } = state.keys;
  const { ring } = state;
  ring.ints = state.pool.ints;
  ring.base = lines[line + OFFSET]! << 2;
  ring.mask = lines[line + CAPACITY]! - 1;
  ring.first = lines[line + FIRST]!;
  ring.end = lines[line + END]!;
  return ring;
}

/** Takes the entries from `first` to the newest into the tree of extremes. */
export function refreshTree(state: StreamState, line: number, first: number): void {
  const ring = lookBig(state, line);
  state.trees[state.keys.lines[line + BIG]!]!.refresh(ring, first, ring.end, state.valueAt);
}

/** Moves a key whose small ring is full to a ring with cursors. False when the pool is exhausted. */
export function makeBig(state: StreamState, line: number): boolean {
  const { lines } = state.keys;
  if (!enlarge(state, line)) return false;
  const big = state.takeCursors();
  lines[line + BIG] = big;
  const ring = lookBig(state, line);
  let sum = 0;
  let distinct = 0;
  for (let seq = ring.first; seq !== ring.end; seq = (seq + 1) | 0) {
    const at = ring.base + ((seq & ring.mask) << 2);
    sum += state.addend(ring.ints[at + 1]!);
    if (state.memberMode === MEMBER && pair(state, ring, line, seq)) distinct++;
  }
  for (let w = 0; w < state.windowCount; w++) {
    const cursor = big * state.windowCount + w;
    state.cursorSums[cursor * 2] = sum;
    state.cursorInts[cursor * 4 + 2] = ring.first;
    state.cursorInts[cursor * 4 + 3] = distinct;
    if (!state.hasMoments) continue;
    const to = cursor * MOMENT_NUMBERS;
    state.moments.fill(0, to, to + MOMENT_NUMBERS);
    for (let seq = ring.first; seq !== ring.end; seq = (seq + 1) | 0)
      addMoment(state.moments, to, entryValue(state, ring, seq), 1);
  }
  if (state.hasExtrema) {
    state.trees[big] = new ExtremaTree(ring.mask + 1);
    refreshTree(state, line, ring.first);
  }
  return true;
}

/** Enters a copied entry into the pair table. Whether its member is a new one in this ring. */
function pair(state: StreamState, { ints, base, mask }: Ring, line: number, seq: number): boolean {
  const at = base + ((seq & mask) << 2);
  const lo = ints[at + 2]!;
  const hi = ints[at + 3]! & MEMBER_BITS;
  if ((lo | hi) === 0) {
    ints[at + 3] = HAS_NEXT;
    return false;
  }
  const found = state.pairs.find(line >>> 4, lo, hi);
  if (found < 0) {
    ints[at + 3] = NO_PREVIOUS;
    state.pairs.fill(~found, line >>> 4, lo, hi, seq);
    return true;
  }
  const previous = state.pairs.seqAt(found, line >>> 4);
  const previousAt = base + ((previous & mask) << 2) + 3;
  ints[previousAt] = ints[previousAt]! | HAS_NEXT;
  ints[at + 3] = (seq - previous) | 0;
  state.pairs.setSeqAt(found, line >>> 4, seq);
  return false;
}

/** Copies a ring to one of twice the size; sequence numbers stay as they are. */
export function enlarge(state: StreamState, line: number): boolean {
  const { lines } = state.keys;
  const capacity = lines[line + CAPACITY]!;
  const offset = state.pool.take(capacity * 2);
  if (offset < 0) return false;
  const { ints } = state.pool;
  const from = lines[line + OFFSET]!;
  const end = lines[line + END]!;
  let seq = lines[line + FIRST]!;
  while (seq !== end) {
    const source = seq & (capacity - 1);
    const target = seq & (2 * capacity - 1);
    const run = Math.min((end - seq) | 0, capacity - source);
    ints.copyWithin((offset + target) << 2, (from + source) << 2, (from + source + run) << 2);
    seq = (seq + run) | 0;
  }
  state.pool.give(from, capacity);
  lines[line + OFFSET] = offset;
  lines[line + CAPACITY] = capacity * 2;
  return true;
}
