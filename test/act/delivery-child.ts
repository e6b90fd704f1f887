/** A process that delivers until it is killed: `REDIS_URL ENDPOINT_URL`. It prints a line for each answer that it hears. */

import { subscribe } from 'node:diagnostics_channel';
import { writeSync } from 'node:fs';
import { systemClock } from '../../pipeline/clock.ts';
import { openRedis } from '../../pipeline/reward/redis.ts';
import { silentLogger } from '../../pipeline/telemetry.ts';
import { openQueue, settingsFor } from './delivering.ts';

const [redisUrl, endpointUrl] = process.argv.slice(2);
const redis = await openRedis({ url: redisUrl!, clock: systemClock, log: silentLogger() });
const { queue } = openQueue(redis, settingsFor(endpointUrl!), { lockMs: 1000 });
subscribe('http.client.response.finish', () => writeSync(1, 'heard\n'));
await queue.start();
