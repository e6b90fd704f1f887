import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  ConfigReading,
  folderFiles,
  recordedFiles,
  storedFiles,
} from '../../config/config-files.ts';
import { loadConfig } from '../../config/load.ts';
import { discoverDetectors } from '../../pipeline/detect/discover.ts';

const detectors = await discoverDetectors();

test('the stored files of a version load as the folder did', async () => {
  const folder = await loadConfig('config', detectors);
  const stored = await loadConfig(storedFiles('version', folder.files), detectors);
  expect(stored.version).toBe(folder.version);
  expect(stored.files).toEqual(folder.files);
});

test('what judged before loads again, also where a person would be told to write something else', async () => {
  const { files } = await loadConfig('config', detectors);
  const networks = ['a', 'b'].map((reason) => `  - { cidr: 203.0.113.9, reason: ${reason} }`);
  const excluded = '{ value: 203.0.113.8, reason: demo, author: li }';
  const changed = {
    ...files,
    'detectors.yaml': files['detectors.yaml']!.replace(
      'accounts: { review: 3000 }',
      'accounts: { review: 3000, block: 10000 }',
    ),
    'lists/shared-networks.yaml': `networks:\n${networks.join('\n')}\n`,
    'lists/exclusions.yaml': `ips: [${excluded}, ${excluded}]\n`,
  };
  const refused = await loadConfig(storedFiles('v', changed), detectors).catch((e: unknown) => e);
  expect(String(refused).split('\n')).toEqual([
    expect.stringMatching(/exclusions\.yaml:.*: 203\.0\.113\.8 stands here twice$/),
    expect.stringMatching(/shared-networks\.yaml:.*: 203\.0\.113\.9\/32 stands here twice$/),
    expect.stringMatching(/detectors\.yaml:.*: 10000 is hardly ever reached/),
  ]);
  const { sections } = await loadConfig(recordedFiles('v', changed), detectors);
  expect(sections['same-ip']!.bands['accounts']).toEqual({ review: 3000, block: 10000 });
});

test('a file that was not stored is told as one that is missing', async () => {
  const { files } = await loadConfig('config', detectors);
  const { 'detectors.yaml': _, ...others } = files;
  await expect(loadConfig(storedFiles('version abc', others), detectors)).rejects.toThrow(
    'version abc/detectors.yaml: cannot be read: ENOENT',
  );
});

test('a folder that is not there has no names and does not exist', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'config-files-'));
  await rm(folder, { recursive: true });
  const files = folderFiles(folder);
  expect(await files.exists()).toBe(false);
  expect(await new ConfigReading(files).namesIn('rules', /\.yaml$/)).toEqual([]);
});

test('what was looked for and not found is no part of what is stored', async () => {
  const reading = new ConfigReading(
    storedFiles('v', { 'rules/b.yaml': 'a: 1', 'rules/c.txt': '' }),
  );
  expect(await reading.optionalYaml('lists', 'none.yaml')).toBeUndefined();
  expect(await reading.namesIn('rules', /\.yaml$/)).toEqual(['b.yaml']);
  expect((await reading.yaml('rules', 'b.yaml')).content).toEqual({ a: 1 });
  expect(reading.texts).toEqual({ 'rules/b.yaml': 'a: 1' });
});

test('a list of a million entries is refused at once, with where it belongs; what else is wrong is told beside it', async () => {
  const { files } = await loadConfig('config', detectors);
  const entry = (_: unknown, i: number): string => `  - { value: a${i}, reason: r, author: o }`;
  const long = `accounts:\n${Array.from({ length: 1_000_000 }, entry).join('\n')}\n`;
  const texts = { ...files, 'lists/block.yaml': long, 'lists/watch.yaml': 'account: []' };
  const before = process.memoryUsage().heapUsed;
  const refused = await loadConfig(storedFiles('v', texts), detectors).catch((e: unknown) => e);
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(500 * 1024 * 1024);
  const lines = String(refused).split('\n');
  expect(lines).toHaveLength(2);
  expect(lines[0]).toMatch(/v\/lists\/block\.yaml: cannot be read: \d+ characters are more than/);
  expect(lines[0]).toContain('go in by `sheepdog list import`');
  expect(lines[1]).toContain('v/lists/watch.yaml:1:1: unknown key "account"');
});
