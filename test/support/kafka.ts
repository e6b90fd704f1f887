/** What a test needs of Kafka: the run's broker or the reason to skip, topics of its own, messages in them. */

import { Kafka, logLevel, Partitioners, type Message } from 'kafkajs';
import { inject, type TestContext } from 'vitest';
import { systemClock } from '../../pipeline/clock.ts';
import type { SharedBroker } from './global-setup.ts';

/**
 * The broker of this run. Top-level `await` it in a test file, then call `skipWithout` in `beforeEach`,
 * so that every test of the file is reported with the reason when there is none.
 */
export async function sharedBroker(): Promise<SharedBroker> {
  const response = await fetch(inject('brokerDesk'));
  const broker = (await response.json()) as SharedBroker;
  if (broker.unavailable !== undefined && process.env['REQUIRE_KAFKA'] === '1') {
    throw new Error(`REQUIRE_KAFKA=1, but there is ${broker.unavailable}`);
  }
  return broker;
}

/** Skips the test, naming the reason, when there is no broker. */
export function skipWithout(broker: SharedBroker, context: TestContext): void {
  if (broker.unavailable !== undefined) context.skip(broker.unavailable);
}

let topics = 0;

/** A name that no other test of this run, or of an earlier one on the same broker, uses. */
export function freshName(prefix: string): string {
  topics += 1;
  return `${prefix}-${process.pid}-${Math.trunc(performance.timeOrigin)}-${topics}`;
}

/** A client beside the product's own, to prepare and to inspect a topic. */
export class KafkaBench {
  readonly #kafka: Kafka;

  constructor(address: string) {
    this.#kafka = new Kafka({
      clientId: 'sheepdog-tests',
      brokers: address.split(','),
      logLevel: logLevel.NOTHING,
    });
  }

  /** Makes the topic; its name is returned. */
  async topic(
    options: { partitions?: number; name?: string; compression?: string } = {},
  ): Promise<string> {
    const { partitions = 1, name = freshName('payments'), compression = 'producer' } = options;
    const admin = this.#kafka.admin();
    await admin.connect();
    await admin.createTopics({
      topics: [
        {
          topic: name,
          numPartitions: partitions,
          configEntries: [
            { name: 'compression.type', value: compression },
            // Simulated events are months old: the broker would drop them as expired.
            { name: 'retention.ms', value: '-1' },
          ],
        },
      ],
    });
    await admin.disconnect();
    return name;
  }

  /**
   * Appends the messages in order; without a `partition` a message goes by its key.
   * @param together messages of one record batch, which a fetch never splits.
   */
  async produce(topic: string, messages: readonly Message[], together = 2000): Promise<void> {
    const producer = this.#kafka.producer({
      createPartitioner: Partitioners.DefaultPartitioner,
      allowAutoTopicCreation: false,
    });
    await producer.connect();
    for (let from = 0; from < messages.length; from += together) {
      await producer.send({ topic, messages: messages.slice(from, from + together) });
    }
    await producer.disconnect();
  }

  /** Committed offset by partition; −1 where nothing was committed. */
  async committed(groupId: string, topic: string): Promise<Map<number, number>> {
    const admin = this.#kafka.admin();
    await admin.connect();
    try {
      for (;;) {
        const [offsets] = await admin.fetchOffsets({ groupId, topics: [topic] }).catch(notYet);
        if (offsets !== undefined) {
          return new Map(offsets.partitions.map((at) => [at.partition, Number(at.offset)]));
        }
        await systemClock.sleep(50);
      }
    } finally {
      await admin.disconnect();
    }
  }

  /** Resolves when the broker has dropped the group's last member. */
  async groupIsEmpty(groupId: string): Promise<void> {
    const admin = this.#kafka.admin();
    await admin.connect();
    for (;;) {
      const { groups } = await admin.describeGroups([groupId]);
      if (groups[0]!.members.length === 0) break;
      await systemClock.sleep(50);
    }
    await admin.disconnect();
  }

  /** The first `count` messages of a topic, over all partitions. */
  async read(topic: string, count: number): Promise<Message[]> {
    const consumer = this.#kafka.consumer({ groupId: freshName('reader') });
    const read: Message[] = [];
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await new Promise<void>((done, fail) => {
      consumer
        .run({
          eachMessage: ({ message }) => {
            read.push(message);
            if (read.length >= count) done();
            return Promise.resolve();
          },
        })
        .catch(fail);
    });
    await consumer.disconnect();
    return read;
  }
}

/** A broker that has just started makes and loads its groups when it is first asked for one. */
function notYet(error: unknown): never[] {
  const { type } = error as { type?: unknown };
  if (type === 'GROUP_LOAD_IN_PROGRESS' || type === 'NOT_COORDINATOR_FOR_GROUP') return [];
  throw error;
}
