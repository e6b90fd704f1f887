/** `deliveries list` and `deliveries retry`: what is not acknowledged, and another try for what needed a person. */

import { loadConfig } from '../config/load.ts';
import { OPEN_STATES } from './act/deliveries.ts';
import { DeliveryQueue } from './act/delivery-queue.ts';
import { systemClock } from './clock.ts';
import { discoverDetectors } from './detect/discover.ts';
import type { LedgerFlags } from './main.ts';
import { withRedis } from './order.ts';
import { createLogger } from './telemetry.ts';

/** Works beside a running worker and without one. @throws Failure */
export async function deliveriesCommand(name: 'list' | 'retry', flags: LedgerFlags): Promise<void> {
  const config = await loadConfig(flags.config, await discoverDetectors());
  const settings = config.system.delivery;
  await withRedis(flags, async (redis) => {
    const log = createLogger('warn');
    // Sending, and with it signing, is the worker's.
    const queue = new DeliveryQueue({ redis, settings, key: undefined, clock: systemClock, log });
    try {
      if (name === 'list') await list(queue);
      else process.stdout.write(`${await queue.retryFailed()} deliveries are tried again\n`);
    } finally {
      await queue.close();
    }
  });
}

/** One JSON line a delivery, without what it gives to whom. */
async function list({ deliveries }: DeliveryQueue): Promise<void> {
  for (const state of OPEN_STATES) {
    for await (const page of deliveries.inState(state)) {
      for (const { id, kind, campaignId, offerId, attempts, answer, placedAtMs } of page) {
        const since = new Date(placedAtMs).toISOString();
        const line = { state, id, kind, campaignId, offerId, attempts, answer, since };
        process.stdout.write(`${JSON.stringify(line)}\n`);
      }
    }
  }
}
