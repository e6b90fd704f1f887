/**
 * Kafka → decisions → rows on one thread, beside what the same consumer can do when it does nothing, when
 * it only parses, and when the pipeline is the one somebody would write in a day.
 */

import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createClient, type ClickHouseClient } from '@clickhouse/client';
import { Kafka, logLevel } from 'kafkajs';
import { loadConfig, type LoadedConfig } from '../../config/load.ts';
import { systemSchema } from '../../config/schema.ts';
import { discoverDetectors } from '../../pipeline/detect/discover.ts';
import { KafkaSource } from '../../pipeline/ingest/kafka-source.ts';
import type { Analytics } from '../../pipeline/record/analytics.ts';
import { openAnalytics } from '../../pipeline/record/clickhouse.ts';
import { migrate } from '../../pipeline/record/migrate.ts';
import type { Crowd } from './broker-payments.ts';
import { startBroker, TOPIC } from './broker.ts';
import { compare, type Comparison, type Variant } from './measure.ts';
import { NaivePipeline } from './naive.ts';
import { openPath } from './path.ts';
import type { Bench, Report } from './report.ts';

const PARTITIONS = 4;
const EVENTS = 300_000;
const NOOP = 'no-op consumer';
const NOOP_AGAIN = 'no-op consumer again';
const NAIVE = 'naive pipeline';
const OURS = 'Sheepdog';
/** Those over windows, with what they need to spare who shares a device or an address; no rings, bursts or rules. */
const ALIKE = "Sheepdog, the naive pipeline's detectors";
const EMBEDDED = 'Sheepdog, rows into chdb';
/** The naive one is so much slower that fewer events make its round. */
const NAIVE_SHARE = 0.2;

let groups = 0;
const freshGroup = (): string => `bench-${process.pid}-${++groups}`;

/** A stand-in for a ClickHouse server: takes any body, keeps nothing, knows no rows. */
async function discard(): Promise<void> {
  const server = createServer((request, response) => {
    request.resume();
    request.on('end', () => response.end());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  process.send?.((server.address() as AddressInfo).port);
  process.on('disconnect', () => process.exit(0));
}

async function startDiscarding(): Promise<{ readonly url: string; readonly child: ChildProcess }> {
  const child = fork(fileURLToPath(import.meta.url), ['--discard'], {
    execArgv: ['--import', 'tsx'],
  });
  const [port] = (await once(child, 'message')) as [number];
  return { url: `http://127.0.0.1:${port}`, child };
}

/** A plain consumer group that hands each message on, until it has had `count`. */
async function consume(
  address: string,
  count: number,
  each: ((value: Buffer) => Promise<void> | undefined) | undefined,
): Promise<number> {
  const kafka = new Kafka({ brokers: [address], logLevel: logLevel.NOTHING });
  const consumer = kafka.consumer({ groupId: freshGroup(), maxWaitTimeInMs: 100 });
  await consumer.connect();
  await consumer.subscribe({ topic: TOPIC, fromBeginning: true });
  let seen = 0;
  await new Promise<void>((done, fail) => {
    consumer
      .run({
        autoCommit: false,
        partitionsConsumedConcurrently: PARTITIONS,
        eachBatch: async ({ batch }) => {
          for (const { value } of batch.messages) {
            if (each !== undefined) {
              const wait = each(value!);
              if (wait !== undefined) await wait;
            }
            if (++seen === count) done();
          }
        },
      })
      .catch(fail);
  });
  await consumer.disconnect();
  return count;
}

interface Parts {
  readonly config: LoadedConfig;
  readonly url: string;
}

/**
 * The product's own path, from a KafkaSource to inserted rows, rewards and queues left out.
 * @param analytics stays open.
 * @returns how many events were not simply allowed.
 */
async function runPipeline(
  address: string,
  count: number,
  parts: Parts,
  analytics: Analytics,
): Promise<number> {
  const path = openPath(parts, analytics);
  const source = new KafkaSource({
    ...path.shared,
    config: { ...systemSchema.parse({}).kafka, topics: [TOPIC], groupId: freshGroup() },
    environment: { kafkaBrokers: [address], kafkaUsername: undefined, kafkaPassword: undefined },
  });
  const stop = new AbortController();
  let delivered = 0;
  await source.run(async (batch) => {
    await path.pipeline.deliver(batch);
    delivered += batch.records.length;
    if (delivered >= count) stop.abort();
  }, stop.signal);
  await path.close();
  await source.close();
  const { tally } = path;
  if (delivered !== count || tally.events !== count) {
    throw new Error(`decided ${tally.events} of ${count} events`);
  }
  return tally.verdicts.review + tally.verdicts.block;
}

interface Setting extends Parts {
  /** The same with the detectors that the naive pipeline has. */
  readonly alike: LoadedConfig;
  readonly report: Report;
  readonly client: ClickHouseClient;
  readonly crowd: Crowd;
  readonly rounds: number;
}

async function measure(setting: Setting): Promise<Comparison> {
  const { report, crowd, client } = setting;
  const count = Math.round(EVENTS * report.scale);
  const naiveCount = Math.round(count * NAIVE_SHARE);
  const broker = await startBroker({ count, partitions: PARTITIONS, seed: 7, crowd });
  const { address } = broker;
  const variant = (name: string, events: number, run: () => Promise<number>): Variant => ({
    name,
    count: events,
    run,
  });
  const noop = (): Promise<number> => consume(address, count, undefined);
  const parse = (value: Buffer): undefined => void JSON.parse(value.toString());
  let flagged = 0;
  const ours = async (config: LoadedConfig): Promise<number> => {
    const analytics = await openAnalytics({ url: setting.url });
    const found = await runPipeline(address, count, { ...setting, config }, analytics);
    await analytics.close();
    return found;
  };
  const variants = [
    variant(NOOP, count, noop),
    variant('JSON.parse only', count, () => consume(address, count, parse)),
    variant(NAIVE, naiveCount, async () => {
      const pipeline = new NaivePipeline(client);
      await consume(address, naiveCount, (value) => pipeline.onMessage(value));
      await pipeline.flush();
      return naiveCount;
    }),
    variant(ALIKE, count, async () => {
      await ours(setting.alike);
      return count;
    }),
    variant(OURS, count, async () => {
      flagged = await ours(setting.config);
      return count;
    }),
    variant(NOOP_AGAIN, count, noop),
  ];
  report.section(`${count} payments of a ${crowd} crowd, ${PARTITIONS} partitions`);
  const result = await compare(variants, { rounds: setting.rounds });
  report.comparison(result, 'events');
  report.figure('decisions with findings', (100 * flagged) / count, '%');
  await broker.stop();
  return result;
}

/**
 * The same path into the embedded ClickHouse, whose threads belong to this process: what its CPU adds to an event's.
 * A figure beside the others, from a comparison of its own, so that its inserts disturb none of them.
 */
async function databaseCost(setting: Setting): Promise<void> {
  const { report, crowd } = setting;
  const count = Math.round(EVENTS * report.scale);
  const folder = await mkdtemp(join(tmpdir(), 'sheepdog-bench-'));
  const analytics = await openAnalytics({ path: join(folder, 'clickhouse') });
  await migrate(analytics);
  const broker = await startBroker({ count, partitions: PARTITIONS, seed: 7, crowd });
  try {
    const { address } = broker;
    const result = await compare(
      [
        {
          name: OURS,
          count,
          run: async () => {
            const discarding = await openAnalytics({ url: setting.url });
            await runPipeline(address, count, setting, discarding);
            await discarding.close();
            return count;
          },
        },
        {
          name: EMBEDDED,
          count,
          prepare: async () => {
            for (const table of ['events', 'decisions', 'findings'])
              await analytics.command(`TRUNCATE TABLE ${table}`);
          },
          run: async () => {
            await runPipeline(address, count, setting, analytics);
            const sql = 'SELECT count() AS rows FROM decisions';
            const [stored] = await analytics.query<{ rows: number }>(sql);
            if (stored?.rows !== count) throw new Error(`${stored?.rows} of ${count} decisions`);
            return count;
          },
        },
      ],
      { rounds: setting.rounds },
    );
    report.section(
      'The database: rows into the embedded ClickHouse instead of a server that discards',
    );
    report.comparison(result, 'events');
    const both = result.cost(EMBEDDED, 'cpu').median;
    const own = result.cost(OURS, 'cpu').median;
    report.figure('CPU of the database itself', both - own, 'us an event');
  } finally {
    await broker.stop();
    await analytics.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function run(report: Report): Promise<void> {
  const catalogue = await discoverDetectors();
  const config = await loadConfig('config', catalogue);
  const sink = await startDiscarding();
  const client = createClient({ url: sink.url });
  const onWindows = catalogue.filter(({ name }) => name !== 'ring' && !name.endsWith('-burst'));
  const alike = { ...config, catalogue: onWindows };
  const shared = { report, client, config, alike, url: sink.url };
  report.note('broker in memory and HTTP server that discards the rows, each in another process');
  const result = await measure({ ...shared, crowd: 'bank', rounds: 5 });
  for (const name of [ALIKE, OURS]) {
    for (const [other, atLeast] of [
      [NOOP, 0.3],
      [NAIVE, 4],
    ] as const) {
      const figure = `${name}, over the ${other}`;
      report.figure(figure, result.ratio(name, other), 'x', { atLeast });
      report.figure('  by CPU time of this process', result.ratio(name, other, 'cpu'), 'x');
    }
  }
  report.figure('drift: no-op again over no-op', result.ratio(NOOP_AGAIN, NOOP), 'x');
  const harsh = await measure({ ...shared, crowd: 'harsh', rounds: 2 });
  report.figure('Sheepdog over a no-op consumer', harsh.ratio(OURS, NOOP), 'x');
  report.figure('Sheepdog over the naive pipeline', harsh.ratio(OURS, NAIVE), 'x');
  await databaseCost({ ...shared, crowd: 'bank', rounds: 2 });
  report.didNotMeasure('rewards and job queues: they need Redis, whose CPU would be measured too');
  report.didNotMeasure('a real broker over a network');
  await client.close();
  sink.child.disconnect();
}

export const bench: Bench = {
  name: 'kafka',
  summary: 'Kafka → decisions → rows beside a consumer that does nothing and a naive pipeline',
  run,
};

if (process.argv[2] === '--discard') await discard();
