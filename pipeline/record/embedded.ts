/**
 * The embedded engine in a folder, driven through the same client as a server. It takes only text as the body of an
 * insert, so it reads rows from a short-lived spool file, which is still faster than any text format.
 */

import { randomUUID } from 'node:crypto';
import { access, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { constants } from 'node:fs';
import { getPriority, setPriority } from 'node:os';
import { dirname, join } from 'node:path';
import type { ClickHouseClient } from '@clickhouse/client';
import type { createChdbConnection } from 'chdb/connection';
import type { Session, drainPending } from 'chdb';
import { Failure, messageOf } from '../failure.ts';
import type { Analytics } from './analytics.ts';
import { analyticsOf, READ_SETTINGS } from './engine-analytics.ts';

/**
 * The nice value of the embedded engine's threads, which share the worker's cores: who waits for a decision goes
 * before who writes rows. ClickHouse gives a thread its old one back after a query, which needs the capability to set
 * priorities (root has it); without it a query's threads stay as they are.
 */
const BEHIND_DECISIONS = 10;
/** Merging threads are told one by one, by this name: their setting can only be given to a server. */
const MERGING = 'MergeMutate';
const SET_EMBEDDED = setting({ ...READ_SETTINGS, os_threads_nice_value_query: BEHIND_DECISIONS });

/** Puts the one client upon a connection of the engine. */
type ClientOf = (connection: ReturnType<typeof createChdbConnection>) => ClickHouseClient;

interface Chdb {
  readonly createChdbConnection: typeof createChdbConnection;
  readonly Session: typeof Session;
  readonly drainPending: typeof drainPending;
}

/**
 * Opens the engine, which only one process can have open for a folder.
 * @param clientOf makes the client of a connection.
 * @throws Failure when the folder cannot be opened or written, in one line that says what to do.
 */
export async function openEmbedded(path: string, clientOf: ClientOf): Promise<Analytics> {
  const chdb = await loadChdb();
  const spool = join(path, 'spool');
  await prepareFolder(spool);
  // Statements on one connection run one after the other, so a panel's query would hold up the inserts.
  const writer = await connect(chdb, path, clientOf);
  const reader = await connect(chdb, path, clientOf);
  // Only now is the folder surely ours, and what lies in the spool a leftover of a killed process.
  await rm(spool, { recursive: true, force: true });
  await mkdir(spool);
  for (const client of [reader, writer]) await client.command({ query: SET_EMBEDDED });
  let areMergesBehind = false;
  return analyticsOf(path, {
    reader,
    writer,
    insert: async ({ name, columns, structure }, rows) => {
      const file = join(spool, `${randomUUID()}.bin`);
      try {
        await writeFile(file, rows);
        const source = `file(${literal(file)}, 'RowBinary', ${literal(structure)})`;
        await writer.command({
          query: `INSERT INTO ${name} (${columns.join(', ')}) SELECT * FROM ${source} SETTINGS max_partitions_per_insert_block = 0`,
        });
        // Now there are tables, and with the first of them came the threads that merge.
        if (!areMergesBehind) await putMergesBehind();
        areMergesBehind = true;
      } finally {
        await rm(file, { force: true });
      }
    },
    bytes: async function* (sql, format, parameters) {
      // A connection carries one stream at a time; another one on the same folder costs a millisecond.
      const session = new chdb.Session(path);
      try {
        await session.queryAsync(SET_EMBEDDED);
        const stream = session.queryStreamBind(sql, parameters, { format });
        for await (const chunk of stream) yield chunk.raw();
      } finally {
        session.close();
      }
    },
    close: async () => {
      await reader.close();
      await writer.close();
      await chdb.drainPending();
    },
  });
}

/** Linux alone tells of threads, and each has a priority of its own; to lower one takes no capability. */
async function putMergesBehind(): Promise<void> {
  const threads = await readdir('/proc/self/task').catch(() => []);
  for (const thread of threads) {
    try {
      const name = await readFile(`/proc/self/task/${thread}/comm`, 'utf8');
      const isAhead = name.trim() === MERGING && getPriority(Number(thread)) < BEHIND_DECISIONS;
      if (isAhead) setPriority(Number(thread), BEHIND_DECISIONS);
    } catch {
      // It ended meanwhile, or may not be told: rows are written all the same.
    }
  }
}

async function loadChdb(): Promise<Chdb> {
  try {
    const { Session, drainPending } = await import('chdb');
    const { createChdbConnection } = await import('chdb/connection');
    return { Session, drainPending, createChdbConnection };
  } catch (error) {
    throw new Failure(
      'the embedded ClickHouse is not installed: run `npm install chdb`, or set CLICKHOUSE_URL to use a server',
      { cause: error },
    );
  }
}

/** Makes the folder and proves that it can be written. */
async function prepareFolder(spool: string): Promise<void> {
  const path = dirname(spool);
  try {
    await mkdir(spool, { recursive: true });
    await access(path, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new Failure(
      `the data folder ${path} cannot be written: ${messageOf(error)}; give another one with --data`,
      { cause: error },
    );
  }
}

async function connect(chdb: Chdb, path: string, clientOf: ClientOf): Promise<ClickHouseClient> {
  try {
    return clientOf(chdb.createChdbConnection({ path }));
  } catch (error) {
    const holder = await holderOf(path);
    const reason =
      holder === undefined
        ? messageOf(error)
        : `process ${holder} has it open, and only one process can; stop it or give another folder with --data`;
    throw new Failure(`the data folder ${path} cannot be opened: ${reason}`, { cause: error });
  }
}

/** The process that ClickHouse's own lock file names, when it is another one. */
async function holderOf(path: string): Promise<number | undefined> {
  const status = await readFile(join(path, 'status'), 'utf8').catch(() => '');
  const pid = Number(/^PID: (\d+)/m.exec(status)?.[1]);
  return Number.isInteger(pid) && pid !== process.pid ? pid : undefined;
}

function setting(values: Readonly<Record<string, number>>): string {
  const pairs = Object.entries(values).map(([name, value]) => `${name} = ${value}`);
  return `SET ${pairs.join(', ')}`;
}

function literal(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
