/** A worker that is killed while it delivers: `kill -9` of a process of its own, at the moments that matter. */

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { DeliveryQueue } from '../../pipeline/act/delivery-queue.ts';
import { ROOT } from '../support/cli.ts';
import { startTestRedis, type TestRedis } from '../support/redis.ts';
import { WebhookReceiver } from '../support/webhook-receiver.ts';
import { delivery, openQueue, SECRET, settingsFor, settled, until } from './delivering.ts';

let server: TestRedis;
let receiver: WebhookReceiver;
let queue: DeliveryQueue;
let children: ChildProcess[];

beforeEach(async () => {
  children = [];
  server = await startTestRedis({ durable: true, tcp: true });
  receiver = new WebhookReceiver({ k1: SECRET });
  await receiver.start();
  // The jobs of a worker that is gone are soon another's.
  ({ queue } = openQueue(server, settingsFor(receiver.url), { lockMs: 1000 }));
});
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  await queue.close();
  await receiver.stop();
  await server.close();
});

function startChild(): ChildProcess {
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', 'test/act/delivery-child.ts', server.url, receiver.url],
    { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  children.push(child);
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}

test('killed after the reward was given and before it heard so, the next worker asks again and it stays one', async () => {
  await queue.enqueue([delivery(1)]);
  receiver.behave = ({ headers, body }) => {
    receiver.given.set(String(headers['idempotency-key']), JSON.parse(body));
    return { kind: 'hang' };
  };
  const child = startChild();
  await until(() => receiver.given.size === 1);
  await kill(child);
  receiver.behave = () => ({ kind: 'give' });
  await queue.start();
  await settled(queue);
  expect(receiver.requests.map(({ headers }) => headers['idempotency-key'])).toEqual([
    'g_1.1',
    'g_1.1',
  ]);
  expect(receiver.requests[1]!.body).toBe(receiver.requests[0]!.body);
  expect(receiver.given.size).toBe(1);
});

test('killed after it heard so and before it could note it, the same', async () => {
  await queue.enqueue([delivery(1)]);
  // From the request on Redis takes no word: the answer arrives and cannot be noted.
  receiver.behave = () => {
    server.pause();
    return { kind: 'give' };
  };
  const child = startChild();
  await once(child.stdout!, 'data');
  await kill(child);
  // It goes without reading what the worker sent to it.
  await server.kill();
  await server.start();
  receiver.behave = () => ({ kind: 'give' });
  await until(() =>
    queue.start().then(
      () => true,
      () => false,
    ),
  );
  await settled(queue);
  expect(receiver.requests).toHaveLength(2);
  expect(receiver.given.size).toBe(1);
});

test('killed again and again under load, every reward is given once', async () => {
  const count = 400;
  await queue.enqueue(Array.from({ length: count }, (_, n) => delivery(n)));
  for (const goal of [50, 150, 250]) {
    const child = startChild();
    await until(() => receiver.given.size >= goal);
    await kill(child);
  }
  await queue.start();
  await settled(queue);
  expect(receiver.given.size).toBe(count);
  // What was on its way at a kill is asked for twice: at most what one worker sends at a time, and its successor's.
  expect(receiver.requests.length - count).toBeLessThanOrEqual(3 * 8);
  const noted = (await queue.deliveries.changes('0-0', 10_000)).filter(
    ({ record }) => record.state === 'delivered',
  );
  expect(noted).toHaveLength(count);
});
