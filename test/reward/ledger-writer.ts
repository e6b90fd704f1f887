/**
 * A process that writes to a ledger: `ledger-writer.ts SOCKET FILE [GROUP TURNS]`. The file holds what to apply, as
 * JSON: `[database, operations]` a group. Each group is repeated until it is acknowledged; each line of output is
 * the rewards that an acknowledged group has named, or `away` when the server was not there. At the given group,
 * so many turns of the event loop after it was sent, the process is gone as if its power was.
 */

import { readFile } from 'node:fs/promises';
import { Redis } from 'ioredis';
import { hasOffer } from '../../pipeline/reward/grant.ts';
import { Ledger } from '../../pipeline/reward/ledger.ts';
import type { LedgerOp } from '../../pipeline/reward/ledger-op.ts';
import { LedgerUnavailable } from '../../pipeline/reward/redis.ts';

export type Group = readonly [database: number, list: readonly LedgerOp[]];

const [socket, file, lastGroup, turns] = process.argv.slice(2);
const groups = JSON.parse(await readFile(file!, 'utf8')) as readonly Group[];

/** A connection of its own for each database: one that changes its database may come back to another. */
function connected(db: number): Redis {
  const retryStrategy = (): number => 10;
  const redis = new Redis(socket!, {
    ...{ db, retryStrategy, maxRetriesPerRequest: 0, autoResendUnfulfilledCommands: false },
  });
  redis.on('error', () => undefined);
  return redis;
}

let database = 0;
let ledger = new Ledger(connected(database));
for (const [index, [wanted, list]] of groups.entries()) {
  if (wanted !== database) {
    ledger.redis.disconnect();
    ledger = new Ledger(connected(wanted));
    database = wanted;
  }
  for (let done = false; !done;) {
    try {
      const applied = ledger.apply(list);
      if (index === Number(lastGroup)) {
        // The server may be gone too: that ends nothing here.
        applied.catch(() => undefined);
        for (let turn = 0; turn < Number(turns); turn++) await new Promise(setImmediate);
        process.kill(process.pid, 'SIGKILL');
      }
      const grants = (await applied).flat();
      const ids = grants.filter(hasOffer).map(({ id }) => `${database} ${id}`);
      process.stdout.write(`${JSON.stringify(ids)}\n`);
      done = true;
    } catch (error) {
      if (!(error instanceof LedgerUnavailable)) throw error;
      process.stdout.write('away\n');
    }
  }
}
ledger.redis.disconnect();
