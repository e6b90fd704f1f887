import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { hostname } from 'node:os';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { acquireOwnership, isOwned } from '../../pipeline/act/ownership.ts';
import { systemClock, type Clock } from '../../pipeline/clock.ts';
import { Failure } from '../../pipeline/failure.ts';
import { startTestRedis, type TestRedis } from '../support/redis.ts';

let server: TestRedis;
const clock = systemClock;
const LEASE = '{sheepdog}:worker:group';

beforeAll(async () => {
  server = await startTestRedis();
});
afterAll(() => server.close());
beforeEach(() => server.connect().flushall());

/** A clock whose renewals are run by hand. */
function manual(): Clock & { tick: () => void } {
  let run = (): void => undefined;
  return {
    ...clock,
    every: (_ms, given) => {
      run = given;
      return () => {
        run = () => undefined;
      };
    },
    tick: () => run(),
  };
}

test('a second worker of a group is refused by name, and another group is not', async () => {
  const redis = server.connect();
  const first = await acquireOwnership('group', { redis, clock });
  const second = acquireOwnership('group', { redis: server.connect(), clock });
  await expect(second).rejects.toBeInstanceOf(Failure);
  await expect(second).rejects.toThrow(
    `group "group" already has a worker, process ${process.pid} on ${hostname()}`,
  );
  const other = await acquireOwnership('other', { redis, clock });
  expect(await isOwned(redis, 'group', clock)).toBe(true);
  await first.release();
  await other.release();
  expect(await isOwned(redis, 'group', clock)).toBe(false);
  const third = await acquireOwnership('group', { redis, clock });
  await third.release();
});

test('a worker that was killed on this machine is replaced at once', async () => {
  const redis = server.connect();
  const gone = spawn('true');
  await once(gone, 'exit');
  const lease = await acquireOwnership('group', { redis, clock });
  const holder = JSON.parse((await redis.get(LEASE))!) as object;
  await lease.release();
  await redis.set(LEASE, JSON.stringify({ ...holder, pid: gone.pid }), 'PX', 60_000);
  expect(await isOwned(redis, 'group', clock)).toBe(false);
  const next = await acquireOwnership('group', { redis, clock });
  await next.release();
});

test('of a worker on another machine nothing is assumed', async () => {
  const redis = server.connect();
  const holder = { host: 'elsewhere', machine: 'other boot', pid: 1, since: 0 };
  await redis.set(LEASE, JSON.stringify(holder), 'PX', 60_000);
  expect(await isOwned(redis, 'group', clock)).toBe(true);
  await expect(acquireOwnership('group', { redis, clock })).rejects.toThrow(
    'process 1 on elsewhere',
  );
});

test('the lease has an end and is renewed; a lease that expired untaken is taken again', async () => {
  const redis = server.connect();
  const hand = manual();
  const lease = await acquireOwnership('group', { redis, clock: hand, ttlMs: 60_000 });
  await redis.pexpire(LEASE, 1000);
  hand.tick();
  // The renewal was sent on the same connection before this question.
  expect(await redis.pttl(LEASE)).toBeGreaterThan(50_000);
  await redis.del(LEASE);
  hand.tick();
  expect(await redis.exists(LEASE)).toBe(1);
  expect(lease.lost.aborted).toBe(false);
  await lease.release();
  expect(await redis.exists(LEASE)).toBe(0);
});

test('a worker whose lease went to another is told to stop, and leaves the other its lease', async () => {
  const redis = server.connect();
  const hand = manual();
  const lease = await acquireOwnership('group', { redis, clock: hand });
  const usurper = JSON.stringify({ host: 'elsewhere', machine: 'm', pid: 2, since: 0 });
  await redis.set(LEASE, usurper, 'PX', 60_000);
  const lost = once(lease.lost, 'abort');
  hand.tick();
  await lost;
  expect(lease.lost.reason).toBeInstanceOf(Failure);
  expect((lease.lost.reason as Failure).message).toContain('process 2 on elsewhere');
  await lease.release();
  expect(await redis.get(LEASE)).toBe(usurper);
});

test('an absence of Redis is survived', async () => {
  const own = await startTestRedis({ durable: true });
  const redis = own.connect();
  const hand = manual();
  const lease = await acquireOwnership('group', { redis, clock: hand, ttlMs: 60_000 });
  await own.kill();
  hand.tick();
  await own.start();
  await own.connect('blocking').ping();
  hand.tick();
  expect(lease.lost.aborted).toBe(false);
  await own.close();
});
