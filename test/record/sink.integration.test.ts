import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Failure } from '../../pipeline/failure.ts';
import type { Analytics } from '../../pipeline/record/analytics.ts';
import { openAnalytics } from '../../pipeline/record/clickhouse.ts';
import type { Recorder } from '../../pipeline/record/recorder.ts';
import { ClickHouseServer } from './clickhouse-server.ts';
import { addBatch, META, REVIEW, startRecording } from './recording.ts';
import { payments, SAMPLE_DAY_MS } from './sample-batch.ts';

let server: ClickHouseServer;
let analytics: Analytics;
beforeEach(async () => {
  server = new ClickHouseServer();
  await server.start();
  analytics = await openAnalytics({ url: server.url });
});
afterEach(async () => {
  await analytics.close();
  await server.stop();
});

const TOO_MANY_PARTS = { status: 500, code: 252, text: 'TOO_MANY_PARTS' };

/** Resolves once the recorder has noticed that the sink is away. */
async function noticed(recorder: Recorder, retries: () => Promise<number>): Promise<void> {
  while ((await retries()) === 0 || recorder.obstacle === undefined) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function idsOf(table: string, key: string): unknown[] {
  return server.rowsOf(table, key).map((row) => row[key]);
}

describe('a server', () => {
  it('gets every row as it was added', async () => {
    const { recorder } = await startRecording(analytics);
    recorder.seal(addBatch(recorder, payments(3), REVIEW), { log: '9' }, SAMPLE_DAY_MS + 2000);
    await recorder.flush();
    expect(server.rowsOf('events', 'event_id')).toHaveLength(3);
    expect(server.rowsOf('events', 'event_id')[2]).toMatchObject({
      event_id: 'pay-2026-000000002',
      type: 'payment',
      occurred_at: BigInt(SAMPLE_DAY_MS + 2000),
      amount_minor: 1002n,
      terms: null,
      latitude: 31.2304,
      source: META.source,
      arrival: 2n ** 38n + 3n,
    });
    expect(server.rowsOf('decisions', 'event_id')[0]).toMatchObject({
      decision_id: 'dec_pay-2026-000000000',
      verdict: 1,
      reasons: ['review_finding'],
    });
    expect(server.inserts.at(-1)).toMatchObject({
      table: 'progress',
      rows: [{ worker: 'worker-1', epoch: 1, sequence: 4n, positions: { log: '9' } }],
    });
  });

  it('gets the marker last, after every other table', async () => {
    const { recorder } = await startRecording(analytics);
    server.inserts.length = 0;
    recorder.seal(addBatch(recorder, payments(2000), REVIEW), {}, SAMPLE_DAY_MS);
    await recorder.flush();
    expect(server.inserts.map(({ table }) => table)).toHaveLength(4);
    expect(server.inserts.at(-1)!.table).toBe('progress');
  });
});

describe('a server that goes away and comes back', () => {
  it('loses nothing, holds the source at the bound, and lets it go on', async () => {
    const { recorder, metrics } = await startRecording(analytics, {
      flushRows: 100,
      maxBufferedRows: 1000,
    });
    const retries = async (): Promise<number> =>
      (await metrics.recordRetries.get()).values[0]?.value ?? 0;
    await server.stop();
    const durable: number[] = [];
    let added = 0;
    while (recorder.bufferedRows < 1000) {
      await recorder.room();
      const end = addBatch(recorder, payments(100, added));
      const batch = (added += 100);
      recorder.seal(end, {}, SAMPLE_DAY_MS, () => durable.push(batch));
    }
    let open = false;
    const room = recorder.room().then(() => (open = true));
    await noticed(recorder, retries);
    expect([added, open, durable]).toEqual([500, false, []]);
    // The kept connection breaks first, a new one is refused: either may be the latest word.
    expect(recorder.obstacle).toMatch(/ECONNREFUSED|ECONNRESET|EPIPE|socket hang up/);
    expect((await metrics.paused.get()).values[0]?.value).toBe(1);

    await server.start();
    await room;
    await recorder.flush();
    expect(durable).toEqual([100, 200, 300, 400, 500]);
    expect(idsOf('events', 'event_id')).toEqual(payments(500).map(({ id }) => id));
    expect(idsOf('decisions', 'event_id')).toEqual(payments(500).map(({ id }) => id));
    expect([recorder.obstacle, recorder.bufferedRows]).toEqual([undefined, 0]);
    expect((await metrics.paused.get()).values[0]?.value).toBe(0);
  });

  it('after it took the rows but not the answer gets them again under the same keys', async () => {
    const { recorder } = await startRecording(analytics);
    server.loseAnswers = true;
    server.onInsert = () => {
      server.loseAnswers = server.attempts < 4;
    };
    recorder.seal(addBatch(recorder, payments(5)), {}, SAMPLE_DAY_MS);
    await recorder.flush();
    const twice = server.inserts.filter(({ table }) => table === 'events');
    expect(
      twice.length + server.inserts.filter(({ table }) => table === 'decisions').length,
    ).toBeGreaterThan(2);
    expect(idsOf('events', 'event_id')).toEqual(payments(5).map(({ id }) => id));
    for (const insert of twice) expect(insert.rows).toEqual(twice[0]!.rows);
  });

  it('is tried again while it is only overloaded', async () => {
    const { recorder } = await startRecording(analytics);
    const before = server.attempts;
    server.refuse = (table) =>
      table === 'events' && server.attempts < before + 5 ? TOO_MANY_PARTS : undefined;
    recorder.seal(addBatch(recorder, payments(2)), {}, SAMPLE_DAY_MS);
    await recorder.flush();
    expect(idsOf('events', 'event_id')).toHaveLength(2);
    expect(server.attempts).toBeGreaterThanOrEqual(before + 5);
  });
});

describe('a server that will never take the rows', () => {
  it('ends the recording: whoever waits is told, and nothing is called durable', async () => {
    const { recorder } = await startRecording(analytics, { maxBufferedRows: 10 });
    server.refuse = (table) =>
      table === 'decisions'
        ? { status: 404, code: 16, text: 'NO_SUCH_COLUMN_IN_TABLE' }
        : undefined;
    let durable = false;
    recorder.seal(addBatch(recorder, payments(20)), {}, SAMPLE_DAY_MS, () => (durable = true));
    const room = recorder.room();
    await expect(recorder.failed).rejects.toThrow(/insert into decisions.*NO_SUCH_COLUMN/);
    await expect(room).rejects.toThrow(/NO_SUCH_COLUMN/);
    await expect(recorder.flush()).rejects.toThrow(/NO_SUCH_COLUMN/);
    expect(durable).toBe(false);
    // The one marker is the claim that opened the epoch.
    expect(server.inserts.filter(({ table }) => table === 'progress')).toHaveLength(1);
  });
});

describe('closing', () => {
  it('waits for a server that is away only until it is told to stop', async () => {
    const { recorder } = await startRecording(analytics);
    await server.stop();
    recorder.seal(addBatch(recorder, payments(2)), {}, SAMPLE_DAY_MS);
    const stop = new AbortController();
    const closed = recorder.close(stop.signal);
    const outcome = expect(closed).rejects.toThrow(/stopped while ClickHouse was away/);
    stop.abort();
    await outcome;
    await expect(closed).rejects.toBeInstanceOf(Failure);
  });
});
