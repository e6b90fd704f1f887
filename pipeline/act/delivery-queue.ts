/**
 * Deliveries as BullMQ jobs, one queue an endpoint, so that one that is down or slow holds up no other. A job
 * carries an id and nothing else: the ledger of deliveries says what to send and whether. Jobs that the
 * queue lost or forgot are put back at every start.
 */

import { DelayedError, Queue, Worker, type Job } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Clock } from '../clock.ts';
import { messageOf } from '../failure.ts';
import type { RedisServer } from '../reward/redis.ts';
import type { Logger } from '../telemetry.ts';
import { Breaker, retryPauseMs, type Backoff } from './breaker.ts';
import { Deliveries, type DeliveryRecord } from './deliveries.ts';
import { DELIVERED_BY, type DeliveredBy, type Delivery } from './delivery.ts';
import type { SigningKey } from './signature.ts';
import { Webhook, type Endpoint, type Outcome } from './webhook.ts';

/** `config/sheepdog.yaml`, section `delivery`. */
export interface DeliverySettings {
  readonly endpoints: Readonly<
    Partial<Record<DeliveredBy, (Endpoint & { readonly perSecond: number }) | undefined>>
  >;
  /** `forMs` after its first try a delivery that did not get through is left to a person. */
  readonly retry: Backoff & { readonly forMs: number };
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

type DeliveryJob = Job<{ readonly id: string }>;

/** Beside the ledger's keys, on the same server of a Redis cluster. */
const PREFIX = '{sheepdog}:jobs';
const LOCK_MS = 30_000;
/** At a stop, requests on their way may end for so long. */
const LAST_ANSWERS_WITHIN_MS = 3000;
/** Only a surprise ends a job's try with an error (Redis went away): it is done again until it succeeds. */
const SURPRISES = 1_000_000;
const AFTER_SURPRISE_MS = 5000;

export class DeliveryQueue {
  readonly deliveries: Deliveries;
  readonly #options: DeliveryQueueOptions;
  readonly #effects: Redis;
  readonly #blocking: Redis;
  readonly #queues: ReadonlyMap<DeliveredBy, Queue<{ readonly id: string }>>;
  readonly #routes = new Map<string, Route>();
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
          prefix: PREFIX,
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
    await Promise.all(routes.map(({ worker }) => worker.close(away)));
    done.abort();
    for (const { webhook } of routes) webhook.close();
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

  #open(by: DeliveredBy, endpoint: Endpoint & { perSecond: number }, key: SigningKey): Route {
    const { clock, log, settings, lockMs = LOCK_MS } = this.#options;
    const webhook = new Webhook(endpoint, key, clock);
    const worker = new Worker<{ readonly id: string }>(
      queueName(by),
      (job, token) => this.#deliver(route, job, token),
      {
        connection: this.#blocking,
        prefix: PREFIX,
        concurrency: endpoint.concurrency,
        limiter: { max: endpoint.perSecond, duration: 1000 },
        lockDuration: lockMs,
        stalledInterval: lockMs,
        maxStalledCount: SURPRISES,
      },
    );
    worker.on('error', (error) => log.debug({ error: messageOf(error) }, 'delivery worker'));
    worker.on('failed', (job, error) =>
      log.warn({ deliveryId: job?.data.id, error: messageOf(error) }, 'a delivery is tried again'),
    );
    const route: Route = { by, webhook, worker, breaker: new Breaker(settings.retry) };
    return route;
  }

  async #deliver(route: Route, job: DeliveryJob, token: string | undefined): Promise<void> {
    const record = await this.deliveries.open(job.data.id);
    if (record?.state !== 'waiting') return;
    const outcome = await route.webhook.post(record, this.#stopping.signal);
    const pauseMs = await this.#noteOutcome(route, record, outcome);
    if (pauseMs === undefined) return;
    await job.moveToDelayed(this.#options.clock.now() + pauseMs, token);
    throw new DelayedError();
  }

  /** @returns how long to wait for the next try; undefined: there is none. */
  async #noteOutcome(
    route: Route,
    record: DeliveryRecord,
    outcome: Outcome,
  ): Promise<number | undefined> {
    const { clock, log, settings } = this.#options;
    if (outcome.tag === 'stopped') return 0;
    const attempts = record.attempts + 1;
    const triedSinceMs = record.triedSinceMs ?? clock.now();
    const { answer } = outcome;
    const next = this.#changed(record, { attempts, triedSinceMs, answer });
    if (outcome.tag === 'delivered') {
      if (route.breaker.succeeded()) log.info({ endpoint: route.by }, 'the endpoint is back');
      const released = await this.deliveries.note({ ...next, state: 'delivered' });
      await this.#queue(released ?? []);
      return undefined;
    }
    if (outcome.tag === 'refused') {
      route.breaker.succeeded();
      await this.#leave(next, answer);
      return undefined;
    }
    const pauseMs = retryPauseMs(settings.retry, record.id, attempts);
    const askedMs = Math.min(outcome.afterMs ?? 0, settings.retry.maxMs);
    this.#rest(route, Math.max(route.breaker.failed(), askedMs), answer);
    if (clock.now() - triedSinceMs >= settings.retry.forMs) {
      await this.#leave(next, `given up: ${answer}`);
      return undefined;
    }
    await this.deliveries.note(next);
    return Math.max(pauseMs, askedMs);
  }

  async #leave(record: DeliveryRecord, answer: string): Promise<void> {
    await this.deliveries.note({ ...record, state: 'failed', answer });
    const { id, attempts } = record;
    this.#options.log.error({ deliveryId: id, attempts, answer }, 'a delivery needs a person');
  }

  /** Stops taking jobs for a while; those being done go on. */
  #rest({ by, worker }: Route, pauseMs: number, answer: string): void {
    const { clock, log } = this.#options;
    if (pauseMs === 0 || worker.isPaused()) return;
    log.warn({ endpoint: by, pauseMs, answer }, 'the endpoint does not take deliveries: they wait');
    const paused = worker.pause(true);
    void Promise.all([paused, clock.sleep(pauseMs, this.#stopping.signal)])
      .then(() => (worker.closing === undefined ? worker.resume() : undefined))
      .catch((error: unknown) => log.error({ error: messageOf(error) }, 'deliveries stand still'));
  }

  #isRouted({ item }: Delivery): boolean {
    return this.#options.settings.endpoints[item.kind] !== undefined;
  }

  #routedState(record: Delivery): 'waiting' | 'unrouted' {
    return this.#isRouted(record) ? 'waiting' : 'unrouted';
  }

  /** The newest row stands in the record, so no two changes of a delivery have the same time. */
  #changed(record: DeliveryRecord, change: Partial<DeliveryRecord>): DeliveryRecord {
    const updatedAtMs = Math.max(this.#options.clock.now(), record.updatedAtMs + 1);
    return { ...record, ...change, updatedAtMs };
  }
}

interface Route {
  readonly by: DeliveredBy;
  readonly webhook: Webhook;
  readonly worker: Worker<{ readonly id: string }>;
  readonly breaker: Breaker;
}

function queueName(by: DeliveredBy): string {
  return `sheepdog-deliver-${by}`;
}
