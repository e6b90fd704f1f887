/** A record and a Redis for a test file, both empty before each test. */

import { afterAll, beforeAll, beforeEach } from 'vitest';
import { temporaryAnalytics, type TemporaryAnalytics } from './chdb.ts';
import { startTestRedis, type TestRedis, type TestRedisOptions } from './redis.ts';

export let store: TemporaryAnalytics;
export let redis: TestRedis;

/** Registers the hooks; call it once at the top of a test file, before hooks of its own. */
export function useStores(options: TestRedisOptions = {}): void {
  beforeAll(async () => {
    store = await temporaryAnalytics();
    redis = await startTestRedis(options);
  });
  afterAll(async () => {
    await redis.close();
    await store.close();
  });
  beforeEach(async () => {
    await store.clear();
    await redis.connect().flushall();
  });
}
