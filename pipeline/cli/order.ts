/** An analyst's order from the command line: into the command log, and the worker's word on it back. */

import { readEnvironment } from '../../config/environment.ts';
import { CommandLog, type NewCommand } from '../act/commands.ts';
import { systemClock } from '../clock.ts';
import { readSecret } from '../data-folder.ts';
import type { CommandResult } from '../decide/account-action.ts';
import { Failure } from '../failure.ts';
import { CardMask } from '../ingest/card-number.ts';
import { cardTokenKeyOf } from '../keys.ts';
import type { AnalystFlags } from './command-options.ts';
import { maskOrder } from '../orders/masked-order.ts';
import type { RedisServer } from '../reward/redis.ts';
import { visible } from '../terminal/terminal-text.ts';
import { withRedis } from './with-redis.ts';

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
      const mask = await workersMask(flags.data);
      const id = await commands.append(mask(given));
      const result = mayRun ? await commands.wait(id, ANSWER_WITHIN_MS) : undefined;
      if (result === undefined) {
        process.stdout.write(`queued as ${id}: no worker answered; the next one obeys it first\n`);
      } else if (result.accepted) {
        process.stdout.write(`${visible(result.message)}\n`);
        refuse(result);
      } else {
        throw new Failure(result.message);
      }
    } finally {
      commands.close();
    }
  });
}

/** @throws Failure that names the items which were refused while others were taken. */
function refuse({ items }: CommandResult): void {
  if (items === undefined || items.refused.length === 0) return;
  const named = items.refused.map(({ index, why }) => `value ${index + 1}: ${why}`);
  throw new Failure(named.join('; '));
}

/** An import's part is looked up in the record before it is obeyed. */
const IMPORT_WITHIN_MS = 120_000;

/** Gives an order and resolves with the worker's word on it. @throws Failure when none comes. */
export type Give = (what: Order) => Promise<CommandResult>;

/**
 * As `order`, for many orders one after the other: each waits for the word on the one before, so that nothing
 * piles up in the log. @throws Failure without a running worker.
 */
export async function orderMany(
  flags: AnalystFlags,
  work: (give: Give, redis: RedisServer) => Promise<void>,
): Promise<void> {
  await withRedis(flags, async (redis, mayRun) => {
    if (!mayRun) {
      throw new Failure(
        `no worker runs with ${flags.data}: start one, it takes an import as it is read`,
      );
    }
    const commands = new CommandLog(redis);
    try {
      const { actor, reason } = flags;
      const mask = await workersMask(flags.data);
      await work(async (what) => {
        const given = mask({ ...what, actor, reason, issuedAtMs: systemClock.now() });
        const result = await commands.wait(await commands.append(given), IMPORT_WITHIN_MS);
        if (result !== undefined) return result;
        throw new Failure(
          'no worker answered; what came before is in force: import the file again, what stands already is left alone',
        );
      }, redis);
    } finally {
      commands.close();
    }
  });
}

/** Masks card numbers under the worker's own key. The mask throws a Failure where that is not to be had. */
async function workersMask(data: string): Promise<(order: NewCommand) => NewCommand> {
  const tokenKey = cardTokenKeyOf(await readSecret(data), readEnvironment());
  if (tokenKey !== undefined) {
    const cards = new CardMask(tokenKey);
    return (order) => maskOrder(order, cards);
  }
  const unkeyed = new CardMask();
  return (order) => {
    const text = JSON.stringify(order);
    if (unkeyed.text(text) === text) return order;
    throw new Failure(
      "the order holds a full card number, and the worker's key of card tokens is not here: set SHEEPDOG_CARD_TOKEN_KEY or --data as the worker has it, or write the number as it appears in the console",
      { exitCode: 2 },
    );
  };
}
