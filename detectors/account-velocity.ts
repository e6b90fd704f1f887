import { z } from 'zod';
import { windowDuration } from '../config/duration.ts';
import { defineDetector } from '../pipeline/detect/detector.ts';

const config = z.strictObject({
  window: windowDuration.prefault('24h'),
  /** The sum is judged from this many payments on: one large purchase is no velocity. */
  sumFromPayments: z.int().min(1).default(3),
});

export default defineDetector({
  summary: 'An account pays far more often, or far more money, in a day than people do.',
  cannotSee:
    'A ring that spreads its payments over many accounts; a small merchant who pays from a private account could be hurt.',
  on: ['payment.authorising', 'payment'],
  config,
  features: ({ window }) => ({
    payments: {
      key: 'accountId',
      on: ['payment'],
      windowMs: window,
      aggregate: { kind: 'count' },
    },
    sumMinor: {
      key: 'accountId',
      on: ['payment'],
      windowMs: window,
      aggregate: { kind: 'sum', of: 'amountMinor' },
    },
  }),
  measures: {
    payments: {
      about: 'payments of one account',
      unit: 'payments',
      direction: 'atLeast',
      subject: 'accountId',
      bands: { review: 8, block: 20, conclusive: 40 },
      ceiling: 'payments',
      windowMs: ({ window }) => window,
      of: (_event, features) => features.payments,
    },
    sumMinor: {
      about: 'money paid by one account',
      unit: 'minor units',
      direction: 'atLeast',
      subject: 'accountId',
      bands: { review: 5_000_000, block: 20_000_000 },
      ceiling: 'sumMinor',
      windowMs: ({ window }) => window,
      of: (_event, { sumMinor, payments }, { sumFromPayments }) =>
        payments >= sumFromPayments ? sumMinor : NaN,
    },
  },
  evidence: (_event, { payments, sumMinor }) => ({ payments, sumMinor }),
  examples: [
    {
      title: 'the eighth payment of a day is reviewed',
      events: Array.from({ length: 8 }, (_, hour) => ({
        type: 'payment',
        accountId: 'a',
        amount: 3000,
        currency: 'CNY',
        occurredAt: `2026-03-01T${String(10 + hour)}:00:00Z`,
      })),
      finding: { band: 'review', measure: 8 },
    },
    {
      title: 'three payments of 20,000.00 add up to a review',
      events: Array.from({ length: 3 }, () => ({
        type: 'payment',
        accountId: 'a',
        amount: 2_000_000,
        currency: 'CNY',
      })),
      finding: { band: 'review', measure: 6_000_000 },
    },
    {
      title: 'one car for 150,000.00 is a purchase, not a velocity',
      events: [{ type: 'payment', accountId: 'a', amount: 15_000_000, currency: 'CNY' }],
    },
    {
      title: 'a placeholder account is many people, so nothing adds up',
      events: Array.from({ length: 9 }, () => ({
        type: 'payment',
        accountId: 'N/A',
        amount: 2_000_000,
        currency: 'CNY',
      })),
    },
  ],
});
