/** Lua scripts as files: loaded once, sent by their hash, one atomic step each. */

import { readFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';

/** ioredis hangs the command and its arguments on an error: customers' data, which must not reach a log. */
function bare(error: unknown): unknown {
  if (error instanceof Error) delete (error as { command?: unknown }).command;
  return error;
}

/** A script whose file name ends in the number of its keys, e.g. `apply-12.lua`. */
export class Script {
  readonly #text: string;
  readonly #hash: string;
  readonly #keyCount: number;

  /**
   * @param file the script; `--- @include "part"` lines name files beside it, `--- @include "part" for one, two` those of
   *   which no more than these names is seen from outside: a chunk of Lua has room for 200 of them.
   */
  constructor(file: URL) {
    this.#keyCount = Number(/-(\d+)\.lua$/.exec(file.pathname)![1]);
    this.#text = readFileSync(file, 'utf8').replaceAll(
      /^--- @include "(\S+)"(?: for (.+))?$/gm,
      (_line, part: string, names?: string) => {
        const text = readFileSync(new URL(`${part}.lua`, file), 'utf8');
        return names === undefined
          ? text
          : `local ${names} = (function()\n${text}\nreturn ${names}\nend)()`;
      },
    );
    this.#hash = createHash('sha1').update(this.#text).digest('hex');
  }

  /**
   * Runs the script on one server, in one step.
   * @param keys exactly as many as the file's name says.
   */
  async run(redis: Redis, keys: readonly string[], args: readonly string[]): Promise<unknown> {
    if (keys.length !== this.#keyCount) throw new Error(`a script takes ${this.#keyCount} keys`);
    try {
      return await redis.evalsha(this.#hash, keys.length, ...keys, ...args);
    } catch (error) {
      // A server that was restarted has forgotten its scripts.
      if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw bare(error);
    }
    try {
      return await redis.eval(this.#text, keys.length, ...keys, ...args);
    } catch (error) {
      throw bare(error);
    }
  }
}
