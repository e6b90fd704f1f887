import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { EventBatch } from '../../pipeline/event.ts';
import { KEY_FIELDS } from '../../pipeline/event-fields.ts';
import { openHistory, type History } from '../../pipeline/record/history.ts';
import type { RestoredEvent } from '../../pipeline/record/restore.ts';
import { temporaryAnalytics, type TemporaryAnalytics } from '../support/chdb.ts';
import { at, paymentOf, START_MS, testDecoder, type PlainEvent } from '../support/events.ts';
import { ALLOW, META, record, startRecording } from './recording.ts';
import { payments, SAMPLE_DAY_MS } from './sample-batch.ts';

const DAY_MS = 86_400_000;

let store: TemporaryAnalytics;
beforeAll(async () => {
  store = await temporaryAnalytics();
});
afterAll(() => store.close());
beforeEach(() => store.clear());

async function restored(history: History, horizonMs: number): Promise<RestoredEvent[]> {
  const all: RestoredEvent[] = [];
  for await (const page of history.restoreEvents(horizonMs)) all.push(...page);
  return all;
}

/** What a window store and an id table take of an event. */
function essence(batch: EventBatch, row: number): Record<string, unknown> {
  KEY_FIELDS.forEach((_, column) => {
    batch.requireKey(column);
  });
  const keys = KEY_FIELDS.map((_, column) => [
    batch.keyLo[column * batch.capacity + row],
    batch.keyHi[column * batch.capacity + row],
  ]);
  return {
    id: [batch.idLo[row], batch.idHi[row]],
    keys,
    type: batch.typeCode[row],
    occurredAtMs: batch.occurredAtMs[row],
    receivedAtMs: batch.receivedAtMs[row],
    amountMinor: batch.amountMinor[row],
    terms: batch.terms[row],
    latitude: batch.latitude[row],
    longitude: batch.longitude[row],
    attributes: batch.text('attributes', row),
  };
}

const anyText = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 });
const optional = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(value, { nil: undefined });
const anyEvent = fc.record({
  id: fc.uuid(),
  accountId: anyText,
  cardId: optional(fc.oneof(anyText, fc.constant(''), fc.constant('unknown'))),
  deviceId: optional(anyText),
  ip: optional(fc.oneof(fc.ipV4(), fc.ipV6(), fc.constant('0.0.0.0'))),
  merchantId: optional(anyText),
  channel: optional(fc.constantFrom('app', '', 'web')),
  amount: optional(fc.nat(1e11)),
  terms: optional(fc.integer({ min: 1, max: 36 })),
  label: optional(fc.constantFrom('fraud', 'honest')),
  geo: optional(
    fc.record({
      lat: fc.double({ min: -90, max: 90, noNaN: true }),
      lon: fc.double({ min: -180, max: 180, noNaN: true }),
      city: anyText,
    }),
  ),
  attributes: optional(fc.dictionary(anyText, fc.oneof(anyText, fc.integer()), { maxKeys: 3 })),
  seconds: fc.nat(7200),
});

describe('restoring events', () => {
  it('gives a decoder events with the same hashes, keys and numbers as at their first arrival', async () => {
    const decoder = testDecoder();
    const sent = fc.sample(anyEvent, { numRuns: 400, seed: 20_260_314 });
    const first = new EventBatch(sent.length);
    for (const { seconds, ...event } of sent) {
      const whole: PlainEvent = paymentOf({
        customerId: undefined,
        ...event,
        occurredAt: at(seconds * 1000),
      });
      decoder.decode(Buffer.from(JSON.stringify(whole)), START_MS + 7_300_000, first);
    }
    expect(first.length).toBeGreaterThan(350);
    const { recorder } = await startRecording(store.analytics);
    for (let i = 0; i < first.length; i++) recorder.addEvent(first, i, ALLOW, META);
    recorder.seal(recorder.endBatch(), {}, START_MS + 7_200_000);
    await recorder.flush();

    const rows = await restored(await openHistory(store.analytics, 'worker-1'), DAY_MS);
    const again = new EventBatch(rows.length);
    for (const { json, receivedAtMs } of rows) {
      expect(decoder.decode(json, receivedAtMs, again)).toBeUndefined();
    }
    const byId = (batch: EventBatch): Map<string, unknown> =>
      new Map(
        Array.from({ length: batch.length }, (_, row) => [
          batch.text('id', row)!,
          essence(batch, row),
        ]),
      );
    expect(byId(again)).toEqual(byId(first));
    const hashes = new Map(rows.map(({ bodyHash }, row) => [again.text('id', row)!, bodyHash]));
    expect(hashes).toEqual(
      new Map(
        Array.from({ length: first.length }, (_, row) => [
          first.text('id', row)!,
          first.bodyHash[row]!,
        ]),
      ),
    );
  });

  it('goes by event time and begins within the horizon, its start excluded', async () => {
    const { recorder } = await startRecording(store.analytics);
    const shuffled = [...payments(5000)].sort((a, b) => (a.bodyHash! % 977) - (b.bodyHash! % 977));
    await record(recorder, shuffled);
    const history = await openHistory(store.analytics, 'worker-1');
    expect(history.watermarkMs).toBe(SAMPLE_DAY_MS + 4_999_000);
    const ids = (await restored(history, 4_000_000)).map(({ bodyHash }) => bodyHash);
    expect(ids).toEqual(Array.from({ length: 4000 }, (_, index) => 1000 + index));
  });

  it('marks what came late', async () => {
    const { recorder } = await startRecording(store.analytics);
    const [event, late] = payments(2);
    await record(recorder, [event!, { ...late!, late: true }]);
    const rows = await restored(await openHistory(store.analytics, 'worker-1'), DAY_MS);
    expect(rows.map((row) => row.late)).toEqual([false, true]);
  });

  it('of nothing gives nothing', async () => {
    expect(await restored(await openHistory(store.analytics, 'worker-1'), DAY_MS)).toEqual([]);
  });
});
