import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { RESCORE_QUEUES, RescoreQueue } from '../../pipeline/act/rescore-queue.ts';
import { systemClock } from '../../pipeline/clock.ts';
import { silentLogger } from '../../pipeline/telemetry.ts';
import { startTestRedis, type TestRedis } from '../support/redis.ts';
import { until } from './delivering.ts';

let redis: TestRedis;
let queues: RescoreQueue<{ readonly id: string }>[] = [];
beforeAll(async () => {
  redis = await startTestRedis();
});
afterAll(() => redis.close());
beforeEach(() => redis.connect().flushall());
afterEach(async () => {
  for (const queue of queues) await queue.close();
  queues = [];
});

function open(
  name: keyof typeof RESCORE_QUEUES,
  maxWaiting?: number,
): RescoreQueue<{ readonly id: string }> {
  const queue = new RescoreQueue<{ readonly id: string }>({
    ...{ name: RESCORE_QUEUES[name], redis, clock: systemClock, log: silentLogger() },
    ...(maxWaiting !== undefined && { maxWaiting }),
  });
  queues.push(queue);
  return queue;
}

const jobs = (...ids: string[]): { readonly id: string }[] => ids.map((id) => ({ id }));

it('a queue with a bound refuses what finds no room, says which, and takes it when there is', async () => {
  const queue = open('late', 2);
  expect(await queue.enqueue(jobs('a', 'b', 'c', 'd'))).toEqual(jobs('c', 'd'));
  expect(await queue.enqueue(jobs('a', 'e'))).toEqual(jobs('e'));
  expect(await queue.waiting()).toBe(2);
  const followed: string[] = [];
  queue.start(({ id }) => {
    followed.push(id);
    return Promise.resolve(true);
  });
  await until(async () => (await queue.waiting()) === 0);
  expect(await queue.enqueue(jobs('a', 'c'))).toEqual([]);
  await until(async () => (await queue.waiting()) === 0);
  expect(followed).toEqual(['a', 'b', 'c']);
});

it('one without a bound takes everything, and no queue sees the jobs of another', async () => {
  const causes = open('causes');
  const labels = open('labels');
  expect(await causes.enqueue(jobs('a', 'b', 'c'))).toEqual([]);
  expect(await labels.enqueue(jobs('a'))).toEqual([]);
  expect([await causes.waiting(), await labels.waiting()]).toEqual([3, 1]);
});
