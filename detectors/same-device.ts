import { z } from 'zod';
import { windowDuration } from '../config/duration.ts';
import { AT_WORK } from '../pipeline/detect/at-work.ts';
import { defineDetector } from '../pipeline/detect/detector.ts';

export default defineDetector({
  summary: 'Many accounts work on one device: a farm running wool-pulling accounts in turn.',
  cannotSee:
    'A farm that resets or fakes the device id; a shop phone on which staff sign customers up looks like a farm.',
  on: AT_WORK,
  config: z.strictObject({ window: windowDuration.prefault('24h') }),
  features: ({ window }) => ({
    accounts: {
      key: 'deviceId',
      on: AT_WORK,
      windowMs: window,
      aggregate: { kind: 'distinct', of: 'accountId' },
    },
  }),
  measures: {
    accounts: {
      about: 'distinct accounts on one device',
      unit: 'accounts',
      direction: 'atLeast',
      subject: 'deviceId',
      bands: { review: 3, block: 6, conclusive: 10 },
      ceiling: 'accounts',
      windowMs: ({ window }) => window,
      of: (_event, features) => features.accounts,
    },
  },
  examples: [
    {
      title: 'the third account on one device is reviewed',
      events: [
        { type: 'login', accountId: 'a1', deviceId: 'phone-1' },
        { type: 'login', accountId: 'a2', deviceId: 'phone-1' },
        { type: 'payment', accountId: 'a3', deviceId: 'phone-1', amount: 20000, currency: 'CNY' },
      ],
      finding: { band: 'review', measure: 3 },
    },
    {
      title: 'a couple with one tablet is left alone, however often they pay',
      events: [
        { type: 'payment', accountId: 'her', deviceId: 'tablet', amount: 9900, currency: 'CNY' },
        { type: 'payment', accountId: 'him', deviceId: 'tablet', amount: 12000, currency: 'CNY' },
        { type: 'payment', accountId: 'her', deviceId: 'tablet', amount: 3500, currency: 'CNY' },
        { type: 'payment', accountId: 'him', deviceId: 'tablet', amount: 800, currency: 'CNY' },
      ],
    },
    {
      title: 'an all-zero device id is nobody, so it joins nobody',
      events: ['a1', 'a2', 'a3', 'a4'].map((accountId) => ({
        type: 'login',
        accountId,
        deviceId: '00000000-0000-0000-0000-000000000000',
      })),
    },
    {
      title: 'the fourth account blocks alone where the bands say so',
      config: { bands: { accounts: { review: 2, conclusive: 4 } } },
      events: ['a1', 'a2', 'a3', 'a4'].map((accountId) => ({
        type: 'account.opened',
        accountId,
        deviceId: 'farm-7',
      })),
      finding: { band: 'block', measure: 4, conclusive: true },
    },
    {
      title: 'yesterday is forgotten',
      events: [
        { type: 'login', accountId: 'a1', deviceId: 'd', occurredAt: '2026-03-01T09:00:00+08:00' },
        { type: 'login', accountId: 'a2', deviceId: 'd', occurredAt: '2026-03-01T09:05:00+08:00' },
        { type: 'login', accountId: 'a3', deviceId: 'd', occurredAt: '2026-03-02T09:01:00+08:00' },
      ],
    },
  ],
});
