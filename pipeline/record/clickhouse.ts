/**
 * The one door to ClickHouse. A server by URL and the embedded engine in a folder are driven through the
 * same client; nobody outside this file can tell which it is.
 *
 * Inserts are RowBinary in both profiles. A server takes the bytes as the request's body; the embedded
 * engine takes only text there, so it reads them from a short-lived spool file, which is still faster than
 * any text format. 64-bit integers come back as numbers, exact up to 2^53.
 */

import { randomUUID } from 'node:crypto';
import { access, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { constants } from 'node:fs';
import { getPriority, setPriority } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { createClient, type ClickHouseClient } from '@clickhouse/client';
import type { createChdbConnection } from 'chdb/connection';
import type { Session, drainPending } from 'chdb';
import { systemClock, type Clock } from '../clock.ts';
import { Failure, messageOf } from '../failure.ts';
import { analyticsError, AnalyticsError, type Analytics, type Parameters } from './analytics.ts';
import { splitLines } from './lines.ts';
import type { TableShape } from './table.ts';

/** Numbers as numbers; and a decoder has no need of escapes that JSON does not ask for. */
const READ_SETTINGS = {
  output_format_json_quote_64bit_integers: 0,
  output_format_json_escape_forward_slashes: 0,
} as const;
/**
 * The nice value of the embedded engine's threads, which share the worker's cores: who waits for a decision goes
 * before who writes rows. ClickHouse gives a thread its old one back after a query, which needs the capability to set
 * priorities (root has it); without it a query's threads stay as they are.
 */
const BEHIND_DECISIONS = 10;
/** Merging threads are told one by one, by this name: their setting can only be given to a server. */
const MERGING = 'MergeMutate';
const SET_EMBEDDED = setting({ ...READ_SETTINGS, os_threads_nice_value_query: BEHIND_DECISIONS });
/** History files span years, and a month is a partition. */
const WRITE_SETTINGS = { max_partitions_per_insert_block: '0' } as const;
/** 0.25 s doubling: about eight seconds in all. */
const CONNECT_ATTEMPTS = 6;
const FIRST_DELAY_MS = 250;

export interface OpenOptions {
  /** `http(s)://user:password@host:port/database` of a server … */
  readonly url?: string | undefined;
  /** … or the folder of the embedded engine. */
  readonly path?: string | undefined;
  readonly clock?: Clock;
  readonly connectAttempts?: number;
}

/**
 * Opens the analytics store and makes sure that it answers.
 * @throws Failure when it cannot be reached, opened or written, in one line that says what to do.
 */
export async function openAnalytics(options: OpenOptions): Promise<Analytics> {
  if (options.url !== undefined) {
    return openServer(
      options.url,
      options.clock ?? systemClock,
      options.connectAttempts ?? CONNECT_ATTEMPTS,
    );
  }
  if (options.path !== undefined) return openEmbedded(resolve(options.path));
  throw new Failure('ClickHouse: neither a server URL nor a data folder was given', {
    exitCode: 2,
  });
}

/** What differs between a server and the embedded engine. */
interface Engine {
  /** Answers queries. */
  readonly reader: ClickHouseClient;
  /** Takes inserts and commands. */
  readonly writer: ClickHouseClient;
  insert(table: TableShape, rows: Buffer): Promise<void>;
  /** The statement's output as it comes. */
  bytes(sql: string, format: string, parameters: Parameters): AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

function analyticsOf(place: string, engine: Engine): Analytics {
  async function* lines(sql: string, parameters: Parameters, format: string): Lines {
    try {
      yield* splitLines(engine.bytes(sql, format, parameters));
    } catch (error) {
      throw analyticsError(error);
    }
  }
  return {
    place,
    query: async <Row>(sql: string, parameters: Parameters = {}) => {
      try {
        const result = await engine.reader.query({
          query: sql,
          query_params: parameters,
          format: 'JSONEachRow',
        });
        return await result.json<Row>();
      } catch (error) {
        throw analyticsError(error);
      }
    },
    stream: async function* <Row>(sql: string, parameters: Parameters = {}) {
      for await (const page of lines(sql, parameters, 'JSONEachRow')) {
        yield page.map((line) => JSON.parse(line.toString()) as Row);
      }
    },
    lines: (sql, parameters = {}) => lines(sql, parameters, 'TabSeparatedRaw'),
    insert: async (table, rows) => {
      if (rows.length === 0) return;
      try {
        await engine.insert(table, rows);
      } catch (error) {
        throw analyticsError(error, `insert into ${table.name}`);
      }
    },
    command: async (sql) => {
      try {
        await engine.writer.command({ query: sql });
      } catch (error) {
        throw analyticsError(error);
      }
    },
    close: () => engine.close(),
  };
}

type Lines = AsyncGenerator<Buffer[], void, undefined>;

async function openServer(url: string, clock: Clock, attempts: number): Promise<Analytics> {
  if (!URL.canParse(url)) {
    throw new Failure('CLICKHOUSE_URL: not a URL; write http://user:password@host:8123/database', {
      exitCode: 2,
    });
  }
  const { protocol, host, pathname } = new URL(url);
  const place = `${protocol}//${host}${pathname}`;
  const client = createClient({
    url,
    application: 'sheepdog',
    request_timeout: 120_000,
    clickhouse_settings: READ_SETTINGS,
    // Many ids in one statement would not fit into a URL.
    use_multipart_params_auto: true,
    // The client's own log would repeat, with a stack, what the caller is told.
    log: { level: 127 },
  });
  for (let attempt = 1; ; attempt++) {
    const answer = await client.ping({ select: true });
    if (answer.success) break;
    const error = analyticsError(answer.error);
    const permanent = error instanceof AnalyticsError && error.permanent;
    if (permanent || attempt >= attempts) {
      await client.close();
      throw new Failure(
        `ClickHouse at ${place} ${permanent ? 'refused the connection' : `did not answer in ${attempt} attempts`}: ${messageOf(answer.error) || 'no reason given'}; check CLICKHOUSE_URL and that the server is up`,
        { cause: answer.error },
      );
    }
    await clock.sleep(FIRST_DELAY_MS * 2 ** (attempt - 1));
  }
  return analyticsOf(place, {
    reader: client,
    writer: client,
    insert: async ({ name, columns }, rows) => {
      const { stream } = await client.exec({
        query: `INSERT INTO ${name} (${columns.join(', ')}) FORMAT RowBinary`,
        values: Readable.from([rows], { objectMode: false }),
        // A batch is already large: a server that gathers inserts would only make it wait.
        clickhouse_settings: { ...WRITE_SETTINGS, async_insert: 0 },
      });
      await drained(stream);
    },
    bytes: async function* (sql, format, parameters) {
      const { stream } = await client.exec({
        query: `${sql} FORMAT ${format}`,
        query_params: parameters,
      });
      yield* stream as AsyncIterable<Buffer>;
    },
    close: () => client.close(),
  });
}

/** Reads an answer to its end: only then is the socket free, and only then has the server said all. */
async function drained(stream: Readable): Promise<void> {
  for await (const _chunk of stream) {
    // An insert answers with nothing.
  }
}

interface Chdb {
  readonly createChdbConnection: typeof createChdbConnection;
  readonly Session: typeof Session;
  readonly drainPending: typeof drainPending;
}

async function openEmbedded(path: string): Promise<Analytics> {
  const chdb = await loadChdb();
  const spool = join(path, 'spool');
  await prepareFolder(spool);
  // Statements on one connection run one after the other, so a panel's query would hold up the inserts.
  const writer = await connect(chdb, path);
  const reader = await connect(chdb, path);
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

async function connect(chdb: Chdb, path: string): Promise<ClickHouseClient> {
  try {
    const connection = chdb.createChdbConnection({ path });
    // The hook's type names the client's own copy of Connection, which chdb can only match in shape.
    return createClient({ connection: connection as never });
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
