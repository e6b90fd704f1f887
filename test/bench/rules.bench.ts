/**
 * What rules cost: the engine with the rules of config/rules beside all coded detectors, and with 200 rules over
 * 30 features, against the engine with the coded detectors alone.
 */

import { fileURLToPath } from 'node:url';
import { ConfigReading, storedFiles } from '../../config/config-files.ts';
import { loadConfig, type LoadedConfig } from '../../config/load.ts';
import { readRules, type ReadRules } from '../../config/read-rules.ts';
import { assembleDecoder } from '../../pipeline/assemble.ts';
import type { NamedDetector } from '../../pipeline/detect/detector.ts';
import { discoverDetectors } from '../../pipeline/detect/discover.ts';
import { keysOf } from '../../pipeline/keys.ts';
import { ACCOUNTS, BATCH, judging, RATE, SECRET, SEED, simulated } from './judging.ts';
import { compare } from './measure.ts';
import type { Bench, Report } from './report.ts';

const CONFIG = fileURLToPath(new URL('../../config/', import.meta.url));
const ROUNDS = 5;
const RULES = 200;

/** Thirty features: five keys, six aggregates of payments each, over windows of ten minutes to a day. */
const KEYS = ['accountId', 'deviceId', 'ip', 'cardId', 'merchantId'] as const;
const AGGREGATES = [
  (key: string) => ({ count: true, key, window: '10m' }),
  (key: string) => ({ count: true, key, window: '1h' }),
  (key: string) => ({ count: true, key, window: '24h' }),
  (key: string) => ({ sum: 'amountMinor', key, window: '24h' }),
  (key: string) => ({ max: 'amountMinor', key, window: '1h' }),
  (key: string) => ({
    distinct: key === 'accountId' ? 'merchantId' : 'accountId',
    key,
    window: '1h',
  }),
] as const;
const NAMES = ['short', 'hour', 'day', 'sum', 'largest', 'others'] as const;

/** Rules of the kinds that config/rules has, each with limits of its own; they hardly ever fire. */
export function synthetic(count: number): Record<string, unknown> {
  const features = Object.fromEntries(
    KEYS.flatMap((key) =>
      NAMES.map((name, index) => [
        `${key}${name}`,
        { ...AGGREGATES[index]!(key), on: ['payment'] },
      ]),
    ),
  );
  return {
    features,
    rules: Array.from({ length: count }, (_, i) => {
      const key = KEYS[i % KEYS.length]!;
      const of = (name: (typeof NAMES)[number]): string => `features.${key}${name}`;
      return {
        name: `synthetic-${i}`,
        summary: 'Stands in for a rule.',
        cannotSee: 'Anything.',
        on: ['payment'],
        mode: 'live',
        subject: key,
        about: 'something',
        unit: 'things',
        reason: 'Because.',
        // A merchant sees in an hour what an account sees in a year.
        ...KINDS[Math.floor(i / KEYS.length) % KINDS.length]!(
          of,
          i,
          key === 'merchantId' ? 500 : 1,
        ),
      };
    }),
  };
}

type Of = (name: (typeof NAMES)[number]) => string;
const band = (review: number) => ({ bands: { review } });
const KINDS: readonly ((of: Of, i: number, scale: number) => Record<string, unknown>)[] = [
  (of, i, scale) => ({ measure: of('short'), ...band(60 * scale + i) }),
  (of, i, scale) => ({
    measure: of('others'),
    when: `${of('hour')} >= ${30 * scale}`,
    ...band(40 * scale + i),
  }),
  (of, i, scale) => ({ measure: of('day'), when: 'event.hour < 6', ...band(300 * scale + i) }),
  (of, i, scale) => ({
    measure: of('sum'),
    when: `${of('day')} >= ${200 * scale + i}`,
    ...band(9e7),
  }),
  (of, i, scale) => ({
    measure: `${of('short')} / ${of('day')}`,
    when: `${of('day')} >= ${100 * scale}`,
    ...band(0.9 + i / 4000),
  }),
  (of, i, scale) => ({
    measure: of('largest'),
    when: `${of('short')} >= ${20 * scale} && event.amountMinor % 10000 == 0`,
    ...band(5e6 + i),
  }),
  (of, i, scale) => ({
    measure: `max(${of('short')}, ${of('others')}) * 2`,
    ...band(400 * scale + i),
  }),
  (of, i, scale) => ({
    measure: of('day'),
    when: `event.amountMinor >= ${1e7 + i}`,
    ...band(30 * scale),
  }),
];

async function rulesOf(content: unknown, coded: readonly NamedDetector[]): Promise<ReadRules> {
  const reading = new ConfigReading(
    storedFiles('synthetic', { 'rules/synthetic.yaml': JSON.stringify(content) }),
  );
  const rules = await readRules(reading, coded, 100_000_000_000);
  if (reading.problems.length > 0) throw new Error(reading.problems.join('\n'));
  return rules;
}

async function run(report: Report): Promise<void> {
  const coded = await discoverDetectors();
  const config = await loadConfig(CONFIG, coded);
  const shipped = config.catalogue.length - coded.length;
  const count = Math.max(BATCH, Math.floor(400_000 * report.scale));
  const workload = simulated(count, assembleDecoder(config, keysOf(SECRET)));
  report.note(
    `${count} simulated events: ${ACCOUNTS} customers, ${RATE} events a second, seed ${SEED}`,
  );
  const { rules, sections } = await rulesOf(synthetic(RULES), coded);
  const alone: LoadedConfig = { ...config, catalogue: coded };
  const many: LoadedConfig = {
    ...config,
    catalogue: rules,
    sections: { ...config.sections, ...sections },
  };
  const withShipped = `all detectors and the ${shipped} shipped rules`;
  const withMany = `${RULES} rules over ${KEYS.length * NAMES.length} features`;
  const result = await compare(
    [
      judging('all detectors', workload, alone),
      judging(withShipped, workload, config),
      judging(withMany, workload, many),
    ],
    { rounds: ROUNDS },
  );
  report.section('Decoded event to decision, one core');
  report.comparison(result, 'events');
  report.figure(
    `${withShipped}, against all detectors`,
    result.ratio(withShipped, 'all detectors', 'cpu'),
    'x',
    { atLeast: 0.6 },
  );
  report.figure(
    `${withMany}, against all detectors`,
    result.ratio(withMany, 'all detectors', 'cpu'),
    'x',
    { atLeast: 0.3 },
  );
  report.didNotMeasure('decoding, rewards, recording: see the other benches');
}

export const bench: Bench = {
  name: 'rules',
  summary: 'the engine with rules against the engine with the coded detectors alone',
  run,
};
