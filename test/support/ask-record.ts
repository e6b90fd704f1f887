/**
 * Answers selects from a data folder's record as JSON: `ask-record.ts FOLDER SQL…`. A process of its own,
 * because the embedded engine takes one folder a process.
 */

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { openAnalytics } from '../../pipeline/record/clickhouse.ts';

export type Row = Readonly<Record<string, unknown>>;

const run = promisify(execFile);
const ENTRY = import.meta.filename;

/** Rows of each select, in their order; no worker may hold the folder. */
export async function askRecord<const Selects extends readonly string[]>(
  data: string,
  ...selects: Selects
): Promise<{ -readonly [Each in keyof Selects]: readonly Row[] }> {
  const { stdout } = await run(process.execPath, ['--import', 'tsx', ENTRY, data, ...selects], {
    cwd: join(import.meta.dirname, '../..'),
    maxBuffer: 256 * 1024 * 1024,
  });
  return JSON.parse(stdout) as { -readonly [Each in keyof Selects]: readonly Row[] };
}

if (process.argv[1] === ENTRY) {
  const [, , folder, ...selects] = process.argv;
  const analytics = await openAnalytics({ path: join(folder!, 'clickhouse') });
  const answers: Row[][] = [];
  for (const sql of selects) answers.push(await analytics.query<Row>(sql));
  await analytics.close();
  process.stdout.write(JSON.stringify(answers));
}
