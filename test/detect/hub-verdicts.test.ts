/** What a shared value does to verdicts: counted in full, joining strangers, excluded and dismissed, of every kind. */

import { beforeEach, describe, expect, it } from 'vitest';
import { loadConfig, type LoadedConfig } from '../../config/load.ts';
import { assembleEngine, type AssembledEngine } from '../../pipeline/assemble.ts';
import type { Decision } from '../../pipeline/decide/decision.ts';
import { discoverDetectors } from '../../pipeline/detect/discover.ts';
import { EXCLUSION_FIELDS, type ExclusionChange } from '../../pipeline/detect/exclusion.ts';
import type { HubKind } from '../../pipeline/detect/hub.ts';
import { NetworkSet } from '../../pipeline/detect/networks.ts';
import { at, batchFrom, testDecoder, type PlainEvent } from '../support/events.ts';

const shipped = await loadConfig('config', await discoverDetectors());
const LIMIT = 60;
/** The shipped configuration; one finding blocks, hubs are small, and each kind has a block band below them. */
const config: LoadedConfig = {
  ...shipped,
  system: {
    ...shipped.system,
    policy: { ...shipped.system.policy, independentFindings: 1 },
    hubs: {
      ...shipped.system.hubs,
      ...{ devices: LIMIT, cards: LIMIT, phones: LIMIT, ips: LIMIT, payees: LIMIT },
      inviters: LIMIT,
    },
  },
  sections: {
    ...shipped.sections,
    'same-ip': {
      ...shipped.sections['same-ip']!,
      bands: { ...shipped.sections['same-ip']!.bands, accounts: { review: 20, block: 40 } },
    },
    'one-payee-many-payers': { ...shipped.sections['one-payee-many-payers']!, mode: 'live' },
  },
};
/** Who counts the accounts of a value of a kind. */
const COUNTS: Readonly<Record<HubKind, string>> = {
  devices: 'same-device',
  cards: 'one-card-many-accounts',
  phones: 'one-telephone-many-accounts',
  ips: 'same-ip',
  payees: 'one-payee-many-payers',
  inviters: 'referral-farming',
};

let assembled: AssembledEngine;
let count = 0;
const decoder = testDecoder({ maxFutureMs: Infinity });
beforeEach(() => {
  assembled = assembleEngine(config);
  count = 0;
});

/** The decision on the last of so many accounts that use a value one after the other. */
function use(kind: HubKind, accounts: number): Decision {
  const events = Array.from({ length: accounts }, (): PlainEvent => {
    const n = count++;
    return {
      ...{ id: `e-${n}`, type: kind === 'inviters' ? 'referral.joined' : 'payment' },
      ...{ occurredAt: at(90_000 + n * 60_000), accountId: `a-${n}` },
      [EXCLUSION_FIELDS[kind]]: kind === 'ips' ? '121.65.9.9' : 'shared-value',
      ...(kind !== 'inviters' && { amount: 5000 + n, currency: 'CNY' }),
    };
  });
  const { judgements } = assembled.engine.judge(batchFrom(events, { decoder }));
  const last = judgements.at(-1)!;
  if (last.kind !== 'decided') throw new Error(`no decision but ${last.kind}`);
  return last.decision;
}

function say(kind: HubKind, op: ExclusionChange['op'], bands?: ExclusionChange['bands']): void {
  assembled.engine.exclusions.apply({
    ...{ id: `${op}-${count}`, op, kind, accounts: 0, hubLimit: 0, actor: 'li.wei' },
    ...{ value: kind === 'ips' ? '121.65.9.9' : 'shared-value', decisionId: '' },
    ...{ reason: 'a counter in a branch', occurredAtMs: 0, expiresAtMs: undefined },
    ...(bands && { bands }),
  });
}

describe.each(Object.keys(COUNTS) as HubKind[])('a value that many accounts share: %s', (kind) => {
  const detector = COUNTS[kind];

  it('blocks, and no longer once it is excluded, and again once that is taken back', () => {
    const before = use(kind, 45);
    expect(before.verdict).toBe('block');
    expect(before.findings.map((finding) => finding.detector)).toContain(detector);
    say(kind, 'add');
    expect(use(kind, 1)).toMatchObject({ verdict: 'allow', findings: [] });
    say(kind, 'remove');
    expect(use(kind, 1).verdict).toBe('block');
  });

  it('has the limits of its exclusion, where that has any', () => {
    use(kind, 45);
    const [measure] = Object.keys(config.sections[detector]!.bands);
    say(kind, 'add', { [detector]: { [measure!]: { review: 40 } } });
    const { verdict, findings } = use(kind, 1);
    expect(verdict).toBe('review');
    expect(findings).toMatchObject([{ detector, threshold: 40 }]);
    const field = EXCLUSION_FIELDS[kind];
    expect(findings[0]!.evidence['exclusion']).toBe(
      `${field} excluded by li.wei: a counter in a branch`,
    );
  });

  it('has them also where they are stricter than those of all', () => {
    expect(use(kind, 1).findings).toEqual([]);
    const [measure] = Object.keys(config.sections[detector]!.bands);
    say(kind, 'add', { [detector]: { [measure!]: { review: 2 } } });
    expect(use(kind, 1).findings).toMatchObject([{ detector, measure: 2, threshold: 2 }]);
  });

  it('reviews where it joins strangers, and blocks once somebody says that it does not', () => {
    const beyond = use(kind, LIMIT + 10);
    expect(beyond.verdict).toBe('review');
    expect(beyond.reasons).toContain('shared_value');
    const told = beyond.findings.find((finding) => finding.detector === detector);
    expect(told!.evidence['hub']).toMatch(
      `${EXCLUSION_FIELDS[kind]} of more than ${LIMIT} accounts in 24 h`,
    );
    say(kind, 'dismiss');
    expect(use(kind, 1).verdict).toBe('block');
  });
});

describe('an address that joins strangers', () => {
  const signUp = (n: number): PlainEvent => ({
    ...{ id: `n-${n}`, type: 'account.opened', accountId: `new-${n}` },
    ...{ occurredAt: at(3_600_000 + n * 10_000), ip: '121.65.9.9' },
  });
  const opened = (accounts: number): Decision => {
    const events = Array.from({ length: accounts }, () => signUp(count++));
    const { judgements } = assembled.engine.judge(batchFrom(events, { decoder }));
    const last = judgements.at(-1)!;
    if (last.kind !== 'decided') throw new Error(`no decision but ${last.kind}`);
    return last.decision;
  };
  const onWatch = (): void => {
    const events = Array.from({ length: 200 }, (_, i): PlainEvent => ({
      ...{ id: `w-${i}`, type: 'login', accountId: `w-${i}`, occurredAt: at(i * 1000) },
    }));
    assembled.engine.judge(batchFrom(events, { decoder }));
  };

  it('is no cover for new accounts: a farm does not grow out of its block band', () => {
    assembled = assembleEngine({ ...config, sections: shipped.sections });
    onWatch();
    expect(opened(55).findings.find(({ detector }) => detector === 'same-ip')).toMatchObject({
      band: 'block',
      unit: 'new accounts',
    });
    const grown = opened(LIMIT).findings.find(({ detector }) => detector === 'same-ip');
    expect(grown).toMatchObject({ band: 'block', unit: 'new accounts' });
  });
});

describe('an address of a network with limits of its own', () => {
  it('is held against those: a person has said how many accounts are usual there', () => {
    const bands = { accounts: { review: 20, block: LIMIT + 5 }, newAccounts: {} };
    const campus = new NetworkSet([{ cidr: '121.65.0.0/16', reason: 'campus', bands }]);
    const own = { ...config.sections['same-ip']!, sharedNetworks: campus };
    assembled = assembleEngine({ ...config, sections: { ...config.sections, 'same-ip': own } });
    expect(use('ips', LIMIT + 4).verdict).toBe('review');
    expect(use('ips', 1)).toMatchObject({
      verdict: 'block',
      findings: [{ detector: 'same-ip', threshold: LIMIT + 5 }],
    });
  });
});

describe('a finding about an account that a shared value has no part in', () => {
  it('is held against it whatever is excluded', () => {
    say('phones', 'add');
    say('merchants' as HubKind, 'add');
    const events = Array.from({ length: 8 }, (_, i): PlainEvent => ({
      ...{ id: `s-${i}`, type: 'payment', occurredAt: at(90_000 + i * 60_000), accountId: 'a' },
      ...{ phoneHash: 'shared-value', merchantId: 'shared-value' },
      ...{ amount: 20_000, currency: 'CNY' },
    }));
    const { judgements } = assembled.engine.judge(batchFrom(events, { decoder }));
    const found = judgements.flatMap((judgement) =>
      judgement.kind === 'decided' ? judgement.decision.findings : [],
    );
    // Payments of one account at one merchant: the merchant joins nobody there.
    expect(found.map((finding) => finding.detector)).toContain('split-purchase');
  });
});
