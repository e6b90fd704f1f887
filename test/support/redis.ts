/** Real redis-server processes for tests: one a file, on a unix socket or a free port, gone afterwards. */

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import type { ConnectionKind, RedisServer } from '../../pipeline/reward/redis.ts';
import { freePort } from './free-port.ts';

export interface TestRedis extends RedisServer {
  /** A connection of its own, closed with the server. */
  connect(kind?: ConnectionKind): Redis;
  /** For REDIS_URL; only with `{tcp: true}`. */
  readonly url: string;
  /** As the power going: SIGKILL, no shutdown. */
  kill(): Promise<void>;
  /** Starts again on the same files and address. */
  start(): Promise<void>;
  /** Stops answering without ending (SIGSTOP), until it is killed. */
  pause(): void;
}

export interface TestRedisOptions {
  readonly tcp?: boolean;
  /** Append-only file with fsync at each write, as the product runs it; off by default: faster. */
  readonly durable?: boolean;
  readonly settings?: readonly string[];
}

/** Starts a server and returns when it answers. Close it in `afterAll`. */
export async function startTestRedis(options: TestRedisOptions = {}): Promise<TestRedis> {
  const folder = await mkdtemp(join(tmpdir(), 'sheepdog-redis-'));
  const path = join(folder, 'redis.sock');
  const port = options.tcp === true ? await freePort() : 0;
  const server = new TestServer(folder, path, port, options);
  await server.start();
  return server;
}

class TestServer implements TestRedis {
  readonly warnings: readonly string[] = [];
  readonly address: string;
  readonly url: string;
  readonly #folder: string;
  readonly #path: string;
  readonly #arguments: readonly string[];
  readonly #connections = new Set<Redis>();
  #child: ChildProcess | undefined;

  constructor(folder: string, path: string, port: number, options: TestRedisOptions) {
    this.#folder = folder;
    this.#path = path;
    this.address = port === 0 ? path : `127.0.0.1:${port}`;
    this.url = port === 0 ? '' : `redis://127.0.0.1:${port}`;
    this.#arguments = [
      ...['--port', String(port), '--bind', '127.0.0.1', '--unixsocket', path],
      ...['--dir', folder, '--save', '', '--appendfsync', 'always'],
      ...['--appendonly', options.durable === true ? 'yes' : 'no'],
      ...(options.settings ?? []),
    ];
  }

  async start(): Promise<void> {
    const child = spawn('redis-server', this.#arguments, { stdio: 'ignore' });
    this.#child = child;
    const probe = new Redis(this.#path, {
      retryStrategy: () => (child.exitCode === null ? 5 : null),
      maxRetriesPerRequest: null,
    });
    probe.on('error', () => undefined);
    await probe.ping();
    probe.disconnect();
  }

  connect(kind: ConnectionKind = 'effects'): Redis {
    const redis = new Redis(this.#path, {
      maxRetriesPerRequest: kind === 'blocking' ? null : 0,
      autoResendUnfulfilledCommands: kind === 'blocking',
      retryStrategy: () => 10,
      // Many writers at once on a busy machine wait for each other: that is no absence.
      ...(kind === 'effects' ? { commandTimeout: 60_000 } : {}),
    });
    redis.on('error', () => undefined);
    this.#connections.add(redis);
    return redis;
  }

  async kill(): Promise<void> {
    const child = this.#child!;
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
  }

  pause(): void {
    this.#child?.kill('SIGSTOP');
  }

  async close(): Promise<void> {
    for (const redis of this.#connections) redis.disconnect();
    if (this.#child?.exitCode === null && this.#child.signalCode === null) await this.kill();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
