import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../pipeline/clock.ts';
import { freshName, KafkaBench, sharedBroker, skipWithout } from '../support/kafka.ts';
import { KafkaRun, type KafkaRunOptions } from '../support/kafka-run.ts';

const broker = await sharedBroker();
const address = broker.address ?? '';
const bench = new KafkaBench(address);
const running: KafkaRun[] = [];

function start(options: Omit<KafkaRunOptions, 'address'>): KafkaRun {
  const run = new KafkaRun({ address, ...options });
  running.push(run);
  return run;
}

const numbered = (count: number, partition: number): { value: string; partition: number }[] =>
  Array.from({ length: count }, (_, i) => ({ value: `${partition}-${i}`, partition }));

/** A payment of a partition at a second of a fixed day. */
const paymentAt = (partition: number, second: number): { value: string; partition: number } => ({
  partition,
  value: JSON.stringify({
    id: `p${partition}-${second}`,
    occurredAt: new Date(Date.UTC(2026, 9, 1) + second * 1000).toISOString(),
  }),
});

beforeEach((context) => {
  skipWithout(broker, context);
});

afterEach(async () => {
  await Promise.all(running.splice(0).map((run) => run.stop()));
});

describe('a Kafka source', () => {
  it('delivers every record of a partition once, in its order, with the timestamp of the log', async () => {
    const topic = await bench.topic();
    const sent = numbered(5000, 0).map((message) => ({ ...message, timestamp: '1700000000123' }));
    await bench.produce(topic, sent);
    const run = start({ topic });
    await run.received(5000);
    expect(run.values).toEqual(sent.map(({ value }) => value));
    expect(run.positions[4999]).toBe(`${topic}/0/4999`);
    expect(run.batches[0]!.source).toBe(`kafka:${topic}`);
    expect(run.batches[0]!.records[0]!.receivedAtMs).toBe(1_700_000_000_123);
  });

  it('delivers live records as they come, and tells the lag', async () => {
    const topic = await bench.topic({ partitions: 2 });
    const run = start({ topic });
    await bench.produce(topic, numbered(3, 1));
    await run.received(3);
    await bench.produce(topic, numbered(2, 0));
    await run.received(5);
    expect(run.values).toEqual(['1-0', '1-1', '1-2', '0-0', '0-1']);
    expect(run.source.lag()).toBe(0);
  });

  it('commits an offset only after the batch is durable, and redelivers from there', async () => {
    const topic = await bench.topic();
    await bench.produce(topic, numbered(100, 0));
    const first = start({ topic, durable: false });
    await first.received(100);
    await bench.produce(topic, numbered(100, 0));
    await first.received(200);
    first.batches[0]!.onDurable!();
    const durable = first.batches[0]!.records.length;
    await first.stop();
    expect((await bench.committed(first.groupId, topic)).get(0)).toBe(durable);
    const second = start({ topic, groupId: first.groupId });
    await second.received(200 - durable);
    expect(second.positions[0]).toBe(`${topic}/0/${durable}`);
    await second.stop();
    expect((await bench.committed(first.groupId, topic)).get(0)).toBe(200);
  });

  it('never commits past a batch that is not durable yet, whatever came after it', async () => {
    const topic = await bench.topic();
    await bench.produce(topic, numbered(10, 0));
    const run = start({ topic, durable: false });
    await run.received(10);
    await bench.produce(topic, numbered(10, 0));
    await run.received(20);
    for (const batch of run.batches.slice(1)) batch.onDurable!();
    await run.stop();
    expect((await bench.committed(run.groupId, topic)).get(0)).toBe(-1);
  });

  it('commits what becomes durable after it stopped delivering and before it is closed', async () => {
    const topic = await bench.topic();
    await bench.produce(topic, numbered(10, 0));
    const run = start({ topic, durable: false });
    await run.received(10);
    const stopped = run.stop();
    for (const batch of run.batches) batch.onDurable!();
    await stopped;
    expect((await bench.committed(run.groupId, topic)).get(0)).toBe(10);
  });

  it('starts at the end when it is told to, and remembers that start without reading anything', async () => {
    const topic = await bench.topic();
    await bench.produce(topic, numbered(10, 0));
    const groupId = freshName('group');
    const config = { fromBeginning: false };
    const first = start({ topic, groupId, config });
    await joined(first);
    await first.stop();
    await bench.produce(topic, [{ value: 'while it was down', partition: 0 }]);
    const second = start({ topic, groupId, config });
    await second.received(1);
    expect(second.values).toEqual(['while it was down']);
  });

  it('keeps its session while a delivery takes longer than the session timeout', async () => {
    const topic = await bench.topic();
    await bench.produce(topic, numbered(3000, 0));
    const run = start({
      topic,
      config: { sessionTimeoutMs: 1000, heartbeatMs: 150, maxBytesPerPartition: 20_000 },
      // The broker measures the session in real time, so the hold must last in real time.
      onBatch: ({ records }) =>
        records[0]!.position.endsWith('/0') ? systemClock.sleep(2000) : undefined,
    });
    await run.received(1);
    const held = await Promise.race([
      run.received(1100).then(() => 'more'),
      systemClock.sleep(1900),
    ]);
    expect(held).toBeUndefined();
    // A group that had lost its member would take another one.
    const rival = start({ topic, groupId: run.groupId });
    await expect(rival.ended).rejects.toThrow(/another consumer is in group/);
    await run.received(3000);
    expect(new Set(run.positions).size).toBe(run.positions.length);
  });

  it('merges what it catches up with by event time over the partitions', async () => {
    const topic = await bench.topic({ partitions: 4 });
    const seconds = Array.from({ length: 8000 }, (_, second) => second);
    await bench.produce(
      topic,
      seconds.map((second) => paymentAt((second * 7 + (second >> 3)) % 4, second)),
    );
    const run = start({ topic, config: { maxBytesPerPartition: 8192 } });
    await run.received(8000);
    const order = run.values.map(
      (value) => (JSON.parse(value) as { occurredAt: string }).occurredAt,
    );
    expect(order).toEqual(order.toSorted());
  });

  it('hands on a record without a value as empty bytes', async () => {
    const topic = await bench.topic();
    await bench.produce(topic, [{ key: 'k', value: null }, { value: 'after' }]);
    const run = start({ topic });
    await run.received(2);
    expect(run.values).toEqual(['', 'after']);
  });
});

describe('two workers in one group', () => {
  it('refuses the second with one line and leaves the first every record', async () => {
    const topic = await bench.topic({ partitions: 4 });
    const first = start({ topic });
    await bench.produce(
      topic,
      [0, 1, 2, 3].flatMap((partition) => numbered(5, partition)),
    );
    await first.received(20);
    const second = start({ topic, groupId: first.groupId });
    await expect(second.ended).rejects.toThrow(/another consumer is in group .* one worker/);
    await second.source.close();
    await bench.produce(
      topic,
      [0, 1, 2, 3].flatMap((partition) => numbered(5, partition)),
    );
    await first.received(40);
    expect(second.values).toEqual([]);
    expect(new Set(first.positions).size).toBe(40);
  });
});

/** Resolves when the source has joined and knows its positions. */
async function joined(run: KafkaRun): Promise<void> {
  const { topic, groupId } = {
    topic: run.source.name.slice('kafka:'.length),
    groupId: run.groupId,
  };
  let committed = -1;
  while (committed < 0) committed = (await bench.committed(groupId, topic)).get(0) ?? -1;
}
