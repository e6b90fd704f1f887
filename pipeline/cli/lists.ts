/** `list` and `label import`: from the command line to the worker, and what stands on the lists. */

import { RESCORE_QUEUES, RescoreQueue } from '../act/rescore-queue.ts';
import { systemClock } from '../clock.ts';
import { instantOf } from './command-options.ts';
import type { AnalystFlags } from './command-orders.ts';
import { MAX_ENTRIES_AN_ORDER, type ListKind, type ListName } from '../decide/list-entry.ts';
import { MAX_LABELS_AN_ORDER } from '../decide/account-action.ts';
import { importFile, tellImport, type ImportFlags } from './import-file.ts';
import { readLabelMap, readListMap } from './import-map.ts';
import { order } from './order.ts';
import type { RedisServer } from '../reward/redis.ts';
import { createLogger } from '../telemetry.ts';

export interface ListAddFlags extends AnalystFlags {
  readonly expires?: string;
  readonly author?: string;
}

export async function addToList(
  list: ListName,
  kind: ListKind,
  values: readonly string[],
  flags: ListAddFlags,
): Promise<void> {
  const expiresAtMs =
    flags.expires === undefined ? undefined : instantOf('--expires', flags.expires);
  const { author } = flags;
  const entries = values.map((value) => ({ kind, value, author, expiresAtMs }));
  await order({ kind: 'list', order: { op: 'add', list, entries } }, flags);
}

export async function removeFromList(
  list: ListName,
  kind: ListKind,
  values: readonly string[],
  flags: AnalystFlags,
): Promise<void> {
  const entries = values.map((value) => ({ kind, value }));
  await order({ kind: 'list', order: { op: 'remove', list, entries } }, flags);
}

export async function importList(
  file: string,
  flags: ImportFlags & { readonly list: ListName },
): Promise<void> {
  const { list } = flags;
  const map = await readListMap(flags.map);
  const tally = await importFile(
    {
      ...{ file, map, part: MAX_ENTRIES_AN_ORDER },
      order: (entries) => ({ kind: 'list', order: { op: 'add', list, entries } }),
    },
    flags,
  );
  tellImport(`${list} list`, tally);
}

/** Parts of an import whose rewards are yet to be looked at: half a million labels. */
const MAX_BACKLOG = 100;
const LOOK_AGAIN_MS = 1000;

async function roomToFollow(redis: RedisServer): Promise<void> {
  const said = { clock: systemClock, log: createLogger('warn') };
  const queue = new RescoreQueue({ name: RESCORE_QUEUES.labels, redis, ...said });
  try {
    while ((await queue.waiting()) >= MAX_BACKLOG) await systemClock.sleep(LOOK_AGAIN_MS);
  } finally {
    await queue.close();
  }
}

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
