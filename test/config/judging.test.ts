/** What is tried on a share of the accounts first: everything that changes how an event is judged. */

import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadConfig, type LoadedConfig } from '../../config/load.ts';
import { discoverDetectors } from '../../pipeline/detect/discover.ts';

const detectors = await discoverDetectors();
const shipped = await loadConfig('config', detectors);
let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'judging-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** The shipped configuration with a part of a file replaced. */
async function changed(file: string, from: string, to: string): Promise<LoadedConfig> {
  const own = await mkdtemp(join(folder, 'c-'));
  await cp('config', own, { recursive: true });
  const text = await readFile(join(own, file), 'utf8');
  expect(text).toContain(from);
  await writeFile(join(own, file), text.replace(from, to));
  return loadConfig(own, detectors);
}

it.each([
  ['a band', 'detectors.yaml', 'review: 3, block: 6', 'review: 4, block: 6'],
  ['the policy', 'sheepdog.yaml', 'independentFindings: 2', 'independentFindings: 3'],
  ['a limit of hubs', 'sheepdog.yaml', 'devices: 100', 'devices: 90'],
  ['how many times what is usual is a hub', 'sheepdog.yaml', 'times: 10', 'times: 12'],
  ['freezing', 'sheepdog.yaml', 'perHour: 50', 'perHour: 40'],
])('%s is part of how events are judged', async (_what, file, from, to) => {
  expect((await changed(file, from, to)).judging).not.toBe(shipped.judging);
});

it.each([
  ['a comment', 'detectors.yaml', '# ', '# Once more: '],
  ['what a list excludes', 'lists/exclusions.yaml', '{}', 'devices: []'],
])('%s is none', async (_what, file, from, to) => {
  expect((await changed(file, from, to)).judging).toBe(shipped.judging);
});
