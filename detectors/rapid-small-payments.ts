import { z } from 'zod';
import { windowDuration } from '../config/duration.ts';
import { defineDetector } from '../pipeline/detect/detector.ts';

const config = z.strictObject({
  window: windowDuration.prefault('10m'),
  /** The largest amount that is small, in minor units. */
  smallMinor: z.int().positive().default(5000),
  /** Least share of small ones among the window's payments, 0 to 1. */
  minShare: z.number().min(0).max(1).default(0.6),
});

export default defineDetector({
  summary:
    'An account makes small payments one after the other: a script collecting rewards, or testing a card.',
  cannotSee:
    'Scripts that stay above the small amount or pace themselves; somebody feeding a vending machine looks scripted.',
  on: ['payment.authorising', 'payment'],
  config,
  features: ({ window, smallMinor }) => ({
    payments: {
      key: 'accountId',
      on: ['payment'],
      windowMs: window,
      aggregate: { kind: 'count' },
    },
    small: {
      key: 'accountId',
      on: ['payment'],
      windowMs: window,
      aggregate: { kind: 'count' },
      where: [{ field: 'amountMinor', atMost: smallMinor }],
    },
  }),
  measures: {
    small: {
      about: 'small payments of one account, where most of its payments are small',
      unit: 'small payments',
      direction: 'atLeast',
      subject: 'accountId',
      bands: { review: 4, block: 6, conclusive: 10 },
      ceiling: 'small',
      windowMs: ({ window }) => window,
      of: (_event, { small, payments }, { minShare }) =>
        small >= minShare * payments ? small : NaN,
    },
  },
  evidence: (_event, { small, payments }, { smallMinor }) => ({
    small,
    payments,
    share: small / payments,
    smallMinor,
  }),
  examples: [
    {
      title: 'four payments of a few yuan in a row are reviewed',
      events: [100, 200, 100, 300].map((amount) => ({
        type: 'payment',
        accountId: 'a',
        amount,
        currency: 'CNY',
      })),
      finding: { band: 'review', measure: 4 },
    },
    {
      title: 'a shopping round with four small buys among larger ones is not a script',
      events: [100, 60000, 200, 45000, 100, 80000, 300, 30000].map((amount) => ({
        type: 'payment',
        accountId: 'a',
        amount,
        currency: 'CNY',
      })),
    },
    {
      title:
        'a larger payment after many small ones is judged too: cards are tested before they are used',
      events: [100, 200, 100, 300, 88000].map((amount) => ({
        type: 'payment',
        accountId: 'a',
        amount,
        currency: 'CNY',
      })),
      finding: { band: 'review', measure: 4 },
    },
    {
      title: 'ten of them block alone',
      events: Array.from({ length: 10 }, () => ({
        type: 'payment',
        accountId: 'a',
        amount: 100,
        currency: 'CNY',
      })),
      finding: { band: 'block', measure: 10, conclusive: true },
    },
    {
      title: 'a placeholder account is many people, so it has no row of payments',
      events: Array.from({ length: 10 }, () => ({
        type: 'payment',
        accountId: 'unknown',
        amount: 100,
        currency: 'CNY',
      })),
    },
  ],
});
