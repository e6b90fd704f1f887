/** `proposals list`: what waits for a person, beside a running worker and without one. */

import { readBoard } from './board-mirror.ts';
import type { CaseListFlags } from './command-cases.ts';
import { withRedis } from './order.ts';

/** @throws Failure when Redis, or a used data folder, is not to be had. */
export async function listCases(flags: CaseListFlags): Promise<void> {
  await withRedis(flags, async (redis) => {
    const connection = redis.connect('effects');
    try {
      const board = await readBoard(connection);
      for (const each of board?.proposals ?? []) {
        if (flags.kind === undefined || each.kind === flags.kind) {
          process.stdout.write(`${JSON.stringify(each)}\n`);
        }
      }
      const off = Object.entries(board?.switches ?? {}).filter(([, to]) => to === 'off');
      for (const [name] of off) process.stderr.write(`automatic ${name} is switched off\n`);
    } finally {
      connection.disconnect();
    }
  });
}
