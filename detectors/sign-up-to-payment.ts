import { z } from 'zod';
import { windowDuration } from '../config/duration.ts';
import { defineDetector } from '../pipeline/detect/detector.ts';

const config = z.strictObject({
  /** How long a sign-up is remembered; no band may lie beyond it. */
  window: windowDuration.prefault('1h'),
});

function signUp(time: string, accountId = 'a'): Readonly<Record<string, unknown>> {
  return { type: 'account.opened', accountId, occurredAt: `2026-03-01T${time}Z` };
}

function pay(time: string, accountId = 'a'): Readonly<Record<string, unknown>> {
  return { ...signUp(time, accountId), type: 'payment', amount: 20000, currency: 'CNY' };
}

export default defineDetector({
  summary: 'The first payment follows the sign-up within seconds: nobody browses, a script pays.',
  cannotSee:
    'Farms that let their accounts rest; a cashier who signs a customer up at the till and takes the payment at once.',
  on: ['payment.authorising', 'payment'],
  config,
  features: ({ window }) => ({
    openedAtMs: {
      key: 'accountId',
      on: ['account.opened'],
      windowMs: window,
      aggregate: { kind: 'last', of: 'occurredAtMs' },
    },
    payments: {
      key: 'accountId',
      on: ['payment'],
      windowMs: window,
      aggregate: { kind: 'count' },
    },
  }),
  measures: {
    seconds: {
      about: 'seconds from sign-up to the first payment',
      unit: 'seconds',
      direction: 'atMost',
      subject: 'accountId',
      bands: { review: 60, block: 5 },
      needs: 'openedAtMs',
      windowMs: ({ window }) => window,
      largest: ({ window }) => window / 1000,
      // The first payment counts itself; an authorisation comes before it is counted.
      of: (event, { openedAtMs, payments }) =>
        payments <= 1 ? (event.occurredAtMs - openedAtMs) / 1000 : NaN,
    },
  },
  examples: [
    {
      title: 'a payment half a minute after the sign-up is reviewed',
      events: [signUp('12:00:00'), pay('12:00:30')],
      finding: { band: 'review', measure: 30 },
    },
    {
      title: 'the same second is faster than fingers, but blocks only with a second witness',
      events: [signUp('12:00:00'), pay('12:00:00')],
      finding: { band: 'block', measure: 0, conclusive: false },
    },
    {
      title: 'ten minutes is a customer',
      events: [signUp('12:00:00'), pay('12:10:00')],
    },
    {
      title: 'only the first payment is measured',
      events: [signUp('12:00:00'), pay('12:00:20'), pay('12:00:40')],
    },
    {
      title: 'an account whose sign-up was not seen is not new',
      events: [pay('12:00:00')],
    },
    {
      title: 'a placeholder account has no sign-up',
      events: [signUp('12:00:00', 'unknown'), pay('12:00:01', 'unknown')],
    },
  ],
});
