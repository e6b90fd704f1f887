/** Redis alone, for commands that order, or read what the worker keeps there: beside a running worker, or without one. */

import { readEnvironment } from '../../config/environment.ts';
import { systemClock } from '../clock.ts';
import type { StoreFlags } from './command-options.ts';
import { holdUsedDataFolder } from '../data-folder.ts';
import { Failure } from '../failure.ts';
import { openRedis, privateRedisRuns, type RedisServer } from '../reward/redis.ts';
import { createLogger } from '../telemetry.ts';

/**
 * Works on the running worker's Redis, or on the data folder's own while no worker holds it; `work` is told
 * whether a worker may be running.
 */
export async function withRedis(
  { profile, data }: StoreFlags,
  work: (redis: RedisServer, mayRun: boolean) => Promise<void>,
): Promise<void> {
  const { redisUrl } = readEnvironment();
  const log = createLogger('warn');
  if (profile === 'cluster' && redisUrl === undefined) {
    throw new Failure('the cluster profile needs REDIS_URL in the environment', { exitCode: 2 });
  }
  const running = redisUrl !== undefined || (await privateRedisRuns(data));
  const folder = running ? undefined : await holdUsedDataFolder(data);
  const redis = await openRedis({
    url: redisUrl,
    dataDir: data,
    clock: systemClock,
    log,
    attach: running,
  });
  try {
    await work(redis, running);
  } finally {
    await redis.close();
    await folder?.release();
  }
}
