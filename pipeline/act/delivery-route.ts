/**
 * The deliveries of one endpoint on their way: a worker posts them, notes what came of each in the ledger, and
 * takes no more for a while when the endpoint is down.
 */

import { DelayedError, Worker, type Job } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Clock } from '../clock.ts';
import { messageOf } from '../failure.ts';
import type { Logger } from '../telemetry.ts';
import { Breaker, retryPauseMs, type Backoff } from './breaker.ts';
import { changedRecord, type Deliveries, type DeliveryRecord } from './deliveries.ts';
import type { DeliveredBy } from './delivery.ts';
import type { Endpoint, Outcome, Webhook } from './webhook.ts';

/** `forMs` after its first try a delivery that did not get through is left to a person. */
export type Retrying = Backoff & { readonly forMs: number };

export interface RouteParts {
  readonly by: DeliveredBy;
  readonly endpoint: Endpoint & { readonly perSecond: number };
  /** To that endpoint; the route closes it. */
  readonly webhook: Webhook;
  readonly deliveries: Deliveries;
  /** Of kind `blocking`. */
  readonly connection: Redis;
  readonly retry: Retrying;
  /** A worker that died is missed for so long; its jobs are then done again. */
  readonly lockMs: number;
  readonly clock: Clock;
  readonly log: Logger;
  /** Ends the requests on their way: they are sent again after the next start. */
  readonly stopping: AbortSignal;
  /** Gives those a job that waited for one that is acknowledged now. */
  readonly release: (records: readonly DeliveryRecord[]) => Promise<void>;
}

type DeliveryJob = Job<{ readonly id: string }>;

/** Beside the ledger's keys, on the same server of a Redis cluster. */
export const JOBS_PREFIX = '{sheepdog}:jobs';
/** Only a surprise ends a job's try with an error (Redis went away): it is done again until it succeeds. */
export const SURPRISES = 1_000_000;

/** Sends from its making on, until it is closed. */
export class DeliveryRoute {
  readonly #parts: RouteParts;
  readonly #worker: Worker<{ readonly id: string }>;
  readonly #breaker: Breaker;

  constructor(parts: RouteParts) {
    this.#parts = parts;
    this.#breaker = new Breaker(parts.retry);
    this.#worker = new Worker<{ readonly id: string }>(
      queueName(parts.by),
      (job, token) => this.#deliver(job, token),
      {
        connection: parts.connection,
        prefix: JOBS_PREFIX,
        concurrency: parts.endpoint.concurrency,
        limiter: { max: parts.endpoint.perSecond, duration: 1000 },
        lockDuration: parts.lockMs,
        stalledInterval: parts.lockMs,
        maxStalledCount: SURPRISES,
      },
    );
    const { log } = parts;
    this.#worker.on('error', (error) => log.debug({ error: messageOf(error) }, 'delivery worker'));
    this.#worker.on('failed', (job, error) =>
      log.warn({ deliveryId: job?.data.id, error: messageOf(error) }, 'a delivery is tried again'),
    );
  }

  /** @param force does not wait for the jobs being done: Redis is away. */
  async close(force: boolean): Promise<void> {
    await this.#worker.close(force);
    this.#parts.webhook.close();
  }

  async #deliver(job: DeliveryJob, token: string | undefined): Promise<void> {
    const { deliveries, webhook, stopping, clock } = this.#parts;
    const record = await deliveries.open(job.data.id);
    if (record?.state !== 'waiting') return;
    const pauseMs = await this.#noteOutcome(record, await webhook.post(record, stopping));
    if (pauseMs === undefined) return;
    await job.moveToDelayed(clock.now() + pauseMs, token);
    throw new DelayedError();
  }

  /** @returns how long to wait for the next try; undefined: there is none. */
  async #noteOutcome(record: DeliveryRecord, outcome: Outcome): Promise<number | undefined> {
    const { clock, log, retry, by, deliveries, release } = this.#parts;
    if (outcome.tag === 'stopped') return 0;
    const attempts = record.attempts + 1;
    const triedSinceMs = record.triedSinceMs ?? clock.now();
    const { answer } = outcome;
    const next = changedRecord(record, { attempts, triedSinceMs, answer }, clock.now());
    if (outcome.tag === 'delivered') {
      if (this.#breaker.succeeded()) log.info({ endpoint: by }, 'the endpoint is back');
      const released = await deliveries.note({ ...next, state: 'delivered' });
      await release(released ?? []);
      return undefined;
    }
    if (outcome.tag === 'refused') {
      this.#breaker.succeeded();
      await this.#leave(next, answer);
      return undefined;
    }
    const pauseMs = retryPauseMs(retry, record.id, attempts);
    const askedMs = Math.min(outcome.afterMs ?? 0, retry.maxMs);
    this.#rest(Math.max(this.#breaker.failed(), askedMs), answer);
    if (clock.now() - triedSinceMs >= retry.forMs) {
      await this.#leave(next, `given up: ${answer}`);
      return undefined;
    }
    await deliveries.note(next);
    return Math.max(pauseMs, askedMs);
  }

  async #leave(record: DeliveryRecord, answer: string): Promise<void> {
    const { deliveries, log } = this.#parts;
    await deliveries.note({ ...record, state: 'failed', answer });
    const { id, attempts } = record;
    log.error({ deliveryId: id, attempts, answer }, 'a delivery needs a person');
  }

  /** Stops taking jobs for a while; those being done go on. */
  #rest(pauseMs: number, answer: string): void {
    const { by, clock, log, stopping } = this.#parts;
    const worker = this.#worker;
    if (pauseMs === 0 || worker.isPaused()) return;
    log.warn({ endpoint: by, pauseMs, answer }, 'the endpoint does not take deliveries: they wait');
    const paused = worker.pause(true);
    void Promise.all([paused, clock.sleep(pauseMs, stopping)])
      .then(() => (worker.closing === undefined ? worker.resume() : undefined))
      .catch((error: unknown) => log.error({ error: messageOf(error) }, 'deliveries stand still'));
  }
}

/** BullMQ's name of the queue of one endpoint's deliveries: jobs of earlier releases wait under it. */
export function queueName(by: DeliveredBy): string {
  return `sheepdog-deliver-${by}`;
}
