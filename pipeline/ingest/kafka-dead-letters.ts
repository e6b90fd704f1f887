/** Refused records, sent on to a Kafka topic where their sender can find them, beside the table of record. */

import type { Producer } from 'kafkajs';
import { Failure, messageOf } from '../failure.ts';
import type { DeadLetter } from '../outcome.ts';
import { KafkaClients, type KafkaConnection } from './kafka.ts';

/** Kafka did not take the letters now; sending them again is safe and may succeed. */
export class KafkaAway extends Error {
  override readonly name = 'KafkaAway';
}

/** Bytes of one request: a broker refuses more than a megabyte by default. */
const MAX_REQUEST_BYTES = 512 * 1024;
/** The table of record keeps more of a longer body; a letter that no broker takes would block the rest. */
const MAX_BODY_BYTES = 512 * 1024;

export class KafkaDeadLetters {
  readonly #topic: string;
  readonly #producer: Producer;

  private constructor(topic: string, producer: Producer) {
    this.#topic = topic;
    this.#producer = producer;
  }

  /** @throws Failure when Kafka cannot be reached or has no such topic. */
  static async open(connection: KafkaConnection, topic: string): Promise<KafkaDeadLetters> {
    const clients = new KafkaClients(connection);
    const admin = await clients.connectedAdmin([topic]);
    const producer = clients.producer();
    try {
      await producer.connect();
    } catch (error) {
      throw new Failure(`Kafka takes no dead letters: ${messageOf(error)}`, { cause: error });
    } finally {
      await admin.disconnect();
    }
    return new KafkaDeadLetters(topic, producer);
  }

  /**
   * Resolves when all in-sync replicas have them. The key is the source and position, so that one that was
   * sent twice can be recognised and a compacted topic keeps one; the value is the original bytes.
   * @throws KafkaAway when they were not all taken.
   */
  async send(letters: readonly DeadLetter[]): Promise<void> {
    let from = 0;
    let bytes = 0;
    for (let to = 0; to <= letters.length; to++) {
      bytes += letters[to]?.body.length ?? 0;
      if (to === from || (to < letters.length && bytes <= MAX_REQUEST_BYTES)) continue;
      await this.#sendSome(letters.slice(from, to));
      from = to;
      bytes = letters[to]?.body.length ?? 0;
    }
  }

  async close(): Promise<void> {
    await this.#producer.disconnect();
  }

  async #sendSome(letters: readonly DeadLetter[]): Promise<void> {
    try {
      await this.#producer.send({
        topic: this.#topic,
        acks: -1,
        messages: letters.map((letter) => ({
          key: `${letter.source}/${letter.position}`,
          value: letter.body.subarray(0, MAX_BODY_BYTES),
          headers: {
            reason: letter.reason,
            fieldPath: letter.fieldPath,
            message: letter.message,
            source: letter.source,
            position: letter.position,
            receivedAt: new Date(letter.receivedAtMs).toISOString(),
          },
        })),
      });
    } catch (error) {
      throw new KafkaAway(`the dead-letter topic ${this.#topic}: ${messageOf(error)}`, {
        cause: error,
      });
    }
  }
}
