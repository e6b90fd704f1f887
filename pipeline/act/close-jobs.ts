import type { Queue, Worker } from 'bullmq';
import type { Redis } from 'ioredis';

/** What a queue of jobs holds open; no worker where this process does none. */
export interface OpenJobs {
  readonly effects: Redis;
  readonly blocking: Redis;
  readonly queue: Pick<Queue, 'close'>;
  readonly worker: Pick<Worker, 'close'> | undefined;
}

/**
 * Finishes the jobs that are being done and closes the connections; the others wait in Redis. While Redis is
 * away nothing can be finished: a job that was being done is done again later, and changes nothing twice.
 */
export async function closeJobs({ effects, blocking, queue, worker }: OpenJobs): Promise<void> {
  const away = effects.status !== 'ready';
  if (away) blocking.disconnect();
  await worker?.close(away);
  await queue.close();
  effects.disconnect();
  blocking.disconnect();
}
