/**
 * From decoded events to decisions: repeats, windows, detectors, policy and freezing, as the engine runs
 * them, against parsing the same events' JSON.
 */

import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { loadConfig, type LoadedConfig } from '../../config/load.ts';
import { assembleDecoder, assembleEngine } from '../../pipeline/assemble.ts';
import { defineDetector, type NamedDetector } from '../../pipeline/detect/detector.ts';
import { discoverDetectors } from '../../pipeline/detect/discover.ts';
import { detectorsSchema } from '../../pipeline/detect/section.ts';
import { EventBatch } from '../../pipeline/event.ts';
import type { Decoder } from '../../pipeline/ingest/decode.ts';
import { DEFAULT_START_MS, simulate } from '../../pipeline/simulate/simulate.ts';
import { compare, type Variant } from './measure.ts';
import type { Bench, Report } from './report.ts';

const CONFIG = fileURLToPath(new URL('../../config/', import.meta.url));
const SECRET = Buffer.alloc(32, 7);
const SEED = 20261121;
/** Three events a customer and day. */
const RATE = 5;
const ACCOUNTS = 150_000;
/** After every event of the stream. */
const RECEIVED_MS = DEFAULT_START_MS + 365 * 86_400_000;
const BATCH = 256;
const ROUNDS = 5;

/** Customers and attackers as the simulator makes them, as a sender writes them. */
function simulated(count: number): Buffer[] {
  const lines: Buffer[] = [];
  const options = { seed: SEED, startMs: DEFAULT_START_MS, minutes: Infinity, ratePerSecond: RATE };
  for (const event of simulate({ ...options, accounts: ACCOUNTS })) {
    lines.push(Buffer.from(JSON.stringify(event)));
    if (lines.length === count) break;
  }
  return lines;
}

function decoded(lines: readonly Buffer[], decoder: Decoder): EventBatch[] {
  const batches: EventBatch[] = [];
  for (let from = 0; from < lines.length; from += BATCH) {
    const batch = new EventBatch(BATCH);
    for (const line of lines.slice(from, from + BATCH)) {
      const failure = decoder.decode(line, RECEIVED_MS, batch);
      if (failure !== undefined) throw new Error(failure.message);
    }
    batches.push(batch);
  }
  return batches;
}

/** Judges all batches with a fresh engine; the answer is how the verdicts fell. */
function judging(
  name: string,
  batches: readonly EventBatch[],
  count: number,
  config: LoadedConfig,
  catalogue: readonly NamedDetector[],
): Variant {
  let engine = assembleEngine(config, catalogue).engine;
  return {
    name,
    count,
    prepare: () => {
      engine = assembleEngine(config, catalogue).engine;
    },
    run: () => {
      let findings = 0;
      for (const batch of batches) {
        for (const judgement of engine.judge(batch).judgements) {
          if (judgement.kind === 'decided') findings += judgement.decision.findings.length;
        }
      }
      return findings;
    },
  };
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
  const catalogue = await discoverDetectors();
  const config = await loadConfig(CONFIG, catalogue);
  const count = Math.max(BATCH, Math.floor(400_000 * report.scale));
  const lines = simulated(count);
  const batches = decoded(lines, assembleDecoder(config, SECRET));
  const bytes = lines.reduce((sum, line) => sum + line.length, 0);
  report.note(
    `${count} simulated events of ${Math.round(bytes / count)} bytes: ${ACCOUNTS} customers, ${RATE} events a second, seed ${SEED}`,
  );

  const small = synthetic(10);
  const large = synthetic(100);
  const withSections = (named: readonly NamedDetector[]): LoadedConfig => ({
    ...config,
    sections: detectorsSchema(named).parse({}),
  });
  const result = await compare(
    [
      {
        name: 'JSON.parse',
        count,
        run: () => {
          let sum = 0;
          for (const line of lines) {
            sum += (JSON.parse(line.toString()) as { amount?: number }).amount ?? 0;
          }
          return sum;
        },
      },
      judging('all detectors live', batches, count, config, catalogue),
      judging('10 synthetic detectors', batches, count, withSections(small), small),
      judging('100 synthetic detectors', batches, count, withSections(large), large),
    ],
    { rounds: ROUNDS },
  );
  report.section('Decoded event to decision, one core');
  report.comparison(result, 'events');
  report.figure(
    'all detectors live, against JSON.parse',
    result.ratio('all detectors live', 'JSON.parse', 'cpu'),
    'x',
    { atLeast: 0.6 },
  );
  report.figure(
    'time of 100 detectors over that of 10',
    result.ratio('10 synthetic detectors', '100 synthetic detectors', 'cpu'),
    'x',
    { atMost: 3 },
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
