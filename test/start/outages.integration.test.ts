import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ClickHouseServer } from '../record/clickhouse-server.ts';
import { askRecord } from '../support/ask-record.ts';
import { type Cli, endAll, newFolder, run, startIn } from '../support/cli.ts';
import { startTestRedis } from '../support/redis.ts';

interface Answer {
  readonly status: number;
  readonly verdict?: string;
  readonly rewards?: 'pending' | readonly { readonly state: string }[];
}

let number = 0;

/** A payment of a customer of its own on a Friday morning: it earns the Friday offer. */
async function pay(
  worker: Cli,
  address: string,
): Promise<{ readonly id: string; readonly answer: Answer }> {
  const id = `pay-${++number}`;
  const payment = {
    id,
    type: 'payment',
    occurredAt: new Date(Date.parse('2026-11-20T02:00:00Z') + number * 1000).toISOString(),
    ...{ accountId: `a-${id}`, customerId: `c-${id}`, cardId: `k-${id}`, deviceId: `d-${id}` },
    ...{ ip: `198.51.100.${number}`, merchantId: 'shop-0001', category: 'supermarket' },
    ...{ channel: 'pos', instrument: 'debit', amount: 25_000, currency: 'CNY' },
  };
  const answer = await fetch(`${address}/v1/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(payment),
  }).catch((error: unknown) => {
    throw new Error(`the worker does not answer:\n${worker.stderr}`, { cause: error });
  });
  return { id, answer: (await answer.json()) as Answer };
}

const isPending = ({ answer }: { readonly answer: Answer }): boolean =>
  answer.rewards === 'pending';

/** Pays until an answer comes without its rewards: the worker has noticed. */
async function payUntilPending(worker: Cli, address: string): Promise<string[]> {
  const ids: string[] = [];
  await worker.until(async () => {
    const payment = await pay(worker, address);
    expect(payment.answer).toMatchObject({ status: 200, verdict: 'allow' });
    ids.push(payment.id);
    return isPending(payment) || undefined;
  });
  return ids;
}

async function readiness(address: string): Promise<{ status: number; text: string }> {
  const answer = await fetch(`${address}/readyz`);
  return { status: answer.status, text: await answer.text() };
}

async function notReadyFor(reason: string, worker: Cli, address: string): Promise<void> {
  await worker.until(async () => {
    const { status, text } = await readiness(address);
    return (status === 503 && text.includes(reason)) || undefined;
  });
}

async function readyAgain(worker: Cli, address: string): Promise<void> {
  await worker.until(async () => (await readiness(address)).status === 200 || undefined);
}

/** Every payment has one posted grant, and the ledger agrees with its journal. */
async function expectGrantedOnce(data: string, ids: readonly string[], env = {}): Promise<void> {
  const [grants, decided] = await askRecord(
    data,
    "SELECT event_id AS id, count() AS n, any(state) AS state FROM grants FINAL WHERE offer_id = 'friday-off' GROUP BY id",
    'SELECT event_id AS id FROM decisions FINAL',
  );
  const posted = grants.map(({ id, n, state }) => `${String(id)} ${String(n)} ${String(state)}`);
  expect(posted.toSorted()).toEqual(ids.map((id) => `${id} 1 posted`).toSorted());
  expect(decided.map(({ id }) => id).toSorted()).toEqual(ids.toSorted());
  const verified = await run(['ledger', 'verify', '--data', data], { env });
  expect(verified.code, verified.stderr).toBe(0);
}

afterAll(endAll);

describe('a worker whose private Redis is killed', () => {
  it('goes on deciding, says what it waits for, starts it again and grants each reward once', async () => {
    const data = join(await newFolder(), 'data');
    const worker = startIn(data);
    const address = await worker.ready();
    const ids = [(await pay(worker, address)).id];
    for (let kill = 0; kill < 2; kill++) {
      // Stopped first: otherwise the next server may be there before anyone pays.
      const [redis] = childrenOf(worker.pid, 'redis-server');
      process.kill(redis!, 'SIGSTOP');
      ids.push(...(await payUntilPending(worker, address)));
      process.kill(redis!, 'SIGKILL');
      ids.push((await pay(worker, address)).id);
      await worker.until(() => {
        const [next] = childrenOf(worker.pid, 'redis-server');
        return Promise.resolve(next !== undefined && next !== redis ? next : undefined);
      });
      await readyAgain(worker, address);
      await worker.until(async () => {
        const payment = await pay(worker, address);
        ids.push(payment.id);
        return !isPending(payment) || undefined;
      });
    }
    expect(worker.stderr).toContain('the private Redis died: starting it again');
    const ended = await worker.stop();
    expect(ended.code, ended.stderr).toBe(0);
    await expectGrantedOnce(data, ids);
  });
});

describe('a worker whose Redis by URL goes away and comes back', () => {
  it('decides meanwhile, is not ready and says why, and grants each reward once', async () => {
    const redis = await startTestRedis({ tcp: true, durable: true });
    const env = { REDIS_URL: redis.url };
    try {
      const data = join(await newFolder(), 'data');
      const worker = startIn(data, [], { env });
      const address = await worker.ready();
      const ids = [(await pay(worker, address)).id];
      await redis.kill();
      ids.push(...(await payUntilPending(worker, address)));
      await notReadyFor('the reward ledger is away', worker, address);
      ids.push((await pay(worker, address)).id);
      await redis.start();
      await readyAgain(worker, address);
      // Gone again at the stop: what waits is not lost, and the stop does not hang.
      await redis.kill();
      ids.push(...(await payUntilPending(worker, address)));
      const ended = await worker.stop();
      expect([ended.code, ended.signal], ended.stderr).toEqual([0, null]);
      await redis.start();
      const next = startIn(data, [], { env });
      const again = await next.ready();
      ids.push((await pay(next, again)).id);
      expect((await next.stop()).code).toBe(0);
      await expectGrantedOnce(data, ids, env);
    } finally {
      await redis.close();
    }
  });
});

describe('a worker whose ClickHouse goes away and comes back', () => {
  it('decides and rewards meanwhile, says what is away, stops in time without it, and loses no row', async () => {
    const server = new ClickHouseServer();
    server.select = (sql, response) => {
      response.end(sql.includes('FROM progress') ? markersOf(server) : '');
    };
    await server.start();
    try {
      const data = join(await newFolder(), 'data');
      const env = { CLICKHOUSE_URL: server.url };
      const worker = startIn(data, [], { env });
      const address = await worker.ready();
      const ids = [(await pay(worker, address)).id];
      await server.stop();
      await notReadyFor('ClickHouse', worker, address);
      const meanwhile = await pay(worker, address);
      expect(meanwhile.answer).toMatchObject({ status: 200, verdict: 'allow' });
      expect(meanwhile.answer.rewards).not.toEqual([]);
      ids.push(meanwhile.id);
      await server.start();
      await readyAgain(worker, address);
      ids.push((await pay(worker, address)).id);
      await server.stop();
      // Away at the stop: its rows come again from the inbox and from the ledger's journal.
      ids.push((await pay(worker, address)).id);
      const ended = await worker.stop();
      expect([ended.code, ended.signal]).toEqual([1, null]);
      expect(ended.stderr).toMatch(/^sheepdog: .*ClickHouse/m);
      expect(ended.stderr).not.toMatch(/^\s+at /m);

      await server.start();
      const next = startIn(data, [], { env });
      await next.ready();
      expect((await next.stop()).code, next.stderr).toBe(0);
      const recorded = server.rowsOf('decisions', 'event_id').map((row) => row['event_id']);
      expect(recorded.toSorted()).toEqual(ids.toSorted());
      const granted = server.rowsOf('grants', 'grant_id').map((row) => row['event_id']);
      expect(granted.toSorted()).toEqual(ids.toSorted());
    } finally {
      await server.stop();
    }
  });
});

/** What a select of the markers answers after the inserts so far: the newest of each epoch. */
function markersOf(server: ClickHouseServer): string {
  return server
    .rowsOf('progress', 'epoch')
    .map(({ worker, epoch, sequence, watermark, positions }) =>
      JSON.stringify({
        ...{ worker, positions, epoch: Number(epoch), sequence: Number(sequence) },
        watermarkMs: Number(watermark),
      }),
    )
    .join('\n');
}

/** Process ids of a process's direct children with a name, those that still run. */
function childrenOf(pid: number, name: string): number[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map((entry) => /^(\d+) \((.*)\) (\S) (\d+) /.exec(statOf(entry)))
    .filter((stat) => stat?.[2] === name && stat[3] !== 'Z' && Number(stat[4]) === pid)
    .map((stat) => Number(stat![1]));
}

/** '' for a process that has ended in between. */
function statOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return '';
  }
}
