/**
 * Decoding against `JSON.parse(buf.toString())` of the same bytes: a whole event with its schema checked, its
 * keys hashed and its card numbers looked for costs less than building the object.
 */

import { seededRandom } from '../../pipeline/clock.ts';
import { EventBatch } from '../../pipeline/event.ts';
import type { Decoder } from '../../pipeline/ingest/decode.ts';
import { testDecoder } from '../support/events.ts';
import { compare, type Variant } from './measure.ts';
import type { Bench, Report } from './report.ts';

const START_MS = Date.UTC(2026, 2, 2);
const RECEIVED_MS = START_MS + 86_400_000;
const EVENTS = 40_000;
const ROUNDS = 7;
const BATCH = 1000;

type Fields = Record<string, unknown>;

/** Distinct events one behind the other in one piece of memory, as a Kafka fetch or a file's chunk has them. */
function records(count: number, change: (fields: Fields, i: number) => Fields): Buffer[] {
  const random = seededRandom(7);
  const draw = (below: number): number => Math.floor(random() * below);
  const padded = (value: number): string => String(value).padStart(8, '0');
  const lines = Array.from({ length: count }, (_, i) => {
    const account = padded(draw(1_000_000));
    const fields = {
      id: `evt-${String(i).padStart(12, '0')}`,
      type: 'payment',
      occurredAt: new Date(START_MS + i * 7).toISOString().replace('Z', '+08:00'),
      accountId: `acc-${account}`,
      customerId: `cus-${account}`,
      cardId: `card-${account}`,
      deviceId: `dev-${draw(2 ** 32)
        .toString(16)
        .padStart(12, 'a')}`,
      ip: `${1 + draw(220)}.${draw(256)}.${draw(256)}.${1 + draw(250)}`,
      merchantId: `mer-${draw(10_000)}`,
      category: 'groceries',
      channel: 'app',
      instrument: 'credit_card',
      amount: draw(100_000),
      currency: 'CNY',
      geo: { lat: 31.2304, lon: 121.4737, city: 'Shanghai' },
    };
    return Buffer.from(JSON.stringify(change(fields, i)));
  });
  const whole = Buffer.concat(lines);
  let at = 0;
  return lines.map((line) => whole.subarray(at, (at += line.length)));
}

function parsing(name: string, lines: readonly Buffer[]): Variant {
  return {
    name,
    count: lines.length,
    answers: 'amounts',
    run: () => {
      let sum = 0;
      for (const line of lines) sum += (JSON.parse(line.toString()) as { amount: number }).amount;
      return sum;
    },
  };
}

function decoding(name: string, lines: readonly Buffer[], decode: Decoder['decode']): Variant {
  const batch = new EventBatch(BATCH);
  return {
    name,
    count: lines.length,
    answers: 'amounts',
    run: () => {
      let sum = 0;
      for (let from = 0; from < lines.length; from += BATCH) {
        batch.clear();
        for (const line of lines.slice(from, from + BATCH)) {
          const failure = decode(line, RECEIVED_MS, batch);
          if (failure !== undefined) throw new Error(`${failure.fieldPath}: ${failure.message}`);
        }
        for (let i = 0; i < batch.length; i++) sum += batch.amountMinor[i]!;
      }
      return sum;
    },
  };
}

const SHAPES: readonly [string, (fields: Fields, i: number) => Fields][] = [
  ['a plain event', (fields) => fields],
  ['a Chinese city', (fields) => ({ ...fields, geo: { lat: 31.2, lon: 121.4, city: '上海' } })],
  [
    'an IPv6 address',
    (fields, i) => ({ ...fields, ip: `2001:db8::${(1 + (i % 5000)).toString(16)}` }),
  ],
  [
    'numeric ids',
    (fields, i) => ({ ...fields, id: String(1_900_000_000_000_000_000n + BigInt(i)) }),
  ],
  ['an unknown field (general path)', (fields) => ({ ...fields, till: 7 })],
];

async function run(report: Report): Promise<void> {
  const count = Math.max(BATCH, Math.floor((EVENTS * report.scale) / BATCH) * BATCH);
  for (const [title, change] of SHAPES) {
    const lines = records(count, change);
    const bytes = lines.reduce((sum, line) => sum + line.length, 0);
    report.section(`${title}: ${count} events of ${Math.round(bytes / count)} bytes`);
    const decoder = testDecoder();
    const result = await compare(
      [
        parsing('JSON.parse(buf.toString())', lines),
        decoding('decode', lines, decoder.decode.bind(decoder)),
        ...(title === 'a plain event'
          ? [decoding('the general path', lines, decoder.decodeGenerally.bind(decoder))]
          : []),
      ],
      { rounds: ROUNDS },
    );
    report.comparison(result, 'events');
    if (title !== 'a plain event') continue;
    const ratio = result.ratio('decode', 'JSON.parse(buf.toString())', 'cpu');
    report.figure('decode over JSON.parse, CPU time', ratio, 'x', { atLeast: 4 });
  }
  report.didNotMeasure('where the bytes come from: the network, the disk, gzip');
}

export const bench: Bench = {
  name: 'decode',
  summary: 'bytes → checked events with hashed keys, against JSON.parse of the same bytes',
  run,
};
