import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { ConfigReading, folderFiles } from '../../config/config-files.ts';
import { readDetectorSections } from '../../config/detector-sections.ts';
import { discoverDetectors } from '../../pipeline/detect/discover.ts';
import { NetworkSet } from '../../pipeline/detect/networks.ts';
import { detectorsSchema, type Sections } from '../../pipeline/detect/section.ts';

const SHIPPED = fileURLToPath(new URL('../../config/', import.meta.url));
const detectors = await discoverDetectors();
const folders: string[] = [];

afterEach(async () => {
  await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true })));
});

async function read(
  files: Readonly<Record<string, string>>,
): Promise<{ sections: Sections | undefined; problems: string[] }> {
  const folder = await mkdtemp(join(tmpdir(), 'config-'));
  folders.push(folder);
  await mkdir(join(folder, 'lists'));
  const all = {
    'detectors.yaml': '',
    'lists/shared-networks.yaml': 'networks: []',
    'lists/roaming-networks.yaml': 'networks: []',
    ...files,
  };
  for (const [name, text] of Object.entries(all)) await writeFile(join(folder, name), text);
  const problems: string[] = [];
  const reading = new ConfigReading(folderFiles(folder), problems);
  const sections = await readDetectorSections(reading, detectors);
  return { sections, problems: problems.map((line) => line.replace(`${folder}/`, '')) };
}

describe('the shipped configuration', () => {
  it('is valid, names every detector, and says what the defaults are', async () => {
    const problems: string[] = [];
    const reading = new ConfigReading(folderFiles(SHIPPED), problems);
    const sections = await readDetectorSections(reading, detectors);
    expect(problems).toEqual([]);
    expect(Object.keys(reading.texts)).toHaveLength(3);
    const defaults = detectorsSchema(detectors).parse({});
    const plain = (all: Sections | undefined): unknown =>
      JSON.parse(
        JSON.stringify(all, (key, value: unknown) => (key.endsWith('Networks') ? '' : value)),
      );
    expect(plain(sections)).toEqual(plain(defaults));
  });
});

describe('lists that detectors name', () => {
  it('fill the setting', async () => {
    const { sections, problems } = await read({
      'lists/shared-networks.yaml': 'networks:\n  - {cidr: 198.51.100.0/24, reason: campus}\n',
    });
    expect(problems).toEqual([]);
    const networks = sections?.['same-ip']?.['sharedNetworks'] as NetworkSet<{
      cidr: string;
      reason: string;
    }>;
    expect(networks.match('198.51.100.9')?.reason).toBe('campus');
    expect(networks.match('198.51.101.9')).toBeUndefined();
    expect(JSON.stringify(sections)).toContain('198.51.100.0/24');
  });

  it('are checked where they stand, together with the sections', async () => {
    const { sections, problems } = await read({
      'detectors.yaml':
        'same-device:\n  bands:\n    accounts: {review: 5, block: 3}\nsame-devise: {}\n',
      'lists/shared-networks.yaml': 'networks:\n  - {cidr: 198.51.100.0/99, reason: campus}\n',
    });
    expect(sections).toBeUndefined();
    expect(problems).toEqual([
      expect.stringMatching(
        /^lists\/shared-networks\.yaml:2:12: networks\.0\.cidr: write an address range/,
      ),
      expect.stringMatching(
        /^detectors\.yaml:3:34: same-device\.bands\.accounts\.block: must be at least 5/,
      ),
      expect.stringMatching(/^detectors\.yaml:4:1: unknown key "same-devise"/),
    ]);
  });

  it('a file that is missing is named', async () => {
    const problems: string[] = [];
    const reading = new ConfigReading(folderFiles('/nonexistent'), problems);
    const sections = await readDetectorSections(reading, detectors);
    expect(sections).toBeUndefined();
    expect(problems[0]).toMatch(/^\/nonexistent\/detectors\.yaml: cannot be read/);
  });
});
