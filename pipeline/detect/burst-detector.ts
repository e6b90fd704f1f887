/**
 * What the burst detectors share: the distinct accounts of a key within a bucket of event time, held against
 * what is usual for that key at that hour (burst-feature.ts says how). Each detector says which key and which
 * events, from how many accounts on it speaks, whom its finding is about, and what its evidence names.
 */

import { z } from 'zod';
import { duration } from '../../config/duration.ts';
import type { BurstFeature } from './burst-feature.ts';
import type { Measure, SubjectField } from './detector.ts';

const HOUR_MS = 3_600_000;

/**
 * The settings of a burst detector, to be spread into its strict object.
 * @param fromAccounts the default of the setting of that name.
 */
export const burstSettings = (fromAccounts: number) => ({
  /** 5m to 1h; an hour holds a whole number of them. */
  bucket: duration
    .refine((value) => value >= 300_000 && value <= HOUR_MS && HOUR_MS % value === 0, {
      message: '5m to 1h, and an hour holds a whole number of them',
    })
    .prefault('1h'),
  /** Days of the baseline, and how many of them must be known before anything is said. */
  days: z.int().min(1).max(30).default(14),
  knownDays: z.int().min(1).max(30).default(5),
  /** Fewer accounts in a bucket are never judged … */
  fromAccounts: z.int().min(1).default(fromAccounts),
  /** … nor are fewer than so many times the usual number: a launch triples everybody's. */
  minTimes: z.number().min(1).default(5),
});

type BurstConfig = z.infer<z.ZodObject<ReturnType<typeof burstSettings>>>;

type BurstFeatureName = 'accounts' | 'score' | 'usual' | 'known';

/** The features of a burst detector: `usual` and `known` are for its evidence. */
export function burstFeatures(
  { bucket, days, knownDays, fromAccounts }: BurstConfig,
  { key, on }: Pick<BurstFeature, 'key' | 'on'>,
): Record<BurstFeatureName, BurstFeature> {
  const feature = (read: BurstFeature['read']): BurstFeature => ({
    kind: 'burst',
    key,
    on,
    distinct: 'accountId',
    bucketMs: bucket,
    days,
    knownDays,
    from: fromAccounts,
    read,
  });
  return {
    accounts: feature('count'),
    score: feature('score'),
    usual: feature('baseline'),
    known: feature('known'),
  };
}

/** Deviations above the usual number; nothing (NaN) where the accounts are not `minTimes` as many, either. */
export function burstMeasure<Config extends BurstConfig>(
  about: string,
  subject: SubjectField,
): Measure<Config, BurstFeatureName> {
  return {
    about,
    unit: 'deviations',
    direction: 'atLeast',
    subject,
    bands: { review: 8 },
    ceiling: 'score',
    windowMs: ({ bucket }) => bucket,
    of: (_event, { accounts, usual, score }, { minTimes }) =>
      accounts >= minTimes * Math.max(1, usual) ? score : Number.NaN,
  };
}
