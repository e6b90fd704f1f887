/**
 * A file to ClickHouse rows in the embedded profile, beside a program that only parses the same file and
 * inserts the same rows in the client's usual way.
 */

import { createReadStream } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createClient, type ClickHouseClient } from '@clickhouse/client';
import { createChdbConnection } from 'chdb/connection';
import { loadConfig } from '../../config/load.ts';
import { systemClock } from '../../pipeline/clock.ts';
import { discoverDetectors } from '../../pipeline/detect/discover.ts';
import { FileSource } from '../../pipeline/ingest/file.ts';
import type { Analytics } from '../../pipeline/record/analytics.ts';
import { openAnalytics } from '../../pipeline/record/clickhouse.ts';
import { migrate } from '../../pipeline/record/migrate.ts';
import { payments } from './broker-payments.ts';
import { compare } from './measure.ts';
import { openPath } from './path.ts';
import type { Bench, Report } from './report.ts';

const EVENTS = 200_000;
const INSERT_ROWS = 10_000;
const ROUNDS = 5;
const PARSE_ONLY = 'parse and insert only';
const OURS = 'Sheepdog';

type Payment = Readonly<Record<string, string | number>>;

/** The rows that Sheepdog writes of an allowed payment, as objects. */
function rowsOf(payment: Payment, arrival: number): readonly [object, object] {
  const now = new Date().toISOString().replace('T', ' ').replace('Z', '');
  const occurred = String(payment['occurredAt']).replace('T', ' ').replace('Z', '');
  const common = {
    event_id: payment['id'],
    type: payment['type'],
    occurred_at: occurred,
    account_id: payment['accountId'],
    amount_minor: payment['amount'],
    arrival,
    recorded_at: now,
  };
  const event = {
    ...common,
    customer_id: payment['customerId'],
    card_id: payment['cardId'],
    device_id: payment['deviceId'],
    ip: payment['ip'],
    merchant_id: payment['merchantId'],
    category: payment['category'],
    channel: payment['channel'],
    instrument: payment['instrument'],
    currency: payment['currency'],
    source: 'file',
    received_at: now,
  };
  const decision = {
    ...common,
    decision_id: `dec_${payment['id']}`,
    verdict: 'allow',
    config_version: 'c0ffee',
    engine_version: '0.1.0',
  };
  return [event, decision];
}

async function parseOnly(client: ClickHouseClient, file: string): Promise<number> {
  let events: object[] = [];
  let decisions: object[] = [];
  let count = 0;
  const flush = async (): Promise<void> => {
    await client.insert({ table: 'events', values: events, format: 'JSONEachRow' });
    await client.insert({ table: 'decisions', values: decisions, format: 'JSONEachRow' });
    events = [];
    decisions = [];
  };
  for await (const line of createInterface({ input: createReadStream(file) })) {
    const [event, decision] = rowsOf(JSON.parse(line) as Payment, ++count);
    events.push(event);
    decisions.push(decision);
    if (events.length >= INSERT_ROWS) await flush();
  }
  if (events.length > 0) await flush();
  return count;
}

async function rowsIn(analytics: Analytics, expected: number): Promise<number> {
  const [row] = await analytics.query<{ events: number; decisions: number }>(
    'SELECT (SELECT count() FROM events) AS events, (SELECT count() FROM decisions) AS decisions',
  );
  if (row?.events !== expected || row.decisions !== expected) {
    throw new Error(`${row?.events} events and ${row?.decisions} decisions of ${expected}`);
  }
  return expected;
}

async function run(report: Report): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'sheepdog-bench-'));
  const path = join(folder, 'clickhouse');
  const file = join(folder, 'events.ndjson');
  const count = Math.round(EVENTS * report.scale);
  await writeFile(
    file,
    Buffer.concat([...payments(count, 7)].flatMap((each) => [each, Buffer.from('\n')])),
  );
  const catalogue = await discoverDetectors();
  const config = await loadConfig('config', catalogue);
  const analytics = await openAnalytics({ path });
  await migrate(analytics);
  const client = createClient({
    connection: createChdbConnection({ path }),
  } as unknown as Parameters<typeof createClient>[0]);
  const prepare = async (): Promise<void> => {
    for (const table of ['events', 'decisions', 'findings']) {
      await analytics.command(`TRUNCATE TABLE ${table}`);
    }
  };
  try {
    report.note(`${count} payments in a file of NDJSON, to rows of events and decisions`);
    const result = await compare(
      [
        {
          name: PARSE_ONLY,
          count,
          prepare,
          run: async () => {
            await parseOnly(client, file);
            return rowsIn(analytics, count);
          },
          answers: 'rows',
        },
        {
          name: OURS,
          count,
          prepare,
          run: async () => {
            const own = openPath({ config }, analytics);
            const source = new FileSource({
              path: file,
              maxRecordBytes: 1_048_576,
              clock: systemClock,
            });
            await source.run((batch) => own.pipeline.deliver(batch), new AbortController().signal);
            await own.close();
            return rowsIn(analytics, count);
          },
          answers: 'rows',
        },
      ],
      { rounds: ROUNDS },
    );
    report.comparison(result, 'events');
    report.figure('Sheepdog over parse and insert only', result.ratio(OURS, PARSE_ONLY), 'x', {
      atLeast: 0.5,
    });
    report.didNotMeasure('rewards and queues, which need Redis: see the ledger bench');
  } finally {
    await client.close();
    await analytics.close();
    await rm(folder, { recursive: true, force: true });
  }
}

export const bench: Bench = {
  name: 'file',
  summary: 'a file to ClickHouse rows, embedded, beside a program that only parses and inserts',
  run,
};
