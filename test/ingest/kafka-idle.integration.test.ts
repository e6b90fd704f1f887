import { afterAll, beforeEach, expect, it } from 'vitest';
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

it('a source with nothing to do takes less than 3 % of a core', async () => {
  const bench = new KafkaBench(broker.address!);
  const topic = await bench.topic({ partitions: 4 });
  await bench.produce(topic, [{ value: 'one' }]);
  run = new KafkaRun({ address: broker.address!, topic });
  await run.received(1);
  const before = process.cpuUsage();
  const started = systemClock.monotonic();
  await systemClock.sleep(2000);
  const { user, system } = process.cpuUsage(before);
  const share = (user + system) / 1000 / (systemClock.monotonic() - started);
  console.info(`idle Kafka source: ${(share * 100).toFixed(2)} % of a core`);
  expect(share).toBeLessThan(0.03);
});
