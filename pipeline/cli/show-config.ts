/** The command `config show`: what the folder says, and what judges in the worker that runs on the data. */

import { stringify } from 'yaml';
import { readEnvironment } from '../../config/environment.ts';
import { loadConfig } from '../../config/load.ts';
import { CONFIG_KEY } from '../reload/configure.ts';
import { discoverDetectors } from '../detect/discover.ts';
import type { ConfigStatus } from '../reload/config-status.ts';
import type { ShowConfigFlags } from './command-config.ts';
import { print } from '../terminal/print.ts';
import { withRedis } from './with-redis.ts';
import { privateRedisRuns } from '../reward/redis.ts';

/** @throws ConfigFailure on a folder that cannot be used; what runs is then told first. */
export async function showConfig(flags: ShowConfigFlags): Promise<void> {
  const running = await statusOf(flags);
  if (running !== undefined) await print(stringify({ running }));
  const config = await loadConfig(flags.config, await discoverDetectors());
  const { version, system, sections, campaigns, blockList, allowList, watchList } = config;
  await print(
    stringify({
      ...{ version, system, detectors: sections, campaigns },
      ...{ blockList, allowList, watchList },
    }),
  );
}

/** Undefined where no worker runs. */
async function statusOf(flags: ShowConfigFlags): Promise<ConfigStatus | undefined> {
  const { redisUrl } = readEnvironment();
  if (redisUrl === undefined && !(await privateRedisRuns(flags.data))) return undefined;
  const found: ConfigStatus[] = [];
  await withRedis(flags, async (redis) => {
    const connection = redis.connect('effects');
    const status = await connection.get(CONFIG_KEY);
    if (status !== null) found.push(JSON.parse(status) as ConfigStatus);
    connection.disconnect();
  });
  return found[0];
}
