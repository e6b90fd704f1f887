/** What each answer of a receiving system leads to. */

import { describe, expect, test } from 'vitest';
import { systemClock } from '../../pipeline/clock.ts';
import { WebhookReceiver, type Behaviour } from '../support/webhook-receiver.ts';
import { delivery, inState, SECRET, settingsFor, settled, stateOf, until } from './delivering.ts';
import { answer, close, misbehave, open, receiver, useDelivering } from './delivery-fixture.ts';

useDelivering();

describe('a receiver that does not answer as it should', () => {
  test.each<[string, Behaviour, number?]>([
    ['dies before its answer', { kind: 'die', saying: '' }],
    ['dies in the middle of its answer', { kind: 'die', saying: 'half' }],
    ['is overloaded', answer(503)],
    ['times out behind its gateway', answer(504)],
    ['asks for patience', answer(429)],
    ['gave up waiting for the request', answer(408)],
    ['is not ready', answer(425)],
    // Long enough for the answer that comes at last, however busy the machine is.
    ['hangs', { kind: 'hang' }, 2000],
  ])(
    'and %s gets the same key again, until it has been given once',
    async (_name, behaviour, timeoutMs = 10_000) => {
      misbehave(3, behaviour);
      const { queue } = open(settingsFor(receiver.url, { timeoutMs }));
      await queue.start();
      await queue.enqueue([delivery(1)]);
      await settled(queue);
      expect([...receiver.given.keys()]).toEqual(['g_1.1']);
      expect(receiver.requests).toHaveLength(4);
      expect(new Set(receiver.requests.map(({ body }) => body)).size).toBe(1);
      const [last] = (await queue.deliveries.changes('0-0', 100)).slice(-1);
      expect(last!.record).toMatchObject({ state: 'delivered', attempts: 4 });
    },
  );

  test('and redirects is not followed: the delivery waits', async () => {
    const elsewhere = new WebhookReceiver({ k1: SECRET });
    await elsewhere.start();
    receiver.behave = () => answer(307, { Location: elsewhere.url });
    const { queue } = open();
    await queue.start();
    await queue.enqueue([delivery(1)]);
    await until(() => receiver.requests.length >= 2);
    const [waiting] = await inState(queue, 'waiting');
    expect(waiting).toMatchObject({ answer: 'HTTP 307: redirects are not followed' });
    await close(queue);
    expect(elsewhere.requests).toEqual([]);
    await elsewhere.stop();
  });

  test('and says 409 with our key has given it already; without it, it needs a person', async () => {
    receiver.behave = ({ headers }) =>
      headers['idempotency-key'] === 'g_1.1'
        ? answer(409, { 'Idempotency-Key': 'g_1.1' })
        : answer(409);
    const { queue } = open();
    await queue.start();
    await queue.enqueue([delivery(1), delivery(2)]);
    await settled(queue);
    expect(await inState(queue, 'failed')).toMatchObject([{ id: 'g_2.1', attempts: 1 }]);
  });

  test('and refuses for good is not asked again until a person says so', async () => {
    misbehave(1, {
      kind: 'answer',
      status: 422,
      body: 'no such  customer\n4111 1111 1111 1111',
    });
    const { queue, log } = open();
    await queue.start();
    await queue.enqueue([delivery(1)]);
    await until(async () => (await stateOf(queue, 'failed')) === 1);
    const [failed] = await inState(queue, 'failed');
    expect(failed).toMatchObject({ attempts: 1, state: 'failed' });
    expect(failed!.answer).toMatch(/^HTTP 422: no such customer 411111\*+1111/);
    // It is noted before it is told.
    await until(() => log().includes('needs a person'));
    expect(await queue.retryFailed()).toBe(1);
    await settled(queue);
    expect([...receiver.given.keys()]).toEqual(['g_1.1']);
    expect(await stateOf(queue, 'failed')).toBe(0);
  });

  test('and never gets through is left to a person after the time that is configured', async () => {
    let passedMs = 0;
    const clock = { ...systemClock, now: () => systemClock.now() + passedMs };
    receiver.behave = () => {
      if (receiver.requests.length === 3) passedMs = 60_000;
      return answer(500);
    };
    const settings = settingsFor(receiver.url);
    const { queue } = open({ ...settings, retry: { ...settings.retry, forMs: 60_000 } }, { clock });
    await queue.start();
    await queue.enqueue([delivery(1)]);
    await until(async () => (await stateOf(queue, 'failed')) === 1);
    const [failed] = await inState(queue, 'failed');
    expect(failed!.answer).toBe('given up: HTTP 500: told to');
    expect(failed!.attempts).toBe(3);
  });

  test('and says when to come back is left alone so long, within the bound', async () => {
    misbehave(1, answer(429, { 'Retry-After': '1' }));
    const patient = settingsFor(receiver.url);
    const { queue } = open({ ...patient, retry: { ...patient.retry, maxMs: 60_000 } });
    await queue.start();
    await queue.enqueue([delivery(1), delivery(2)]);
    await settled(queue);
    const times = receiver.requests
      .filter(({ headers }) => headers['idempotency-key'] === 'g_1.1')
      .map(({ at }) => at);
    expect(times.length + receiver.requests.length).toBeGreaterThanOrEqual(4);
    const first = receiver.requests[0]!;
    const again = receiver.requests.findLast(({ body }) => body === first.body)!;
    expect(again.at - first.at).toBeGreaterThanOrEqual(1000);
    await close(queue);
    // A day is beyond the bound of 20 ms.
    misbehave(1, answer(429, { 'Retry-After': '86400' }));
    const hasty = open().queue;
    await hasty.start();
    await hasty.enqueue([delivery(3)]);
    await settled(hasty);
    expect(receiver.given.size).toBe(3);
  });

  test('and answers without end is read only in its beginning', async () => {
    misbehave(1, { kind: 'answer', status: 200, body: 'x'.repeat(10_000_000) });
    const { queue } = open();
    await queue.start();
    await queue.enqueue([delivery(1)]);
    await settled(queue);
    const [last] = (await queue.deliveries.changes('0-0', 100)).slice(-1);
    expect(last!.record.answer).toBe(`HTTP 200: ${'x'.repeat(200)}`);
  });
});
