import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { discoverDetectors } from '../../pipeline/detect/discover.ts';
import { Failure } from '../../pipeline/failure.ts';

const folders: string[] = [];

afterEach(async () => {
  await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true })));
});

async function folderOf(files: Readonly<Record<string, string>>): Promise<URL> {
  const folder = await mkdtemp(join(tmpdir(), 'detectors-'));
  folders.push(folder);
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return pathToFileURL(`${folder}/`);
}

const COMPLETE = `export default {
  summary: '', cannotSee: '', on: [], config: {}, features() {}, measures: {}, examples: [],
};`;

describe('discovery', () => {
  it('finds the shipped detectors by their files', async () => {
    const found = await discoverDetectors();
    expect(found.map(({ name }) => name)).toEqual([
      'account-velocity',
      'campaign-burst',
      'geo-velocity',
      'many-cards',
      'merchant-burst',
      'network-burst',
      'rapid-payments',
      'rapid-small-payments',
      'ring',
      'same-device',
      'same-ip',
      'sign-up-to-payment',
    ]);
  });

  it('a built folder with declarations and maps lists the same detectors', async () => {
    const folder = await folderOf({
      'two-words.js': COMPLETE,
      'two-words.d.ts': 'export {};',
      'two-words.js.map': '{}',
      'one.js': COMPLETE,
    });
    expect((await discoverDetectors(folder)).map(({ name }) => name)).toEqual(['one', 'two-words']);
  });

  it.each([
    ['Same_Ip.js', COMPLETE, 'detectors/Same_Ip.js: a detector is one file named like-this.ts'],
    ['notes.md', 'text', 'detectors/notes.md: a detector is one file named like-this.ts'],
    [
      'half.js',
      'export default { summary: "" };',
      'detectors/half.js: its default export has no "cannotSee"',
    ],
    ['empty.js', 'export {};', 'detectors/empty.js: its default export has no "summary"'],
    [
      'broken.js',
      'throw new Error("no\\nway");',
      'detectors/broken.js: it cannot be loaded: no way',
    ],
  ])('%s is refused with one clear line', async (file, text, message) => {
    const failure = await discoverDetectors(await folderOf({ [file]: text })).catch(
      (error: unknown) => error,
    );
    expect(failure).toBeInstanceOf(Failure);
    expect(failure).toMatchObject({ exitCode: 2 });
    expect((failure as Failure).message).toContain(message);
    expect((failure as Failure).message).not.toContain('\n');
  });
});
