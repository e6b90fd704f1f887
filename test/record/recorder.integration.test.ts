import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openHistory } from '../../pipeline/record/history.ts';
import { temporaryAnalytics, type TemporaryAnalytics } from '../support/chdb.ts';
import { addBatch, ALLOW, record, REVIEW, startRecording } from './recording.ts';
import { payments, SAMPLE_DAY_MS } from './sample-batch.ts';

let store: TemporaryAnalytics;
beforeAll(async () => {
  store = await temporaryAnalytics();
});
afterAll(() => store.close());
beforeEach(() => store.clear());

async function count(table: string): Promise<number> {
  const [row] = await store.analytics.query<{ n: number }>(`SELECT count() AS n FROM ${table}`);
  return row!.n;
}

async function idsRestored(): Promise<string[]> {
  const history = await openHistory(store.analytics, 'reader');
  const ids: string[] = [];
  for await (const page of history.restoreEvents(366 * 86_400_000)) {
    for (const { json } of page) ids.push((JSON.parse(json.toString()) as { id: string }).id);
  }
  return ids;
}

describe('a batch', () => {
  it('is told to be durable only when its rows and then its marker are in', async () => {
    const { recorder } = await startRecording(store.analytics);
    const told: string[] = [];
    const first = addBatch(recorder, payments(2));
    const second = addBatch(recorder, payments(2, 10));
    await recorder.flush();
    expect([await count('events'), told, await idsRestored()]).toEqual([4, [], []]);
    recorder.seal(first, { log: '1' }, SAMPLE_DAY_MS + 1000, () => told.push('first'));
    recorder.seal(second, { log: '2' }, SAMPLE_DAY_MS + 11_000, () => told.push('second'));
    expect(told).toEqual([]);
    await recorder.flush();
    expect(told).toEqual(['first', 'second']);
    expect(await idsRestored()).toHaveLength(4);
  });

  it('is history up to its own end, although rows of the next batch went in with it', async () => {
    const { recorder } = await startRecording(store.analytics);
    const end = addBatch(recorder, payments(2));
    addBatch(recorder, payments(3, 10));
    recorder.seal(end, {}, SAMPLE_DAY_MS + 1000);
    await recorder.flush();
    expect(await count('events')).toBe(5);
    expect(await idsRestored()).toEqual(payments(2).map(({ id }) => id));
  });

  it('sealed without rows moves the positions', async () => {
    const { recorder } = await startRecording(store.analytics);
    recorder.seal(recorder.endBatch(), { commands: '7-0' }, -Infinity);
    await recorder.flush();
    recorder.seal(recorder.endBatch(), { inbox: '3' }, -Infinity);
    await recorder.flush();
    const next = await openHistory(store.analytics, 'worker-1');
    expect([next.positions, next.watermarkMs]).toEqual([{ commands: '7-0', inbox: '3' }, 0]);
  });

  it('is flushed by itself once enough rows have gathered', async () => {
    const { recorder } = await startRecording(store.analytics, { flushRows: 3 });
    const durable = new Promise<void>((resolve) => {
      recorder.seal(0, {}, 0);
      const end = addBatch(recorder, payments(1));
      recorder.seal(end, {}, SAMPLE_DAY_MS, resolve);
      addBatch(recorder, payments(2, 1));
    });
    await durable;
    expect(await count('events')).toBe(3);
  });

  it('is flushed by itself once it is old enough', async () => {
    const { recorder } = await startRecording(store.analytics, { flushEveryMs: 5 });
    const end = addBatch(recorder, payments(1));
    await new Promise<void>((resolve) => recorder.seal(end, {}, SAMPLE_DAY_MS, resolve));
    expect(await count('events')).toBe(1);
    await recorder.close();
  });

  it('is durable after close, and nothing is buffered', async () => {
    const { recorder } = await startRecording(store.analytics);
    recorder.seal(addBatch(recorder, payments(9)), {}, SAMPLE_DAY_MS);
    expect(recorder.bufferedRows).toBe(18);
    await recorder.close();
    expect([recorder.bufferedRows, await count('decisions')]).toEqual([0, 9]);
  });
});

describe('a crash', () => {
  it('leaves torn rows that never become history, however far later epochs get', async () => {
    const crashed = await startRecording(store.analytics);
    await record(crashed.recorder, payments(2));
    addBatch(crashed.recorder, payments(5, 100));
    await crashed.recorder.flush();
    expect(await count('events')).toBe(7);

    const crashedAtOnce = await startRecording(store.analytics);
    addBatch(crashedAtOnce.recorder, payments(50, 200));
    await crashedAtOnce.recorder.flush();

    const next = await startRecording(store.analytics);
    expect(next.history.epoch).toBe(crashedAtOnce.history.epoch + 1);
    await record(next.recorder, payments(60, 1000));
    expect(await idsRestored()).toEqual(
      [...payments(2), ...payments(60, 1000)].map(({ id }) => id),
    );
  });

  it('between the tables of one flush is made good by the same rows again', async () => {
    const torn = await startRecording(store.analytics);
    addBatch(torn.recorder, payments(3), REVIEW);
    await torn.recorder.flush();
    await store.analytics.command('TRUNCATE TABLE decisions');
    const next = await startRecording(store.analytics);
    expect((await next.history.storedDecision(payments(1)[0]!.id))?.decision).toBeUndefined();
    await record(next.recorder, payments(3), REVIEW);
    for (const [table, rows] of [
      ['events', 3],
      ['decisions', 3],
      ['findings', 6],
    ] as const) {
      expect([table, await count(`${table} FINAL`)]).toEqual([table, rows]);
    }
    expect(await idsRestored()).toHaveLength(3);
  });

  it('does not hand its epoch to the next start, even when it recorded nothing', async () => {
    const first = await openHistory(store.analytics, 'worker-1');
    const second = await openHistory(store.analytics, 'worker-1');
    const other = await openHistory(store.analytics, 'worker-2');
    expect([first.epoch, second.epoch, other.epoch]).toEqual([1, 2, 3]);
    expect([first.empty, second.empty]).toEqual([true, true]);
  });

  it('keeps positions and watermark of the last marker', async () => {
    const { recorder } = await startRecording(store.analytics);
    recorder.seal(addBatch(recorder, payments(1)), { commands: '5-1' }, SAMPLE_DAY_MS + 5);
    await recorder.flush();
    await openHistory(store.analytics, 'worker-1');
    const next = await openHistory(store.analytics, 'worker-1');
    expect([next.positions, next.watermarkMs, next.empty]).toEqual([
      { commands: '5-1' },
      SAMPLE_DAY_MS + 5,
      false,
    ]);
  });
});

describe('rows that are written twice', () => {
  it('are one row under FINAL', async () => {
    const first = await startRecording(store.analytics);
    addBatch(first.recorder, payments(4), REVIEW);
    first.recorder.addAccountAction(FREEZE);
    await first.recorder.flush();
    const again = await startRecording(store.analytics);
    addBatch(again.recorder, payments(4), REVIEW);
    again.recorder.addAccountAction(FREEZE);
    await again.recorder.flush();
    const tables = ['events', 'decisions', 'findings', 'account_actions'];
    const counts = await Promise.all(tables.map((table) => count(`${table} FINAL`)));
    expect(counts).toEqual([4, 4, 8, 1]);
  });

  it('in the same place, as after an insert whose answer was lost, are restored once', async () => {
    const { recorder } = await startRecording(store.analytics);
    await record(recorder, payments(3));
    // A merge would make them one row at any moment.
    await store.analytics.command('SYSTEM STOP MERGES events');
    await store.analytics.command('INSERT INTO events SELECT * FROM events');
    expect(await count('events')).toBe(6);
    expect(await idsRestored()).toEqual(payments(3).map(({ id }) => id));
    await store.analytics.command('SYSTEM START MERGES events');
  });
});

const FREEZE = {
  id: 'freeze_dec_1',
  kind: 'freeze',
  accountId: 'a1',
  actor: 'policy',
  reason: `carrier's "NAT"`,
  decisionId: 'dec_1',
  occurredAtMs: SAMPLE_DAY_MS,
  expiresAtMs: undefined,
} as const;

describe('history answers', () => {
  it('for an event that is not durable yet, that is in flight, and that is', async () => {
    const { recorder, history } = await startRecording(store.analytics);
    const [first, second] = payments(2);
    const end = addBatch(recorder, [first!], REVIEW);
    // The very object that was added shows that the answer did not come from the database.
    expect((await history.storedDecision(first!.id))?.decision).toBe(REVIEW);
    recorder.seal(end, {}, SAMPLE_DAY_MS);
    const flushed = recorder.flush();
    addBatch(recorder, [second!]);
    expect((await history.storedDecision(first!.id))?.decision).toBe(REVIEW);
    await flushed;
    const found = await history.storedDecisions([first!.id, second!.id, 'never seen']);
    expect(found.get(first!.id)?.decision).not.toBe(REVIEW);
    expect(found.get(first!.id)?.decision.verdict).toBe('review');
    expect(new Set(found.get(first!.id)?.decision.findings)).toEqual(new Set(REVIEW.findings));
    expect(found.get(second!.id)).toEqual({ decision: ALLOW, bodyHash: 1 });
    expect(found.size).toBe(2);
  });

  it('repeat for the same body, conflict for another one, new for what it never saw', async () => {
    const earlier = await startRecording(store.analytics);
    await record(earlier.recorder, payments(700));
    const { recorder, history } = await startRecording(store.analytics);
    addBatch(recorder, payments(2, 700));
    const ids = payments(703).map(({ id, bodyHash }) => ({ eventId: id, bodyHash: bodyHash! }));
    ids[5] = { ...ids[5]!, bodyHash: -1 };
    ids[701] = { ...ids[701]!, bodyHash: -1 };
    const standing = await history.standing(ids);
    expect(standing.filter((each) => each === 'repeat')).toHaveLength(700);
    expect([standing[5], standing[701], standing[702]]).toEqual(['conflict', 'conflict', 'new']);
  });

  it('with account actions in the order in which they took effect, without torn ones', async () => {
    const { recorder } = await startRecording(store.analytics);
    recorder.addAccountAction({ ...FREEZE, expiresAtMs: SAMPLE_DAY_MS + 1 });
    recorder.addAccountAction({ ...FREEZE, id: 'cmd-1', kind: 'unfreeze', actor: 'ann' });
    recorder.seal(recorder.endBatch(), {}, SAMPLE_DAY_MS);
    recorder.addAccountAction({ ...FREEZE, id: 'torn' });
    await recorder.flush();
    const next = await openHistory(store.analytics, 'worker-1');
    expect(await next.restoreAccountActions()).toEqual([
      { ...FREEZE, expiresAtMs: SAMPLE_DAY_MS + 1 },
      { ...FREEZE, id: 'cmd-1', kind: 'unfreeze', actor: 'ann' },
    ]);
  });
});
