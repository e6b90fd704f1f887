/** An analyst's order from the command line: into the command log, and the worker's word on it back. */

import { readEnvironment } from '../config/environment.ts';
import { CommandLog, type NewCommand } from './act/commands.ts';
import { systemClock } from './clock.ts';
import { holdUsedDataFolder, readSecret } from './data-folder.ts';
import { Failure } from './failure.ts';
import { CardMask } from './ingest/card-number.ts';
import { cardTokenKeyOf } from './keys.ts';
import type { AnalystFlags } from './command-orders.ts';
import { maskOrder } from './masked-order.ts';
import { openRedis, privateRedisRuns, type RedisServer } from './reward/redis.ts';
import { createLogger } from './telemetry.ts';

type Unsigned<C> = C extends NewCommand ? Omit<C, 'actor' | 'reason' | 'issuedAtMs'> : never;
/** A command before it is known who gives it, when and why. */
export type Order = Unsigned<NewCommand>;

const ANSWER_WITHIN_MS = 5000;

/** Appends the order and waits for the worker; without one the order is queued for the next start. @throws Failure */
export async function order(what: Order, flags: AnalystFlags): Promise<void> {
  await withRedis(flags, async (redis, mayRun) => {
    const commands = new CommandLog(redis);
    try {
      const { actor, reason } = flags;
      const given = { ...what, actor, reason, issuedAtMs: systemClock.now() };
      const id = await commands.append(await asWorkersSee(given, flags.data));
      const result = mayRun ? await commands.wait(id, ANSWER_WITHIN_MS) : undefined;
      if (result === undefined) {
        process.stdout.write(`queued as ${id}: no worker answered; the next one obeys it first\n`);
      } else if (result.accepted) {
        process.stdout.write(`${result.message}\n`);
      } else {
        throw new Failure(result.message);
      }
    } finally {
      commands.close();
    }
  });
}

/** The order with card numbers masked under the worker's own key. @throws Failure when that is not to be had. */
async function asWorkersSee(order: NewCommand, data: string): Promise<NewCommand> {
  const tokenKey = cardTokenKeyOf(await readSecret(data), readEnvironment());
  if (tokenKey !== undefined) return maskOrder(order, new CardMask(tokenKey));
  const unkeyed = new CardMask();
  const text = JSON.stringify(order);
  if (unkeyed.text(text) === text) return order;
  throw new Failure(
    "the order holds a full card number, and the worker's key of card tokens is not here: set SHEEPDOG_CARD_TOKEN_KEY or --data as the worker has it, or write the number as it appears in the console",
    { exitCode: 2 },
  );
}

/**
 * Works on the running worker's Redis, or on the data folder's own while no worker holds it; `work` is told
 * whether a worker may be running.
 */
export async function withRedis(
  { profile, data }: Pick<AnalystFlags, 'profile' | 'data'>,
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
