import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systemSchema } from '../../config/schema.ts';
import { systemClock } from '../../pipeline/clock.ts';
import { Failure } from '../../pipeline/failure.ts';
import { KafkaDeadLetters } from '../../pipeline/ingest/kafka-dead-letters.ts';
import type { DeadLetter } from '../../pipeline/outcome.ts';
import { silentLogger } from '../../pipeline/telemetry.ts';
import { BROKER_USER, KafkaBroker, KafkaUnavailable } from '../support/kafka-broker.ts';
import { freshName, KafkaBench, sharedBroker, skipWithout } from '../support/kafka.ts';
import { KafkaRun, type KafkaRunOptions } from '../support/kafka-run.ts';

/** A broker of this file's own, because it is stopped in the middle of things. */
let broker: KafkaBroker;
let own: KafkaBroker | undefined;
let missing: string | undefined;
let bench: KafkaBench;
const shared = await sharedBroker();
const running: KafkaRun[] = [];

function start(options: Omit<KafkaRunOptions, 'address'> & { address?: string }): KafkaRun {
  const run = new KafkaRun({ address: broker.address, ...options });
  running.push(run);
  return run;
}

const numbered = (from: number, count: number): { value: string }[] =>
  Array.from({ length: count }, (_, i) => ({ value: `${from + i}` }));

const texts = (count: number): string[] => numbered(0, count).map(({ value }) => value);

beforeAll(async () => {
  if (shared.unavailable !== undefined) return;
  try {
    broker = await KafkaBroker.create();
  } catch (error) {
    // KAFKA_BROKERS may name a running broker on a machine that cannot start one.
    if (error instanceof KafkaUnavailable) missing = error.message;
    else throw error;
    return;
  }
  own = broker;
  bench = new KafkaBench(broker.address);
});

beforeEach((context) => {
  skipWithout(missing === undefined ? shared : { unavailable: missing }, context);
});

afterEach(async () => {
  await Promise.all(running.splice(0).map((run) => run.stop()));
});

afterAll(async () => {
  await own?.remove();
});

describe('a broker that is away', () => {
  it('at the start ends in one line that names it and what to do', async () => {
    const run = start({ topic: 'payments', address: '127.0.0.1:1' });
    const error = await run.ended.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Failure);
    expect((error as Failure).message).toMatch(
      /^Kafka is not reachable at 127\.0\.0\.1:1 \(.*ECONNREFUSED.*\): start it, or correct kafka\.brokers/,
    );
    expect((error as Failure).message).not.toContain('\n');
  });

  it('in mid-stream is waited for, shown in the metric, and read on from where it was', async () => {
    const topic = await bench.topic();
    await bench.produce(topic, numbered(0, 50));
    const run = start({ topic });
    await run.received(50);
    await broker.stop();
    await gauge(run, 0);
    await broker.start();
    await bench.produce(topic, numbered(50, 50));
    await run.received(100);
    expect([...new Set(run.values)]).toEqual(texts(100));
    await gauge(run, 1);
    await run.stop();
    expect((await bench.committed(run.groupId, topic)).get(0)).toBe(100);
  });

  it('commits after the outage what became durable in it', async () => {
    const topic = await bench.topic();
    await bench.produce(topic, numbered(0, 10));
    const run = start({ topic, durable: false });
    await run.received(10);
    await broker.stop();
    for (const batch of run.batches) batch.onDurable!();
    await broker.start();
    await until(async () => (await bench.committed(run.groupId, topic)).get(0) === 10);
    expect(run.values).toEqual(texts(10));
  });

  it('does not keep a stopping worker for longer than its bound', async () => {
    const topic = await bench.topic();
    await bench.produce(topic, numbered(0, 10));
    const run = start({ topic });
    await run.received(10);
    await broker.stop();
    const started = systemClock.monotonic();
    await run.stop();
    expect(systemClock.monotonic() - started).toBeLessThan(15_000);
    await broker.start();
  });
});

describe('a topic', () => {
  it('that does not exist ends the source in one line', async () => {
    const run = start({ topic: 'nobody-made-me' });
    await expect(run.ended).rejects.toThrow(
      /has no topic nobody-made-me: create it, or correct kafka\.topics/,
    );
  });

  it('with batches in gzip is read, and one in another codec ends the source in one line', async () => {
    const readable = await bench.topic({ compression: 'gzip' });
    await bench.produce(readable, numbered(0, 100));
    const run = start({ topic: readable });
    await run.received(100);
    expect(run.values).toEqual(texts(100));
    const unreadable = await bench.topic({ compression: 'snappy' });
    await bench.produce(unreadable, numbered(0, 100));
    await expect(start({ topic: unreadable }).ended).rejects.toThrow(
      /cannot unpack \(Snappy compression not implemented\).*compression\.type=gzip/,
    );
  });

  it.each(['plain', 'scram-sha-256', 'scram-sha-512'] as const)(
    'is read after a login by %s',
    async (mechanism) => {
      const topic = await bench.topic();
      await bench.produce(topic, numbered(0, 5));
      const run = start({
        topic,
        address: broker.loginAddress,
        config: { sasl: { mechanism } },
        login: BROKER_USER,
      });
      await run.received(5);
      expect(run.values).toEqual(texts(5));
    },
  );

  it('is read through TLS with the configured certificate', async () => {
    const topic = await bench.topic();
    await bench.produce(topic, numbered(0, 5));
    const run = start({
      topic,
      address: broker.tlsAddress,
      config: { sasl: { mechanism: 'plain' }, tls: { enabled: true, caFile: broker.caFile } },
      login: BROKER_USER,
    });
    await run.received(5);
    expect(run.values).toEqual(texts(5));
  });
});

describe('a login', () => {
  it('that is refused ends in one line that names the variables and not the password', async () => {
    const run = start({
      topic: 'payments',
      address: broker.loginAddress,
      config: { sasl: { mechanism: 'plain' } },
      login: { username: 'sheepdog', password: 'not-the-one' },
    });
    const error = (await run.ended.catch((thrown: unknown) => thrown)) as Failure;
    expect(error.message).toMatch(/refused the login.*KAFKA_USERNAME/);
    expect(error.message).not.toContain('not-the-one');
  });

  it('without a password is refused before anything is connected', () => {
    expect(() => start({ topic: 'payments', config: { sasl: { mechanism: 'plain' } } })).toThrow(
      /set KAFKA_USERNAME and KAFKA_PASSWORD/,
    );
  });
});

describe('the dead-letter topic', () => {
  it('gets the original bytes with the reason, keyed by where they came from', async () => {
    const topic = await bench.topic({ name: freshName('dead-letters') });
    const connection = {
      config: systemSchema.parse({}).kafka,
      environment: {
        kafkaBrokers: [broker.address],
        kafkaUsername: undefined,
        kafkaPassword: undefined,
      },
      log: silentLogger(),
    };
    const letters = await KafkaDeadLetters.open(connection, topic);
    const body = Buffer.from('{"id": oops');
    await letters.send([
      letter('payments/0/7', body),
      letter('payments/0/8', Buffer.alloc(900_000)),
    ]);
    await letters.close();
    const [first, second] = await bench.read(topic, 2);
    expect(first!.key!.toString()).toBe('kafka:payments/payments/0/7');
    expect(first!.value).toEqual(body);
    expect(first!.headers!['reason']!.toString()).toBe('not_json');
    expect(second!.value!.length).toBe(512 * 1024);
  });
});

function letter(position: string, body: Buffer): DeadLetter {
  return {
    source: 'kafka:payments',
    position,
    reason: 'not_json',
    fieldPath: '',
    message: 'Unexpected token',
    body,
    receivedAtMs: 1_700_000_000_000,
  };
}

/** Resolves when the source's gauge shows `value`. */
async function gauge(run: KafkaRun, value: number): Promise<void> {
  await until(async () => {
    const { values } = await run.metrics.sourceUp.get();
    return values[0]?.value === value;
  });
}

/** Resolves once the condition holds; the test's own timeout ends the wait. */
async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await systemClock.sleep(50);
}
