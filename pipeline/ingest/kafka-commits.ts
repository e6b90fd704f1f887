/**
 * Which offsets may be committed: those before which everything is durable, in the order of delivery.
 * Commits are coalesced; one that fails is kept and sent again with the next.
 */

import type { TopicPartitionOffset } from 'kafkajs';
import type { KafkaLane } from './kafka-lane.ts';

interface Delivery {
  /** Per partition in the batch, the offset after its last record. */
  readonly ends: readonly (readonly [KafkaLane, number])[];
  durable: boolean;
}

export interface CommitOptions {
  readonly commit: (offsets: TopicPartitionOffset[]) => Promise<void>;
  readonly onFailure: (error: unknown) => void;
}

export class KafkaCommits {
  readonly #options: CommitOptions;
  readonly #deliveries: Delivery[] = [];
  readonly #pending = new Map<KafkaLane, number>();
  #running: Promise<void> | undefined;

  constructor(options: CommitOptions) {
    this.#options = options;
  }

  /** Notes a batch on its way; the function returned is to be called when it is durable. */
  delivered(ends: Delivery['ends']): () => void {
    const delivery: Delivery = { ends, durable: false };
    this.#deliveries.push(delivery);
    return () => {
      delivery.durable = true;
      this.#advance();
    };
  }

  /** Has an offset committed beside those of deliveries: a first position, or one the broker lost. */
  add(lane: KafkaLane, offset: number): void {
    this.#pending.set(lane, offset);
    void this.flush();
  }

  /** Commits all that may be; resolves when it is done or has failed. */
  flush(): Promise<void> {
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  #advance(): void {
    while (this.#deliveries[0]?.durable === true) {
      for (const [lane, end] of this.#deliveries.shift()!.ends) {
        lane.durable = end;
        this.#pending.set(lane, end);
      }
    }
    if (this.#pending.size > 0) void this.flush();
  }

  async #run(): Promise<void> {
    for (;;) {
      // Batches that become durable together, in one turn of the event loop, share a commit.
      await Promise.resolve();
      const round = [...this.#pending].filter(([lane]) => lane.owned);
      if (round.length === 0) return;
      for (const [lane, offset] of round) {
        this.#pending.delete(lane);
        lane.sent = Math.max(lane.sent, offset);
      }
      try {
        await this.#options.commit(
          round.map(([{ topic, partition }, offset]) => ({
            topic,
            partition,
            offset: `${offset}`,
          })),
        );
      } catch (error) {
        for (const [lane, offset] of round) {
          if (!this.#pending.has(lane)) this.#pending.set(lane, offset);
        }
        this.#options.onFailure(error);
        return;
      }
    }
  }
}
