import { z } from 'zod';
import { windowDuration } from '../config/duration.ts';
import { defineDetector } from '../pipeline/detect/detector.ts';

const config = z.strictObject({
  window: windowDuration.prefault('30m'),
  /** Two payments within this time are compared. */
  climbWindow: windowDuration.prefault('2m'),
  /** A smaller payment is no climb, in minor units: a coffee after a metro ticket. */
  climbFromMinor: z.int().min(0).default(10_000),
  /** Categories beside the first that take one payment each off the count: whoever changes them goes on counting. */
  furtherCategories: z.int().min(0).default(2),
});

function pay(amount: number, time: string): Readonly<Record<string, unknown>> {
  const occurredAt = `2026-03-01T${time}Z`;
  return { type: 'payment', accountId: 'a', amount, currency: 'CNY', occurredAt };
}

export default defineDetector({
  summary:
    'An account pays several times in a short while, or pays more right after a first payment went through.',
  cannotSee:
    'A patient script that keeps its payments apart; somebody who splits a bill at one counter can look rapid.',
  on: ['payment.authorising', 'payment'],
  config,
  features: ({ window, climbWindow }) => ({
    payments: {
      key: 'accountId',
      on: ['payment'],
      windowMs: window,
      aggregate: { kind: 'count' },
    },
    categories: {
      key: 'accountId',
      on: ['payment'],
      windowMs: window,
      aggregate: { kind: 'distinct', of: 'category' },
    },
    climbCategories: {
      key: 'accountId',
      on: ['payment'],
      windowMs: climbWindow,
      aggregate: { kind: 'distinct', of: 'category' },
    },
    previousMinor: {
      key: 'accountId',
      on: ['payment'],
      windowMs: climbWindow,
      aggregate: { kind: 'previous', of: 'amountMinor' },
    },
  }),
  measures: {
    payments: {
      // Who pays water, power and telephone in one sitting pays three bills and is in no hurry.
      about: 'payments of one account, less one for each of a few further categories',
      unit: 'payments',
      direction: 'atLeast',
      subject: 'accountId',
      bands: { review: 3, block: 6, conclusive: 10 },
      ceiling: 'payments',
      windowMs: ({ window }) => window,
      of: (_event, { payments, categories }, { furtherCategories }) =>
        payments - Math.min(furtherCategories, Math.max(0, categories - 1)),
    },
    climb: {
      about: 'amount of this payment over that of the payment just before it',
      unit: 'times',
      direction: 'atLeast',
      subject: 'accountId',
      bands: { review: 1.25 },
      needs: 'previousMinor',
      windowMs: ({ climbWindow }) => climbWindow,
      of: (event, { previousMinor, climbCategories }, { climbFromMinor }) => {
        // One bill is larger than another kind of bill: that is no climb. A coffee half an hour ago excuses nothing.
        if (!(previousMinor > 0) || climbCategories > 1) return NaN;
        const amountMinor = event.amountMinor ?? NaN;
        return amountMinor >= climbFromMinor ? amountMinor / previousMinor : NaN;
      },
    },
  },
  evidence: (event, { payments, categories, previousMinor }) => ({
    payments,
    categories,
    amountMinor: event.amountMinor ?? NaN,
    previousMinor,
  }),
  examples: [
    {
      title: 'the third payment within half an hour is reviewed',
      events: [pay(20000, '12:00:00'), pay(20000, '12:10:00'), pay(20000, '12:29:59')],
      finding: { band: 'review', measure: 3 },
    },
    {
      title: 'half an hour and it is forgotten: the window is open at its far end',
      events: [pay(20000, '12:00:00'), pay(20000, '12:10:00'), pay(20000, '12:30:00')],
    },
    {
      title: 'a larger payment right after a first one that worked is reviewed',
      events: [pay(10000, '12:00:00'), pay(25000, '12:01:30')],
      finding: { band: 'review', measure: 2.5 },
    },
    {
      title: 'a coffee twenty minutes before does not hide a climb',
      events: [
        { ...pay(2000, '12:00:00'), category: 'breakfast' },
        { ...pay(10000, '12:20:00'), category: 'groceries' },
        { ...pay(25000, '12:21:30'), category: 'groceries' },
      ],
      finding: { band: 'review', measure: 2.5 },
    },
    {
      title: 'water, power and telephone, paid in one sitting, are three bills and no hurry',
      events: ['water', 'power', 'telephone'].map((category, i) => ({
        ...pay(10000 * (i + 1), `12:0${i}:00`),
        category,
      })),
    },
    {
      title: 'whoever changes the category with every payment is reviewed at the fifth',
      events: ['a', 'b', 'c', 'd', 'e'].map((category, i) => ({
        ...pay(20000, `12:0${i}:00`),
        category,
      })),
      finding: { band: 'review', measure: 3 },
    },
    {
      title: 'three payments of one category are as rapid as three without',
      events: ['12:00:00', '12:10:00', '12:20:00'].map((time) => ({
        ...pay(20000, time),
        category: 'groceries',
      })),
      finding: { band: 'review', measure: 3 },
    },
    {
      title: 'paying the same amount again, as after a lost answer, is no climb',
      events: [pay(10000, '12:00:00'), pay(10000, '12:01:30')],
    },
    {
      title: 'a coffee after a metro ticket is no climb',
      events: [pay(400, '12:00:00'), pay(2500, '12:01:30')],
    },
    {
      title: 'ten payments block alone, and the authorisation of the next is already judged',
      events: [
        ...Array.from({ length: 10 }, () => pay(100, '12:00:00')),
        { ...pay(100, '12:00:01'), type: 'payment.authorising' },
      ],
      finding: { band: 'block', measure: 10, conclusive: true },
    },
    {
      title: 'a placeholder account is many people, so it is never rapid',
      events: Array.from({ length: 12 }, () => ({ ...pay(100, '12:00:00'), accountId: 'unknown' })),
    },
  ],
});
