/** Opens what a profile stands on: data folder, Redis and the record; and closes them in order. */

import { join } from 'node:path';
import type { Environment } from '../config/environment.ts';
import type { Clock } from './clock.ts';
import { holdDataFolder, type DataFolder } from './data-folder.ts';
import { Failure } from './failure.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { Analytics } from './record/analytics.ts';
import { openAnalytics } from './record/clickhouse.ts';
import { migrate } from './record/migrate.ts';
import { openRedis, type RedisServer } from './reward/redis.ts';
import type { Logger } from './telemetry.ts';

export type Profile = 'embedded' | 'cluster';

export interface Stores {
  readonly folder: DataFolder;
  readonly redis: RedisServer;
  readonly analytics: Analytics;
}

export interface OpenStoresOptions {
  readonly profile: Profile;
  readonly dataDir: string;
  readonly environment: Environment;
  readonly clock: Clock;
  readonly log: Logger;
  readonly lifecycle: Lifecycle;
}

/** @throws Failure when an address is missing, a server is away, or the folder is not to be had. */
export async function openStores(options: OpenStoresOptions): Promise<Stores> {
  const { dataDir, environment, clock, log, lifecycle } = options;
  requireAddresses(options);
  const folder = await holdDataFolder(dataDir);
  lifecycle.onClose('data folder', () => folder.release());
  const redis = await openRedis({ url: environment.redisUrl, dataDir, clock, log });
  lifecycle.onClose('Redis', () => redis.close());
  for (const warning of redis.warnings) log.warn(warning);
  const analytics = await openAnalytics(
    environment.clickhouseUrl === undefined
      ? { path: join(dataDir, 'clickhouse'), clock }
      : { url: environment.clickhouseUrl, clock },
  );
  lifecycle.onClose('ClickHouse', () => analytics.close());
  const applied = await migrate(analytics, clock);
  log.info({ redis: redis.address, record: analytics.place, migrations: applied }, 'stores open');
  return { folder, redis, analytics };
}

/** In a cluster nothing is embedded by accident. */
export function requireAddresses({
  profile,
  environment,
}: Pick<OpenStoresOptions, 'profile' | 'environment'>): void {
  if (profile === 'embedded') return;
  const missing = [
    environment.redisUrl === undefined ? 'REDIS_URL' : undefined,
    environment.clickhouseUrl === undefined ? 'CLICKHOUSE_URL' : undefined,
  ].filter((name) => name !== undefined);
  if (missing.length > 0) {
    throw new Failure(`the cluster profile needs ${missing.join(' and ')} in the environment`, {
      exitCode: 2,
    });
  }
}
