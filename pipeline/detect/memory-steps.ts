/**
 * Sequences and absences, worked out from the key's entries at each measure: an entry holds the steps its
 * event matches, and the newest STEP_EVENTS of them up to the event are enough. So nothing has to be mended when an
 * event comes late, and one event costs at most a walk over as many entries.
 *
 * Times are counted back from the event: it lies at 0, the others below. Events of one instant are looked at
 * together, since they have no order.
 */

import type { AbsenceFeature, SequenceFeature } from './feature.ts';
import type { StreamState } from './memory-state.ts';

/** Most events of a key that one measure looks at. */
export const STEP_EVENTS = 256;

/** What is asked of the entries. */
export interface StepQuery {
  readonly kind: 'sequence' | 'before' | 'after';
  /** Bit of a sequence's last step. */
  readonly last: number;
  readonly withinMs: number;
  /** Undefined: the answer is about the event itself. */
  readonly windowMs: number | undefined;
  /** How far back entries matter. */
  readonly reachMs: number;
}

/** Bits of an absence. */
const OF = 1;
const WITHOUT = 2;
/** Before every time. */
const NEVER = -Infinity;

export function compileSteps(spec: SequenceFeature | AbsenceFeature): StepQuery {
  const { withinMs, windowMs } = spec;
  return {
    kind: spec.kind === 'sequence' ? 'sequence' : spec.side,
    last: spec.kind === 'sequence' ? spec.steps.length - 1 : 0,
    withinMs,
    windowMs,
    reachMs: withinMs + (windowMs ?? 0),
  };
}

/** The entries up to the event, newest first, and how many of them there are. */
const times = new Float64Array(STEP_EVENTS + 1);
const masks = new Int32Array(STEP_EVENTS + 1);
let count = 0;
/** No event at or before this time was looked at. */
let horizon = 0;

/** @param end the first entry of `state.ring` that is later than the event. */
export function stepValue(state: StreamState, query: StepQuery, end: number): number {
  collect(state, query.reachMs, end);
  const own = state.included ? state.steps!.matched : 0;
  if (query.kind === 'sequence') return sequenceValue(query, own);
  if (query.kind === 'after') return absencesAfter(query);
  if (query.windowMs === undefined && (own & OF) === 0) return Number.NaN;
  return absencesBefore(query);
}

function collect(state: StreamState, reachMs: number, end: number): void {
  const { ring, time, anchor } = state;
  const { ints, base, mask } = ring;
  horizon = ((anchor - time) | 0) - reachMs;
  count = 0;
  if (state.included) {
    times[0] = 0;
    masks[0] = state.steps!.matched;
    count = 1;
  }
  const most = STEP_EVENTS + count;
  for (let seq = end; seq !== ring.first;) {
    seq = (seq - 1) | 0;
    const at = base + ((seq & mask) << 2);
    const before = (ints[at]! - time) | 0;
    if (before <= horizon) return;
    if (count === most) {
      // Entries of the instant at which the look ends stand in no order: all of them are left out.
      horizon = before;
      while (count > 0 && times[count - 1]! <= horizon) count--;
      state.cutShort++;
      return;
    }
    times[count] = before;
    masks[count++] = ints[at + 1]!;
  }
}

/** By step: the latest time at which a chain began that has come as far as this step before the instant looked at. */
const begun = new Float64Array(8);

function sequenceValue({ last, withinMs, windowMs }: StepQuery, own: number): number {
  const completes = 1 << last;
  if (windowMs === undefined && (own & completes) === 0) return Number.NaN;
  begun.fill(NEVER);
  let completed = 0;
  for (let n = count - 1; n >= 0;) {
    const time = times[n]!;
    const isComplete = begun[last - 1]! > time - withinMs;
    let steps = 0;
    for (; n >= 0 && times[n] === time; n--) {
      steps |= masks[n]!;
      if (windowMs !== undefined && time > -windowMs && isComplete && (masks[n]! & completes) !== 0)
        completed++;
    }
    if (windowMs === undefined && time === 0) return isComplete ? -begun[last - 1]! : Number.NaN;
    // From the last step down, so that an instant's events do not follow upon each other.
    for (let step = last - 1; step > 0; step--)
      if ((steps & (1 << step)) !== 0) begun[step] = Math.max(begun[step]!, begun[step - 1]!);
    if ((steps & 1) !== 0) begun[0] = time;
  }
  return windowMs === undefined ? Number.NaN : completed;
}

function absencesBefore({ withinMs, windowMs }: StepQuery): number {
  let missing = 0;
  let lastSeen = NEVER;
  for (let n = count - 1; n >= 0;) {
    const time = times[n]!;
    const from = n;
    for (; n >= 0 && times[n] === time; n--) if ((masks[n]! & WITHOUT) !== 0) lastSeen = time;
    const isAsked = windowMs === undefined ? time === 0 : time > -windowMs;
    // Where an event that was not looked at could be the missing one, it is not missing.
    if (!isAsked || lastSeen > time - withinMs || time - withinMs < horizon) continue;
    if (windowMs === undefined) return 1;
    for (let m = from; m > n; m--) if ((masks[m]! & OF) !== 0) missing++;
  }
  return missing;
}

function absencesAfter({ withinMs, windowMs = 0 }: StepQuery): number {
  let missing = 0;
  let nextSeen = Infinity;
  for (let n = 0; n < count;) {
    const time = times[n]!;
    const from = n;
    for (; n < count && times[n] === time; n++) if ((masks[n]! & WITHOUT) !== 0) nextSeen = time;
    const over = time + withinMs;
    if (over > 0 || over <= -windowMs || nextSeen < over) continue;
    for (let m = from; m < n; m++) if ((masks[m]! & OF) !== 0) missing++;
  }
  return missing;
}
