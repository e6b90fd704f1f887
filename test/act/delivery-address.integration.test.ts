/** Endpoints that stand inside are refused at the connection, whatever the name or the number is written like. */

import { describe, expect, test } from 'vitest';
import { delivery, inState, settingsFor, settled, until } from './delivering.ts';
import { close, open, receiver, useDelivering } from './delivery-fixture.ts';

useDelivering();

describe('an endpoint inside', () => {
  test.each(['http://127.0.0.1:PORT/', 'http://2130706433:PORT/', 'http://localhost:PORT/'])(
    'at %s is not connected to unless that is allowed',
    async (pattern) => {
      const url = pattern.replace('PORT', new URL(receiver.url).port);
      const { queue } = open(settingsFor(url, { allowPrivate: false }));
      await queue.start();
      await queue.enqueue([delivery(1)]);
      await until(async () => (await inState(queue, 'waiting'))[0]!.attempts > 1);
      const [waiting] = await inState(queue, 'waiting');
      expect(waiting!.answer).toMatch(/is not a public address, and allowPrivate is not set$/);
      await close(queue);
      expect(receiver.requests).toEqual([]);
      const allowed = open(settingsFor(url)).queue;
      await allowed.start();
      await settled(allowed);
      expect(receiver.given.size).toBe(1);
    },
  );
});

test('an endpoint inside is refused over https before anything is said to it', async () => {
  const url = `https://localhost:${new URL(receiver.url).port}/`;
  const { queue } = open(settingsFor(url, { allowPrivate: false }));
  await queue.start();
  await queue.enqueue([delivery(1)]);
  await until(async () => (await inState(queue, 'waiting'))[0]!.attempts > 0);
  const [waiting] = await inState(queue, 'waiting');
  expect(waiting!.answer).toMatch(/^localhost \(.+\) is not a public address/);
});
