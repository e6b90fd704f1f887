import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { ConfigReading, folderFiles } from '../../config/config-files.ts';
import { readCampaigns } from '../../config/read-campaigns.ts';
import { SMALL } from './campaign-file.ts';

let folder: string;
afterEach(() => rm(folder, { recursive: true }));

/** Everything that is refused in a folder of these campaigns, by file. */
async function problemsOf(files: Readonly<Record<string, string>>): Promise<string[]> {
  folder = await mkdtemp(join(tmpdir(), 'campaigns-'));
  await mkdir(join(folder, 'campaigns'));
  for (const [name, text] of Object.entries(files)) {
    await writeFile(join(folder, 'campaigns', name), text);
  }
  const problems: string[] = [];
  await readCampaigns(new ConfigReading(folderFiles(folder), problems));
  return problems.map((problem) => problem.replaceAll(join(folder, 'campaigns/'), ''));
}

test('two files cannot both be one campaign', async () => {
  expect(await problemsOf({ 'a.yaml': SMALL, 'b.yaml': SMALL })).toEqual([
    'b.yaml:1:5: id "small" stands in a.yaml already',
  ]);
});

test('a file of a list that is not there is told at the place that names it', async () => {
  const text = SMALL.replace('budgets:', 'lists: { partners: { file: lists/none.txt } }\nbudgets:');
  expect(await problemsOf({ 'a.yaml': text })).toEqual([
    expect.stringMatching(/^a\.yaml:8:28: lists\.partners\.file: cannot be read: ENOENT/),
  ]);
});

test('the mistakes of all files are told in one run', async () => {
  const a = SMALL.replace('currency: CNY', 'currency: cny');
  const b = SMALL.replace('id: small', 'id: other').replace('total.spend', 'total.gifts');
  expect(await problemsOf({ 'a.yaml': a, 'b.yaml': b })).toEqual([
    'a.yaml:4:11: currency: write a currency code such as CNY',
    'b.yaml:16:13: offers.0.budget: no budget line is called "total.gifts": there are total, total.spend',
  ]);
});

test('an offer of no shape hides nothing of what the others mean, and is missed by none of them', async () => {
  const offer = (id: string, keys: string): string => `  - { id: ${id}, title: 满减, ${keys} }\n`;
  const once = 'limits: [{ per: [customer], max: 1 }]';
  const text =
    SMALL.replace(
      'offers:\n',
      `offers:\n${offer('broken', `budget: total.spend, priority: 9, off: x, ${once}`)}`,
    ) + offer('late', 'budget: total.gone, on: [payment], cashback: 1, excludedBy: [broken]');
  expect(await problemsOf({ 'a.yaml': text })).toEqual([
    'a.yaml:14:69: offers.0.off: write an amount in fen, or { percentBp: 500, cap: 3000 }',
    'a.yaml:21:36: offers.2.budget: no budget line is called "total.gone": there are total, total.spend',
  ]);
});

test('an amount that is written with a decimal point is asked about, whichever was meant', async () => {
  const text = SMALL.replace(/limit: \d+/, 'limit: 4000.00');
  expect(await problemsOf({ 'a.yaml': text })).toEqual([
    expect.stringMatching(
      /^a\.yaml:\d+:\d+: budgets\.total\.limit: 4000\.00 has a decimal point: amounts are whole fen \(400000 for 4000\.00 yuan\)/,
    ),
  ]);
});
