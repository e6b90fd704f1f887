/** From a measure's distribution to the thresholds that a target allows. */

import { share } from '../backtest/report.ts';
import type { Bands } from '../detect/detector.ts';
import type { Count, Reached } from './distribution.ts';

/** What a threshold reaches. Rates are null where they are undefined. */
export interface CurvePoint {
  readonly threshold: number;
  /** Labelled events alone, where there are any. */
  readonly flagged: number;
  readonly truePositives: number;
  readonly falsePositives: number;
  readonly precision: number | null;
  readonly recall: number | null;
  readonly falsePositiveRate: number | null;
  /** Above what the rate is with a probability of 95 %: few honest events say little. */
  readonly falsePositiveRateAtMost: number | null;
  /** Of all events, labelled or not. */
  readonly flaggedShare: number;
  /** Honest accounts, each once a day; of all accounts where nothing is labelled. */
  readonly accountsADay: number;
}

export interface CurveOptions {
  readonly totals: Count;
  readonly accountDays: readonly number[];
  readonly days: number;
}

const BANDS = ['review', 'block', 'conclusive'] as const;
/** Of the target: a block errs at a tenth of the rate of a review, and what blocks alone at a hundredth. */
const PART_OF_TARGET = { review: 1, block: 0.1, conclusive: 0.01 } as const;
/** Neighbouring points of a curve flag at least so many times as many events. */
const STEP = 1.03;

/** @param candidates the strictest first, with `accountDays` beside them. */
export function curveOf(
  candidates: readonly Reached[],
  { totals, accountDays, days }: CurveOptions,
): CurvePoint[] {
  const labelled = totals.fraud + totals.honest > 0;
  const events = totals.fraud + totals.honest + totals.unlabelled;
  return candidates.map(({ threshold, fraud, honest, unlabelled }, index) => ({
    threshold,
    flagged: labelled ? fraud + honest : unlabelled,
    truePositives: fraud,
    falsePositives: honest,
    precision: labelled ? share(fraud, fraud + honest) : null,
    recall: share(fraud, totals.fraud),
    falsePositiveRate: share(honest, totals.honest),
    falsePositiveRateAtMost: totals.honest === 0 ? null : upperBound(honest, totals.honest),
    flaggedShare: (fraud + honest + unlabelled) / events,
    accountsADay: accountDays[index]! / days,
  }));
}

/** The rate that a target is about: of false positives, or of flags where nobody is known to be honest. */
function rateOf(point: CurvePoint): number {
  return point.falsePositiveRate ?? point.flaggedShare;
}

/** The mildest threshold whose rate is within the target; undefined when even the strictest is beyond it. */
function mildestWithin(curve: readonly CurvePoint[], target: number): CurvePoint | undefined {
  return curve.findLast((point) => rateOf(point) <= target);
}

/** Of the bands that are set, and of `review` where none is. Undefined: no threshold is strict enough. */
export function proposedBands(
  curve: readonly CurvePoint[],
  present: Bands,
  target: number,
): Readonly<Partial<Record<keyof Bands, CurvePoint | undefined>>> {
  const set = BANDS.filter((band) => present[band] !== undefined);
  return Object.fromEntries(
    (set.length === 0 ? (['review'] as const) : set).map((band) => [
      band,
      mildestWithin(curve, target * PART_OF_TARGET[band]),
    ]),
  );
}

/** What a threshold that need not be a value of history reaches. */
export function reachedBy(
  curve: readonly CurvePoint[],
  threshold: number,
  direction: 'atLeast' | 'atMost',
): CurvePoint | undefined {
  const sign = direction === 'atLeast' ? 1 : -1;
  const point = curve.findLast((each) => sign * each.threshold >= sign * threshold);
  return point && { ...point, threshold };
}

/** Few enough points to read and draw; the first and the last are always among them. */
export function thinned(curve: readonly CurvePoint[]): CurvePoint[] {
  const kept: CurvePoint[] = [];
  let flaggedShare = 0;
  curve.forEach((point, index) => {
    if (point.flaggedShare < flaggedShare * STEP && index < curve.length - 1) return;
    flaggedShare = point.flaggedShare;
    kept.push(point);
  });
  return kept;
}

const Z = 1.6448536269514722;

/** Upper end of the one-sided Wilson score interval at 95 %. Source: Wilson, JASA 22 (1927). */
function upperBound(successes: number, trials: number): number {
  const rate = successes / trials;
  const z2 = Z * Z;
  const centre = rate + z2 / (2 * trials);
  const spread = Z * Math.sqrt((rate * (1 - rate)) / trials + z2 / (4 * trials * trials));
  return Math.min(1, (centre + spread) / (1 + z2 / trials));
}
