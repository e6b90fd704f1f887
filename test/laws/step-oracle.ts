/** The oracle of sequences, absences and gaps: it tries every pair of events. Shares no code with the stores. */

import type { AbsenceFeature, SequenceFeature } from '../../pipeline/detect/feature.ts';
import type { WindowCondition, WindowFeature } from '../../pipeline/detect/feature.ts';
import type { Row } from '../support/batches.ts';

/** Events of a key that one measure looks at, the measured one apart. */
const MOST_STEPS = 256;
const MOST_GAP_EVENTS = 64;

function meets(row: Row, where: readonly WindowCondition[] = []): boolean {
  return where.every((condition) => {
    if ('in' in condition || 'notIn' in condition || 'outside' in condition)
      throw new Error('rows have no such texts');
    const value = row[condition.field];
    if (value === undefined) return false;
    return value >= (condition.atLeast ?? -Infinity) && value <= (condition.atMost ?? Infinity);
  });
}

export function matches(row: Row, { on, where }: Pick<WindowFeature, 'on' | 'where'>): boolean {
  return on.includes(row.type) && meets(row, where);
}

/**
 * @param others stored events of the key up to the event, later than `fromMs`. @param isPlaced whether the event has the key.
 */
export function stepAnswer(
  spec: SequenceFeature | AbsenceFeature,
  event: Row,
  others: readonly Row[],
  fromMs: number,
  isPlaced: boolean,
): number {
  const patterns = spec.kind === 'sequence' ? spec.steps : [spec.of, spec.without];
  const relevant = others
    .filter((row) => patterns.some((pattern) => matches(row, pattern)))
    .sort((a, b) => b.occurredAtMs - a.occurredAtMs);
  const unseenMs = Math.max(fromMs, relevant[MOST_STEPS]?.occurredAtMs ?? -Infinity);
  const seen = [...(isPlaced ? [event] : []), ...relevant].filter(
    ({ occurredAtMs }) => occurredAtMs > unseenMs,
  );
  const isOwn = (row: Row): boolean => row === event;
  const asked = (row: Row, ms: number): boolean =>
    spec.windowMs === undefined
      ? isOwn(row)
      : ms <= event.occurredAtMs && ms > event.occurredAtMs - spec.windowMs;
  if (spec.kind === 'sequence') return sequenceAnswer(spec, event, seen, asked);
  const { of, without, side, withinMs } = spec;
  const missing = seen.filter((a) => {
    if (!matches(a, of)) return false;
    const ms = a.occurredAtMs;
    const between = (b: Row): boolean =>
      side === 'before'
        ? b.occurredAtMs > ms - withinMs && b.occurredAtMs <= ms
        : b.occurredAtMs >= ms && b.occurredAtMs < ms + withinMs;
    if (seen.some((b) => matches(b, without) && between(b))) return false;
    return side === 'before' ? asked(a, ms) && ms - withinMs >= unseenMs : asked(a, ms + withinMs);
  });
  const isNone = spec.windowMs === undefined && !(isPlaced && matches(event, of));
  return isNone ? Number.NaN : missing.length;
}

function sequenceAnswer(
  { steps, withinMs, windowMs }: SequenceFeature,
  event: Row,
  seen: readonly Row[],
  asked: (row: Row, ms: number) => boolean,
): number {
  const latestStart = (step: number, beforeMs: number, fromMs: number): number =>
    Math.max(
      -Infinity,
      ...seen
        .filter((row) => row.occurredAtMs < beforeMs && row.occurredAtMs > fromMs)
        .filter((row) => matches(row, steps[step]!))
        .map(({ occurredAtMs }) =>
          step === 0 ? occurredAtMs : latestStart(step - 1, occurredAtMs, fromMs),
        ),
    );
  const starts = seen
    .filter((row) => matches(row, steps.at(-1)!) && asked(row, row.occurredAtMs))
    .map((c) => latestStart(steps.length - 2, c.occurredAtMs, c.occurredAtMs - withinMs))
    .filter((start) => start > -Infinity);
  if (windowMs !== undefined) return starts.length;
  return starts.length === 0 ? Number.NaN : event.occurredAtMs - starts[0]!;
}

/** @param rows of the window, in any order. */
export function gapAnswer(
  statistic: 'mean' | 'stddev' | 'variation',
  rows: readonly Row[],
): number {
  const times = rows
    .map(({ occurredAtMs }) => occurredAtMs)
    .sort((a, b) => a - b)
    .slice(-MOST_GAP_EVENTS);
  const gaps = times.slice(1).map((ms, n) => ms - times[n]!);
  if (gaps.length < (statistic === 'mean' ? 1 : 2)) return Number.NaN;
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
  if (statistic === 'mean') return mean;
  const squares = gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0);
  const deviation = Math.sqrt(squares / gaps.length);
  if (statistic === 'stddev') return deviation;
  return mean === 0 ? 0 : deviation / mean;
}
