import { z } from 'zod';
import { windowDuration } from '../config/duration.ts';
import { defineDetector } from '../pipeline/detect/detector.ts';
import type { FeatureSpec } from '../pipeline/detect/feature.ts';
import type { EventType } from '../pipeline/event.ts';
import type { KeyField } from '../pipeline/event-fields.ts';

/** Events that show a card in use; distinct cards are counted, so an authorisation and its payment are one. */
const WITH_CARD: readonly EventType[] = ['payment.authorising', 'payment', 'wallet.bound'];

const config = z.strictObject({
  accountWindow: windowDuration.prefault('72h'),
  deviceWindow: windowDuration.prefault('24h'),
  /** On a device a second card within this time is already unusual. */
  burstWindow: windowDuration.prefault('1h'),
});

function cardsOf(key: KeyField, windowMs: number): FeatureSpec {
  return { key, on: WITH_CARD, windowMs, aggregate: { kind: 'distinct', of: 'cardId' } };
}

export default defineDetector({
  summary: 'One account, or one device, goes through several cards.',
  cannotSee:
    'Cards used once each on fresh accounts and devices; somebody who tries all his own cards in a row is reviewed.',
  on: WITH_CARD,
  config,
  features: (config) => ({
    account: cardsOf('accountId', config.accountWindow),
    device: cardsOf('deviceId', config.deviceWindow),
    burst: cardsOf('deviceId', config.burstWindow),
  }),
  measures: {
    account: {
      about: 'distinct cards of one account',
      unit: 'cards',
      direction: 'atLeast',
      subject: 'accountId',
      bands: { review: 3, block: 5, conclusive: 8 },
      ceiling: 'account',
      windowMs: ({ accountWindow }) => accountWindow,
      of: (_event, features) => features.account,
    },
    device: {
      about: 'distinct cards on one device',
      unit: 'cards',
      direction: 'atLeast',
      subject: 'deviceId',
      bands: { review: 3, block: 5, conclusive: 8 },
      ceiling: 'device',
      windowMs: ({ deviceWindow }) => deviceWindow,
      of: (_event, features) => features.device,
    },
    burst: {
      about: 'distinct cards on one device in quick succession',
      unit: 'cards',
      direction: 'atLeast',
      subject: 'deviceId',
      bands: { review: 2, block: 4, conclusive: 6 },
      ceiling: 'burst',
      windowMs: ({ burstWindow }) => burstWindow,
      of: (_event, features) => features.burst,
    },
  },
  evidence: (_event, { account, device, burst }) => ({ account, device, burst }),
  examples: [
    {
      title: 'the third card of an account within three days is reviewed',
      events: ['c1', 'c2', 'c3'].map((cardId) => ({
        type: 'payment',
        accountId: 'a',
        cardId,
        amount: 20000,
        currency: 'CNY',
      })),
      finding: { band: 'review', measure: 3 },
    },
    {
      title: 'a second card on the same device within the hour is reviewed, whoever pays',
      events: ['c1', 'c2'].map((cardId, i) => ({
        type: 'payment',
        accountId: `a${i}`,
        deviceId: 'phone-1',
        cardId,
        amount: 20000,
        currency: 'CNY',
      })),
      finding: { band: 'review', measure: 2 },
    },
    {
      title: 'one card, paid with again and again, is one card',
      events: Array.from({ length: 6 }, () => ({
        type: 'payment',
        accountId: 'a',
        deviceId: 'phone-1',
        cardId: 'c1',
        amount: 2000,
        currency: 'CNY',
      })),
    },
    {
      title: 'no device id, or a placeholder, joins nobody',
      events: ['c1', 'c2', 'c3', 'c4'].map((cardId, i) => ({
        type: 'payment',
        accountId: `a${i}`,
        cardId,
        amount: 20000,
        currency: 'CNY',
        ...(i % 2 === 0 ? {} : { deviceId: 'unknown' }),
      })),
    },
  ],
});
