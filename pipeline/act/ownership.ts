/**
 * One worker a group: window state lives in one process, and a second worker would see only half of an
 * address's events. The worker holds a lease in Redis and stops when it has lost it.
 */

import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import type { Redis } from 'ioredis';
import type { Clock } from '../clock.ts';
import { Failure } from '../failure.ts';
import { Script } from '../reward/script.ts';
import { isUnavailable } from '../reward/redis.ts';

const OWN = new Script(new URL('lua/own-1.lua', import.meta.url));
const DISOWN = new Script(new URL('lua/disown-1.lua', import.meta.url));

export interface OwnershipOptions {
  /** A connection of kind `effects`. */
  readonly redis: Redis;
  readonly clock: Clock;
  /** Longer than a pause of this process that should be survived. */
  readonly ttlMs?: number;
}

export interface Ownership {
  /** Aborted with a Failure when another worker has taken over: this process must stop, without a last batch. */
  readonly lost: AbortSignal;
  /** Gives the lease back, so that the next worker starts at once. */
  release(): Promise<void>;
}

/** Who holds a lease. `machine` tells processes with equal numbers in two containers apart. */
interface Holder {
  readonly host: string;
  readonly machine: string;
  readonly pid: number;
  readonly since: number;
}

const DEFAULT_TTL_MS = 15_000;

/** Whose lease it is: the consumer group in a cluster; an embedded worker is alone with its folder. */
export function groupOf(profile: 'embedded' | 'cluster', consumerGroup: string): string {
  return profile === 'cluster' ? consumerGroup : 'embedded';
}

/**
 * @param group the consumer group, or the name of the data folder's worker.
 * @throws Failure when another live worker holds the group; a holder on this machine that has died is replaced at once.
 */
export async function acquireOwnership(
  group: string,
  { redis, clock, ttlMs = DEFAULT_TTL_MS }: OwnershipOptions,
): Promise<Ownership> {
  const key = leaseKey(group);
  const token = JSON.stringify(self(clock));
  let refused = await take(redis, key, token, '', ttlMs);
  if (refused !== '' && isDead(refused, clock)) {
    refused = await take(redis, key, token, refused, ttlMs);
  }
  if (refused !== '') {
    throw new Failure(
      `group "${group}" already has a worker, ${nameOf(refused)}: stop it first, or wait ${ttlMs / 1000} s if it was killed`,
    );
  }
  return new Lease(redis, key, token, clock, ttlMs);
}

/** Whether a worker of the group is alive: it then answers commands. */
export async function isOwned(redis: Redis, group: string, clock: Clock): Promise<boolean> {
  const holder = await redis.get(leaseKey(group));
  return holder !== null && !isDead(holder, clock);
}

class Lease implements Ownership {
  readonly #loss = new AbortController();
  readonly lost = this.#loss.signal;
  readonly #stopRenewing: () => void;
  readonly #release: () => Promise<unknown>;

  constructor(redis: Redis, key: string, token: string, clock: Clock, ttlMs: number) {
    const renew = async (): Promise<void> => {
      // A lease that expired and that nobody took is taken again: no other worker has run in between.
      const holder = await take(redis, key, token, '', ttlMs);
      if (holder === '') return;
      this.#stopRenewing();
      this.#loss.abort(new Failure(`${nameOf(holder)} took the group over: this worker stops`));
    };
    // While Redis is away nobody can take the lease; the first renewal after it tells.
    this.#stopRenewing = clock.every(ttlMs / 3, () => void renew().catch(() => undefined));
    this.#release = () => DISOWN.run(redis, [key], [token]);
  }

  async release(): Promise<void> {
    this.#stopRenewing();
    try {
      await this.#release();
    } catch (error) {
      // While Redis is away the lease runs out by itself.
      if (!isUnavailable(error)) throw error;
    }
  }
}

async function take(
  redis: Redis,
  key: string,
  token: string,
  dead: string,
  ttlMs: number,
): Promise<string> {
  return (await OWN.run(redis, [key], [token, dead, String(Math.ceil(ttlMs))])) as string;
}

function leaseKey(group: string): string {
  return `{sheepdog}:worker:${group}`;
}

function self(clock: Clock): Holder {
  return { host: hostname(), machine: machine(), pid: process.pid, since: clock.now() };
}

function nameOf(token: string): string {
  const { host, pid, since } = JSON.parse(token) as Holder;
  return `process ${pid} on ${host} (since ${new Date(since).toISOString()})`;
}

/** A process of this very machine and container that is no more, or a former life under our own number. */
function isDead(token: string, clock: Clock): boolean {
  const holder = JSON.parse(token) as Holder;
  if (holder.machine === '' || holder.machine !== machine()) return false;
  if (holder.pid === process.pid) return holder.since < clock.now() - process.uptime() * 1000;
  try {
    process.kill(holder.pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

/** The kernel's boot and the container's process numbers: only there can a process id be judged. '' where unknown. */
function machine(): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${boot} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return '';
  }
}
