/**
 * The command log: what analysts order, in one durable order. The worker applies commands between batches
 * and keeps its position with its progress, so that a restart goes on where it was.
 */

import type { Redis } from 'ioredis';
import type { Command, CommandResult } from '../decide/account-action.ts';
import type { RedisServer } from '../reward/redis.ts';

/** A command before the log has given it its id. */
export type NewCommand = Command extends infer Each
  ? Each extends Command
    ? Omit<Each, 'id'>
    : never
  : never;

/** Answers are waited for by the command that asked, for seconds; the rows of record stay. */
const ANSWER_KEPT_MS = 600_000;
/** Before the first command. */
export const LOG_START = '0-0';

export class CommandLog {
  readonly #redis: Redis;
  /** A blocking read holds a connection of its own. */
  readonly #server: RedisServer;
  readonly #log: string;

  constructor(server: RedisServer, prefix = '{sheepdog}:commands') {
    this.#server = server;
    this.#redis = server.connect('effects');
    this.#log = prefix;
  }

  /** @returns the command's id, above all ids before it. */
  async append(command: NewCommand): Promise<string> {
    const id = await this.#redis.xadd(this.#log, '*', 'command', JSON.stringify(command));
    return id!;
  }

  /** Commands after the given id (`LOG_START` for all), oldest first; at once, also when there are none. */
  async read(afterId: string, limit = 100): Promise<Command[]> {
    const entries = await this.#redis.xrange(this.#log, `(${afterId}`, '+', 'COUNT', limit);
    return entries.map(([id, fields]) => decode(id, fields));
  }

  /** Yields commands as they come, until the signal aborts. Waits through an absence of Redis. */
  async *follow(afterId: string, signal: AbortSignal): AsyncGenerator<Command, void, undefined> {
    const reader = this.#server.connect('blocking');
    const stop = (): void => reader.disconnect();
    signal.addEventListener('abort', stop, { once: true });
    let last = afterId;
    try {
      while (!signal.aborted) {
        const found = await reader
          .xread('COUNT', 100, 'BLOCK', 0, 'STREAMS', this.#log, last)
          .catch((error: unknown) => {
            if (signal.aborted) return null;
            throw error;
          });
        for (const [id, fields] of found?.[0]?.[1] ?? []) {
          yield decode(id, fields);
          last = id;
        }
      }
    } finally {
      signal.removeEventListener('abort', stop);
      reader.disconnect();
    }
  }

  /** Tells whoever waits for the command what came of it. Repeating it is harmless. */
  async answer(result: CommandResult): Promise<void> {
    const key = this.#answerKey(result.commandId);
    await this.#redis
      .multi()
      .del(key)
      .rpush(key, JSON.stringify(result))
      .pexpire(key, ANSWER_KEPT_MS)
      .exec();
  }

  /** The worker's word on a command, or undefined when it has not come within the time. */
  async wait(commandId: string, withinMs: number): Promise<CommandResult | undefined> {
    const reader = this.#server.connect('blocking');
    try {
      const found = await reader.blpop(this.#answerKey(commandId), Math.max(withinMs, 1) / 1000);
      return found === null ? undefined : (JSON.parse(found[1]) as CommandResult);
    } finally {
      reader.disconnect();
    }
  }

  /** Forgets commands up to and including an id: only once what they did is durable. */
  async trim(throughId: string): Promise<void> {
    const [ms, count] = throughId.split('-');
    await this.#redis.xtrim(this.#log, 'MINID', `${ms}-${Number(count) + 1}`);
  }

  close(): void {
    this.#redis.disconnect();
  }

  #answerKey(commandId: string): string {
    return `${this.#log}:answer:${commandId}`;
  }
}

function decode(id: string, fields: readonly string[]): Command {
  return { ...(JSON.parse(fields[1]!) as NewCommand), id };
}
