/**
 * A burst: how busy a key is in one bucket of event time, against what is usual for that key at that hour.
 *
 * Buckets have a fixed width and begin at whole multiples of it (UTC). The bucket of an event holds the events
 * of its key and of a type in `on` that have arrived so far, whichever way round they came. The baseline of a
 * bucket are the buckets of the same hour of day of the `days` days before; the day itself is no part of it, so
 * that an attack is not compared with its own beginning. Hours are those of UTC: where clocks are put forward,
 * the baseline is off by an hour for some days.
 *
 * A bucket of the baseline is *known* when the stream was alive in its hour (some key was seen) and the key
 * itself had been seen by then; a known bucket without events counts 0, an unknown one counts nothing. Where
 * fewer than `knownDays` days are known there is no baseline and no score: both are absent, never guessed.
 *
 * The score is robust: (count − median) / scale, with scale the larger of 1.4826 · MAD, which is the standard
 * deviation of a normal sample (Rousseeuw and Croux, 1993), and √max(median, 1), the scatter of independent
 * arrivals (Poisson): a smaller deviation is luck, and would make a quiet key's second event a sensation.
 *
 * A late event belongs to a bucket that is closed: it is measured as nothing (absent) and changes nothing.
 */

import type { EventType } from '../event.ts';
import type { KeyField } from '../event-fields.ts';

/** Key fields, and `asn`: the autonomous system of the event's address, where an ASN file is configured. */
export type BurstKey = KeyField | 'asn';

export interface BurstFeature {
  readonly kind: 'burst';
  /** One field, or several that together make one key. */
  readonly key: BurstKey | readonly BurstKey[];
  /** Types of the events that are counted. */
  readonly on: readonly EventType[];
  /** Counts distinct values of this field instead of events. */
  readonly distinct?: KeyField;
  /** Types of events that show that a key, and the stream, is alive; `on` are always among them. */
  readonly seenOn?: readonly EventType[];
  /** 5 minutes to an hour; the hour is a multiple of it. */
  readonly bucketMs: number;
  /** Days of the baseline, 1 to 30. */
  readonly days: number;
  /** How many of them must be known. */
  readonly knownDays: number;
  /** A bucket with fewer events is not compared: no score. It saves the look at the baseline, too. */
  readonly from: number;
  /**
   * `count`: of the event's bucket. `score`: see above. `baseline`: the median. `known`: buckets of the baseline
   * that are known.
   */
  readonly read: 'count' | 'score' | 'baseline' | 'known';
}

const HOUR_MS = 3_600_000;
const LEAST_BUCKET_MS = 300_000;
export const MOST_DAYS = 30;

/** What is wrong with the numbers of a burst, in words; undefined when nothing is. */
export function burstProblem(spec: BurstFeature): string | undefined {
  const { bucketMs, days, knownDays, from } = spec;
  if (!(bucketMs >= LEAST_BUCKET_MS && bucketMs <= HOUR_MS) || HOUR_MS % bucketMs !== 0)
    return 'a bucket is 5m to 1h long, and an hour holds a whole number of them';
  if (!Number.isInteger(days) || days < 1 || days > MOST_DAYS)
    return `a baseline has 1 to ${MOST_DAYS} days`;
  if (!Number.isInteger(knownDays) || knownDays < 1 || knownDays > days)
    return 'of the baseline at least one day must be known, and at most all';
  if (!(from >= 0)) return 'the least count of a bucket is 0 or more';
  return undefined;
}

/** Features with equal texts count the same events into the same buckets. */
export function seriesIdentity(spec: BurstFeature): string {
  return JSON.stringify([
    burstKeys(spec),
    [...new Set(spec.on)].sort(),
    spec.distinct ?? null,
    seenTypes(spec),
    spec.bucketMs,
  ]);
}

export function burstKeys({ key }: BurstFeature): readonly BurstKey[] {
  return typeof key === 'string' ? [key] : key;
}

/** The types that show a key alive, sorted. */
export function seenTypes({ on, seenOn = [] }: BurstFeature): readonly EventType[] {
  return [...new Set([...on, ...seenOn])].sort();
}
