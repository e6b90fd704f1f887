/** Events for tests: plain objects with sensible fields, and batches decoded from them as a source would. */

import { readFileSync } from 'node:fs';
import { EventBatch } from '../../pipeline/event.ts';
import { Decoder, type DecodeLimits } from '../../pipeline/ingest/decode.ts';
import { parsePlaceholders } from '../../pipeline/ingest/placeholders.ts';

/** An event as a sender writes it, before decoding. */
export type PlainEvent = Readonly<Record<string, unknown>>;

/** The instant of made-up events: 2026-03-02 10:00:00 in Shanghai, a Monday. */
export const START_MS = Date.parse('2026-03-02T02:00:00Z');

const TEST_SEED = [0x5eed0001, 0x5eed0002] as const;

const TEST_LIMITS: DecodeLimits = {
  maxRecordBytes: 1_048_576,
  maxDepth: 8,
  maxAmountMinor: 100_000_000_000,
  earliestMs: Date.parse('2000-01-01T00:00:00Z'),
  maxFutureMs: 3_600_000,
};

const PLACEHOLDERS = parsePlaceholders(
  readFileSync(new URL('../../config/lists/placeholders.txt', import.meta.url), 'utf8'),
);

/** RFC 3339 in UTC of an instant `offsetMs` after START_MS. */
export function at(offsetMs: number): string {
  return new Date(START_MS + offsetMs).toISOString();
}

/** A decoder with a fixed seed, the shipped placeholders and the default limits. */
export function testDecoder(limits: Partial<DecodeLimits> = {}): Decoder {
  return new Decoder({
    hashSeed: TEST_SEED,
    placeholders: PLACEHOLDERS,
    cardTokenKey: 'card token key of the tests',
    limits: { ...TEST_LIMITS, ...limits },
  });
}

/** A complete event of some type. `undefined` in `overrides` leaves the field out. */
export function eventOf(type: string, overrides: PlainEvent = {}): PlainEvent {
  return { id: 'e-1', type, occurredAt: at(0), accountId: 'acc-1', ...overrides };
}

/** A complete payment of 25.00 CNY. `undefined` in `overrides` leaves the field out. */
export function paymentOf(overrides: PlainEvent = {}): PlainEvent {
  return {
    id: 'p-1',
    type: 'payment',
    occurredAt: at(0),
    accountId: 'acc-1',
    customerId: 'cus-1',
    cardId: 'card-1',
    deviceId: 'dev-1',
    ip: '203.0.113.7',
    merchantId: 'mer-1',
    category: 'groceries',
    channel: 'app',
    instrument: 'credit_card',
    amount: 2500,
    currency: 'CNY',
    ...overrides,
  };
}

/**
 * Decodes events in order with the fixed seed. An `id` or `occurredAt` that is left out is made up:
 * `e-1`, `e-2` … and one second apart. Throws when an event is refused, with the reason.
 * Arrival is the event's own time, unless `receivedAtMs` says otherwise.
 */
export function batchFrom(
  events: readonly PlainEvent[],
  options: { capacity?: number; decoder?: Decoder; receivedAtMs?: number } = {},
): EventBatch {
  const decoder = options.decoder ?? sharedDecoder();
  const batch = new EventBatch(options.capacity ?? Math.max(1, events.length));
  events.forEach((event, index) => {
    const whole = { id: `e-${index + 1}`, occurredAt: at(index * 1000), ...event };
    const receivedAtMs = options.receivedAtMs ?? Date.parse(whole.occurredAt);
    const failure = decoder.decode(Buffer.from(JSON.stringify(whole)), receivedAtMs, batch);
    if (failure !== undefined) {
      throw new Error(
        `event ${index + 1} is refused: ${failure.reason} at "${failure.fieldPath}": ${failure.message}`,
      );
    }
  });
  return batch;
}

let decoderOfAll: Decoder | undefined;

function sharedDecoder(): Decoder {
  return (decoderOfAll ??= testDecoder());
}
