/** A band that a hub softens before it is reached is refused: whoever wrote it believes that it blocks. */

import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../config/load.ts';
import { discoverDetectors } from '../../pipeline/detect/discover.ts';
import { ConfigFailure } from '../../config/yaml-file.ts';

const detectors = await discoverDetectors();
let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hub-bands-'));
});
afterAll(() => rm(folder, { recursive: true }));

type Change = readonly [file: string, from: string, to: string];

/** What is said of the shipped configuration with parts of files replaced. */
async function problemsOf(...changes: readonly Change[]): Promise<readonly string[]> {
  const own = await mkdtemp(join(folder, 'c-'));
  await cp('config', own, { recursive: true });
  for (const [file, from, to] of changes) {
    const text = await readFile(join(own, file), 'utf8');
    expect(text).toContain(from);
    await writeFile(join(own, file), text.replace(from, to));
  }
  return loadConfig(own, detectors).then(
    () => [],
    (error: unknown) => {
      if (!(error instanceof ConfigFailure)) throw error;
      return error.problems.map((problem) => problem.slice(own.length + 1));
    },
  );
}

const DEVICE = 'accounts: { review: 3, block: 6, conclusive: 10 }';
const CARD = 'bands: { review: 4, block: 6, conclusive: 10 }';

describe('a band of the accounts of a value above the least limit of its hubs', () => {
  it('is refused, of a detector and of a rule', async () => {
    expect(
      await problemsOf(
        ['detectors.yaml', DEVICE, 'accounts: { review: 3, block: 150, conclusive: 200 }'],
        ['rules/referrals.yaml', CARD, 'bands: { review: 4, block: 6, conclusive: 51 }'],
      ),
    ).toEqual([
      expect.stringMatching(
        /^detectors\.yaml:\d+:\d+: same-device\.bands\.accounts\.block: 150 is hardly ever reached: a value of more than 100 accounts is held to join strangers, and reviews: write at most 100, or raise hubs\.devices in sheepdog\.yaml$/,
      ),
      expect.stringMatching(
        /^detectors\.yaml:\d+:\d+: same-device\.bands\.accounts\.conclusive: 200 /,
      ),
      expect.stringMatching(
        /^rules\/referrals\.yaml:\d+:\d+: one-card-many-accounts\.bands\.conclusive: 51 .* raise hubs\.cards in /,
      ),
    ]);
  });

  it('is refused of a rule that tells of the account what it counts over the telephone', async () => {
    const [problem] = await problemsOf([
      'rules/accounts.yaml',
      'bands: { review: 4, block: 8 }\n    reason: Several',
      'bands: { review: 4, block: 80 }\n    reason: Several',
    ]);
    expect(problem).toMatch('one-telephone-many-accounts.bands.block: 80 is hardly ever reached');
  });

  it.each([
    ['up to that limit', [['detectors.yaml', DEVICE, DEVICE.replace('10 ', '100 ')]]],
    ['of review alone', [['detectors.yaml', DEVICE, 'accounts: { review: 150 }']]],
    [
      'where the limit is higher',
      [
        ['detectors.yaml', DEVICE, DEVICE.replace('10 ', '150 ')],
        ['sheepdog.yaml', 'devices: 100', 'devices: 150'],
      ],
    ],
    [
      'where the kind has no hubs',
      [
        ['detectors.yaml', DEVICE, DEVICE.replace('10 ', '150 ')],
        ['sheepdog.yaml', 'devices: 100', 'devices: 0'],
      ],
    ],
    [
      'of new accounts, whom no hub covers',
      [
        [
          'detectors.yaml',
          'newAccounts: { review: 20, block: 50 }',
          'newAccounts: { block: 5000 }',
        ],
      ],
    ],
    [
      'over a longer window than that of hubs',
      [
        [
          'rules/accounts.yaml',
          'bands: { review: 3, block: 5, conclusive: 8 }',
          'bands: { review: 3, block: 5, conclusive: 500 }',
        ],
      ],
    ],
  ] satisfies (readonly [string, readonly Change[]])[])('stands %s', async (_where, changes) => {
    expect(await problemsOf(...changes)).toEqual([]);
  });
});
