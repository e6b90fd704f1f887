import { z } from 'zod';
import { duration } from '../config/schema.ts';
import type { BurstFeature } from '../pipeline/detect/burst-feature.ts';
import { defineDetector } from '../pipeline/detect/detector.ts';

const HOUR_MS = 3_600_000;

const config = z.strictObject({
  /** 5m to 1h; an hour holds a whole number of them. */
  bucket: duration
    .refine((value) => value >= 300_000 && value <= HOUR_MS && HOUR_MS % value === 0, {
      message: '5m to 1h, and an hour holds a whole number of them',
    })
    .prefault('1h'),
  /** Days of the baseline, and how many of them must be known before anything is said. */
  days: z.int().min(1).max(30).default(14),
  knownDays: z.int().min(1).max(30).default(5),
  /** Fewer paying accounts in a bucket are never judged … */
  fromAccounts: z.int().min(1).default(20),
  /** … nor are fewer than so many times the usual number. */
  minTimes: z.number().min(1).default(5),
});

type Config = z.infer<typeof config>;

const feature = (
  { bucket, days, knownDays, fromAccounts }: Config,
  read: BurstFeature['read'],
): BurstFeature => ({
  kind: 'burst',
  key: 'merchantId',
  on: ['payment'],
  distinct: 'accountId',
  bucketMs: bucket,
  days,
  knownDays,
  from: fromAccounts,
  read,
});

/** Payments of `accounts` people at one shop, a minute apart, on a day of March 2026 from 12:00. */
const payments = (day: number, accounts: number, merchantId = 'shop-1') =>
  Array.from({ length: accounts }, (_, i) => ({
    type: 'payment',
    accountId: `d${day}-${i}`,
    merchantId,
    amount: 20000,
    currency: 'CNY',
    occurredAt: `2026-03-${String(day).padStart(2, '0')}T12:${String(i).padStart(2, '0')}:00+08:00`,
  }));

const quick = { days: 4, knownDays: 3 };
const usual = [2, 3, 4].flatMap((day) => payments(day, 3));

export default defineDetector({
  summary:
    'Many times more accounts pay at a merchant than is usual for it at that hour: a shop that milks an offer.',
  cannotSee:
    'Who of the payers is honest: an offer, a holiday or a new menu does the same, so it is shown to analysts and asks for review at most.',
  on: ['payment'],
  // Of two bursts in a real contest one merchant's 18 accounts were all fraud, another's 49 all honest.
  mode: 'shadow',
  config,
  features: (config) => ({
    accounts: feature(config, 'count'),
    score: feature(config, 'score'),
    usual: feature(config, 'baseline'),
    known: feature(config, 'known'),
  }),
  measures: {
    accounts: {
      about: 'accounts paying at a merchant, in deviations above its own usual number at that hour',
      unit: 'deviations',
      direction: 'atLeast',
      subject: 'merchantId',
      bands: { review: 8 },
      ceiling: 'score',
      windowMs: ({ bucket }) => bucket,
      of: (_event, { accounts, usual, score }, { minTimes }) =>
        accounts >= minTimes * Math.max(1, usual) ? score : Number.NaN,
    },
  },
  evidence: (_event, { accounts, usual, known }) => ({ accounts, usual, knownBuckets: known }),
  examples: [
    {
      title: 'twenty-five payers in an hour where three are usual are told',
      config: quick,
      events: [...usual, ...payments(5, 25)],
      finding: { band: 'review', measure: 12.7 },
    },
    {
      title: 'a busy shop on a busier day is left alone',
      config: quick,
      events: [...[2, 3, 4].flatMap((day) => payments(day, 15)), ...payments(5, 40)],
    },
    {
      title: 'a merchant that opened today has no usual number, and is not guessed at',
      config: quick,
      events: [...usual, ...payments(5, 40, 'shop-2')],
    },
    {
      title: 'an unknown merchant is nobody: a placeholder has no baseline',
      config: quick,
      events: [
        ...[2, 3, 4].flatMap((day) => payments(day, 3, 'unknown')),
        ...payments(5, 40, 'unknown'),
      ],
    },
  ],
});
