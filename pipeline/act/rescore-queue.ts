/**
 * Causes that make earlier rewards doubtful, as BullMQ jobs. A job's id is its cause's, so that what is caused
 * twice is followed once while the job is remembered; that following it again changes nothing is the word of the
 * orders it leads to, not of the queue. What it needs may be away for as long as it likes: the job waits.
 */

import { DelayedError, Queue, Worker, type Job } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Clock } from '../clock.ts';
import type { Cause } from '../decide/cause.ts';
import { messageOf } from '../failure.ts';
import type { RedisServer } from '../reward/redis.ts';
import type { Logger } from '../telemetry.ts';
import { closeJobs } from './close-jobs.ts';

/** Apart, so that a file of labels delays no block's causes, nor they it; and neither what came late. */
export const RESCORE_QUEUES = {
  causes: 'sheepdog-rescore',
  labels: 'sheepdog-rescore-labels',
  late: 'sheepdog-remeasure',
} as const;

/** What a queue's jobs are: each once by its id, told by its kind. */
export interface CausedJob {
  readonly id: string;
}

export interface RescoreQueueOptions {
  readonly name: (typeof RESCORE_QUEUES)[keyof typeof RESCORE_QUEUES];
  /** Jobs that may wait; more are refused. Left out: any number. */
  readonly maxWaiting?: number;
  readonly redis: RedisServer;
  readonly clock: Clock;
  readonly log: Logger;
  /** A worker that died is missed for so long; its job is then done again. */
  readonly lockMs?: number;
  /** How long a job waits for what is away. */
  readonly pauseMs?: number;
}

/** Beside the ledger's keys, on the same server of a Redis cluster. */
const PREFIX = '{sheepdog}:jobs';
const LOCK_MS = 30_000;
const PAUSE_MS = 2000;
/** Only a surprise ends a job's try with an error; then it is tried so often, and needs a person. */
const ATTEMPTS = 10;
/** Done ones that are remembered by their ids. */
const KEPT = 10_000;
/** An attack causes the same thing again and again: that much is known without asking Redis. */
const MAX_RECENT = 10_000;

/** @returns false while something it needs is away: then it is asked again later. */
export type Follow<Job> = (job: Job) => Promise<boolean>;

export class RescoreQueue<Data extends CausedJob = Cause> {
  readonly #options: RescoreQueueOptions;
  readonly #effects: Redis;
  readonly #blocking: Redis;
  readonly #queue: Queue<CausedJob>;
  readonly #name: string;
  readonly #recent = new Set<string>();
  #worker: Worker<CausedJob> | undefined;

  constructor(options: RescoreQueueOptions) {
    this.#options = options;
    this.#effects = options.redis.connect('effects');
    this.#blocking = options.redis.connect('blocking');
    this.#name = options.name;
    this.#queue = new Queue(this.#name, { connection: this.#effects, prefix: PREFIX });
    this.#queue.on('error', (error) =>
      options.log.debug({ error: messageOf(error) }, 'rescore queue'),
    );
  }

  /**
   * Takes causes in; repeating it changes nothing.
   * @returns those that were refused, because more wait than may.
   * @throws what Redis says when it is away (redis.ts `isUnavailable`).
   */
  async enqueue(causes: readonly Data[]): Promise<readonly Data[]> {
    const unique = new Map(causes.map((cause) => [cause.id, cause]));
    const news = [...unique.values()].filter(({ id }) => !this.#recent.has(id));
    const fresh = news.slice(0, await this.#room(news.length));
    if (fresh.length === 0) return news;
    await this.#queue.addBulk(
      fresh.map((data) => ({
        name: this.#name,
        data,
        opts: {
          // A colon parts the names of keys; BullMQ refuses it in an id.
          jobId: `rescore_${encodeURIComponent(data.id)}`,
          attempts: ATTEMPTS,
          backoff: { type: 'exponential', delay: 500, jitter: 0.2 },
          removeOnComplete: { count: KEPT },
          removeOnFail: { count: KEPT },
        },
      })),
    );
    for (const { id } of fresh) this.#recent.add(id);
    for (const id of this.#recent) {
      if (this.#recent.size <= MAX_RECENT) break;
      this.#recent.delete(id);
    }
    return news.slice(fresh.length);
  }

  async #room(wanted: number): Promise<number> {
    const { maxWaiting } = this.#options;
    if (maxWaiting === undefined || wanted === 0) return wanted;
    return Math.max(0, maxWaiting - (await this.waiting()));
  }

  /** Follows causes in this process, one at a time: each asks the record, which has other work. */
  start(follow: Follow<Data>): void {
    if (this.#worker !== undefined) return;
    const { clock, log, lockMs = LOCK_MS, pauseMs = PAUSE_MS } = this.#options;
    const worker = new Worker<CausedJob>(
      this.#name,
      async (job, token) => {
        if (await follow(job.data as Data)) return;
        await job.moveToDelayed(clock.now() + pauseMs, token);
        throw new DelayedError();
      },
      {
        connection: this.#blocking,
        prefix: PREFIX,
        lockDuration: lockMs,
        stalledInterval: lockMs,
        maxStalledCount: ATTEMPTS,
      },
    );
    worker.on('failed', (job, error) => this.#noteFailure(job, error));
    worker.on('error', (error) => log.debug({ error: messageOf(error) }, 'rescore worker'));
    this.#worker = worker;
  }

  /** Causes that are not followed yet. */
  async waiting(): Promise<number> {
    const counts = await this.#queue.getJobCounts('waiting', 'active', 'delayed');
    return Object.values(counts).reduce((sum, count) => sum + count, 0);
  }

  /** See `closeJobs`: what is left is followed after the next start. */
  async close(): Promise<void> {
    await closeJobs({
      effects: this.#effects,
      blocking: this.#blocking,
      queue: this.#queue,
      worker: this.#worker,
    });
  }

  #noteFailure(job: Job<CausedJob> | undefined, error: Error): void {
    const final = job === undefined || job.attemptsMade >= (job.opts.attempts ?? 1);
    const note = { causeId: job?.data.id, error: messageOf(error) };
    if (final)
      this.#options.log.error(note, 'rewards could not be looked at again: it needs a person');
    else this.#options.log.warn(note, 'rewards are looked at again later');
  }
}
