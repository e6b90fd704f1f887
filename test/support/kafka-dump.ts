/**
 * Prints what a data folder's record holds, table by table, as JSON: `kafka-dump.ts FOLDER`. A process of its
 * own, because the embedded engine takes one folder a process. Columns that tell when a row was written, by
 * which start or under which topic's configuration are left out: they differ between two runs.
 */

import { join } from 'node:path';
import { openAnalytics } from '../../pipeline/record/clickhouse.ts';

const ROWS = {
  events: `* EXCEPT (arrival, recorded_at) FROM events FINAL ORDER BY event_id`,
  decisions: `* EXCEPT (arrival, recorded_at, latency_us, config_version) FROM decisions FINAL ORDER BY decision_id`,
  findings: `* EXCEPT (arrival, recorded_at, config_version) FROM findings FINAL ORDER BY decision_id, detector`,
  grants: `* EXCEPT (recorded_at, config_version) FROM grants FINAL ORDER BY grant_id`,
  ledgerEntries: `* EXCEPT (recorded_at) FROM ledger_entries FINAL ORDER BY sequence, leg`,
  balances: `account, argMax(limit_value, sequence) AS limit_value, argMax(posted, sequence) AS posted,
    argMax(pending, sequence) AS pending FROM ledger_balances GROUP BY account ORDER BY account`,
  accountActions: `* EXCEPT (arrival, recorded_at) FROM account_actions FINAL ORDER BY action_id`,
  deadLetters: `* EXCEPT (arrival, recorded_at) FROM dead_letters FINAL ORDER BY position`,
  /** The order in which events were decided, for the comparison of runs that differ in it. */
  order: `event_id FROM events FINAL ORDER BY arrival`,
  epochs: `count() AS starts FROM progress FINAL WHERE sequence > 0`,
};

export type DumpTable = keyof typeof ROWS;
export type Dump = Record<DumpTable, Record<string, unknown>[]>;

if (process.argv[2] !== undefined) {
  const analytics = await openAnalytics({ path: join(process.argv[2], 'clickhouse') });
  const dump: Partial<Dump> = {};
  for (const [table, rows] of Object.entries(ROWS)) {
    dump[table as DumpTable] = await analytics.query(`SELECT ${rows}`);
  }
  await analytics.close();
  process.stdout.write(JSON.stringify(dump));
}
