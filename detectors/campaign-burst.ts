import { z } from 'zod';
import { burstFeatures, burstMeasure, burstSettings } from '../pipeline/detect/burst-detector.ts';
import { defineDetector } from '../pipeline/detect/detector.ts';
import type { EventType } from '../pipeline/event.ts';

/**
 * Taking part on purpose. Payments are left out, though some name a campaign: whoever buys what was on the list anyway
 * takes part as well, so that a shop's rush hour would be word going round; merchant-burst is for those.
 */
const TAKES_PART: readonly EventType[] = [
  'campaign.viewed',
  'campaign.shared',
  'claim.submitted',
  'choice.made',
  'redemption.requested',
  'voucher.claimed',
  'voucher.redeemed',
];

const config = z.strictObject({
  ...burstSettings(50),
});

/** Claims of `accounts` people in one campaign, half a minute apart, on a day of March 2026 from 12:00. */
const claims = (day: number, accounts: number, campaignId = 'spring') =>
  Array.from({ length: accounts }, (_, i) => ({
    type: 'claim.submitted',
    accountId: `d${day}-${i}`,
    campaignId,
    occurredAt: new Date(Date.UTC(2026, 2, day, 4, 0, 30 * i)).toISOString(),
  }));

const quick = { days: 4, knownDays: 3 };
const usual = [2, 3, 4].flatMap((day) => claims(day, 5));

export default defineDetector({
  summary:
    'Many times more accounts take part in a campaign than is usual for it at that hour: word has gone round among people who milk it.',
  cannotSee:
    'Who of them is honest: an advertisement does the same, so it is shown to analysts and asks for review at most; the day a campaign opens, which has no past.',
  on: TAKES_PART,
  // A burst tells when to look, and of nobody what they did.
  mode: 'shadow',
  config,
  features: (config) => burstFeatures(config, { key: 'campaignId', on: TAKES_PART }),
  measures: {
    accounts: burstMeasure(
      'accounts taking part in a campaign, in deviations above its own usual number at that hour',
      // Findings are about what freezes and lists know; the campaign stands in the evidence.
      'accountId',
    ),
  },
  evidence: ({ campaignId = '' }, { accounts, usual, known }) => ({
    campaignId,
    accounts,
    usual,
    knownBuckets: known,
  }),
  examples: [
    {
      title: 'sixty who claim in an hour where five are usual are told',
      config: quick,
      events: [...usual, ...claims(5, 60)],
      finding: { band: 'review', measure: 24.6 },
    },
    {
      title: 'a campaign that is usually busy is left alone on a busier day',
      config: quick,
      events: [...[2, 3, 4].flatMap((day) => claims(day, 30)), ...claims(5, 90)],
    },
    {
      title: 'a campaign that opened today has no usual number, and is not guessed at',
      config: quick,
      events: [...usual, ...claims(5, 90, 'summer')],
    },
    {
      title: 'an unknown campaign is nobody: a placeholder has no baseline',
      config: quick,
      events: [
        ...[2, 3, 4].flatMap((day) => claims(day, 5, 'unknown')),
        ...claims(5, 90, 'unknown'),
      ],
    },
  ],
});
