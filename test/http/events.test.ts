import { readFile, readdir } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../pipeline/clock.ts';
import type { EventOutcome } from '../../pipeline/http/outcome.ts';
import { Inbox } from '../../pipeline/ingest/inbox.ts';
import { silentLogger } from '../../pipeline/telemetry.ts';
import { payment, REWARD, start } from './running.ts';

const DECIDED = {
  status: 200,
  verdict: 'allow',
  duplicate: false,
  late: false,
  rewards: [REWARD],
};

describe('POST /v1/events', () => {
  it('answers one event with its decision, and its repeat with the stored one', async () => {
    await using api = await start();
    const first = await api.post('/v1/events', payment('e1'));
    expect(first.status).toBe(200);
    expect(first.headers.get('content-type')).toMatch(/^application\/json/);
    expect(await first.json()).toEqual({ ...DECIDED, eventId: 'e1', decisionId: 'dec_e1' });
    const again = await api.post('/v1/events', ` ${payment('e1')}\n`);
    expect(again.status).toBe(200);
    expect(await again.json()).toMatchObject({ decisionId: 'dec_e1', duplicate: true });
  });

  it('answers another event of the same id with 409 and the decision that stands', async () => {
    await using api = await start();
    await api.post('/v1/events', payment('e1'));
    const conflict = await api.post('/v1/events', payment('e1', { amount: 1 }));
    expect(conflict.status).toBe(409);
    expect(await conflict.json()).toMatchObject({
      decisionId: 'dec_e1',
      error: { code: 'id_conflict' },
    });
  });

  it('answers a batch in its order, each event with the status it would have had alone', async () => {
    await using api = await start();
    const good = await api.post(
      '/v1/events',
      `[${payment('e1')},${payment('e2', { amount: 100_000 })}]`,
    );
    expect(good.status).toBe(200);
    expect(await good.json()).toMatchObject([
      { eventId: 'e1' },
      { eventId: 'e2', verdict: 'block' },
    ]);
    const mixed = await api.post(
      '/v1/events',
      `[{"id":1}, ${payment('e3')}, ${payment('e1', { amount: 5 })},tru]`,
    );
    expect(mixed.status).toBe(207);
    expect(await mixed.json()).toMatchObject([
      { status: 400, error: { code: 'missing_field', fieldPath: 'type' } },
      { status: 200, eventId: 'e3' },
      { status: 409, decisionId: 'dec_e1' },
      { status: 400, error: { code: 'not_json' } },
    ]);
    const lines = await api.post('/v1/events', `${payment('e4')}\n\n${payment('e5')}\n`, {
      'content-type': 'application/x-ndjson',
    });
    expect(await lines.json()).toMatchObject([{ eventId: 'e4' }, { eventId: 'e5' }]);
    expect(await (await api.post('/v1/events', '[]')).json()).toEqual([]);
  });

  it('hands the bytes on as they were sent, and refuses bad ones with reason and field', async () => {
    await using api = await start();
    const odd =
      '{"id": "e1",\t"type":"payment","occurredAt":"2026-10-01T10:00:00+08:00","accountId":"a","note":1.0}';
    expect((await api.post('/v1/events', odd)).status).toBe(200);
    expect(api.decider.batches[0]!.records[0]!.bytes.toString()).toBe(odd);
    for (const [body, code, fieldPath] of [
      ['{"id":', 'not_json', ''],
      ['"text"', 'not_an_object', ''],
      [`[${payment('e2')}`, 'not_json', ''],
      [payment('e3', { amount: -1 }), 'bad_amount', 'amount'],
      [payment('e4', { occurredAt: '9999-01-01T00:00:00Z' }), 'time_out_of_range', 'occurredAt'],
    ] as const) {
      const answer = await api.post('/v1/events', body);
      expect(answer.status, body).toBe(400);
      expect(await answer.json(), body).toMatchObject({ error: { code, fieldPath } });
    }
    const invalid = await api.post('/v1/events', Buffer.from([0x7b, 0xff, 0x7d]));
    expect(await invalid.json()).toMatchObject({ error: { code: 'not_utf8' } });
  });

  it('refuses what is no request for it: empty, too large, too many, another type', async () => {
    await using api = await start({}, { maxBatchEvents: 2 });
    const code = async (answer: Response): Promise<[number, string]> => [
      answer.status,
      ((await answer.json()) as { error: { code: string } }).error.code,
    ];
    expect(await code(await api.post('/v1/events', ''))).toEqual([400, 'empty_body']);
    expect(await code(await fetch(`${api.url}/v1/events`, { method: 'POST' }))).toEqual([
      400,
      'empty_body',
    ]);
    expect(await code(await api.post('/v1/events', Buffer.alloc(10_000_000, 0x20)))).toEqual([
      413,
      'body_too_large',
    ]);
    expect(await code(await api.post('/v1/events', '[1,2,3]'))).toEqual([413, 'batch_too_large']);
    expect(
      await code(await api.post('/v1/events', payment('e'), { 'content-type': 'text/plain' })),
    ).toEqual([415, 'unsupported_media_type']);
    expect(api.decider.batches).toEqual([]);
  });

  it('masks a card number before it reaches the disk', async () => {
    await using api = await start();
    const answer = await api.post('/v1/events', payment('e1', { cardId: '4111111111111111' }));
    expect(answer.status).toBe(200);
    const [name] = (await readdir(api.folder)).filter((file) => file.endsWith('.log'));
    const log = await readFile(join(api.folder, name!), 'latin1');
    expect(log).toContain('411111******1111#');
    expect(log).not.toContain('4111111111111111');
  });

  it('decides concurrent requests in micro-batches, in the order in which they stand in the log', async () => {
    await using api = await start();
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, i) => api.post('/v1/events', payment(`e${i}`))),
    );
    const ids = await Promise.all(
      answers.map(async (answer) => ((await answer.json()) as { eventId: string }).eventId),
    );
    expect(ids).toEqual(Array.from({ length: 200 }, (_, i) => `e${i}`));
    const positions = api.decider.batches
      .flatMap((batch) => batch.records)
      .map(({ position }) => Number(position));
    expect(positions).toEqual(Array.from({ length: 200 }, (_, i) => i));
    expect(api.decider.batches.length).toBeLessThan(200);
  });

  it('does not hold the next batch back for an answer that comes later', async () => {
    const slow = open<EventOutcome>();
    const allow = (eventId: string): EventOutcome => ({
      kind: 'decided',
      eventId,
      decisionId: `dec_${eventId}`,
      verdict: 'allow',
      late: false,
      rewards: 'pending',
    });
    let calls = 0;
    await using api = await start({
      decide: () => Promise.resolve([calls++ === 0 ? slow.promise : allow('e2')]),
    });
    const first = api.post('/v1/events', payment('e1'));
    await until(() => calls === 1);
    expect(await (await api.post('/v1/events', payment('e2'))).json()).toMatchObject({
      eventId: 'e2',
      rewards: 'pending',
    });
    slow.resolve(allow('e1'));
    expect(await (await first).json()).toMatchObject({ eventId: 'e1' });
  });
});

describe('when there is no room or no decision', () => {
  it('answers 503 with Retry-After once too many events wait, and takes them again later', async () => {
    const gate = open<undefined>();
    await using api = await start(
      {
        decide: async (batch) => {
          await gate.promise;
          return batch.records.map(({ position }) => ({
            kind: 'conflict',
            eventId: position,
            decisionId: 'd',
          }));
        },
      },
      { maxQueuedEvents: 2 },
    );
    const sent = ['e1', 'e2', 'e3'].map((id) => api.post('/v1/events', payment(id)));
    // Whichever of them comes last: the others wait at the gate.
    const full = await Promise.race(sent);
    expect(full.status).toBe(503);
    expect(full.headers.get('retry-after')).toBe('1');
    expect(await full.json()).toMatchObject({
      error: { code: 'unavailable', message: 'too many events are waiting' },
    });
    gate.resolve(undefined);
    const statuses = (await Promise.all(sent)).map((answer) => answer.status);
    expect(statuses.toSorted()).toEqual([409, 409, 503]);
    expect((await api.post('/v1/events', payment('e3'))).status).toBe(409);
  });

  it('keeps the event when the pipeline ends before deciding it, and hands nothing on after it', async () => {
    let calls = 0;
    await using api = await start({
      decide: () => {
        calls++;
        return Promise.reject(new Error('the record is lost'));
      },
    });
    const answer = await api.post('/v1/events', payment('e1'));
    expect(answer.status).toBe(503);
    expect(await answer.text()).not.toContain('the record is lost');
    expect((await api.post('/v1/events', payment('e2'))).status).toBe(503);
    expect(calls).toBe(1);
    await api.inbox.close();
    const inbox = await Inbox.open({ folder: api.folder, clock: systemClock, log: silentLogger() });
    const kept: string[] = [];
    await inbox.run((batch) => {
      kept.push(...batch.records.map(({ bytes }) => bytes.toString()));
      return Promise.resolve();
    }, new AbortController().signal);
    await inbox.close();
    expect(kept).toEqual([payment('e1')]);
  });

  it('refuses live events until those of the last run were delivered again', async () => {
    const inbox = {
      append: () => Promise.reject(new Error('must not be asked')),
      batchOf: () => ({ source: 'http', records: [] }),
      redelivered: false,
      problem: () => undefined,
    };
    await using api = await start({ inbox });
    const answer = await api.post('/v1/events', payment('e1'));
    expect(answer.status).toBe(503);
    const ready = await fetch(`${api.url}/readyz`);
    expect(ready.status).toBe(503);
    expect(await ready.json()).toEqual({
      status: 'not ready',
      reasons: ['restoring: earlier events come first'],
    });
  });

  it('answers what it accepted before it closes, and nothing after', async () => {
    const gate = open<undefined>();
    let deciding = false;
    const api = await start({
      decide: async (batch) => {
        deciding = true;
        await gate.promise;
        return batch.records.map(({ position }) => ({
          kind: 'conflict',
          eventId: position,
          decisionId: 'd',
        }));
      },
    });
    const accepted = api.post('/v1/events', payment('e1'));
    await until(() => deciding);
    const closed = api[Symbol.asyncDispose]();
    expect((await api.post('/v1/events', payment('e2'))).status).toBe(503);
    expect(await (await fetch(`${api.url}/readyz`)).json()).toMatchObject({
      reasons: ['shutting down'],
    });
    expect((await fetch(`${api.url}/healthz`)).status).toBe(200);
    gate.resolve(undefined);
    expect((await accepted).status).toBe(409);
    await closed;
    await expect(api.post('/v1/events', payment('e3'))).rejects.toThrow('fetch failed');
  });

  it('drops a sender that stops in the middle of its body', async () => {
    await using api = await start({ requestWithinMs: 200 });
    const closed = open<string>();
    const slow = request(`${api.url}/v1/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'content-length': '1000' },
    });
    slow.on('response', (answer) => closed.resolve(String(answer.statusCode)));
    slow.on('error', (error) => closed.resolve(error.message));
    slow.write('{"id":');
    expect(await closed.promise).toMatch(/408|hang up|ECONNRESET/);
  });
});

/** Polls through the event loop, without a timer. */
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setImmediate(resolve));
}

/** A promise that the test settles. */
function open<T>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
