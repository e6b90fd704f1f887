/**
 * Effects are exactly once whatever happens to the worker. Each test runs the real worker as a process over a
 * real broker, disturbs it, and compares what it recorded, granted and froze with an undisturbed run.
 */

import { randomInt } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { seededRandom, systemClock } from '../../pipeline/clock.ts';
import { simulate } from '../../pipeline/simulate/simulate.ts';
import type { SimulatedEvent } from '../../pipeline/simulate/simulated-event.ts';
import type { Dump, DumpTable } from '../support/kafka-dump.ts';
import { freshName, KafkaBench, sharedBroker, skipWithout } from '../support/kafka.ts';
import { WorkerHome, type WorkerProcess } from '../support/kafka-worker.ts';
import { differences, unexplained } from '../support/kafka-compare.ts';

const KILLS = 10;
/** A start takes seconds: a kill within this time may hit opening, restoring or joining. */
const STARTING_MS = 5000;
/** Deciding and flushing the events at hand takes about this long. */
const WORKING_MS = 500;
/** Between two flushes of the worker's configuration, twice. */
const FLUSH_MS = 100;
const MESSAGES_TOGETHER = 20;

const seed = Number(process.env['KILL_SEED'] ?? randomInt(1_000_000));
const random = seededRandom(seed);
const broker = await sharedBroker();
const bench = new KafkaBench(broker.address ?? '');
const homes: WorkerHome[] = [];

const events = [
  ...simulate({
    ...{ seed: 5, startMs: Date.UTC(2026, 2, 6, 1, 50), minutes: 20 },
    ...{ ratePerSecond: 3, accounts: 300, attackShare: 0.1 },
  }),
];

interface Sent {
  readonly value: string;
  readonly timestamp: string;
  readonly partition: number;
}

/** As the payment system sends it, with broken records and an id that comes twice with different bodies. */
function messages(partitions: number): Sent[] {
  const at = (event: SimulatedEvent): string => `${Date.parse(event.occurredAt) + 50}`;
  return events.flatMap((event, i) => {
    const partition = i % partitions;
    const message = { value: JSON.stringify(event), timestamp: at(event), partition };
    if (i % 500 === 250) return [message, { ...message, value: '{"id": oops' }];
    if (i % 500 === 400) {
      const changed = JSON.stringify({ ...event, merchantId: 'another' });
      return [message, { ...message, value: changed }];
    }
    return [message];
  });
}

async function home(topic: string): Promise<WorkerHome> {
  const made = await WorkerHome.create(broker.address!, topic, freshName('worker'));
  homes.push(made);
  return made;
}

/** Resolves when so many of the topic's records are durable and their offsets are committed. */
async function committed(of: WorkerHome, count: number, worker: WorkerProcess): Promise<void> {
  for (;;) {
    const offsets = [...(await bench.committed(of.groupId, of.topic)).values()];
    if (offsets.reduce((sum, offset) => sum + Math.max(0, offset), 0) >= count) return;
    if (worker.ended) throw new Error(`the worker ended by itself:\n${worker.lastWords}`);
    await systemClock.sleep(50);
  }
}

async function runToEnd(of: WorkerHome, count: number): Promise<Dump> {
  const worker = of.start();
  await committed(of, count, worker);
  expect(await worker.stop(), worker.lastWords).toBe(0);
  await of.verifyLedger();
  return await of.dump();
}

/** Feeds the topic part by part and kills the worker once a part, at a random moment of its life. */
async function runKilled(of: WorkerHome, sent: readonly Sent[]): Promise<Dump> {
  const part = Math.ceil(sent.length / (KILLS + 1));
  for (let kill = 0; kill < KILLS; kill++) {
    await bench.produce(of.topic, sent.slice(kill * part, (kill + 1) * part), MESSAGES_TOGETHER);
    const worker = of.start();
    await randomMoment(of, worker, kill, kill * part, part);
    await worker.kill();
  }
  await bench.produce(of.topic, sent.slice(KILLS * part), MESSAGES_TOGETHER);
  return await runToEnd(of, sent.length);
}

/** Half of the kills hit a worker in the middle of its part; the others any moment since its start. */
async function randomMoment(
  of: WorkerHome,
  worker: WorkerProcess,
  kill: number,
  from: number,
  count: number,
): Promise<void> {
  if (kill % 2 === 0) {
    await committed(of, from + 1 + random() * (count / 2), worker);
    await systemClock.sleep(random() * FLUSH_MS);
  } else if (kill % 4 === 1) {
    await worker.reading;
    await systemClock.sleep(random() * WORKING_MS);
  } else {
    await systemClock.sleep(random() * STARTING_MS);
  }
}

const ALL: readonly DumpTable[] = [
  ...(['events', 'decisions', 'findings', 'grants', 'ledgerEntries', 'balances'] as const),
  ...(['accountActions', 'deadLetters'] as const),
];

const text = (row: Record<string, unknown>, ...columns: string[]): string =>
  JSON.stringify(columns.map((column) => row[column]));

let topic: string;
/** What an undisturbed worker makes of the one partition of `topic`. */
let undisturbed: Dump;

beforeEach((context) => {
  skipWithout(broker, context);
});

afterAll(async () => {
  await Promise.all(homes.map((each) => each.remove()));
});

beforeAll(async () => {
  if (broker.unavailable !== undefined) return;
  topic = await bench.topic();
  const sent = messages(1);
  await bench.produce(topic, sent, MESSAGES_TOGETHER);
  undisturbed = await runToEnd(await home(topic), sent.length);
}, 300_000);

describe(`a worker over one partition (KILL_SEED=${seed})`, () => {
  it('killed at ten random moments leaves what an undisturbed one does, row for row', async () => {
    const killed = await runKilled(await home(await bench.topic()), messages(1));
    expect(undisturbed.events.length).toBe(events.length);
    expect(undisturbed.accountActions.length).toBeGreaterThan(10);
    expect(undisturbed.grants.length).toBeGreaterThan(10);
    expect(undisturbed.deadLetters.length).toBeGreaterThan(5);
    for (const table of ALL) expect(differences(undisturbed, killed, table)).toEqual([]);
    expect(killed.order).toEqual(undisturbed.order);
    // At least some kills must have come when there was something to lose.
    expect(killed.epochs[0]!['starts']).toBeGreaterThan(4);
  });

  it('stopped past its session and woken again leaves the same', async () => {
    const of = await home(topic);
    const worker = of.start();
    await worker.reading;
    worker.signal('SIGSTOP');
    await bench.groupIsEmpty(of.groupId);
    worker.signal('SIGCONT');
    await committed(of, messages(1).length, worker);
    expect(await worker.stop(), worker.lastWords).toBe(0);
    const stopped = await of.dump();
    for (const table of ALL) expect(differences(undisturbed, stopped, table)).toEqual([]);
  });

  it('given every message twice leaves the same', async () => {
    const twice = await bench.topic();
    const sent = messages(1).flatMap((message) => [message, message]);
    const rearranged = [...sent.slice(0, 1000), ...sent.slice(0, 500), ...sent.slice(1000)];
    await bench.produce(twice, rearranged, MESSAGES_TOGETHER);
    const result = await runToEnd(await home(twice), rearranged.length);
    // A refused record is one dead letter for each time it came.
    const same = ALL.filter((table) => table !== 'deadLetters');
    for (const table of same) expect(differences(undisturbed, result, table)).toEqual([]);
  });
});

describe(`a worker over four partitions (KILL_SEED=${seed})`, () => {
  it('killed at ten random moments loses, grants and freezes nothing twice', async () => {
    const wide = await bench.topic({ partitions: 4 });
    const sent = messages(4);
    const killed = await runKilled(await home(wide), sent);
    const ids = killed.decisions.map((row) => row['event_id']);
    expect(ids.toSorted()).toEqual(events.map(({ id }) => id).toSorted());
    expect(killed.deadLetters.length).toBe(undisturbed.deadLetters.length);
    const frozen = killed.accountActions.map((row) => text(row, 'kind', 'account_id'));
    expect(new Set(frozen).size).toBe(frozen.length);
    const legs = killed.ledgerEntries.map((row) => text(row, 'operation_id', 'account', 'leg'));
    expect(new Set(legs).size).toBe(legs.length);
    expect(unexplained(undisturbed, killed)).toEqual([]);
  });
});
