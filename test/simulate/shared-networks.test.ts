/** The shipped configuration over a day of honest crowds behind one address each, with a farm among them. */

import { beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../config/load.ts';
import { assembleDecoder, assembleEngine } from '../../pipeline/assemble.ts';
import type { Decision } from '../../pipeline/decide/decision.ts';
import { discoverDetectors } from '../../pipeline/detect/discover.ts';
import type { Network, NetworkSet } from '../../pipeline/detect/networks.ts';
import { EventBatch } from '../../pipeline/event.ts';
import { keysOf } from '../../pipeline/keys.ts';
import { CrowdPopulation, CROWDS, type Crowd } from '../../pipeline/simulate/crowds.ts';
import { simulate, type SimulationOptions } from '../../pipeline/simulate/simulate.ts';
import type { SimulatedEvent } from '../../pipeline/simulate/simulated-event.ts';

/** A whole Monday in Shanghai; the crowds are most of the bank's customers. */
const DAY = {
  startMs: Date.parse('2026-03-02T00:00:00+08:00'),
  minutes: 1440,
  ratePerSecond: 0.02,
  crowds: ['carrier', 'office'],
} as const;
const BATCH = 1024;

/** Accounts that are opened behind an address on the day that the campaign opens, at least. */
const OPENED = { carrier: 75, office: 40 };

interface Told {
  readonly event: SimulatedEvent;
  readonly decision: Decision;
}

/** What the shipped configuration decides on a simulation. */
async function decide(options: SimulationOptions): Promise<readonly Told[]> {
  return await judge([...simulate(options)]);
}

async function judge(events: readonly SimulatedEvent[]): Promise<readonly Told[]> {
  const config = await loadConfig('config', await discoverDetectors());
  const decoder = assembleDecoder(config, keysOf(Buffer.alloc(32, 7)));
  const { engine } = assembleEngine(config);
  const batch = new EventBatch(BATCH);
  const told: Told[] = [];
  for (let from = 0; from < events.length; from += BATCH) {
    const chunk = events.slice(from, from + BATCH);
    batch.clear();
    for (const event of chunk) {
      const atMs = Date.parse(event.occurredAt);
      expect(decoder.decode(Buffer.from(JSON.stringify(event)), atMs, batch)).toBeUndefined();
    }
    engine.judge(batch).judgements.forEach((judgement, row) => {
      if (judgement.kind !== 'decided') throw new Error(`event ${row} was not decided`);
      told.push({ event: chunk[row]!, decision: judgement.decision });
    });
  }
  return told;
}

/** Everything that the people of a crowd did, wherever they were, those who signed up there included. */
function ofCrowd(told: readonly Told[], crowd: Crowd, seed: number): readonly Told[] {
  const people = new CrowdPopulation(seed, crowd);
  const members = Array.from({ length: crowd.people }, (_, i) => people.accountId(crowd.from + i));
  const honest = told.filter(({ event }) => event.label === 'honest');
  const here = honest.filter(({ event }) => event.ip === crowd.address);
  const accounts = new Set([...members, ...here.map(({ event }) => event.accountId)]);
  return honest.filter(({ event }) => accounts.has(event.accountId));
}

function accountsOf(some: readonly Told[]): number {
  return new Set(some.map(({ event }) => event.accountId)).size;
}

function shareOf(some: readonly Told[], verdict: Decision['verdict']): number {
  return some.filter(({ decision }) => decision.verdict === verdict).length / some.length;
}

describe('two thousand people behind a gateway and three hundred in an office', () => {
  const days: Told[] = [];
  const opened: [crowd: string, accounts: number][] = [];
  beforeAll(async () => {
    for (const seed of [1, 2, 3]) {
      const told = await decide({ ...DAY, seed, attacks: [] });
      for (const crowd of CROWDS) {
        const own = ofCrowd(told, crowd, seed);
        expect(accountsOf(own)).toBeGreaterThanOrEqual(crowd.people);
        opened.push([
          crowd.name,
          own.filter(({ event: { type, ip } }) => type === 'account.opened' && ip === crowd.address)
            .length,
        ]);
        days.push(...own);
      }
    }
  });

  it('see a launch: many more of them sign up behind one address than a farm needs', () => {
    for (const [name, accounts] of opened) {
      expect(accounts, name).toBeGreaterThanOrEqual(OPENED[name as keyof typeof OPENED]);
    }
  });

  it('come from addresses that no list knows', async () => {
    const { sections } = await loadConfig('config', await discoverDetectors());
    const { sharedNetworks } = sections['same-ip'] as unknown as {
      sharedNetworks: NetworkSet<Network>;
    };
    for (const { address } of CROWDS) expect(sharedNetworks.match(address)).toBeUndefined();
  });

  it('are never blocked, and at most one event in two hundred is reviewed', () => {
    expect(days.length).toBeGreaterThan(3 * 1.8 * 2300);
    expect(shareOf(days, 'block')).toBe(0);
    expect(shareOf(days, 'review')).toBeLessThanOrEqual(0.005);
  });

  it('have at most one account in two hundred reviewed', () => {
    const reviewed = days.filter(({ decision }) => decision.verdict === 'review');
    expect(accountsOf(reviewed) / accountsOf(days)).toBeLessThanOrEqual(0.005);
  });

  it('are reviewed for what one of them does alone, never for what they share', () => {
    const found = days
      .flatMap(({ decision }) => decision.findings)
      .filter(({ mode }) => mode === 'live');
    expect(found.length).toBeGreaterThan(0);
    const subjects = new Set(found.map(({ subject }) => subject));
    expect(subjects).not.toContain('ip');
    expect(found.filter(({ detector }) => detector.includes('ring'))).toEqual([]);
  });
});

describe('a farm of fifty accounts behind the same gateway', () => {
  let told: readonly Told[] = [];
  beforeAll(async () => {
    told = await decide({ ...DAY, seed: 2, attacks: ['nat-farm'], attackShare: 0.001 });
  });
  const farm = (): readonly Told[] =>
    told.filter(({ event }) => event.attributes?.['attack'] === 'nat-farm');

  it('comes from the address of the crowd', () => {
    expect(accountsOf(farm())).toBe(50);
    expect(new Set(farm().map(({ event }) => event.ip))).toEqual(new Set([CROWDS[0]!.address]));
  });

  it('is found whole by its devices, rings or behaviour', () => {
    const byAddress = new Set(['same-ip', 'network-burst', 'new-accounts-from-one-network']);
    const found = farm().filter(
      ({ decision }) =>
        decision.verdict !== 'allow' &&
        decision.findings.some(({ mode, detector }) => mode === 'live' && !byAddress.has(detector)),
    );
    expect(accountsOf(found)).toBeGreaterThanOrEqual(48);
  });

  it('has no payment of which the rewards do not wait', () => {
    const payments = farm().filter(({ event }) => event.type === 'payment');
    expect(payments.length).toBe(100);
    expect(shareOf(payments, 'allow')).toBeLessThanOrEqual(0.05);
  });

  it('gets nobody of the crowd blocked', () => {
    for (const crowd of CROWDS) expect(shareOf(ofCrowd(told, crowd, 2), 'block')).toBe(0);
  });
});

describe('an office on the first morning of the stream, whose new accounts come before all others', () => {
  const OFFICE = '121.64.8.8';
  const startMs = Date.parse('2026-03-02T08:30:00+08:00');
  const at = (ms: number): string => new Date(startMs + ms).toISOString();
  /** At a desk in the lobby sixty people sign up in half an hour, and pay; upstairs work begins an hour later. */
  const office = (address: string, fromMs: number): SimulatedEvent[] => [
    ...Array.from({ length: 60 }, (_, i): SimulatedEvent[] => {
      const who = { accountId: `new-${i}`, deviceId: `new-phone-${i}`, ip: address };
      const atMs = fromMs + i * 30_000;
      return [
        { id: `o-${i}`, type: 'account.opened', occurredAt: at(atMs), label: 'honest', ...who },
        {
          ...{ id: `p-${i}`, type: 'payment', occurredAt: at(atMs + 15 * 60_000), ...who },
          ...{ amount: 3500 + 17 * i, currency: 'CNY', merchantId: `shop-${i}`, label: 'honest' },
        },
      ];
    }).flat(),
    ...Array.from({ length: 300 }, (_, i): SimulatedEvent => ({
      ...{ id: `l-${i}`, type: 'login', occurredAt: at(fromMs + 5_400_000 + i * 10_000) },
      ...{ accountId: `old-${i}`, deviceId: `old-phone-${i}`, ip: address, label: 'honest' },
    })),
  ];
  /** Ten people a minute, anywhere. */
  const others = Array.from({ length: 2000 }, (_, i): SimulatedEvent => ({
    ...{ id: `x-${i}`, type: 'login', occurredAt: at(i * 6000), label: 'honest' },
    ...{ accountId: `other-${i}`, deviceId: `other-phone-${i}`, ip: `121.65.${i >> 8}.${i & 255}` },
  }));
  const inOrder = (events: readonly SimulatedEvent[]): SimulatedEvent[] =>
    [...events].sort((a, b) => (a.occurredAt < b.occurredAt ? -1 : 1));

  it('has nobody reviewed or blocked: nobody can know yet who else is there', async () => {
    const told = await judge(inOrder([...office(OFFICE, 20_000), ...others]));
    const here = told.filter(({ event }) => event.ip === OFFICE);
    expect(here).toHaveLength(420);
    expect(shareOf(here, 'allow')).toBe(1);
  });

  it('would look like a farm where the address was empty before', async () => {
    const told = await judge(inOrder([...office(OFFICE, 1_800_000), ...others]));
    const found = told.filter(({ decision }) => decision.verdict !== 'allow');
    expect(found.length).toBeGreaterThan(40);
    expect(new Set(found.map(({ event }) => event.ip))).toEqual(new Set([OFFICE]));
  });
});
