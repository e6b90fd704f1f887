import { afterAll, beforeEach, expect, it, vi } from 'vitest';
import { systemClock } from '../../pipeline/clock.ts';
import { KafkaBench, sharedBroker, skipWithout } from '../support/kafka.ts';
import { KafkaRun } from '../support/kafka-run.ts';

const broker = await sharedBroker();
let run: KafkaRun | undefined;

beforeEach((context) => {
  skipWithout(broker, context);
});

afterAll(async () => {
  await run?.stop();
});

it('a source with nothing to do asks no connection again and again whether it has', async () => {
  const bench = new KafkaBench(broker.address!);
  const topic = await bench.topic({ partitions: 4 });
  await bench.produce(topic, [{ value: 'one' }]);
  run = new KafkaRun({ address: broker.address!, topic });
  await run.received(1);
  const timers = vi.spyOn(globalThis, 'setTimeout');
  const before = process.cpuUsage();
  const started = systemClock.monotonic();
  await systemClock.sleep(2000);
  const { user, system } = process.cpuUsage(before);
  const share = (user + system) / 1000 / (systemClock.monotonic() - started);
  console.info(`idle Kafka source: ${(share * 100).toFixed(2)} % of a core`);
  // One a millisecond and connection is what the client does by itself; heartbeats and fetches are a few.
  expect(timers.mock.calls.length).toBeLessThan(200);
});
