import { z } from 'zod';
import { burstFeatures, burstMeasure, burstSettings } from '../pipeline/detect/burst-detector.ts';
import { defineDetector } from '../pipeline/detect/detector.ts';
import { describeNetwork, sharedNetworks } from '../pipeline/detect/networks.ts';

const config = z.strictObject({
  /** `prefix` counts over the /24 of an IPv4 address and the /64 of an IPv6 one, `asn` over all of an operator's. */
  group: z.enum(['address', 'prefix', 'asn']).default('address'),
  ...burstSettings(15),
  sharedNetworks,
});

const KEYS = { address: 'ip', prefix: 'ipPrefix', asn: 'asn' } as const;
const COUNTED = {
  address: 'over the address',
  prefix: 'over the /24 or /64 of the address',
  asn: 'over the autonomous system of the address',
} as const;

/** Sign-ups of `accounts` people on one address, a minute apart, on a day of March 2026 from 10:00. */
const signUps = (day: number, accounts: number, ip = '100.64.3.3') =>
  Array.from({ length: accounts }, (_, i) => ({
    type: 'account.opened',
    accountId: `d${day}-${i}`,
    ip,
    occurredAt: `2026-03-${String(day).padStart(2, '0')}T10:${String(i).padStart(2, '0')}:00+08:00`,
  }));

const quick = { days: 4, knownDays: 3 };
const usual = [2, 3, 4].flatMap((day) => signUps(day, 2));

export default defineDetector({
  summary:
    'A network opens many times more accounts than is usual for it at that hour: a farm behind a gateway that honest people share.',
  cannotSee:
    'A network without a past (same-ip has fixed limits for those), and a farm that grows slowly enough to become the usual; a stand that signs people up looks like a farm.',
  on: ['account.opened'],
  config,
  lists: { sharedNetworks: 'shared-networks' },
  features: (config) => burstFeatures(config, { key: KEYS[config.group], on: ['account.opened'] }),
  measures: {
    newAccounts: {
      ...burstMeasure<z.infer<typeof config>>(
        'new accounts of a network, in deviations above its own usual number at that hour',
        'ip',
      ),
      countsNew: true,
      bandsFor: (event, { sharedNetworks }) => sharedNetworks.match(event.ip)?.bands.burst,
      allBandsFor: ({ sharedNetworks }) =>
        sharedNetworks.toJSON().flatMap(({ bands }) => bands.burst ?? []),
    },
  },
  evidence: (event, { accounts, usual, known }, { group, sharedNetworks }) => {
    const network = sharedNetworks.match(event.ip);
    return {
      newAccounts: accounts,
      usual,
      knownBuckets: known,
      counted: COUNTED[group],
      ...(network === undefined ? {} : { sharedNetwork: describeNetwork(network) }),
    };
  },
  examples: [
    {
      title: 'eighteen sign-ups in an hour where two are usual are reviewed',
      config: quick,
      events: [...usual, ...signUps(5, 18)],
      finding: { band: 'review', measure: 11.31 },
    },
    {
      title: 'the same number is nothing where fifteen are usual',
      config: quick,
      events: [...[2, 3, 4].flatMap((day) => signUps(day, 15)), ...signUps(5, 18)],
    },
    {
      title: 'a network that was not there before has no usual number, and is not guessed at',
      config: quick,
      events: [...usual, ...signUps(5, 30, '198.51.100.9')],
    },
    {
      title: 'the unspecified address is nobody: a placeholder has no baseline',
      config: quick,
      events: [
        ...[2, 3, 4].flatMap((day) => signUps(day, 2, '0.0.0.0')),
        ...signUps(5, 30, '0.0.0.0'),
      ],
    },
    {
      title: 'a listed network has its own bands',
      config: {
        ...quick,
        sharedNetworks: [
          { cidr: '100.64.0.0/10', reason: 'gateway', bands: { burst: { review: 40 } } },
        ],
      },
      events: [...usual, ...signUps(5, 18)],
    },
  ],
});
