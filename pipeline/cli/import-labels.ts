/** `label import`: the rows of a CSV as labels, no faster than the rewards behind them are looked at. */

import { RESCORE_QUEUES, RescoreQueue } from '../act/rescore-queue.ts';
import { systemClock } from '../clock.ts';
import type { ImportFlags } from './command-options.ts';
import { MAX_LABELS_AN_ORDER } from '../decide/account-action.ts';
import { importFile, tellImport } from './import-file.ts';
import { readLabelMap } from './import-map.ts';
import type { RedisServer } from '../reward/redis.ts';
import { createLogger } from '../telemetry.ts';

/** Parts of an import whose rewards are yet to be looked at: half a million labels. */
const MAX_BACKLOG = 100;
const LOOK_AGAIN_MS = 1000;

/** @throws Failure when the file or its map cannot be read, or no worker answers. */
export async function importLabels(file: string, flags: ImportFlags): Promise<void> {
  const map = await readLabelMap(flags.map);
  const tally = await importFile(
    {
      ...{ file, map, part: MAX_LABELS_AN_ORDER },
      order: (labels) => ({ kind: 'labels', labels }),
      room: roomToFollow,
    },
    flags,
  );
  tellImport('labels', tally);
}

async function roomToFollow(redis: RedisServer): Promise<void> {
  const said = { clock: systemClock, log: createLogger('warn') };
  const queue = new RescoreQueue({ name: RESCORE_QUEUES.labels, redis, ...said });
  try {
    while ((await queue.waiting()) >= MAX_BACKLOG) await systemClock.sleep(LOOK_AGAIN_MS);
  } finally {
    await queue.close();
  }
}
