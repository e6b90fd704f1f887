/** `proposals list`: what waits for a person, beside a running worker and without one. */

import { readBoard } from '../orders/board-mirror.ts';
import type { CaseListFlags } from './command-cases.ts';
import { withRedis } from './with-redis.ts';
import { RowPrinter } from '../terminal/print-rows.ts';

const COLUMNS = ['id', 'kind', 'accountId', 'since', 'amountMinor', 'order', 'actor', 'reason'];

/** @throws Failure when Redis, or a used data folder, is not to be had. */
export async function listCases(flags: CaseListFlags): Promise<void> {
  await withRedis(flags, async (redis) => {
    const connection = redis.connect('effects');
    try {
      const board = await readBoard(connection);
      const printer = new RowPrinter(COLUMNS, flags);
      const asked = (board?.proposals ?? []).filter(
        ({ kind }) => flags.kind === undefined || kind === flags.kind,
      );
      await printer.print(asked.map((each) => ({ ...each })));
      await printer.end(`no ${flags.kind ?? 'case'} waits for a person`);
      const off = Object.entries(board?.switches ?? {}).filter(([, to]) => to === 'off');
      for (const [name] of off) process.stderr.write(`automatic ${name} is switched off\n`);
    } finally {
      connection.disconnect();
    }
  });
}
