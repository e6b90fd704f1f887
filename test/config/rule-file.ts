/** A file of rules about which nothing is to be said, and what is said of it with parts replaced. */

import { ConfigReading, storedFiles } from '../../config/config-files.ts';
import { readRules, type ReadRules } from '../../config/read-rules.ts';
import { discoverDetectors } from '../../pipeline/detect/discover.ts';
import { replaced } from './campaign-file.ts';

export const RULES = `features:
  payments: { count: true, key: accountId, on: [payment], window: 10m }
rules:
  - name: near-payments
    summary: It finds something.
    cannotSee: It misses something.
    on: [payment]
    mode: live
    subject: accountId
    about: payments near a threshold
    unit: payments
    params: { share: 0.5 }
    features:
      near: { count: true, key: accountId, on: [payment], window: 24h, where: { amountMinor: { atLeast: 20000, atMost: 20500 } } }
      large: { max: amountMinor, key: [ip, merchantId], on: [payment], window: 1h }
      portion: { ratio: [near, payments] }
    when: features.portion >= params.share && features.large < 1000000 && listed('night', event.city)
    measure: near
    bands: { review: 3, block: 6 }
    reason: Too near.
  - name: quick-claim
    summary: It finds something.
    cannotSee: It misses something.
    on: [voucher.redeemed]
    mode: shadow
    subject: accountId
    about: seconds from a sign-up to a voucher
    unit: ms
    direction: atMost
    features:
      age: { age: true, key: accountId, on: [account.opened], window: 7d }
      chain: { sequence: { steps: [{ on: [account.opened] }, { on: [voucher.redeemed] }], within: 1h }, key: accountId }
    when: has(features.chain)
    measure: features.age
    bands: { review: 60000 }
    reason: Too quick.
`;

const coded = await discoverDetectors();

/** Reads a folder that holds these files of rules and one text list. */
export async function readFrom(
  files: Readonly<Record<string, string>>,
): Promise<ReadRules & { readonly problems: readonly string[] }> {
  const reading = new ConfigReading(
    storedFiles('c', {
      'lists/night.txt': 'Shanghai # the city\nBeijing\n',
      ...Object.fromEntries(
        Object.entries(files).map(([name, text]) => [`rules/${name}`, text] as const),
      ),
    }),
  );
  const read = await readRules(reading, coded, 100_000_000_000);
  return {
    ...read,
    problems: reading.problems.map((problem) => problem.replace('c/rules/', '')),
  };
}

/** What is wrong with RULES once each text is replaced by the one after it. */
export async function problemsWith(changes: readonly string[]): Promise<readonly string[]> {
  return (await readFrom({ 'r.yaml': replaced(RULES, changes) })).problems;
}
