import { z } from 'zod';
import { windowDuration } from '../config/duration.ts';
import { AT_WORK } from '../pipeline/detect/at-work.ts';
import { defineDetector } from '../pipeline/detect/detector.ts';
import {
  MAX_RING_ACCOUNTS,
  type LinkField,
  type RingFeature,
  type RingLink,
} from '../pipeline/detect/ring-feature.ts';

interface LinkDefaults {
  readonly accounts: number;
  readonly window: string;
  readonly links?: boolean;
  readonly newOnly?: boolean;
}

/** How one kind of value links accounts. */
const linkWith = ({ accounts, window, links = true, newOnly = false }: LinkDefaults) =>
  z
    .strictObject({
      links: z.boolean().default(links),
      window: windowDuration.prefault(window),
      /** A value that more accounts used within the window is a hub and links nobody. */
      accounts: z.int().min(2).max(200).default(accounts),
      /** Links only accounts that were opened within `newFor`. */
      newOnly: z.boolean().default(newOnly),
    })
    .prefault({});

const config = z.strictObject({
  newFor: windowDuration.prefault('24h'),
  links: z
    .strictObject({
      device: linkWith({ accounts: 8, window: '24h' }),
      card: linkWith({ accounts: 5, window: '24h' }),
      phone: linkWith({ accounts: 5, window: '24h' }),
      ip: linkWith({ accounts: 5, window: '1h', newOnly: true }),
      payee: linkWith({ accounts: 5, window: '24h', links: false, newOnly: true }),
      inviter: linkWith({ accounts: 5, window: '24h', links: false, newOnly: true }),
    })
    .prefault({}),
});

type Config = z.infer<typeof config>;

const FIELDS: Readonly<Record<keyof Config['links'], LinkField>> = {
  device: 'deviceId',
  card: 'cardId',
  phone: 'phoneHash',
  ip: 'ip',
  payee: 'payeeId',
  inviter: 'inviterId',
};

/** The kinds that link, in the order in which they are written above. */
function linksOf({ links }: Config): RingLink[] {
  return (Object.keys(FIELDS) as (keyof typeof FIELDS)[])
    .filter((kind) => links[kind].links)
    .map((kind) => {
      const { window, accounts, newOnly } = links[kind];
      return { field: FIELDS[kind], windowMs: window, accounts, newOnly };
    });
}

function longestMs(settings: Config): number {
  return Math.max(...linksOf(settings).map(({ windowMs }) => windowMs));
}

const login = (accountId: string, deviceId: string): Readonly<Record<string, unknown>> => ({
  type: 'login',
  accountId,
  deviceId,
});

/** Account n uses devices n and n + 1, so that every device joins two accounts and no more. */
const chain = (accounts: number): Readonly<Record<string, unknown>>[] =>
  Array.from({ length: accounts * 2 }, (_, i) =>
    login(`a${Math.floor(i / 2)}`, `d${Math.ceil(i / 2)}`),
  );

export default defineDetector({
  summary:
    'Accounts hang together through devices, cards, phones and addresses that several of them used: a gang that never puts many accounts on one device.',
  cannotSee:
    'A farm that shares nothing; friends who lend each other cards and phones look like one, so a ring blocks only where most of its accounts have no device of their own.',
  on: AT_WORK,
  config,
  features: (settings) => {
    const links = linksOf(settings);
    const of = (value: RingFeature['value']): RingFeature => ({
      kind: 'ring',
      on: AT_WORK,
      links,
      newMs: settings.newFor,
      value,
      tellFrom: 4,
    });
    return {
      accounts: of('accounts'),
      captive: of('captive'),
      newAccounts: of('newAccounts'),
      values: of('values'),
      kinds: of('kinds'),
    };
  },
  measures: {
    accounts: {
      about: 'accounts that hang together through what they share',
      unit: 'accounts',
      direction: 'atLeast',
      subject: 'accountId',
      bands: { review: 6 },
      largest: () => MAX_RING_ACCOUNTS,
      ceiling: 'accounts',
      windowMs: longestMs,
      // One value that joins them all is what detectors same-device and many-cards look at.
      of: (_event, features) => (features.values < 2 ? NaN : features.accounts),
    },
    captive: {
      about: 'accounts of the ring that were seen on no device of their own',
      unit: 'accounts',
      direction: 'atLeast',
      subject: 'accountId',
      bands: { review: 6, block: 10, conclusive: 16 },
      largest: () => MAX_RING_ACCOUNTS,
      ceiling: 'captive',
      windowMs: longestMs,
      // One device that joins them all is same-device's, too; this one names them, the first of them included.
      of: (_event, features) => features.captive,
    },
  },
  evidence: (_event, { accounts, captive, newAccounts, values, kinds }) => ({
    accounts,
    captive,
    newAccounts,
    values,
    kinds,
  }),
  examples: [
    {
      title: 'twenty accounts that share each device with one other are a farm',
      events: chain(20),
      finding: { band: 'block', measure: 18, conclusive: true },
    },
    {
      title: 'six accounts in a chain of devices are reviewed',
      events: [...chain(6), login('a5', 'd5')],
      finding: { band: 'review', measure: 6 },
    },
    {
      title: 'six accounts that have one device between them are named, the first of them included',
      events: Array.from({ length: 6 }, (_, i) => login(`a${i}`, 'd')),
      finding: { band: 'review', measure: 6 },
    },
    {
      title: 'a card leads on where the device ends',
      config: { bands: { accounts: { review: 3 } } },
      events: [
        login('a1', 'd1'),
        login('a2', 'd1'),
        { type: 'wallet.bound', accountId: 'a2', cardId: 'c9' },
        { type: 'wallet.bound', accountId: 'a3', cardId: 'c9' },
      ],
      finding: { band: 'review', measure: 3 },
    },
    {
      title: 'a family of five with its phones, a tablet and one address is left alone',
      events: ['her', 'him', 'ann', 'ben', 'oma'].flatMap((accountId) => [
        { type: 'account.opened', accountId, deviceId: `phone of ${accountId}`, ip: '203.0.113.9' },
        { type: 'login', accountId, deviceId: 'tablet', ip: '203.0.113.9' },
      ]),
    },
    {
      title: 'an office behind one address is left alone, however new its accounts are',
      events: Array.from({ length: 60 }, (_, i) => ({
        type: 'account.opened',
        accountId: `colleague-${i}`,
        deviceId: `phone-${i}`,
        ip: '198.51.100.7',
      })),
    },
    {
      title: 'a placeholder device is nobody, so it joins nobody',
      events: Array.from({ length: 8 }, (_, i) => [
        login(`a${i}`, 'unknown'),
        login(`a${i}`, `phone-${i}`),
      ]).flat(),
    },
    {
      title: 'yesterday is forgotten',
      events: chain(20).map((event, i) => ({
        ...event,
        occurredAt: `2026-03-0${Math.floor(i / 8) + 1}T09:00:${String(i % 8).padStart(2, '0')}+08:00`,
      })),
    },
  ],
});
