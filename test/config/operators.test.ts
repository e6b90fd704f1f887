/** Shared networks by their operator: an autonomous system's number in the place of a range of addresses. */

import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig, type LoadedConfig } from '../../config/load.ts';
import { ConfigFailure } from '../../config/yaml-file.ts';
import { operatorSets } from '../../config/asn-needs.ts';
import { assembleEngine } from '../../pipeline/assemble.ts';
import type { Decision } from '../../pipeline/decide/decision.ts';
import { discoverDetectors } from '../../pipeline/detect/discover.ts';
import { ExclusionRegistry } from '../../pipeline/detect/exclusion.ts';
import { prepare } from '../../pipeline/reload/prepare.ts';
import { at, batchFrom, testDecoder, type PlainEvent } from '../support/events.ts';
import { mmdb } from '../support/mmdb.ts';

const detectors = await discoverDetectors();
const LIST = 'lists/shared-networks.yaml';
/** An operator of telephones, and of its addresses one range that has an entry of its own. */
const CARRIER = `networks:
  - asn: 64501
    kind: carrier
    reason: telephones
    bands: { newAccounts: { review: 200 } }
  - cidr: 121.64.9.0/24
    reason: its shops
    bands: { newAccounts: { review: 3 } }
`;

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'operators-'));
  const systems = { '121.64.0.0/16': { asn: 64501, operator: 'Carrier' } };
  await writeFile(join(folder, 'asn.mmdb'), mmdb(systems));
});
afterAll(() => rm(folder, { recursive: true }));

/** The shipped configuration with these files, and a file of autonomous systems unless it says otherwise. */
async function load(
  files: Readonly<Record<string, string>>,
  database = 'asn.mmdb',
): Promise<LoadedConfig> {
  const own = await mkdtemp(join(folder, 'c-'));
  await cp('config', own, { recursive: true });
  const known = database === '' ? '' : `networks: { asnDatabase: ${join(folder, database)} }`;
  for (const [name, text] of Object.entries({ 'sheepdog.yaml': known, ...files })) {
    await writeFile(join(own, name), text);
  }
  return loadConfig(own, detectors);
}

async function problemsOf(...args: Parameters<typeof load>): Promise<string[]> {
  const failure: unknown = await load(...args).catch((error: unknown) => error);
  if (!(failure instanceof ConfigFailure)) return [];
  return failure.problems.map((problem) =>
    problem.replace(/^.*\/(?=[a-z-]+\.yaml:)/, '').replace(folder, ''),
  );
}

/** Sixty new accounts behind one address, an hour after the stream began. */
function judged(config: LoadedConfig, ip: string): Decision {
  const { engine } = assembleEngine(config);
  // The stream has begun long before.
  const others = Array.from({ length: 100 }, (_, i): PlainEvent => ({
    ...{ id: `x-${i}`, type: 'login', accountId: `x-${i}`, ip: '203.0.113.1' },
    occurredAt: at(0),
  }));
  const events = Array.from({ length: 60 }, (_, i): PlainEvent => ({
    ...{ id: `e-${i}`, type: 'account.opened', accountId: `a-${i}`, deviceId: `d-${i}`, ip },
    occurredAt: at(3_600_000 + i * 1000),
  }));
  const decoder = testDecoder({ maxFutureMs: Infinity });
  const { judgements } = engine.judge(batchFrom([...others, ...events], { decoder }));
  const last = judgements.at(-1)!;
  if (last.kind !== 'decided') throw new Error('not decided');
  return last.decision;
}

const bandOf = ({ findings }: Decision) =>
  findings.find(({ detector }) => detector === 'same-ip')?.threshold;

describe('the version of the engine', () => {
  it('names the day of the file of autonomous systems, where there is one', async () => {
    expect(assembleEngine(await load({})).engineVersion).toMatch(/^\d+\.\d+\.\d+\+asn\.20\d{6}$/);
    expect(assembleEngine(await load({ [LIST]: '' }, '')).engineVersion).toMatch(/^\d+\.\d+\.\d+$/);
  });
});

describe('a shared network by its operator', () => {
  it('has limits of its own at all addresses of the operator, a range in it has its own', async () => {
    const config = await load({ [LIST]: CARRIER });
    expect(bandOf(judged(config, '121.64.3.3'))).toBeUndefined();
    expect(bandOf(judged(config, '121.64.9.9'))).toBe(3);
    expect(bandOf(judged(config, '122.64.3.3'))).toBe(50);
  });

  it('never links, and is never proposed', async () => {
    const { engine } = assembleEngine(await load({ [LIST]: CARRIER }));
    const registry = new ExclusionRegistry(engine.ruling.exclusions);
    expect(registry.keepsApart('ip', '121.64.3.3', 0)).toBe(true);
    expect(registry.mayPropose('ip', '121.64.3.3', 0)).toBe(false);
    expect(registry.keepsApart('ip', '122.64.3.3', 0)).toBe(false);
    expect(registry.keepsApart('ip', 'a-token', 0)).toBe(false);
  });

  it('has its part in the version of the configuration', async () => {
    const other = await load({ [LIST]: CARRIER.replace('64501', '64502') });
    expect((await load({ [LIST]: CARRIER })).version).not.toBe(other.version);
  });
});

describe('a reloaded configuration', () => {
  it('tells operators as the running engine does, also when the file has been replaced', async () => {
    const path = join(folder, 'replaced.mmdb');
    const write = (asn: number) =>
      writeFile(path, mmdb({ '121.64.0.0/16': { asn, operator: 'Carrier' } }));
    await write(64501);
    const first = await load({ [LIST]: CARRIER }, 'replaced.mmdb');
    const { engine, layers } = assembleEngine(first);
    await write(64502);
    const second = await load({ [LIST]: CARRIER.replace('200', '300') }, 'replaced.mmdb');
    const { asnOf } = engine.ruling.exclusions;
    const { stable } = prepare(layers, { config: second }, undefined, asnOf);
    expect(stable.exclusions.asnOf!('121.64.3.3')).toBe(64501);
    const [set] = operatorSets(second.sections);
    expect(set!.match('121.64.3.3')).toMatchObject({ asn: 64501 });
  });
});

describe('an operator is refused', () => {
  it('where no file says which addresses are whose', async () => {
    expect(await problemsOf({ [LIST]: CARRIER }, '')).toEqual([
      'shared-networks.yaml:2:10: networks.0.asn: no address is known to be in an autonomous system, so this holds for nobody: name a file of them in sheepdog.yaml, networks.asnDatabase',
    ]);
  });

  it('by whoever judges, where that file cannot be read', async () => {
    const config = await load({ [LIST]: CARRIER }, 'missing.mmdb');
    expect(() => assembleEngine(config)).toThrow(
      /^networks\.asnDatabase: .*\/missing\.mmdb cannot be read: .*: name an MMDB file of autonomous systems$/,
    );
  });

  it.each([
    [
      'beside a range',
      CARRIER.replace('- asn: 64501', '- asn: 64501\n    cidr: 121.64.0.0/16'),
      'shared-networks.yaml:2:5: networks.0: write cidr, an address range, or asn, the number of an autonomous system',
    ],
    [
      'twice',
      `${CARRIER}  - { asn: 64501, reason: again }\n`,
      'shared-networks.yaml:9:12: networks.2.asn: AS64501 stands here twice',
    ],
    [
      'without limits, which would judge nobody there',
      'networks:\n  - { asn: 64501, kind: carrier, reason: telephones }\n',
      'shared-networks.yaml:2:5: networks.0.bands: an operator has no limits unless they are written: write bands.accounts or bands.newAccounts, such as newAccounts: { review: 200 }',
    ],
    [
      'with limits of bursts alone',
      CARRIER.replace('newAccounts', 'burst'),
      'shared-networks.yaml:5:12: networks.0.bands: an operator has no limits unless they are written: write bands.accounts or bands.newAccounts, such as newAccounts: { review: 200 }',
    ],
    [
      'as a range that stands there in another spelling',
      `${CARRIER}  - { cidr: 121.64.9.77/24, reason: again }\n`,
      'shared-networks.yaml:9:13: networks.2.cidr: 121.64.9.0/24 stands here twice',
    ],
    [
      'by its name',
      CARRIER.replace('64501', 'Carrier'),
      'shared-networks.yaml:2:10: networks.0.asn: write a number such as 4134',
    ],
  ])('%s', async (_how, list, problem) => {
    expect(await problemsOf({ [LIST]: list })).toContain(problem);
  });

  it('but not of a list without limits, where one network may stand twice', async () => {
    const network = '{ cidr: 203.0.113.0/24, reason: gateway }';
    const lists = { 'lists/roaming-networks.yaml': `networks: [${network}, ${network}]` };
    await expect(load(lists)).resolves.toHaveProperty('version');
  });

  it('among the exclusions, with where to write it', async () => {
    const asns = 'asns: [{ value: "4134", reason: r, author: li }]';
    expect(await problemsOf({ 'lists/exclusions.yaml': asns })).toEqual([
      'exclusions.yaml:1:7: asns: an operator is a shared network with limits of its own: write it into lists/shared-networks.yaml as asn',
    ]);
  });
});
