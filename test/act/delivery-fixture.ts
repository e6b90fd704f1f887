/** A Redis and a receiver for a test file, empty before each test, and queues that are closed after it. */

import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import type {
  DeliveryQueue,
  DeliveryQueueOptions,
  DeliverySettings,
} from '../../pipeline/act/delivery-queue.ts';
import { startTestRedis, type TestRedis } from '../support/redis.ts';
import { WebhookReceiver, type Behaviour } from '../support/webhook-receiver.ts';
import { openQueue, SECRET, settingsFor } from './delivering.ts';

export let server: TestRedis;
export let receiver: WebhookReceiver;
let queues: DeliveryQueue[];

/** Registers the hooks; call it once at the top of a test file. */
export function useDelivering(): void {
  beforeAll(async () => {
    server = await startTestRedis({ durable: true });
  });
  afterAll(() => server.close());
  beforeEach(async () => {
    await server.connect().flushall();
    queues = [];
    receiver = new WebhookReceiver({ k1: SECRET });
    await receiver.start();
  });
  afterEach(async () => {
    for (const queue of queues) await queue.close();
    await receiver.stop();
  });
}

export function open(
  settings: DeliverySettings = settingsFor(receiver.url),
  options: Partial<DeliveryQueueOptions> = {},
): ReturnType<typeof openQueue> {
  const opened = openQueue(server, settings, options);
  queues.push(opened.queue);
  return opened;
}

export async function close(queue: DeliveryQueue): Promise<void> {
  queues = queues.filter((each) => each !== queue);
  await queue.close();
}

export const answer = (status: number, headers: Record<string, string> = {}): Behaviour => ({
  kind: 'answer',
  status,
  headers,
});

/** The first `count` requests are treated so, the others are given what they ask for. */
export function misbehave(count: number, behaviour: Behaviour): void {
  let left = count;
  receiver.behave = () => (left-- > 0 ? behaviour : { kind: 'give' });
}
