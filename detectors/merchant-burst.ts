import { z } from 'zod';
import { burstFeatures, burstMeasure, burstSettings } from '../pipeline/detect/burst-detector.ts';
import { defineDetector } from '../pipeline/detect/detector.ts';

const config = z.strictObject({
  ...burstSettings(20),
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
  features: (config) => burstFeatures(config, { key: 'merchantId', on: ['payment'] }),
  measures: {
    accounts: burstMeasure(
      'accounts paying at a merchant, in deviations above its own usual number at that hour',
      'merchantId',
    ),
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
