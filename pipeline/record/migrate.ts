/** Brings the schema up to date: numbered files of migrations/, each applied once, each safe to repeat. */

import { readdir, readFile } from 'node:fs/promises';
import { systemClock, type Clock } from '../clock.ts';
import { Failure } from '../failure.ts';
import { AnalyticsError, type Analytics } from './analytics.ts';
import { RowWriter } from './row-writer.ts';
import { defineTable, instant, text, uint32 } from './table.ts';

const FOLDER = new URL('./migrations/', import.meta.url);
/** `0001_core.sql`: the number orders the files, and is what the table remembers. */
const FILE_NAME = /^(\d{4})_[a-z0-9_]+\.sql$/;

const schemaMigrations = defineTable('schema_migrations', {
  version: uint32,
  name: text,
  applied_at: instant,
});

/**
 * Applies what has not been applied yet, in order.
 * @returns the names of the files applied now, none when the schema was up to date.
 * @throws Failure naming the file that the database refused. Its statements can all be repeated, so the
 *   next start goes on from there.
 */
export async function migrate(
  analytics: Analytics,
  clock: Clock = systemClock,
): Promise<readonly string[]> {
  await analytics.command(
    `CREATE TABLE IF NOT EXISTS schema_migrations
     (version UInt32, name String, applied_at DateTime64(3, 'UTC'))
     ENGINE = ReplacingMergeTree(applied_at) ORDER BY version`,
  );
  const rows = await analytics.query<{ version: number }>('SELECT version FROM schema_migrations');
  const applied = new Set(rows.map(({ version }) => version));
  const done: string[] = [];
  for (const name of (await readdir(FOLDER)).sort()) {
    const version = Number(FILE_NAME.exec(name)?.[1]);
    if (Number.isNaN(version) || applied.has(version)) continue;
    await apply(analytics, name);
    const row = new RowWriter();
    schemaMigrations.encode(row, { version, name, applied_at: clock.now() });
    await analytics.insert(schemaMigrations, row.written());
    done.push(name);
  }
  return done;
}

async function apply(analytics: Analytics, name: string): Promise<void> {
  const sql = await readFile(new URL(name, FOLDER), 'utf8');
  for (const statement of statementsOf(sql)) {
    try {
      await analytics.command(statement);
    } catch (error) {
      if (!(error instanceof AnalyticsError)) throw error;
      throw new Failure(`migration ${name} failed at ${analytics.place}: ${error.message}`, {
        cause: error,
      });
    }
  }
}

/** Statements end with a semicolon at the end of a line; comment lines are left out. */
export function statementsOf(sql: string): readonly string[] {
  return sql
    .replaceAll(/^\s*--.*$/gm, '')
    .split(/;\s*$/m)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '');
}
