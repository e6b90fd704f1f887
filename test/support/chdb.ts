/** A private embedded ClickHouse in a temporary folder, with the whole schema, for one test file. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Analytics } from '../../pipeline/record/analytics.ts';
import { openAnalytics } from '../../pipeline/record/clickhouse.ts';
import { migrate } from '../../pipeline/record/migrate.ts';

export interface TemporaryAnalytics {
  readonly analytics: Analytics;
  readonly path: string;
  /** Removes every row of every table, so that the next test starts with nothing. */
  clear(): Promise<void>;
  /** Closes the engine and removes the folder. */
  close(): Promise<void>;
}

/** What tests insert lies in the past, and more so every day: tables would let go of it. */
async function keepAll(analytics: Analytics): Promise<void> {
  const tables = await analytics.query<{ name: string }>(
    "SELECT name FROM system.tables WHERE database = currentDatabase() AND engine_full LIKE '% TTL %'",
  );
  for (const { name } of tables) await analytics.command(`ALTER TABLE ${name} REMOVE TTL`);
}

/** One a process at a time: the engine binds one folder per process. */
export async function temporaryAnalytics(): Promise<TemporaryAnalytics> {
  const folder = await mkdtemp(join(tmpdir(), 'sheepdog-chdb-'));
  const path = join(folder, 'clickhouse');
  const analytics = await openAnalytics({ path });
  await migrate(analytics);
  await keepAll(analytics);
  return {
    analytics,
    path,
    clear: async () => {
      const tables = await analytics.query<{ name: string }>(
        `SELECT name FROM system.tables
         WHERE database = currentDatabase() AND name != 'schema_migrations' AND engine LIKE '%MergeTree'`,
      );
      for (const { name } of tables) await analytics.command(`TRUNCATE TABLE ${name}`);
    },
    close: async () => {
      await analytics.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
