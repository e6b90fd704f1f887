/**
 * The sink: our rows to a server's body format against the client's usual way, the formats that the
 * embedded engine can take, and what encoding alone costs. Every variant starts from decoded batches.
 */

import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createClient } from '@clickhouse/client';
import { Session } from 'chdb';
import type { EventBatch } from '../../pipeline/event.ts';
import type { Analytics } from '../../pipeline/record/analytics.ts';
import { openAnalytics } from '../../pipeline/record/clickhouse.ts';
import { migrate } from '../../pipeline/record/migrate.ts';
import { encodedText, RowWriter } from '../../pipeline/record/row-writer.ts';
import { decisions, encodeDecision } from '../../pipeline/record/tables/decisions.ts';
import { encodeEvent, events } from '../../pipeline/record/tables/events.ts';
import { batchOf, payments } from '../record/sample-batch.ts';
import { compare, type Variant } from './measure.ts';
import type { Bench, Report } from './report.ts';
import { escapeTsv, rowObjects, withDates } from './sink-rows.ts';

const BATCH = 1000;
const INSERT_ROWS = 10_000;
const SOURCE = encodedText('bench');
const CONFIG = encodedText('c0ffee');
const ENGINE = encodedText('0.1.0');
const ALLOW = { verdict: 'allow', reasons: [], findings: [], listed: [], late: false } as const;

/** A stand-in for the server's end: takes any body, keeps nothing. Runs in a process of its own. */
async function discard(): Promise<void> {
  const server = createServer((request, response) => {
    request.resume();
    request.on('end', () => response.end('1\n'));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  process.send?.((server.address() as AddressInfo).port);
  process.on('disconnect', () => server.close());
}

async function startDiscarding(): Promise<{ readonly url: string; readonly child: ChildProcess }> {
  const child = fork(fileURLToPath(import.meta.url), ['--discard'], {
    execArgv: ['--import', 'tsx'],
  });
  const [port] = (await once(child, 'message')) as [number];
  return { url: `http://127.0.0.1:${port}`, child };
}

function encodeAll(out: RowWriter, batches: readonly EventBatch[]): number {
  let sequence = 0;
  for (const batch of batches) {
    for (let i = 0; i < batch.length; i++) {
      const stamp = { epoch: 1, sequence: ++sequence, recordedAtMs: batch.receivedAtMs[i]! };
      encodeEvent(out, batch, i, SOURCE, stamp);
    }
  }
  return sequence;
}

/** Inserts of INSERT_ROWS rows, each a list of batches. */
function workload(rows: number): readonly (readonly EventBatch[])[] {
  return Array.from({ length: Math.max(1, Math.round(rows / INSERT_ROWS)) }, (_, insert) =>
    Array.from({ length: INSERT_ROWS / BATCH }, (_each, batch) =>
      batchOf(payments(BATCH, insert * INSERT_ROWS + batch * BATCH)),
    ),
  );
}

async function overHttp(report: Report): Promise<void> {
  const inserts = workload(100_000 * report.scale);
  const count = inserts.length * INSERT_ROWS;
  const { url, child } = await startDiscarding();
  const analytics = await openAnalytics({ url });
  const client = createClient({ url });
  const out = new RowWriter();
  const ours: Variant = {
    name: 'RowBinary, bytes copied',
    count,
    answers: 'rows',
    run: async () => {
      let rows = 0;
      for (const batches of inserts) {
        out.clear();
        rows += encodeAll(out, batches);
        await analytics.insert(events, out.written());
      }
      return rows;
    },
  };
  const objects = inserts.map(rowObjects);
  const insertObjects = async (values: readonly object[]): Promise<number> => {
    await client.insert({ table: 'events', values, format: 'JSONEachRow' });
    return values.length;
  };
  const usual: Variant = {
    name: 'client.insert, objects at hand',
    count,
    answers: 'rows',
    run: async () => {
      let rows = 0;
      for (const values of objects) rows += await insertObjects(values);
      return rows;
    },
  };
  const made: Variant = {
    name: 'client.insert, objects made',
    count,
    answers: 'rows',
    run: async () => {
      let rows = 0;
      for (const batches of inserts) rows += await insertObjects(rowObjects(batches));
      return rows;
    },
  };
  report.section(
    `HTTP server that discards the body, events of 27 columns, ${INSERT_ROWS} rows an insert`,
  );
  const result = await compare([usual, made, ours], { rounds: 7 });
  report.comparison(result, 'rows');
  report.figure(
    'rows/s over client.insert of objects at hand',
    result.ratio(ours.name, usual.name),
    'x',
    {
      atLeast: 2,
    },
  );
  await analytics.close();
  await client.close();
  child.disconnect();
  await once(child, 'exit');
}

async function embedded(report: Report): Promise<void> {
  const inserts = workload(50_000 * report.scale);
  const count = inserts.length * INSERT_ROWS;
  const folder = await mkdtemp(join(tmpdir(), 'sheepdog-bench-'));
  const path = join(folder, 'clickhouse');
  const analytics = await openAnalytics({ path });
  await migrate(analytics);
  const session = new Session(path);
  const out = new RowWriter();
  const fresh = (): Promise<void> => analytics.command('TRUNCATE TABLE events');
  const variant = (
    name: string,
    insert: (batches: readonly EventBatch[], at: number) => Promise<unknown>,
  ): Variant => ({
    name,
    count,
    answers: 'content',
    prepare: fresh,
    run: async () => {
      for (const [at, batches] of inserts.entries()) await insert(batches, at);
      return contentOf(analytics);
    },
  });
  // The text formats start from objects at hand, and are still behind.
  const objects = inserts.map((batches) => rowObjects(batches).map(withDates));
  const settings = { date_time_input_format: 'best_effort' };
  const raw = (
    format: 'JSONEachRow' | 'JSONCompactEachRow' | 'TSV',
    line: (row: Record<string, unknown>) => string,
  ): Variant =>
    variant(`raw ${format}, objects at hand`, (_, at) => {
      const values = Buffer.from(`${objects[at]!.map(line).join('\n')}\n`);
      const columns = format === 'JSONEachRow' ? {} : { columns: Object.keys(objects[at]![0]!) };
      return session.insert({ table: 'events', ...columns, format, settings, values });
    });
  const usual = raw('JSONEachRow', (row) => JSON.stringify(row));
  const compact = raw('JSONCompactEachRow', (row) => JSON.stringify(Object.values(row)));
  const tsv = raw('TSV', (row) => Object.values(row).map(escapeTsv).join('\t'));
  const ours = variant('RowBinary by spool file', (batches) => {
    out.clear();
    encodeAll(out, batches);
    return analytics.insert(events, out.written());
  });
  report.section(
    `Embedded engine, the same rows, ${INSERT_ROWS} an insert; CPU is the engine's too`,
  );
  const result = await compare([usual, compact, tsv, ours], { rounds: 5 });
  report.comparison(result, 'rows');
  report.figure('rows/s over the fastest text format', result.ratio(ours.name, compact.name), 'x', {
    atLeast: 1,
  });
  session.close();
  await analytics.close();
  await rm(folder, { recursive: true, force: true });
}

/** A number that every correct variant leaves behind. */
async function contentOf(analytics: Analytics): Promise<number> {
  const [row] = await analytics.query<{ content: number }>(
    `SELECT bitAnd(sum(cityHash64(event_id, account_id, ip, attributes, amount_minor, latitude, occurred_at, arrival)), 4294967295) AS content FROM events`,
  );
  return row!.content;
}

async function encodeOnly(report: Report): Promise<void> {
  const inserts = workload(50_000 * report.scale);
  const count = inserts.length * INSERT_ROWS;
  const out = new RowWriter();
  const rowsOf = (encode: (batches: readonly EventBatch[]) => void) => () => {
    for (const batches of inserts) {
      out.clear();
      encode(batches);
    }
    return count;
  };
  report.section('Encoding alone');
  const result = await compare(
    [
      {
        name: 'JSON.stringify of row objects',
        count,
        run: rowsOf((batches) =>
          rowObjects(batches)
            .map((row) => JSON.stringify(row))
            .join('\n'),
        ),
      },
      { name: 'events, RowBinary', count, run: rowsOf((batches) => encodeAll(out, batches)) },
      {
        name: 'events and decisions, RowBinary',
        count,
        run: rowsOf((batches) => {
          encodeAll(out, batches);
          for (const batch of batches) {
            for (let i = 0; i < batch.length; i++) {
              encodeDecision(out, batch, i, ALLOW, CONFIG, ENGINE, 100, {
                epoch: 1,
                sequence: i,
                recordedAtMs: 0,
              });
            }
          }
        }),
      },
    ],
    { rounds: 7 },
  );
  report.comparison(result, 'events');
  report.note(
    `an events row is ${Math.round(out.length / INSERT_ROWS)} bytes with its decision, ${decisions.columns.length + events.columns.length} columns`,
  );
}

export const bench: Bench = {
  name: 'sink',
  summary: 'rows to ClickHouse against the usual client insert and other formats',
  run: async (report) => {
    await overHttp(report);
    await encodeOnly(report);
    await embedded(report);
    report.didNotMeasure(
      'a ClickHouse server: no server is at hand, its parsing and merging are not in the HTTP figures',
    );
  },
};

if (process.argv[2] === '--discard') await discard();
