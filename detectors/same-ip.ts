import { z } from 'zod';
import { duration, windowDuration } from '../config/duration.ts';
import { AT_WORK } from '../pipeline/detect/at-work.ts';
import { defineDetector } from '../pipeline/detect/detector.ts';
import { describeNetwork, sharedNetworks } from '../pipeline/detect/networks.ts';

const config = z.strictObject({
  window: windowDuration.prefault('24h'),
  /** `prefix` counts over the /24 of an IPv4 address and the /64 of an IPv6 one. */
  group: z.enum(['address', 'prefix']).default('address'),
  /** New accounts are judged where they are at least this share of the accounts at work behind the address. */
  minShare: z.number().min(0).max(1).default(0.5),
  /**
   * An address that is seen so early in the stream was there before: until the stream is as old as the window,
   * nobody knows how many old accounts are behind it, and its new ones are not judged. By day two minutes show every
   * gateway: two thousand telephones, each at work four times a day, make eleven events. More would spare more farms.
   * 0: no address was there before.
   */
  warmUp: duration.prefault('2m'),
  sharedNetworks,
});

export default defineDetector({
  summary: 'Many accounts, or many new ones, come from one address: a farm behind one line.',
  cannotSee:
    'A farm on rented residential addresses, or one among as many old accounts behind a gateway: its devices, rings and behaviour are for others; a stand that signs people up looks like a farm, and for its first hour an office whose people sign up before their colleagues are at work (on a Monday, or after a start at night); for a day, a farm that was there when the stream began.',
  on: AT_WORK,
  config,
  lists: { sharedNetworks: 'shared-networks' },
  features: ({ window, group, warmUp }) => {
    const key = group === 'prefix' ? 'ipPrefix' : 'ip';
    const accounts = { kind: 'distinct', of: 'accountId' } as const;
    return {
      accounts: { key, on: AT_WORK, windowMs: window, aggregate: accounts },
      newAccounts: { key, on: ['account.opened'], windowMs: window, aggregate: accounts },
      isNew: {
        ...{ key: 'accountId', on: ['account.opened'], windowMs: window },
        aggregate: { kind: 'count' },
      },
      early: { kind: 'early', key, withinMs: warmUp, untilMs: window },
    };
  },
  measures: {
    accounts: {
      about: 'distinct accounts on one address',
      unit: 'accounts',
      direction: 'atLeast',
      subject: 'ip',
      // An address of more than a thousand joins strangers: no number of accounts alone blocks.
      bands: { review: 3000 },
      ceiling: 'accounts',
      windowMs: ({ window }) => window,
      of: (_event, features) => features.accounts,
      bandsFor: (event, { sharedNetworks }) => sharedNetworks.match(event.ip)?.bands.accounts,
      allBandsFor: ({ sharedNetworks }) =>
        sharedNetworks.toJSON().map(({ bands }) => bands.accounts),
    },
    newAccounts: {
      about: 'distinct accounts opened from one address, at an event of a new account',
      unit: 'new accounts',
      direction: 'atLeast',
      subject: 'ip',
      countsNew: true,
      bands: { review: 20, block: 50 },
      ceiling: 'newAccounts',
      windowMs: ({ window }) => window,
      // A new account among many: what they do is no fault of the old ones behind the same gateway. On the day that
      // a campaign opens, a hundred of its two thousand telephones may sign up; a farm has nobody else.
      of: (_event, { isNew, newAccounts, accounts, early }, { minShare }) =>
        isNew > 0 && newAccounts >= minShare * accounts && early === 0 ? newAccounts : Number.NaN,
      bandsFor: (event, { sharedNetworks }) => sharedNetworks.match(event.ip)?.bands.newAccounts,
      allBandsFor: ({ sharedNetworks }) =>
        sharedNetworks.toJSON().map(({ bands }) => bands.newAccounts),
    },
  },
  evidence: (event, features, { group, sharedNetworks }) => {
    const shared = sharedNetworks.match(event.ip);
    return {
      accounts: features.accounts,
      newAccounts: features.newAccounts,
      counted: group === 'prefix' ? 'over the /24 or /64 of the address' : 'over the address',
      ...(shared === undefined ? {} : { sharedNetwork: describeNetwork(shared) }),
    };
  },
  examples: [
    {
      title: 'the third new account from one address is reviewed where the band is 3',
      config: { bands: { newAccounts: { review: 3 } }, warmUp: '0s' },
      events: ['a1', 'a2', 'a3'].map((accountId) => ({
        type: 'account.opened',
        accountId,
        ip: '203.0.113.9',
      })),
      finding: { band: 'review', measure: 3 },
    },
    {
      title:
        'an address that was there when the stream began may have old accounts that are not seen yet',
      config: { bands: { newAccounts: { review: 3 } } },
      events: ['a1', 'a2', 'a3'].map((accountId) => ({
        type: 'account.opened',
        accountId,
        ip: '203.0.113.9',
      })),
    },
    {
      title: 'three new accounts behind a gateway are nothing where four others are at work',
      config: { bands: { newAccounts: { review: 3 } } },
      events: [
        ...['old-1', 'old-2', 'old-3', 'old-4'].map((accountId) => ({
          type: 'login',
          accountId,
          ip: '203.0.113.9',
        })),
        ...['a1', 'a2', 'a3'].map((accountId) => ({
          type: 'account.opened',
          accountId,
          ip: '203.0.113.9',
        })),
      ],
    },
    {
      title:
        'an office pays at lunch: accounts count, not events, and thirty are far below the limit',
      events: Array.from({ length: 60 }, (_, i) => ({
        type: 'payment',
        accountId: `colleague-${i % 30}`,
        ip: '198.51.100.7',
        amount: 2500,
        currency: 'CNY',
      })),
    },
    {
      title: 'a farm that hops inside its /24 is one group when counted by prefix',
      config: { group: 'prefix', bands: { accounts: { review: 3, block: 100 } } },
      events: ['203.0.113.1', '203.0.113.2', '203.0.113.3'].map((ip, i) => ({
        type: 'login',
        accountId: `a${i}`,
        ip,
      })),
      finding: { band: 'review', measure: 3 },
    },
    {
      title: 'hosts of one IPv6 /64 are one group when counted by prefix',
      config: { group: 'prefix', bands: { accounts: { review: 2 } } },
      events: ['2001:db8:0:1::a', '2001:db8:0:1:ffff::b'].map((ip, i) => ({
        type: 'login',
        accountId: `a${i}`,
        ip,
      })),
      finding: { band: 'review', measure: 2 },
    },
    {
      title: 'a shared network has its own limits',
      config: {
        bands: { accounts: { review: 2 } },
        sharedNetworks: [
          {
            cidr: '100.64.0.0/10',
            reason: 'carrier gateway',
            bands: { accounts: { review: 4 } },
          },
        ],
      },
      events: ['a1', 'a2', 'a3'].map((accountId) => ({
        type: 'login',
        accountId,
        ip: '100.64.3.3',
      })),
    },
    {
      title: 'the limits of a shared network may be stricter than those of all others',
      config: {
        sharedNetworks: [
          {
            ...{ cidr: '203.0.113.0/24', reason: 'office of a customer' },
            bands: { accounts: { review: 3 }, newAccounts: { review: 5 } },
          },
        ],
      },
      events: ['a1', 'a2', 'a3'].map((accountId) => ({
        type: 'login',
        accountId,
        ip: '203.0.113.9',
      })),
      finding: { band: 'review', measure: 3 },
    },
    {
      title: 'the unspecified address is nobody, so it joins nobody',
      config: { bands: { accounts: { review: 2 } } },
      events: ['a1', 'a2', 'a3'].map((accountId) => ({
        type: 'login',
        accountId,
        ip: '0.0.0.0',
      })),
    },
  ],
});
