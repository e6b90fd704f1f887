import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { ActQueue } from '../../pipeline/act/queue.ts';
import { Registry } from '../../pipeline/act/registry.ts';
import type { AccountAction, AccountActionKind } from '../../pipeline/decide/account-action.ts';
import { isUnavailable } from '../../pipeline/reward/redis.ts';
import { silentLogger } from '../../pipeline/telemetry.ts';
import { startTestRedis, type TestRedis } from '../support/redis.ts';

let server: TestRedis;
let queue: ActQueue;

beforeAll(async () => {
  server = await startTestRedis({ durable: true });
});
afterAll(() => server.close());
beforeEach(async () => {
  await server.connect().flushall();
  queue = new ActQueue({ redis: server, log: silentLogger(), attempts: 2, backoffMs: 1 });
});
afterEach(() => queue.close());

function action(id: string, kind: AccountActionKind, accountId = 'a'): AccountAction {
  return {
    id,
    kind,
    accountId,
    actor: 'policy',
    reason: 'same-device',
    decisionId: 'dec_e',
    occurredAtMs: 5,
    expiresAtMs: undefined,
  };
}

const settled = (): Promise<void> =>
  vi.waitFor(
    async () => {
      const { waiting, active, delayed } = await queue.counts();
      expect(waiting + active + delayed).toBe(0);
    },
    { timeout: 120_000, interval: 5 },
  );

describe('freezing', () => {
  test('takes effect in the registry, with who, why and when', async () => {
    queue.start();
    await queue.enqueue([action('freeze_dec:1', 'freeze')]);
    await settled();
    expect(await queue.registry.status('a')).toEqual({
      status: 'frozen',
      actionId: 'freeze_dec:1',
      changedAtMs: 5,
      reason: 'same-device',
      actor: 'policy',
    });
    expect(await queue.registry.status('b')).toMatchObject({ status: 'active', actionId: '' });
  });

  test.each(['unfreeze', 'expire'] as const)(
    'ends by %s; a proposal has no effect',
    async (kind) => {
      queue.start();
      await queue.enqueue([action('1', 'freeze'), action('2', kind), action('3', 'propose')]);
      await settled();
      expect(await queue.registry.status('a')).toMatchObject({ status: 'active', actionId: '2' });
      expect((await queue.counts()).completed).toBe(2);
    },
  );

  test('a repeated action changes nothing, even after the queue has forgotten its job', async () => {
    queue.start();
    await queue.enqueue([action('1', 'freeze'), action('2', 'unfreeze')]);
    await settled();
    const redis = server.connect();
    for (const key of await redis.keys('{sheepdog}:jobs*')) await redis.del(key);
    await queue.enqueue([action('1', 'freeze')]);
    await settled();
    expect(await queue.registry.status('a')).toMatchObject({ status: 'active', actionId: '2' });
  });

  test('waits in Redis while no worker runs', async () => {
    await queue.enqueue([action('1', 'freeze')]);
    expect(await queue.counts()).toMatchObject({ waiting: 1 });
    await queue.close();
    queue = new ActQueue({ redis: server, log: silentLogger() });
    queue.start();
    await settled();
    expect(await queue.registry.status('a')).toMatchObject({ status: 'frozen' });
  });
});

test('the registry never goes backwards: an action overtaken by a later one is left out', async () => {
  const registry = new Registry(server.connect());
  const [first, second] = await registry.place([action('1', 'freeze'), action('2', 'unfreeze')]);
  expect(await registry.register(second!)).toBe(true);
  expect(await registry.register(first!)).toBe(false);
  expect(await registry.status('a')).toMatchObject({ status: 'active' });
  // A repeat finds the place it had.
  expect(await registry.place([action('2', 'unfreeze'), action('3', 'freeze')])).toMatchObject([
    { place: second!.place },
    { place: second!.place + 1 },
  ]);
});

test('a job that fails is tried again, then counted and shown, and done when the cause is gone', async () => {
  const redis = server.connect();
  await redis.set('{sheepdog}:registry:accounts', 'damaged');
  queue.start();
  await queue.enqueue([action('1', 'freeze')]);
  await settled();
  expect(await queue.counts()).toMatchObject({ failed: 1, completed: 0 });
  const failures = await queue.failures();
  expect(failures).toMatchObject([{ name: 'account.freeze', accountId: 'a', attempts: 2 }]);
  expect(failures[0]!.error).toContain('WRONGTYPE');
  await redis.del('{sheepdog}:registry:accounts');
  expect(await queue.retryFailed()).toBe(1);
  await settled();
  expect(await queue.registry.status('a')).toMatchObject({ status: 'frozen' });
});

test('while Redis is away enqueue says so; afterwards the same call succeeds and jobs are done', async () => {
  queue.start();
  await queue.enqueue([action('1', 'freeze')]);
  await settled();
  await server.kill();
  const failure = await queue.enqueue([action('2', 'unfreeze')]).catch((error: unknown) => error);
  expect(isUnavailable(failure)).toBe(true);
  await server.start();
  await vi.waitFor(() => queue.enqueue([action('2', 'unfreeze')]), {
    timeout: 120_000,
    interval: 5,
  });
  await vi.waitFor(
    async () => expect(await queue.registry.status('a')).toMatchObject({ status: 'active' }),
    { timeout: 120_000, interval: 10 },
  );
});
