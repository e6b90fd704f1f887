import { afterAll, beforeAll, expect, test } from 'vitest';
import { acquireOwnership, groupOf } from '../../pipeline/act/ownership.ts';
import { systemClock } from '../../pipeline/clock.ts';
import { Ledger } from '../../pipeline/reward/ledger.ts';
import { campaigns, ops, SPEND } from '../reward/scenario.ts';
import { endAll, newFolder, run } from '../support/cli.ts';
import { startTestRedis, type TestRedis } from '../support/redis.ts';

let server: TestRedis;

beforeAll(async () => {
  server = await startTestRedis({ tcp: true });
});
afterAll(async () => {
  await endAll();
  await server.close();
});

test('ledger rebuild is refused while a worker of the group lives, and mends the ledger after it', async () => {
  const redis = server.connect();
  const ledger = new Ledger(redis);
  await ledger.apply(ops(campaigns(), { id: 'p' }));
  await redis.hset(ledger.keys.balances, SPEND, '7 0');
  const command = ['ledger', 'rebuild', '--data', await newFolder()];
  const env = { REDIS_URL: server.url };

  const worker = await acquireOwnership('embedded', { redis, clock: systemClock });
  const refused = await run(command, { env });
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain(`already has a worker, process ${process.pid}`);
  expect(refused.stderr).not.toMatch(/^\s+at /m);
  expect(await ledger.balances([SPEND])).toMatchObject([{ posted: 7 }]);
  await worker.release();

  const rebuilt = await run(command, { env });
  expect(rebuilt).toMatchObject({ code: 0, stdout: 'rebuilt from the journal up to entry 1\n' });
  expect(await ledger.balances([SPEND])).toMatchObject([{ posted: 1000 }]);
  // It has given the group back.
  const next = await acquireOwnership('embedded', { redis, clock: systemClock });
  await next.release();
});

test('the lease of a cluster is its consumer group', () => {
  expect(groupOf('cluster', 'bank')).toBe('bank');
  expect(groupOf('embedded', 'bank')).toBe('embedded');
});

test('ledger balances shows limits with what was added to them while the campaigns run', async () => {
  const ledger = new Ledger(server.connect());
  const account = 'quota/bill-payment/bill-off/from-10000';
  const shown = async (): Promise<unknown> => {
    const { stdout } = await run(['ledger', 'balances', '--data', await newFolder()], {
      env: { REDIS_URL: server.url },
    });
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { account: string });
    return lines.find((line) => line.account === account);
  };
  await ledger.noteAdded(new Map([[account, 5]]));
  expect(await shown()).toEqual({ account, limit: 10_005, posted: 0, pending: 0, left: 10_005 });
  await ledger.noteAdded(new Map());
  expect(await shown()).toMatchObject({ limit: 10_000 });
});
