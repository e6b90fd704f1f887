/**
 * The one door to ClickHouse. A server by URL and the embedded engine in a folder are driven through the
 * same client; nobody who is given one can tell which it is.
 *
 * Inserts are RowBinary in both profiles. A server takes the bytes as the request's body; the embedded
 * engine reads them from a spool file (embedded.ts). 64-bit integers come back as numbers, exact up to 2^53.
 */

import { resolve } from 'node:path';
import { Readable } from 'node:stream';
import { createClient } from '@clickhouse/client';
import { systemClock, type Clock } from '../clock.ts';
import { Failure, messageOf } from '../failure.ts';
import { analyticsError, AnalyticsError, type Analytics } from './analytics.ts';
import { openEmbedded } from './embedded.ts';
import { analyticsOf, READ_SETTINGS } from './engine-analytics.ts';

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
  if (options.path !== undefined) {
    return openEmbedded(resolve(options.path), (connection) =>
      // The hook's type names the client's own copy of Connection, which chdb can only match in shape.
      createClient({ connection: connection as never }),
    );
  }
  throw new Failure('ClickHouse: neither a server URL nor a data folder was given', {
    exitCode: 2,
  });
}

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
