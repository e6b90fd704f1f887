/** The command `migrate`: the schema of the record, brought up to date. */

import { readEnvironment } from '../../config/environment.ts';
import type { StoreFlags } from './command-options.ts';
import { holdDataFolder } from '../data-folder.ts';
import { Failure } from '../failure.ts';
import { openAnalytics } from '../record/clickhouse.ts';
import { migrate } from '../record/migrate.ts';

/** @throws Failure without an address in the cluster profile, or when the data folder is held. */
export async function migrateRecord(flags: StoreFlags): Promise<void> {
  const { clickhouseUrl } = readEnvironment();
  if (flags.profile === 'cluster') {
    if (clickhouseUrl === undefined) {
      throw new Failure('the cluster profile needs CLICKHOUSE_URL', { exitCode: 2 });
    }
    await migrateAt({ url: clickhouseUrl });
    return;
  }
  const folder = await holdDataFolder(flags.data);
  try {
    await migrateAt({ path: `${folder.path}/clickhouse` });
  } finally {
    await folder.release();
  }
}

async function migrateAt(target: { readonly url?: string; readonly path?: string }): Promise<void> {
  const analytics = await openAnalytics(target);
  try {
    const applied = await migrate(analytics);
    const what =
      applied.length === 0 ? 'the schema was up to date' : `applied ${applied.join(', ')}`;
    process.stdout.write(`${analytics.place}: ${what}\n`);
  } finally {
    await analytics.close();
  }
}
