import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../pipeline/clock.ts';
import type { Decision } from '../../pipeline/decide/decision.ts';
import { EventView, type EventBatch } from '../../pipeline/event.ts';
import { Stopped } from '../../pipeline/failure.ts';
import { customerTotals } from '../../pipeline/record/customer-history.ts';
import { openHistory } from '../../pipeline/record/history.ts';
import type { Recorder } from '../../pipeline/record/recorder.ts';
import { restoreCustomers } from '../../pipeline/restore.ts';
import { CustomerBook } from '../../pipeline/reward/customer-book.ts';
import type { FactPeriod } from '../../pipeline/reward/customer-facts.ts';
import { silentLogger } from '../../pipeline/telemetry.ts';
import { historyOf, plainFacts, type Judged } from '../reward/customer-history.ts';
import { temporaryAnalytics, type TemporaryAnalytics } from '../support/chdb.ts';
import { batchFrom, START_MS, testDecoder } from '../support/events.ts';
import { ALLOW, META, startRecording } from './recording.ts';

const PERIODS: readonly FactPeriod[] = [
  { id: 'spring', fromMs: START_MS + 2000, toMs: START_MS + 6000, currency: 'CNY' },
  { id: 'spring/wrapup', fromMs: START_MS + 6000, toMs: START_MS + 8000 },
];
const decoder = testDecoder();
const parts = {
  clock: systemClock,
  log: silentLogger(),
  signal: new AbortController().signal,
};

let store: TemporaryAnalytics;
beforeAll(async () => {
  store = await temporaryAnalytics();
});
afterAll(() => store.close());
beforeEach(() => store.clear());

function emptyBook(maxCustomers = 10_000): CustomerBook {
  const log = silentLogger();
  return new CustomerBook({ needed: true, periods: PERIODS, maxCustomers, log });
}

async function restoredBook(): Promise<CustomerBook> {
  const book = emptyBook();
  const history = await openHistory(store.analytics, 'worker-1');
  expect(await restoreCustomers(book, history, decoder, parts)).toBe(book.size);
  return book;
}

function decisionOf({ verdict }: Judged): Decision {
  return { ...ALLOW, verdict, reasons: verdict === 'allow' ? [] : ['review_finding'] };
}

/** Records the events and their answers as one batch and seals it, unless it is to be torn. */
async function write(
  recorder: Recorder,
  batch: EventBatch,
  history: readonly Judged[],
  { sealed }: { sealed: boolean },
): Promise<void> {
  for (let row = 0; row < batch.length; row++) {
    recorder.addEvent(batch, row, decisionOf(history[row]!), META);
  }
  const sequence = recorder.endBatch();
  if (sealed) recorder.seal(sequence, {}, START_MS + 10_000);
  await recorder.flush();
}

/** The facts of everybody that the events name, from a book. */
function allFacts(book: CustomerBook, batch: EventBatch): unknown[] {
  return Array.from({ length: batch.length }, (_, row) =>
    plainFacts(book.of(new EventView(batch, row)), PERIODS),
  );
}

function observed(batch: EventBatch, history: readonly Judged[]): CustomerBook {
  const book = emptyBook();
  const view = new EventView(batch, 0);
  for (; view.row < batch.length; view.row++) book.observe(view, history[view.row]!.verdict);
  return book;
}

describe('a book of customers restored from the record', () => {
  it('equals the live one, whatever arrived in whatever order, through repeats and a crash', async () => {
    await fc.assert(
      fc.asyncProperty(historyOf(400), fc.nat(), async (history, cut) => {
        await store.clear();
        const durable = history.slice(0, cut % (history.length + 1));
        const rest = history.slice(durable.length);
        const batch = batchFrom(
          history.map(({ event }) => event),
          { decoder },
        );
        const first = batchFrom(
          durable.map(({ event }) => event),
          { decoder },
        );
        const second = batchFrom(
          rest.map(({ event }) => event),
          { decoder },
        );

        const before = await startRecording(store.analytics);
        await write(before.recorder, first, durable, { sealed: true });
        // A crash leaves rows without their marker, some with another answer than the next start gives.
        const otherwise = rest.map((judged): Judged => ({ ...judged, verdict: 'block' }));
        await write(before.recorder, second, otherwise, { sealed: false });

        // An insert whose answer was lost is made again.
        for (const table of ['events', 'decisions']) {
          await store.analytics.command(`INSERT INTO ${table} SELECT * FROM ${table}`);
        }
        expect(allFacts(await restoredBook(), batch)).toEqual(
          allFacts(observed(first, durable), batch),
        );

        const after = await startRecording(store.analytics);
        await write(after.recorder, second, rest, { sealed: true });
        const live = observed(batch, history);
        const restored = await restoredBook();
        expect(allFacts(restored, batch)).toEqual(allFacts(live, batch));
        expect(restored.size).toBe(live.size);
      }),
      { numRuns: 5 },
    );
  });

  it('is the same when the database sums up hour by hour', async () => {
    const [sample] = fc.sample(historyOf(400), { numRuns: 1, seed: 20_261_121 });
    const history = sample!.map(({ event, verdict }, index): Judged => {
      const hours = (index % 7) * 3_600_000;
      const occurredAt = new Date(Date.parse(String(event['occurredAt'])) + hours).toISOString();
      return { event: { ...event, occurredAt }, verdict };
    });
    const batch = batchFrom(
      history.map(({ event }) => event),
      { decoder },
    );
    const { recorder } = await startRecording(store.analytics);
    await write(recorder, batch, history, { sealed: true });
    const book = emptyBook();
    for await (const page of customerTotals(store.analytics, 'true', PERIODS, 1)) {
      for (const totals of page) book.add(totals, decoder);
    }
    const live = observed(batch, history);
    expect(history.length).toBeGreaterThan(100);
    expect(allFacts(book, batch)).toEqual(allFacts(live, batch));
    expect(book.size).toBe(live.size);
  });

  it('of nothing knows nobody', async () => {
    expect((await restoredBook()).size).toBe(0);
  });

  it('that nobody needs asks the database for nothing', async () => {
    const log = silentLogger();
    const book = new CustomerBook({ needed: false, periods: [], maxCustomers: 1, log });
    const history = {
      restoreCustomers: () => {
        throw new Error('was asked');
      },
    };
    expect(await restoreCustomers(book, history, decoder, parts)).toBe(0);
  });

  it('can be stopped on its way', async () => {
    const { recorder } = await startRecording(store.analytics);
    const events = [{ type: 'login', accountId: 'acc-1' }];
    const batch = batchFrom(events, { decoder });
    await write(recorder, batch, [{ event: events[0]!, verdict: 'allow' }], { sealed: true });
    const history = await openHistory(store.analytics, 'worker-1');
    const signal = AbortSignal.abort();
    await expect(
      restoreCustomers(emptyBook(), history, decoder, { ...parts, signal }),
    ).rejects.toThrow(Stopped);
  });
});
