/**
 * From decoded events to decisions: repeats, windows, detectors, policy and freezing, as the engine runs
 * them, against parsing the same events' JSON.
 */

import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { loadConfig, type LoadedConfig } from '../../config/load.ts';
import { assembleDecoder, assembleEngine } from '../../pipeline/assemble.ts';
import { seededRandom, type Random } from '../../pipeline/clock.ts';
import { defineDetector, type NamedDetector } from '../../pipeline/detect/detector.ts';
import { discoverDetectors } from '../../pipeline/detect/discover.ts';
import { detectorsSchema } from '../../pipeline/detect/section.ts';
import { EventBatch } from '../../pipeline/event.ts';
import type { Decoder } from '../../pipeline/ingest/decode.ts';
import { compare, type Variant } from './measure.ts';
import type { Bench, Report } from './report.ts';

const CONFIG = fileURLToPath(new URL('../../config/', import.meta.url));
const SECRET = Buffer.alloc(32, 7);
const START_MS = Date.parse('2026-03-02T02:00:00Z');
const BATCH = 256;
const ROUNDS = 5;

/** Payments of about 400 bytes; keys Zipf-like over a million, so that a few accounts are very busy. */
function payments(count: number, random: Random): Buffer[] {
  const key = (most: number): number => Math.floor(most ** random()) - 1;
  return Array.from({ length: count }, (_, i) => {
    const account = key(1_000_000);
    return Buffer.from(
      JSON.stringify({
        id: `pay-20260302-${String(i).padStart(10, '0')}`,
        type: 'payment',
        occurredAt: new Date(START_MS + i * 20).toISOString(),
        accountId: `acc-${String(account).padStart(8, '0')}`,
        customerId: `cus-${String(account).padStart(8, '0')}`,
        cardId: `card-${String(account).padStart(8, '0')}-0`,
        deviceId: `dev-${String(key(1_000_000)).padStart(12, '0')}`,
        ip: `10.${String(key(250))}.${String(key(250))}.${String(1 + key(250))}`,
        merchantId: `mer-${String(key(20_000)).padStart(6, '0')}`,
        category: 'groceries',
        channel: 'app',
        instrument: 'credit_card',
        amount: 100 + Math.floor(random() * 50_000),
        currency: 'CNY',
        geo: { lat: 39.9 + random() / 10, lon: 116.4 + random() / 10, city: 'Beijing' },
      }),
    );
  });
}

function decoded(lines: readonly Buffer[], decoder: Decoder): EventBatch[] {
  const batches: EventBatch[] = [];
  for (let from = 0; from < lines.length; from += BATCH) {
    const batch = new EventBatch(BATCH);
    for (const line of lines.slice(from, from + BATCH)) {
      const failure = decoder.decode(line, START_MS + 86_400_000, batch);
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
      let sum = 0;
      for (const batch of batches) {
        for (const judgement of engine.judge(batch).judgements) {
          if (judgement.kind === 'decided') sum += judgement.decision.findings.length;
        }
      }
      return sum;
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
  const lines = payments(count, seededRandom(20261121));
  const batches = decoded(lines, assembleDecoder(config, SECRET));
  const bytes = lines.reduce((sum, line) => sum + line.length, 0);
  report.note(
    `${count} payments of ${Math.round(bytes / count)} bytes, 50 a second, seed 20261121`,
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
            sum += (JSON.parse(line.toString()) as { amount: number }).amount;
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
