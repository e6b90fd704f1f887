/** What lists/exclusions.yaml may say: a slip of the pen must not exempt a value, or a country, from everything. */

import { join } from 'node:path';
import { expect, test } from 'vitest';
import { storedFiles } from '../../config/config-files.ts';
import { loadConfig } from '../../config/load.ts';
import { ConfigFailure } from '../../config/yaml-file.ts';
import { discoverDetectors } from '../../pipeline/detect/discover.ts';

const detectors = await discoverDetectors();
const shipped = (await loadConfig('config', detectors)).files;

/** What is wrong with the shipped folder when these of its lists are replaced. */
async function problemsOf(lists: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const replaced = Object.entries(lists).map(([name, text]) => [
    join('lists', `${name}.yaml`),
    text,
  ]);
  const files = { ...shipped, ...(Object.fromEntries(replaced) as Record<string, string>) };
  try {
    await loadConfig(storedFiles('test', files), detectors);
    return [];
  } catch (error) {
    if (error instanceof ConfigFailure) return error.problems;
    throw error;
  }
}

const entry = (value: string, bands: string): string =>
  `- { value: ${value}, reason: demo, author: li, bands: ${bands} }`;
const device = (bands: string): string => `devices:\n  ${entry('d', bands)}\n`;

test('own limits may name any detector or rule, and its measures', async () => {
  expect(
    await problemsOf({
      exclusions: device(
        '{ same-device: { accounts: { review: 300 } }, just-above-threshold: { measure: { review: 9 } } }',
      ),
    }),
  ).toEqual([]);
});

test.each([
  ['{ same-devce: {} }', /:2:\d+: devices.*: there is no detector or rule same-devce$/],
  [
    '{ same-device: { acounts: { review: 3 } } }',
    /:2:\d+: devices.*: same-device measures no acounts: write one of accounts/,
  ],
  [
    '{ same-device: { accounts: { review: 300, block: 3 } } }',
    /:2:\d+: devices.*: must be at least 300, the review band$/,
  ],
])('own limits %s are refused', async (bands, problem) => {
  const problems = await problemsOf({ exclusions: device(bands) });
  expect(problems).toHaveLength(1);
  expect(problems[0]).toMatch(problem);
});

test('own limits of a measure that has no band for anybody are refused', async () => {
  const limits = `ips:\n  ${entry('203.0.113.9', '{ same-ip: { accounts: { review: 9 } } }')}\n`;
  expect(await problemsOf({ exclusions: limits })).toEqual([]);
  const bands = 'same-ip: { bands: { accounts: {}, newAccounts: { review: 20 } } }';
  const problem =
    'test/lists/exclusions.yaml:2:83: ips.0.bands.same-ip.accounts: the measure has no band, so it is never taken: give it one in detectors.yaml';
  expect(await problemsOf({ exclusions: limits, '../detectors': bands })).toEqual([]);
  const none = { 'shared-networks': 'networks: []', exclusions: limits, '../detectors': bands };
  expect(await problemsOf(none)).toEqual([problem]);
});

test('what is written as an address and is none is refused; a token of any form is not', async () => {
  const problem = 'written as an address, and is none, so no event is told by it';
  expect(await problemsOf({ exclusions: `ips:\n  ${entry('999.1.1.1', '{}')}\n` })).toEqual([
    `test/lists/exclusions.yaml:2:14: ips.0.value: ${problem}`,
  ]);
  expect(await problemsOf({ exclusions: `ips:\n  ${entry('proxy-17', '{}')}\n` })).toEqual([]);
});

test('a range that holds whole countries is refused, as an exclusion and as a shared network', async () => {
  const wide = /the range is too wide: the shortest prefix is \/8$/;
  for (const lists of [
    { exclusions: `ips:\n  ${entry('0.0.0.0/0', '{}')}\n` },
    { 'shared-networks': 'networks:\n  - { cidr: 0.0.0.0/0, reason: all }\n' },
  ]) {
    const problems = await problemsOf(lists);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(wide);
  }
});

test('a value that stands there twice is refused, whichever way it is written', async () => {
  const twice = [
    ['devices', 'd', 'd', 'd'],
    ['ips', '2001:db8::1', '2001:DB8:0::1', '2001:db8::1'],
    ['ips', '203.0.113.0/24', '203.0.113.7/24', '203.0.113.0/24'],
    ['ips', '203.0.113.9', '203.0.113.9/32', '203.0.113.9/32'],
  ];
  for (const [kind, first, second, told] of twice) {
    const text = `${kind!}:\n  ${entry(`"${first!}"`, '{}')}\n  ${entry(`"${second!}"`, '{}')}\n`;
    expect(await problemsOf({ exclusions: text })).toEqual([
      `test/lists/exclusions.yaml:3:14: ${kind!}.1.value: ${told!} stands here twice`,
    ]);
  }
});

test('one address in two zones is two values', async () => {
  const zones = ['fe80::1%eth0', 'fe80::1%eth1'].map((value) => entry(`"${value}"`, '{}'));
  expect(await problemsOf({ exclusions: `ips:\n  ${zones.join('\n  ')}\n` })).toEqual([]);
});
