/** A KafkaSource at work, and what it delivered. */

import { systemSchema } from '../../config/schema.ts';
import { systemClock } from '../../pipeline/clock.ts';
import type { KafkaSection } from '../../pipeline/ingest/kafka.ts';
import { KafkaSource } from '../../pipeline/ingest/kafka-source.ts';
import type { RawBatch } from '../../pipeline/ingest/source.ts';
import { Metrics, silentLogger, type Logger } from '../../pipeline/telemetry.ts';
import { freshName } from './kafka.ts';

export interface KafkaRunOptions {
  readonly address: string;
  readonly topic: string;
  readonly groupId?: string;
  readonly config?: Partial<KafkaSection>;
  readonly login?: { readonly username: string; readonly password: string };
  readonly log?: Logger;
  /** Whether batches are reported durable as soon as they are delivered. */
  readonly durable?: boolean;
  /** Awaited in every delivery. */
  readonly onBatch?: (batch: RawBatch) => Promise<void> | void;
}

export class KafkaRun {
  readonly groupId: string;
  readonly source: KafkaSource;
  readonly metrics = new Metrics();
  readonly batches: RawBatch[] = [];
  readonly values: string[] = [];
  readonly positions: string[] = [];
  /** What `run` of the source came to. */
  readonly ended: Promise<void>;
  readonly #abort = new AbortController();
  #waiters: { readonly count: number; readonly resolve: () => void }[] = [];

  constructor(options: KafkaRunOptions) {
    this.groupId = options.groupId ?? freshName('group');
    this.source = new KafkaSource({
      ...this.#connection(options),
      clock: systemClock,
      metrics: this.metrics,
    });
    this.ended = this.source.run(async (batch) => {
      this.batches.push(batch);
      for (const record of batch.records) {
        this.values.push(record.bytes.toString());
        this.positions.push(record.position);
      }
      if (options.durable !== false) batch.onDurable?.();
      this.#waiters = this.#waiters.filter(({ count, resolve }) => {
        if (this.values.length >= count) resolve();
        return this.values.length < count;
      });
      await options.onBatch?.(batch);
    }, this.#abort.signal);
    this.ended.catch(() => undefined);
  }

  /** Resolves when so many records were delivered; rejects when the source ends before. */
  async received(count: number): Promise<void> {
    if (this.values.length >= count) return;
    const reached = new Promise<void>((resolve) => this.#waiters.push({ count, resolve }));
    const early = this.ended.then(() => {
      throw new Error(`the source ended after ${this.values.length} of ${count} records`);
    });
    await Promise.race([reached, early]);
  }

  /** Stops in order: as SIGTERM does. */
  async stop(): Promise<void> {
    this.#abort.abort();
    await this.ended.catch(() => undefined);
    await this.source.close();
  }

  #connection(options: KafkaRunOptions): {
    config: KafkaSection;
    environment: {
      kafkaBrokers: string[];
      kafkaUsername: string | undefined;
      kafkaPassword: string | undefined;
    };
    log: Logger;
  } {
    const base = systemSchema.parse({
      kafka: {
        topics: [options.topic],
        groupId: this.groupId,
        sessionTimeoutMs: '2s',
        heartbeatMs: '300ms',
      },
    }).kafka;
    return {
      config: { ...base, ...options.config },
      environment: {
        kafkaBrokers: options.address.split(','),
        kafkaUsername: options.login?.username,
        kafkaPassword: options.login?.password,
      },
      log: options.log ?? silentLogger(),
    };
  }
}
