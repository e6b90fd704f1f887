/** `deliveries list` and `deliveries retry`: what is not acknowledged, and another try for what needed a person. */

import { loadConfig } from '../../config/load.ts';
import { OPEN_STATES } from '../act/deliveries.ts';
import { DeliveryQueue } from '../act/delivery-queue.ts';
import { systemClock } from '../clock.ts';
import { discoverDetectors } from '../detect/discover.ts';
import type { UpkeepFlags } from './command-upkeep.ts';
import { withRedis } from './with-redis.ts';
import { RowPrinter, type RowsFlags } from '../terminal/print-rows.ts';
import { createLogger } from '../telemetry.ts';

/** Works beside a running worker and without one. @throws Failure */
export async function deliveriesCommand(name: 'list' | 'retry', flags: UpkeepFlags): Promise<void> {
  const config = await loadConfig(flags.config, await discoverDetectors());
  const settings = config.system.delivery;
  await withRedis(flags, async (redis) => {
    const log = createLogger('warn');
    // Sending, and with it signing, is the worker's.
    const queue = new DeliveryQueue({ redis, settings, key: undefined, clock: systemClock, log });
    try {
      if (name === 'list') await list(queue, flags);
      else process.stdout.write(`${await queue.retryFailed()} deliveries are tried again\n`);
    } finally {
      await queue.close();
    }
  });
}

const COLUMNS = [
  ...['state', 'id', 'kind', 'campaignId', 'offerId'],
  ...['attempts', 'since', 'answer'],
];

/** Without what a delivery gives to whom. */
async function list({ deliveries }: DeliveryQueue, flags: RowsFlags): Promise<void> {
  const printer = new RowPrinter(COLUMNS, flags);
  for (const state of OPEN_STATES) {
    for await (const page of deliveries.inState(state)) {
      const rows = page.map(({ id, kind, campaignId, offerId, attempts, answer, placedAtMs }) => {
        const since = new Date(placedAtMs).toISOString();
        return { state, id, kind, campaignId, offerId, attempts, answer, since };
      });
      await printer.print(rows);
    }
  }
  await printer.end('every delivery is acknowledged');
}
