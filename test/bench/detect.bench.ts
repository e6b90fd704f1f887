/**
 * From decoded events to decisions: repeats, windows, detectors, policy and freezing, as the engine runs
 * them, against parsing the same events' JSON. What rings, bursts and rules add to the detectors over windows
 * stands beside.
 */

import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { loadConfig, type LoadedConfig } from '../../config/load.ts';
import { assembleDecoder } from '../../pipeline/assemble.ts';
import { keysOf } from '../../pipeline/keys.ts';
import { defineDetector, type NamedDetector } from '../../pipeline/detect/detector.ts';
import { discoverDetectors } from '../../pipeline/detect/discover.ts';
import { detectorsSchema } from '../../pipeline/detect/section.ts';
import {
  ACCOUNTS,
  BATCH,
  judging,
  RATE,
  SECRET,
  SEED,
  simulated,
  type Workload,
} from './judging.ts';
import { compare } from './measure.ts';
import type { Bench, Report } from './report.ts';

const CONFIG = fileURLToPath(new URL('../../config/', import.meta.url));
const ROUNDS = 5;
const ON_WINDOWS = 'detectors over windows';
const CODED = 'and rings and bursts';
const LIVE = 'and rules: all that is live';

function parseAll({ text, ends }: Workload): number {
  let sum = 0;
  let start = 0;
  for (const end of ends) {
    sum += (JSON.parse(text.toString('utf8', start, end)) as { amount?: number }).amount ?? 0;
    start = end;
  }
  return sum;
}

/** `count` detectors over four features, each with a measure and a band of its own; they hardly ever fire. */
function synthetic(count: number): NamedDetector[] {
  return Array.from({ length: count }, (_, i) => ({
    name: `synthetic-${String(i)}`,
    detector: defineDetector({
      summary: 'Stands in for a rule.',
      cannotSee: 'Anything.',
      on: ['payment'],
      config: z.strictObject({}),
      features: () => ({
        payments: countOver('accountId', 600_000),
        paymentsDay: countOver('accountId', 86_400_000),
        onDevice: countOver('deviceId', 600_000),
        atAddress: countOver('ip', 600_000),
      }),
      measures: {
        load: {
          about: 'a mix of the four',
          unit: 'points',
          direction: 'atLeast',
          subject: 'accountId',
          bands: { review: 1e9 + i },
          windowMs: () => 600_000,
          of: MIXES[i % MIXES.length]!,
        },
      },
      examples: [],
    }),
  }));
}

const countOver = (key: 'accountId' | 'deviceId' | 'ip', windowMs: number) =>
  ({ key, on: ['payment'], windowMs, aggregate: { kind: 'count' } }) as const;

type Mixed = Readonly<Record<'payments' | 'paymentsDay' | 'onDevice' | 'atAddress', number>>;
const MIXES: readonly ((event: unknown, features: Mixed) => number)[] = [
  (_event, f) => f.payments,
  (_event, f) => f.paymentsDay - f.payments,
  (_event, f) => f.payments / f.paymentsDay,
  (_event, f) => (f.onDevice > 3 ? f.onDevice * f.payments : NaN),
  (_event, f) => Math.max(f.payments, f.onDevice, f.atAddress),
];

async function run(report: Report): Promise<void> {
  const coded = await discoverDetectors();
  const config = await loadConfig(CONFIG, coded);
  const onWindows = coded.filter(({ name }) => name !== 'ring' && !name.endsWith('-burst'));
  const count = Math.max(BATCH, Math.floor(400_000 * report.scale));
  const workload = simulated(count, assembleDecoder(config, keysOf(SECRET)));
  report.note(
    `${count} simulated events of ${Math.round(workload.text.length / count)} bytes: ${ACCOUNTS} customers, ${RATE} events a second, seed ${SEED}`,
  );

  const small = synthetic(10);
  const large = synthetic(100);
  const withSections = (named: readonly NamedDetector[]): LoadedConfig => ({
    ...config,
    catalogue: named,
    sections: detectorsSchema(named).parse({}),
  });
  const result = await compare(
    [
      { name: 'JSON.parse', count, run: () => parseAll(workload) },
      judging(ON_WINDOWS, workload, { ...config, catalogue: onWindows }),
      judging(CODED, workload, { ...config, catalogue: coded }),
      judging(LIVE, workload, config),
      judging('10 synthetic detectors', workload, withSections(small)),
      judging('100 synthetic detectors', workload, withSections(large)),
    ],
    { rounds: ROUNDS },
  );
  report.section('Decoded event to decision, one core');
  report.comparison(result, 'events');
  for (const name of [ON_WINDOWS, CODED, LIVE]) {
    const ratio = result.ratio(name, 'JSON.parse', 'cpu');
    report.figure(`${name}, against JSON.parse`, ratio, 'x', { atLeast: 0.6 });
  }
  report.figure(
    'time of 100 detectors over that of 10',
    result.ratio('10 synthetic detectors', '100 synthetic detectors', 'cpu'),
    'x',
    { atMost: 3 },
  );
  report.note(
    'a batch is decoded, untimed, just before it is judged, as on the live path; engines start empty',
  );
  report.didNotMeasure('decoding, rewards, recording: see the other benches');
  report.didNotMeasure(
    'windows that have filled over a whole day; the window bench runs to 10 M events',
  );
}

export const bench: Bench = {
  name: 'detect',
  summary: 'the engine on decoded events against JSON.parse of the same events',
  run,
};
