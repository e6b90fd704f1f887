/**
 * The worker's list of open cases, mirrored in Redis: a command line beside it cannot open its embedded record, and
 * without a worker the list still says what waited. The worker's memory is the truth; the mirror is a moment older.
 */

import type { Redis } from 'ioredis';
import type { Board } from './case-board.ts';
import type { Clock } from '../clock.ts';
import { messageOf } from '../failure.ts';
import type { Logger } from '../telemetry.ts';

const KEY = '{sheepdog}:cases';
const EVERY_MS = 1000;

export interface MirrorParts {
  readonly redis: Redis;
  readonly read: () => Board;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Writes the list now and whenever it has changed. @returns what stops it. */
export function mirrorBoard({ redis, read, clock, log }: MirrorParts): () => void {
  let written = '';
  const write = (): void => {
    const text = JSON.stringify(read());
    if (text === written) return;
    redis.set(KEY, text).then(
      () => (written = text),
      (error: unknown) => log.debug({ error: messageOf(error) }, 'the list of cases waits'),
    );
  };
  write();
  return clock.every(EVERY_MS, write);
}

/** Undefined when no worker has ever written one. */
export async function readBoard(redis: Redis): Promise<Board | undefined> {
  const text = await redis.get(KEY);
  return text === null ? undefined : (JSON.parse(text) as Board);
}
