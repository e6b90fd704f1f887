/** How regularly the events of a key follow upon each other. */

import type { StreamState } from './memory-state.ts';

/** The newest events of a window whose gaps are looked at: enough to tell a machine, and few enough for every event. */
export const GAP_EVENTS = 64;

/** Times before the event, newest first. */
const ages = new Float64Array(GAP_EVENTS);

/**
 * @param end the first entry of `state.ring` that is later than the event.
 */
export function gapValue(
  state: StreamState,
  statistic: 'mean' | 'stddev' | 'variation',
  windowMs: number,
  end: number,
): number {
  const events = collect(state, windowMs, end);
  if (events < (statistic === 'mean' ? 2 : 3)) return Number.NaN;
  const gaps = events - 1;
  const mean = (ages[gaps]! - ages[0]!) / gaps;
  if (statistic === 'mean') return mean;
  let squares = 0;
  for (let n = 0; n < gaps; n++) squares += (ages[n + 1]! - ages[n]! - mean) ** 2;
  const deviation = Math.sqrt(squares / gaps);
  if (statistic === 'stddev') return deviation;
  return mean === 0 ? 0 : deviation / mean;
}

/** Fills `ages` with the window's newest events; returns how many. */
function collect(state: StreamState, windowMs: number, end: number): number {
  const { ring, time } = state;
  const { ints, base, mask } = ring;
  const bound = (state.anchor - windowMs) | 0;
  let count = 0;
  if (state.included) ages[count++] = 0;
  for (let seq = end; seq !== ring.first && count < GAP_EVENTS; count++) {
    seq = (seq - 1) | 0;
    const at = ints[base + ((seq & mask) << 2)]!;
    if (((at - bound) | 0) <= 0) break;
    ages[count] = (time - at) | 0;
  }
  return count;
}
