/** Run by redis.integration.test.ts: starts a private server, says its process id, and stays until it is killed. */

import { systemClock } from '../../pipeline/clock.ts';
import { startPrivateRedis } from '../../pipeline/reward/private-redis.ts';
import { openRedis } from '../../pipeline/reward/redis.ts';
import { silentLogger } from '../../pipeline/telemetry.ts';

const dataDir = process.argv[2]!;
const log = silentLogger();
const server = await startPrivateRedis({ dataDir, clock: systemClock, log });
const view = await openRedis({ dataDir, clock: systemClock, log, attach: true });
const redis = view.connect('effects');
await redis.set('written-by-the-parent', 'yes');
process.stdout.write(`${server.pid()}\n`);
