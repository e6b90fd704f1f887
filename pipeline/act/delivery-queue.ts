/**
 * Deliveries as BullMQ jobs, one queue an endpoint, so that one that is down or slow holds up no other. A job
 * carries an id and nothing else: the ledger of deliveries says what to send and whether. Jobs that the
 * queue lost or forgot are put back at every start.
 */

import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Clock } from '../clock.ts';
import { messageOf } from '../failure.ts';
import type { RedisServer } from '../reward/redis.ts';
import type { Logger } from '../telemetry.ts';
import { changedRecord, Deliveries, type DeliveryRecord } from './deliveries.ts';
import {
  DeliveryRoute,
  JOBS_PREFIX,
  queueName,
  SURPRISES,
  type Retrying,
} from './delivery-route.ts';
import { DELIVERED_BY, type DeliveredBy, type Delivery } from './delivery.ts';
import type { SigningKey } from './signature.ts';
import { Webhook, type Endpoint } from './webhook.ts';

/** `config/sheepdog.yaml`, section `delivery`. */
export interface DeliverySettings {
  readonly endpoints: Readonly<
    Partial<Record<DeliveredBy, (Endpoint & { readonly perSecond: number }) | undefined>>
  >;
  readonly retry: Retrying;
}

export interface DeliveryQueueOptions {
  readonly redis: RedisServer;
  readonly settings: DeliverySettings;
  /** Signs; needed as soon as an endpoint is configured. */
  readonly key: SigningKey | undefined;
  readonly clock: Clock;
  readonly log: Logger;
  /** A worker that died is missed for so long; its jobs are then done again. */
  readonly lockMs?: number;
}

const LOCK_MS = 30_000;
/** At a stop, requests on their way may end for so long. */
const LAST_ANSWERS_WITHIN_MS = 3000;
const AFTER_SURPRISE_MS = 5000;

export class DeliveryQueue {
  readonly deliveries: Deliveries;
  readonly #options: DeliveryQueueOptions;
  readonly #effects: Redis;
  readonly #blocking: Redis;
  readonly #queues: ReadonlyMap<DeliveredBy, Queue<{ readonly id: string }>>;
  readonly #routes = new Map<string, DeliveryRoute>();
  readonly #stopping = new AbortController();

  constructor(options: DeliveryQueueOptions) {
    this.#options = options;
    this.#effects = options.redis.connect('effects');
    this.#blocking = options.redis.connect('blocking');
    this.deliveries = new Deliveries(this.#effects);
    this.#queues = new Map(
      DELIVERED_BY.map((by) => {
        const queue = new Queue<{ readonly id: string }>(queueName(by), {
          connection: this.#effects,
          prefix: JOBS_PREFIX,
        });
        queue.on('error', (error) => options.log.debug({ error: messageOf(error) }, 'deliveries'));
        return [by, queue];
      }),
    );
  }

  /**
   * Takes deliveries in and queues them; repeating it changes nothing.
   * @throws what Redis says when it is away (redis.ts `isUnavailable`).
   */
  async enqueue(deliveries: readonly Delivery[]): Promise<void> {
    if (deliveries.length > 0) await this.#place(this.newRecords(deliveries));
  }

  /**
   * Deliveries as they begin. The time of what they follow from is their first version, the same whenever it is
   * written and below every later one: written again, it does not hide what has become of them.
   */
  newRecords(deliveries: readonly Delivery[]): DeliveryRecord[] {
    const placedAtMs = this.#options.clock.now();
    return deliveries.map((delivery) => ({
      ...delivery,
      state: this.#routedState(delivery),
      attempts: 0,
      triedSinceMs: undefined,
      answer: '',
      placedAtMs,
      updatedAtMs: delivery.occurredAtMs,
    }));
  }

  /**
   * Starts sending in this process, at once, and puts back what waited for this start or for its endpoint; when
   * Redis goes away meanwhile, it can be called again.
   */
  async start(): Promise<void> {
    const { settings, key } = this.#options;
    for (const [by, endpoint] of Object.entries(settings.endpoints)) {
      if (endpoint === undefined || this.#routes.has(by)) continue;
      if (key === undefined) throw new Error('deliveries cannot be sent without a key');
      this.#routes.set(by, this.#open(by as DeliveredBy, endpoint, key));
    }
    await this.#catchUp();
  }

  /** Tries those again that were left to a person. @returns how many. */
  async retryFailed(): Promise<number> {
    let count = 0;
    for await (const page of this.deliveries.inState('failed')) {
      const again = page.map((record) =>
        this.#changed(record, { state: this.#routedState(record) }),
      );
      for (const record of again)
        await this.deliveries.note({ ...record, triedSinceMs: undefined });
      await this.#place(again);
      count += again.length;
    }
    return count;
  }

  /**
   * Lets the requests on their way end, for a few seconds, and closes the connections. What is not acknowledged
   * by then waits in Redis and is sent again under the same key.
   */
  async close(): Promise<void> {
    const { clock } = this.#options;
    const away = this.#effects.status !== 'ready';
    if (away) this.#blocking.disconnect();
    const done = new AbortController();
    const late = clock.sleep(LAST_ANSWERS_WITHIN_MS, done.signal);
    void late.then(() => this.#stopping.abort());
    const routes = [...this.#routes.values()];
    await Promise.all(routes.map((route) => route.close(away)));
    done.abort();
    await Promise.all([...this.#queues.values()].map((queue) => queue.close()));
    this.#effects.disconnect();
    this.#blocking.disconnect();
  }

  /** What the configuration of this start makes of what earlier ones left. */
  async #catchUp(): Promise<void> {
    for await (const page of this.deliveries.inState('unrouted')) {
      const routed = page.filter((record) => this.#isRouted(record));
      for (const record of routed)
        await this.deliveries.note(this.#changed(record, { state: 'waiting' }));
      await this.#place(routed);
    }
    for await (const page of this.deliveries.inState('waiting')) {
      const lost = page.filter((record) => !this.#isRouted(record));
      for (const record of lost)
        await this.deliveries.note(this.#changed(record, { state: 'unrouted' }));
      await this.#place(page);
    }
  }

  /** Known deliveries keep their state; those that may be sent get a job unless they have one. */
  async #place(records: readonly DeliveryRecord[]): Promise<void> {
    const standings = await this.deliveries.place(records);
    await this.#queue(records.filter((_, index) => standings[index] === 'waiting'));
  }

  async #queue(records: readonly DeliveryRecord[]): Promise<void> {
    for (const [by, queue] of this.#queues) {
      const own = records.filter(({ item }) => item.kind === by);
      if (own.length === 0) continue;
      await queue.addBulk(
        own.map(({ id }) => ({
          name: 'deliver',
          data: { id },
          opts: {
            // A colon parts the names of keys; BullMQ refuses it in an id, and a bare number too.
            jobId: `delivery-${encodeURIComponent(id)}`,
            attempts: SURPRISES,
            backoff: { type: 'fixed', delay: AFTER_SURPRISE_MS },
            removeOnComplete: true,
            removeOnFail: true,
          },
        })),
      );
    }
  }

  #open(
    by: DeliveredBy,
    endpoint: Endpoint & { perSecond: number },
    key: SigningKey,
  ): DeliveryRoute {
    const { settings, clock, log, lockMs = LOCK_MS } = this.#options;
    return new DeliveryRoute({
      by,
      endpoint,
      webhook: new Webhook(endpoint, key, clock),
      deliveries: this.deliveries,
      connection: this.#blocking,
      retry: settings.retry,
      lockMs,
      clock,
      log,
      stopping: this.#stopping.signal,
      release: (records) => this.#queue(records),
    });
  }

  #isRouted({ item }: Delivery): boolean {
    return this.#options.settings.endpoints[item.kind] !== undefined;
  }

  #routedState(record: Delivery): 'waiting' | 'unrouted' {
    return this.#isRouted(record) ? 'waiting' : 'unrouted';
  }

  #changed(record: DeliveryRecord, change: Partial<DeliveryRecord>): DeliveryRecord {
    return changedRecord(record, change, this.#options.clock.now());
  }
}
