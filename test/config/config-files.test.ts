import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ConfigReading, folderFiles, storedFiles } from '../../config/config-files.ts';
import { loadConfig } from '../../config/load.ts';
import { discoverDetectors } from '../../pipeline/detect/discover.ts';

const detectors = await discoverDetectors();

test('the stored files of a version load as the folder did', async () => {
  const folder = await loadConfig('config', detectors);
  const stored = await loadConfig(storedFiles('version', folder.files), detectors);
  expect(stored.version).toBe(folder.version);
  expect(stored.files).toEqual(folder.files);
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
