/**
 * The jobs of act, on BullMQ: freezing and unfreezing in the account registry. Jobs are retried with growing
 * pauses; those that fail for good stay and are counted. That an effect happens once is the registry's
 * word, not the queue's: a job id is only remembered while its job is kept.
 */

import { Queue, Worker, type Job } from 'bullmq';
import type { Redis } from 'ioredis';
import type { AccountAction } from '../decide/account-action.ts';
import { messageOf } from '../failure.ts';
import type { RedisServer } from '../reward/redis.ts';
import type { Logger } from '../telemetry.ts';
import { closeJobs } from './close-jobs.ts';
import { Registry, type PlacedAction } from './registry.ts';

const QUEUE = 'sheepdog-act';

export interface ActQueueOptions {
  readonly redis: RedisServer;
  readonly log: Logger;
  /** Tries of a job before it is left as failed; 10 tries take about 4 minutes at the default pause. */
  readonly attempts?: number;
  /** First pause between tries; each one doubles it. */
  readonly backoffMs?: number;
}

/** Jobs by state, for metrics. */
export interface JobCounts {
  readonly waiting: number;
  readonly active: number;
  readonly delayed: number;
  readonly completed: number;
  readonly failed: number;
}

export interface FailedJob {
  readonly id: string;
  readonly name: string;
  readonly accountId: string;
  readonly attempts: number;
  readonly error: string;
}

/** What the outside world is told of an action. */
const EFFECTS: Readonly<Partial<Record<AccountAction['kind'], string>>> = {
  freeze: 'account.freeze',
  uphold: 'account.freeze',
  unfreeze: 'account.unfreeze',
  expire: 'account.unfreeze',
  clear: 'account.unfreeze',
};

type ActJob = Job<PlacedAction, boolean>;

export class ActQueue {
  readonly registry: Registry;
  readonly #log: Logger;
  readonly #effects: Redis;
  readonly #blocking: Redis;
  readonly #queue: Queue<PlacedAction, boolean>;
  readonly #options: { attempts: number; backoffMs: number };
  #worker: Worker<PlacedAction, boolean> | undefined;

  constructor({ redis, log, attempts = 10, backoffMs = 500 }: ActQueueOptions) {
    this.#log = log;
    this.#options = { attempts, backoffMs };
    this.#effects = redis.connect('effects');
    this.#blocking = redis.connect('blocking');
    this.registry = new Registry(this.#effects);
    this.#queue = new Queue(QUEUE, { connection: this.#effects, prefix: PREFIX });
    this.#queue.on('error', (error) => log.debug({ error: messageOf(error) }, 'job queue'));
  }

  /**
   * Queues what has an effect outside; proposals, requests, appeals and switches have none. Repeating it changes nothing.
   * @throws what Redis says when it is away (redis.ts `isUnavailable`).
   */
  async enqueue(actions: readonly AccountAction[]): Promise<void> {
    const effective = actions.filter(({ kind }) => kind in EFFECTS);
    if (effective.length === 0) return;
    const placed = await this.registry.place(effective);
    const { attempts, backoffMs } = this.#options;
    await this.#queue.addBulk(
      placed.map((data) => ({
        name: EFFECTS[data.action.kind]!,
        data,
        opts: {
          // A colon parts the names of keys; BullMQ refuses it in an id, and a bare number too.
          jobId: `action-${encodeURIComponent(data.action.id)}`,
          attempts,
          backoff: { type: 'exponential', delay: backoffMs, jitter: 0.2 },
          removeOnComplete: { count: 1000 },
          removeOnFail: { count: 10_000 },
        },
      })),
    );
  }

  /** Starts doing the jobs in this process. */
  start(): void {
    if (this.#worker !== undefined) return;
    const worker = new Worker<PlacedAction, boolean>(QUEUE, (job) => this.#do(job), {
      connection: this.#blocking,
      prefix: PREFIX,
      concurrency: 8,
    });
    worker.on('failed', (job, error) => this.#noteFailure(job, error));
    worker.on('error', (error) => this.#log.debug({ error: messageOf(error) }, 'job worker'));
    this.#worker = worker;
  }

  async counts(): Promise<JobCounts> {
    const counts = await this.#queue.getJobCounts(
      'waiting',
      'active',
      'delayed',
      'completed',
      'failed',
    );
    const of = (state: keyof JobCounts): number => counts[state] ?? 0;
    return {
      waiting: of('waiting'),
      active: of('active'),
      delayed: of('delayed'),
      completed: of('completed'),
      failed: of('failed'),
    };
  }

  /** Jobs that ran out of tries, newest first. */
  async failures(limit = 100): Promise<FailedJob[]> {
    const jobs = await this.#queue.getFailed(0, limit - 1);
    return jobs.map((job) => ({
      id: job.id ?? '',
      name: job.name,
      accountId: job.data.action.accountId,
      attempts: job.attemptsMade,
      error: job.failedReason,
    }));
  }

  /** Tries every failed job again. @returns how many. */
  async retryFailed(): Promise<number> {
    const jobs = await this.#queue.getFailed();
    for (const job of jobs) await job.retry('failed');
    return jobs.length;
  }

  /** See `closeJobs`. */
  async close(): Promise<void> {
    await closeJobs({
      effects: this.#effects,
      blocking: this.#blocking,
      queue: this.#queue,
      worker: this.#worker,
    });
  }

  async #do(job: ActJob): Promise<boolean> {
    const changed = await this.registry.register(job.data);
    const { id, accountId, kind } = job.data.action;
    this.#log.info({ actionId: id, accountId, kind, changed }, 'account action took effect');
    return changed;
  }

  #noteFailure(job: ActJob | undefined, error: Error): void {
    const final = job === undefined || job.attemptsMade >= (job.opts.attempts ?? 1);
    const note = { jobId: job?.id, accountId: job?.data.action.accountId, error: messageOf(error) };
    if (final) this.#log.error(note, 'an account action failed for good: it needs a person');
    else this.#log.warn(note, 'an account action failed and is tried again');
  }
}

/** Beside the ledger's keys, on the same server of a Redis cluster. */
const PREFIX = '{sheepdog}:jobs';
