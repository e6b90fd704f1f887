/**
 * The payments that benches run on: 401 bytes of flat JSON each, keys drawn from a Zipf distribution
 * (s = 1.05 over a million keys a dimension, so that the top key gets some 7 % of all events: harsh).
 */

import { EventBatch, typeCodeOf } from '../../pipeline/event.ts';
import { DECODED_KEYS, keyColumn } from '../../pipeline/event-fields.ts';
import { seededRandom } from '../../pipeline/clock.ts';
import type { Random } from '../../pipeline/clock.ts';

type DecodedKey = (typeof DECODED_KEYS)[number];

const PAYMENT_BYTES = 401;

export interface WorkloadOptions {
  readonly events: number;
  /** Keys to draw from, for each key field; 1 M unless told. */
  readonly keys?: number;
  /** Events in a second of event time; 5,000 unless told. */
  readonly perSecond?: number;
  /** Share of events that arrive up to `lateByMs` out of order; 0 unless told. */
  readonly lateShare?: number;
  readonly lateByMs?: number;
  readonly seed?: number;
}

/** Columns of numbers, one element an event: small enough to keep ten million of them in memory. */
export interface Workload {
  readonly events: number;
  readonly occurredAtMs: Float64Array;
  readonly amountMinor: Int32Array;
  /** The number of the key that each event has in a field. */
  readonly keys: Readonly<Record<DecodedKey, Int32Array>>;
}

const START_MS = Date.UTC(2026, 10, 20);

/** A reproducible stream; account, device and IP go together loosely, as for real customers. */
export function workload(options: WorkloadOptions): Workload {
  const { events, keys = 1_000_000, perSecond = 5000, lateShare = 0, lateByMs = 200 } = options;
  const random = seededRandom(options.seed ?? 1);
  const draw = zipf(keys, 1.05, random);
  const columns = Object.fromEntries(
    DECODED_KEYS.map((field) => [field, new Int32Array(events)]),
  ) as Record<DecodedKey, Int32Array>;
  const occurredAtMs = new Float64Array(events);
  const amountMinor = new Int32Array(events);
  for (let i = 0; i < events; i++) {
    const late = lateShare > 0 && random() < lateShare ? Math.floor(random() * lateByMs) : 0;
    occurredAtMs[i] = START_MS + Math.floor((i * 1000) / perSecond) - late;
    amountMinor[i] = 1 + Math.floor(random() * 50_000);
    for (const field of DECODED_KEYS) columns[field][i] = draw();
  }
  return { events, occurredAtMs, amountMinor, keys: columns };
}

/** Draws from 0 … n − 1 with probability ∝ 1 / (k + 1)^s, scattered so that popular keys are not neighbours. */
function zipf(n: number, s: number, random: Random): () => number {
  const cumulative = new Float64Array(n);
  let total = 0;
  for (let k = 0; k < n; k++) cumulative[k] = total += 1 / (k + 1) ** s;
  // A coarse index keeps the search in the cache.
  const coarse = Int32Array.from({ length: 4097 }, (_, c) =>
    search(cumulative, (c / 4096) * total),
  );
  return () => {
    const at = random() * total;
    const c = Math.floor((at / total) * 4096);
    return searchBetween(cumulative, at, coarse[c]!, Math.min(n - 1, coarse[c + 1]!));
  };
}

function search(cumulative: Float64Array, at: number): number {
  return searchBetween(cumulative, at, 0, cumulative.length - 1);
}

function searchBetween(cumulative: Float64Array, at: number, from: number, to: number): number {
  let [low, high] = [from, to];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (cumulative[middle]! < at) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Fills the batch with the workload's events from `from` on; returns how many it took. */
export function fillBatch(batch: EventBatch, work: Workload, from: number): number {
  const count = Math.min(batch.capacity, work.events - from);
  batch.clear();
  batch.length = count;
  for (const [f, field] of DECODED_KEYS.entries()) {
    const numbers = work.keys[field];
    const column = keyColumn(field) * batch.capacity;
    for (let i = 0; i < count; i++) {
      const [lo, hi] = [scatter(numbers[from + i]!, f), scatter(numbers[from + i]!, f + 77) | 1];
      batch.keyLo[column + i] = lo;
      batch.keyHi[column + i] = hi;
    }
  }
  for (let i = 0; i < count; i++) {
    batch.occurredAtMs[i] = work.occurredAtMs[from + i]!;
    batch.amountMinor[i] = work.amountMinor[from + i]!;
    batch.idLo[i] = scatter(from + i, 991);
    batch.idHi[i] = from + i + 1;
  }
  batch.typeCode.fill(typeCodeOf('payment'), 0, count);
  return count;
}

/** A number that looks random and is the same for the same input: what a hash of a key's bytes would be. */
function scatter(value: number, salt: number): number {
  let h = Math.imul(value ^ Math.imul(salt + 1, 0x9e3779b1), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** The JSON of event i of the workload, PAYMENT_BYTES long. */
export function paymentJson(work: Workload, i: number): Buffer {
  const { keys } = work;
  const key = (prefix: string, field: DecodedKey): string =>
    prefix + String(keys[field][i]!).padStart(9, '0');
  const address = keys.ip[i]!;
  const head = {
    id: `P2026112000${String(i).padStart(12, '0')}`,
    type: 'payment',
    occurredAt: new Date(work.occurredAtMs[i]!).toISOString(),
    accountId: key('A', 'accountId'),
    customerId: key('C', 'customerId'),
    cardId: key('K', 'cardId'),
    deviceId: key('D', 'deviceId'),
    ip: `10.${(address >> 16) & 255}.${(address >> 8) & 255}.${address & 255}`,
    merchantId: key('M', 'merchantId'),
    amount: work.amountMinor[i]!,
    currency: 'CNY',
    category: 'groceries',
    channel: 'app',
    instrument: 'credit',
    terms: 1,
    refundOf: '',
  };
  const missing = PAYMENT_BYTES - Buffer.byteLength(JSON.stringify(head));
  return Buffer.from(
    JSON.stringify({ ...head, refundOf: 'credit'.padEnd(missing, '.').slice(0, missing) }),
  );
}
