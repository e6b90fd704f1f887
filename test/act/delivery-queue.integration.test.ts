import { describe, expect, test } from 'vitest';
import { WebhookReceiver } from '../support/webhook-receiver.ts';
import {
  delivery,
  inState,
  SECRET,
  settingsFor,
  settled,
  stateOf,
  until,
  VOUCHER,
} from './delivering.ts';
import {
  answer,
  close,
  misbehave,
  open,
  receiver,
  server,
  useDelivering,
} from './delivery-fixture.ts';

useDelivering();

describe('a delivery', () => {
  test('is one signed request that says what to give to whom, and by when', async () => {
    const { queue } = open();
    await queue.start();
    await queue.enqueue([delivery(1, { item: VOUCHER, dueAtMs: 1_700_000_100_000 })]);
    await settled(queue);
    expect(receiver.unverified).toBe(0);
    expect(receiver.requests).toHaveLength(1);
    expect(receiver.requests[0]!.headers).toMatchObject({
      'idempotency-key': 'g_1.1',
      'content-type': 'application/json',
      'sheepdog-key-id': 'k1',
    });
    expect(receiver.given.get('g_1.1')).toEqual({
      deliveryId: 'g_1.1',
      kind: 'voucher',
      grantId: 'g_1',
      campaignId: 'bills',
      offerId: 'off',
      customerId: 'c-1',
      item: VOUCHER,
      occurredAt: '2023-11-14T22:13:20.000Z',
      dueAt: '2023-11-14T22:15:00.000Z',
    });
  });

  test('that was acknowledged is never sent again, whatever the queue has forgotten', async () => {
    const { queue } = open();
    await queue.start();
    await queue.enqueue([delivery(1), delivery(2)]);
    await settled(queue);
    const redis = server.connect();
    for (const key of await redis.keys('{sheepdog}:jobs*')) await redis.del(key);
    await queue.enqueue([delivery(1), delivery(2), delivery(3)]);
    await settled(queue);
    expect(receiver.requests.map(({ headers }) => headers['idempotency-key']).sort()).toEqual([
      'g_1.1',
      'g_2.1',
      'g_3.1',
    ]);
  });

  test('whose job the queue lost is sent after the next start', async () => {
    const first = open().queue;
    await first.enqueue([delivery(1)]);
    await close(first);
    const redis = server.connect();
    for (const key of await redis.keys('{sheepdog}:jobs*')) await redis.del(key);
    const { queue } = open();
    await queue.start();
    await settled(queue);
    expect(receiver.given.size).toBe(1);
  });

  test('is signed by the new key after a rotation; the receiver holds both meanwhile', async () => {
    const first = open().queue;
    await first.start();
    await first.enqueue([delivery(1)]);
    await settled(first);
    await close(first);
    receiver.secrets.set('k2', `${SECRET}-2`);
    const { queue } = open(undefined, { key: { id: 'k2', secret: `${SECRET}-2` } });
    await queue.start();
    await queue.enqueue([delivery(2)]);
    await settled(queue);
    expect(receiver.unverified).toBe(0);
    expect(receiver.requests.map(({ headers }) => headers['sheepdog-key-id'])).toEqual([
      'k1',
      'k2',
    ]);
  });
});

describe('while the other side is down', () => {
  test('nothing is lost and nothing given twice', async () => {
    const { queue } = open();
    await queue.start();
    const all = Array.from({ length: 300 }, (_, n) => delivery(n));
    await queue.enqueue(all.slice(0, 100));
    await settled(queue);
    await receiver.stop();
    await queue.enqueue(all.slice(100));
    await until(async () => (await inState(queue, 'waiting')).some(({ attempts }) => attempts > 1));
    await receiver.start();
    await settled(queue);
    expect(receiver.given.size).toBe(300);
    expect(receiver.requests).toHaveLength(300);
  });

  test('a few tries find out, and the others wait untried', async () => {
    receiver.behave = () => answer(503);
    const healthy = new WebhookReceiver({ k1: SECRET });
    await healthy.start();
    const settings = settingsFor(receiver.url);
    const { voucher } = settingsFor(healthy.url).endpoints;
    const { queue, log } = open({
      ...settings,
      endpoints: { ...settings.endpoints, voucher },
      retry: { firstMs: 3_600_000, maxMs: 3_600_000, forMs: 3_600_000 },
    });
    await queue.start();
    await queue.enqueue(Array.from({ length: 1000 }, (_, n) => delivery(n)));
    await until(() => log().includes('does not take deliveries'));
    // Long enough for hundreds of tries: another endpoint is served meanwhile.
    const all = Array.from({ length: 300 }, (_, n) => delivery(2000 + n, { item: VOUCHER }));
    await queue.enqueue(all);
    await until(() => healthy.given.size === 300);
    await close(queue);
    await healthy.stop();
    expect(receiver.requests.length).toBeGreaterThanOrEqual(5);
    // Those that were on their way when it opened are the only ones beyond it.
    expect(receiver.requests.length).toBeLessThanOrEqual(5 + 2 * 4);
    const { queue: next } = open(settings);
    expect(await stateOf(next, 'waiting')).toBe(1000);
  });

  test('an endpoint of its own goes on', async () => {
    const down = settingsFor('http://127.0.0.1:9/');
    const { points } = settingsFor(receiver.url).endpoints;
    const { queue } = open({ ...down, endpoints: { ...down.endpoints, points } });
    await queue.start();
    await queue.enqueue([
      ...Array.from({ length: 20 }, (_, n) => delivery(n, { item: VOUCHER })),
      delivery(100),
    ]);
    await until(() => receiver.given.size === 1);
    // Its acknowledgement is noted after it was sent.
    await until(async () => (await stateOf(queue, 'waiting')) === 20);
    expect(receiver.given.size).toBe(1);
  });
});

test('without an endpoint deliveries wait, seen, and go out when one is configured', async () => {
  const settings = settingsFor(receiver.url);
  const nowhere = open({ ...settings, endpoints: { points: settings.endpoints.points } }).queue;
  await nowhere.start();
  await nowhere.enqueue([delivery(1, { item: VOUCHER }), delivery(2)]);
  await until(() => receiver.given.size === 1);
  expect(await inState(nowhere, 'unrouted')).toMatchObject([{ id: 'g_1.1', state: 'unrouted' }]);
  await close(nowhere);
  const { queue } = open();
  await queue.start();
  await settled(queue);
  expect(await stateOf(queue, 'unrouted')).toBe(0);
  expect([...receiver.given.keys()]).toEqual(['g_2.1', 'g_1.1']);
});

test('what waits for an endpoint that is no longer configured is unrouted again', async () => {
  const first = open().queue;
  await first.enqueue([delivery(1)]);
  await close(first);
  const settings = settingsFor(receiver.url);
  const { queue } = open({ ...settings, endpoints: {} });
  await queue.start();
  expect(await stateOf(queue, 'unrouted')).toBe(1);
  expect(await stateOf(queue, 'waiting')).toBe(0);
});

describe('a reversal', () => {
  const reversal = delivery(1, {
    id: 'g_1.1.reversal.7',
    kind: 'reversal',
    originalId: 'g_1.1',
  });
  const keys = (): unknown[] => receiver.requests.map(({ headers }) => headers['idempotency-key']);

  test('is sent after the delivery that it takes back, however long that one takes', async () => {
    receiver.behave = ({ headers }) =>
      headers['idempotency-key'] === 'g_1.1' && receiver.requests.length < 4
        ? answer(503)
        : { kind: 'give' };
    const { queue } = open();
    await queue.start();
    await queue.enqueue([delivery(1), reversal]);
    await settled(queue);
    expect(keys()).toEqual(['g_1.1', 'g_1.1', 'g_1.1', 'g_1.1', 'g_1.1.reversal.7']);
    expect(receiver.given.get('g_1.1.reversal.7')).toMatchObject({
      kind: 'reversal',
      originalId: 'g_1.1',
    });
  });

  test('waits through a restart, and beside a delivery that needs a person', async () => {
    receiver.behave = () => answer(400);
    const first = open().queue;
    await first.start();
    await first.enqueue([delivery(1), reversal]);
    await until(async () => (await stateOf(first, 'failed')) === 1);
    await close(first);
    receiver.behave = () => ({ kind: 'give' });
    const { queue } = open();
    await queue.start();
    expect(await stateOf(queue, 'waiting')).toBe(1);
    await queue.retryFailed();
    await settled(queue);
    expect(keys()).toEqual(['g_1.1', 'g_1.1', 'g_1.1.reversal.7']);
  });

  test('of a delivery that was acknowledged goes at once', async () => {
    const { queue } = open();
    await queue.start();
    await queue.enqueue([delivery(1)]);
    await settled(queue);
    await queue.enqueue([reversal]);
    await settled(queue);
    expect(keys()).toEqual(['g_1.1', 'g_1.1.reversal.7']);
  });
});

test('a stop does not wait for a receiver that hangs, and the delivery is sent again', async () => {
  receiver.behave = () => ({ kind: 'hang' });
  const first = open(settingsFor(receiver.url, { timeoutMs: 200_000 })).queue;
  await first.start();
  await first.enqueue([delivery(1)]);
  await until(() => receiver.requests.length === 1);
  const beganMs = performance.now();
  await close(first);
  expect(performance.now() - beganMs).toBeLessThan(100_000);
  receiver.behave = () => ({ kind: 'give' });
  const { queue } = open();
  await queue.start();
  await settled(queue);
  expect(receiver.given.size).toBe(1);
  const [last] = (await queue.deliveries.changes('0-0', 100)).slice(-1);
  // A try that we broke off ourselves is none.
  expect(last!.record).toMatchObject({ state: 'delivered', attempts: 1 });
});

test('while Redis is away enqueue says so; afterwards all is delivered once', async () => {
  const { queue } = open();
  await queue.start();
  await queue.enqueue([delivery(1)]);
  await settled(queue);
  await server.kill();
  await expect(queue.enqueue([delivery(2)])).rejects.toThrow();
  await server.start();
  await until(() =>
    queue.enqueue([delivery(1), delivery(2)]).then(
      () => true,
      () => false,
    ),
  );
  await until(() => receiver.given.size === 2);
  expect(receiver.requests).toHaveLength(2);
});

test('the log names deliveries, never a secret, a customer or a body', async () => {
  misbehave(8, answer(503));
  const { queue, log } = open();
  await queue.start();
  await queue.enqueue(Array.from({ length: 5 }, (_, n) => delivery(n)));
  await settled(queue);
  receiver.behave = () => answer(400);
  await queue.enqueue([delivery(9)]);
  await until(async () => (await stateOf(queue, 'failed')) === 1);
  // It is noted before it is told.
  await until(() => log().includes('g_9.1'));
  expect(log()).not.toMatch(/a-secret-of-the-tests|c-9|"points":500/);
});
