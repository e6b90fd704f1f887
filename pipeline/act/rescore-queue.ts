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

export interface RescoreQueueOptions {
  readonly redis: RedisServer;
  readonly clock: Clock;
  readonly log: Logger;
  /** A worker that died is missed for so long; its job is then done again. */
  readonly lockMs?: number;
  /** How long a job waits for what is away. */
  readonly pauseMs?: number;
}

const QUEUE = 'sheepdog-rescore';
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
export type Follow = (cause: Cause) => Promise<boolean>;

export class RescoreQueue {
  readonly #options: RescoreQueueOptions;
  readonly #effects: Redis;
  readonly #blocking: Redis;
  readonly #queue: Queue<Cause>;
  readonly #recent = new Set<string>();
  #worker: Worker<Cause> | undefined;

  constructor(options: RescoreQueueOptions) {
    this.#options = options;
    this.#effects = options.redis.connect('effects');
    this.#blocking = options.redis.connect('blocking');
    this.#queue = new Queue(QUEUE, { connection: this.#effects, prefix: PREFIX });
    this.#queue.on('error', (error) =>
      options.log.debug({ error: messageOf(error) }, 'rescore queue'),
    );
  }

  /**
   * Takes causes in; repeating it changes nothing.
   * @throws what Redis says when it is away (redis.ts `isUnavailable`).
   */
  async enqueue(causes: readonly Cause[]): Promise<void> {
    const unique = new Map(causes.map((cause) => [cause.id, cause]));
    const fresh = [...unique.values()].filter(({ id }) => !this.#recent.has(id));
    if (fresh.length === 0) return;
    await this.#queue.addBulk(
      fresh.map((data) => ({
        name: data.kind,
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
  }

  /** Follows causes in this process, one at a time: each asks the record, which has other work. */
  start(follow: Follow): void {
    if (this.#worker !== undefined) return;
    const { clock, log, lockMs = LOCK_MS, pauseMs = PAUSE_MS } = this.#options;
    const worker = new Worker<Cause>(
      QUEUE,
      async (job, token) => {
        if (await follow(job.data)) return;
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

  #noteFailure(job: Job<Cause> | undefined, error: Error): void {
    const final = job === undefined || job.attemptsMade >= (job.opts.attempts ?? 1);
    const note = { causeId: job?.data.id, error: messageOf(error) };
    if (final)
      this.#options.log.error(note, 'rewards could not be looked at again: it needs a person');
    else this.#options.log.warn(note, 'rewards are looked at again later');
  }
}
