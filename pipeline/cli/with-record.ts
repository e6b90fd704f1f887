/** The record alone, for commands that only read it: neither Redis nor the worker's other parts are needed. */

import { readEnvironment } from '../../config/environment.ts';
import type { StoreFlags } from './command-options.ts';
import { holdUsedDataFolder } from '../data-folder.ts';
import { Failure, messageOf } from '../failure.ts';
import { AnalyticsError, type Analytics } from '../record/analytics.ts';
import { openAnalytics } from '../record/clickhouse.ts';
import { migrate } from '../record/migrate.ts';
import { workerAt, type RunningWorker } from './running-worker.ts';

/** Where else the same is to be had, for who asked the worker first: one that has started since. */
export const TRY_AGAIN = 'try again: a worker that runs is asked instead';

/**
 * Reads the record of a stopped worker, or that of a cluster, where a reader's rights are enough.
 * @param whereElse what to say when a running worker holds the record: where the same is to be had.
 * @throws Failure when there is no record, or it is held or cannot be read.
 */
export async function withRecord<Value>(
  { profile, data }: StoreFlags,
  whereElse: string,
  read: (analytics: Analytics) => Promise<Value>,
): Promise<Value> {
  const { clickhouseUrl } = readEnvironment();
  if (profile === 'cluster' && clickhouseUrl === undefined) {
    throw new Failure('the cluster profile needs CLICKHOUSE_URL', { exitCode: 2 });
  }
  if (clickhouseUrl !== undefined) {
    return readAndClose(await openAnalytics({ url: clickhouseUrl }), read);
  }
  const folder = await holdUsedDataFolder(data).catch((error: unknown) => {
    if (!(error instanceof Failure) || !error.message.includes('is in use by')) throw error;
    throw new Failure(`${error.message}; or ${whereElse}`, { cause: error });
  });
  try {
    const analytics = await openAnalytics({ path: `${folder.path}/clickhouse` });
    return await readAndClose(analytics, async () => {
      await migrate(analytics);
      return read(analytics);
    });
  } finally {
    await folder.release();
  }
}

/**
 * The worker to ask instead where a running one holds the embedded record; undefined where the record can be read.
 * @throws Failure when it is held by a process that does not answer.
 */
export async function workerBeside({
  profile,
  data,
}: StoreFlags): Promise<RunningWorker | undefined> {
  const isServer = profile === 'cluster' || readEnvironment().clickhouseUrl !== undefined;
  return isServer ? undefined : workerAt(data);
}

async function readAndClose<Value>(
  analytics: Analytics,
  read: (analytics: Analytics) => Promise<Value>,
): Promise<Value> {
  try {
    return await read(analytics);
  } catch (error) {
    if (!(error instanceof AnalyticsError)) throw error;
    throw new Failure(
      `${analytics.place}: the record cannot be read: ${messageOf(error)}; a record of an older version needs \`sheepdog migrate\` first`,
      { cause: error },
    );
  } finally {
    await analytics.close();
  }
}
