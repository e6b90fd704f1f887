import { appendFile, cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { loadConfig, type LoadedConfig } from '../../config/load.ts';
import { ConfigFailure } from '../../config/yaml-file.ts';
import { SubjectList } from '../../pipeline/decide/lists.ts';
import { discoverDetectors } from '../../pipeline/detect/discover.ts';
import type { Event } from '../../pipeline/event.ts';
import { CardMask } from '../../pipeline/ingest/card-number.ts';

const SHIPPED = fileURLToPath(new URL('../../config/', import.meta.url));
const CARD = '4111111111111111';
const MASKED = new CardMask('a key').text(CARD);
const detectors = await discoverDetectors();
const folders: string[] = [];

afterEach(async () => {
  await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true })));
});

async function shipped(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'sheepdog-config-'));
  folders.push(folder);
  await cp(SHIPPED, folder, { recursive: true, filter: (path) => !path.endsWith('.ts') });
  return folder;
}

async function load(file: string, text: string): Promise<LoadedConfig> {
  const folder = await shipped();
  await writeFile(join(folder, file), text);
  return loadConfig(folder, detectors);
}

/** The problems, with the folder's own path cut off. */
async function problemsOf(file: string, text: string): Promise<string[]> {
  const failure: unknown = await load(file, text).catch((error: unknown) => error);
  if (!(failure instanceof ConfigFailure)) return [];
  return failure.problems.map((problem) => problem.replace(/^.*\/(?=[a-z-]+\.[a-z]+:)/, ''));
}

describe('autonomous systems without a file of them', () => {
  const problem = (place: string, name: string): string =>
    `${place}: ${name}: asks for autonomous systems, so it can never fire: name a file of them in sheepdog.yaml, networks.asnDatabase`;
  const byOperator = `rules:
  - name: hosted
    summary: It finds something.
    cannotSee: It misses something.
    on: [login]
    mode: live
    subject: accountId
    about: logins from a hoster
    unit: logins
    features:
      asn: { network: asn }
      logins: { count: true, key: accountId, on: [login], window: 1h }
    when: features.asn in [64501, 64502]
    measure: logins
    bands: { review: 3 }
    reason: Nobody lives there.
`;

  it('are refused to a detector and to a rule', async () => {
    expect(await problemsOf('detectors.yaml', 'network-burst: { group: asn }')).toEqual([
      problem('detectors.yaml:1:16', 'network-burst'),
    ]);
    expect(await problemsOf('rules/hosted.yaml', byOperator)).toEqual([
      problem('hosted.yaml:2:5', 'hosted'),
    ]);
  });

  it('are no matter to what is off, and known where a file is named', async () => {
    const off = 'network-burst: { group: asn, mode: "off" }';
    expect(await problemsOf('detectors.yaml', off)).toEqual([]);
    const folder = await shipped();
    await writeFile(join(folder, 'rules/hosted.yaml'), byOperator);
    await writeFile(join(folder, 'sheepdog.yaml'), 'networks: { asnDatabase: asn.mmdb }');
    await writeFile(join(folder, 'detectors.yaml'), 'network-burst: { group: asn }');
    const { sections } = await loadConfig(folder, detectors);
    expect(sections['network-burst']).toMatchObject({ group: 'asn' });
    expect(sections).toHaveProperty('hosted');
  });
});

describe('a full card number in the lists', () => {
  it.each([
    ['as an entry', `cards: [{ value: "${CARD}", reason: r }]`, 'block.yaml:1:19'],
    ['in groups', 'cards: [{ value: 4111 1111 1111 1111, reason: r }]', 'block.yaml:1:18'],
    ['as a number', `cards:\n  - value: ${CARD}\n    reason: r`, 'block.yaml:2:12'],
    ['as an account', `accounts: [{ value: "${CARD}", reason: r }]`, 'block.yaml:1:22'],
    ['in a reason', `accounts: [{ value: a, reason: "used ${CARD}" }]`, 'block.yaml:1:38'],
    ['in a comment', `{} # 卡 ${CARD}`, 'block.yaml:1:8'],
    ['as a key', `"${CARD}": 1`, 'block.yaml:1:2'],
    ['in escapes', 'cards: [{ value: "\\x34111111111111111", reason: r }]', 'block.yaml:1:18'],
  ])('is refused %s, with its place and what to write', async (_where, text, place) => {
    const problems = await problemsOf('lists/block.yaml', text);
    expect(problems).toContain(
      `${place}: a full card number must not stand here: write it as it appears in the console or the events table (411111******1111#…)`,
    );
    expect(problems.join('\n')).not.toMatch(/4111 ?1111 ?1/);
  });

  it('is refused in a campaign and among the placeholders too', async () => {
    const folder = await shipped();
    await appendFile(join(folder, 'lists', 'placeholders.txt'), `${CARD}\n`);
    await expect(loadConfig(folder, detectors)).rejects.toThrow('a full card number must not');
    const campaign = await problemsOf('campaigns/credit-card.yaml', `id: "${CARD}"\n`);
    expect(campaign[0]).toBeDefined();
    expect(campaign.join('\n')).toContain('credit-card.yaml:1:5: a full card number must not');
    expect(campaign.join('\n')).not.toContain(CARD);
  });

  it('is matched when it is written masked, as events have it', async () => {
    const { blockList } = await load(
      'lists/block.yaml',
      `cards: [{ value: "${MASKED}", reason: r }]\nips: [{ value: "2001:0DB8:0::1", reason: r }]`,
    );
    const list = new SubjectList(blockList);
    const event = { accountId: 'a', occurredAtMs: 0 };
    expect(list.match({ ...event, cardId: MASKED } as Event)?.value).toBe(MASKED);
    expect(list.match({ ...event, ip: '2001:db8::1' } as Event)).toBeDefined();
  });
});

describe('a list of a campaign in a file of its own', () => {
  const text = (file: string): string => `id: listed
title: Listed
timezone: Asia/Shanghai
currency: CNY
window: { from: '2026-01-01T00:00:00+08:00', to: '2027-01-01T00:00:00+08:00' }
lists: { partners: { file: ${file} } }
budgets: { total: { limit: 1 } }
offers: [{ id: off, title: Off, budget: total, cashback: 1, when: { merchant: { list: partners } } }]
`;

  async function withList(members: string): Promise<LoadedConfig> {
    const folder = await shipped();
    await writeFile(join(folder, 'lists', 'partners.txt'), members);
    await writeFile(join(folder, 'campaigns', 'listed.yaml'), text('lists/partners.txt'));
    return loadConfig(folder, detectors);
  }

  it('has one value a line; comments and blank lines say nothing', async () => {
    const { campaigns, files } = await withList(
      '\uFEFF# the partners\nshop-1\r\n\n shop-2 # new\n',
    );
    expect(campaigns.find(({ id }) => id === 'listed')!.lists).toEqual({
      partners: ['shop-1', 'shop-2'],
    });
    expect(files['lists/partners.txt']).toContain('shop-2 # new');
  });

  it('has its part in the version, its comments have none', async () => {
    const [one, same, other] = [
      await withList('shop-1\n'),
      await withList('# ours\nshop-1'),
      await withList('shop-2\n'),
    ];
    expect(same.version).toBe(one.version);
    expect(other.version).not.toBe(one.version);
  });

  it('is missed where the campaign names it', async () => {
    const problems = await problemsOf('campaigns/listed.yaml', text('lists/partner.txt'));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain('listed.yaml:6:28: lists.partners.file: cannot be read: ENOENT');
  });

  it('holds no full card number', async () => {
    await expect(withList(`shop-1\n${CARD}\n`)).rejects.toThrow(
      'partners.txt:2:1: a full card number must not stand here',
    );
  });
});
