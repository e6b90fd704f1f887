/**
 * The one door to Redis: a server named by REDIS_URL, or a private one in the data folder. Only this file
 * imports ioredis; others take connections from here.
 */

import { Redis } from 'ioredis';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import { Failure, messageOf } from '../failure.ts';
import type { Logger } from '../telemetry.ts';
import { answers, socketPathIn, startPrivateRedis, type PrivateRedis } from './private-redis.ts';

/** Redis cannot be reached, or refuses for now. Nothing is half done: try the same again. */
export class LedgerUnavailable extends Error {
  override readonly name = 'LedgerUnavailable';
  readonly retryable = true;

  constructor(cause: unknown) {
    super(messageOf(cause), { cause });
  }
}

/** `effects` fails at once while Redis is away; `blocking` waits for ever, as queue workers and blocking reads want it. */
export type ConnectionKind = 'effects' | 'blocking';

export interface RedisServer {
  /** Where it is, for logs: never with a password. */
  readonly address: string;
  /** What an operator should know about how the server is set up; empty for a private one. */
  readonly warnings: readonly string[];
  /** A new connection; the caller closes it with `disconnect()`. */
  connect(kind: ConnectionKind): Redis;
  /** Stops a private server after its connections; a server by URL is left alone. */
  close(): Promise<void>;
}

export interface OpenRedisOptions {
  readonly url?: string | undefined;
  /** Holds the private server's files; needed without a url. */
  readonly dataDir?: string | undefined;
  readonly clock: Clock;
  readonly log: Logger;
  /**
   * Use the private server of a running worker when there is one, instead of ending it as a leftover. The
   * holder of the data folder's lock leaves it out; a command beside a running worker sets it.
   */
  readonly attach?: boolean;
}

const COMMAND_TIMEOUT_MS = 10_000;
const REACH_WITHIN_MS = 5000;

/** @throws Failure when the server cannot be reached or started, or would evict what must be kept. */
export async function openRedis(options: OpenRedisOptions): Promise<RedisServer> {
  if (options.url !== undefined) return openByUrl(options.url, options.log);
  if (options.dataDir === undefined) throw new Error('openRedis needs a url or a data folder');
  const { dataDir, clock, log } = options;
  if (options.attach === true) {
    const path = await socketPathIn(dataDir);
    if (await answers(path)) {
      return serverOf({ path }, `private server at ${path}`, [], log, undefined);
    }
  }
  const server = await startPrivateRedis({ dataDir, clock, log });
  const address = `private server at ${server.socketPath}`;
  return serverOf({ path: server.socketPath }, address, [], log, server);
}

/**
 * A server in a folder of its own that keeps nothing and is gone with its folder at `close`: for a run whose
 * grants nobody is given.
 * @throws Failure when it cannot be started.
 */
export async function openScratchRedis({
  clock,
  log,
}: Pick<OpenRedisOptions, 'clock' | 'log'>): Promise<RedisServer> {
  const dataDir = await mkdtemp(join(tmpdir(), 'sheepdog-dry-'));
  const remove = (): Promise<void> => rm(dataDir, { recursive: true, force: true });
  try {
    const server = await startPrivateRedis({ dataDir, clock, log, volatile: true });
    const { socketPath: path } = server;
    const opened = serverOf({ path }, `private server at ${path}`, [], log, server);
    return { ...opened, close: () => opened.close().then(remove) };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** Whether a private server of a running worker answers in this data folder. */
export async function privateRedisRuns(dataDir: string): Promise<boolean> {
  try {
    await stat(dataDir);
  } catch {
    return false;
  }
  return answers(await socketPathIn(dataDir));
}

async function openByUrl(url: string, log: Logger): Promise<RedisServer> {
  const address = withoutPassword(url);
  const probe = new Redis(url, {
    lazyConnect: true,
    connectTimeout: REACH_WITHIN_MS,
    commandTimeout: REACH_WITHIN_MS,
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
  });
  let cause: unknown;
  probe.on('error', (error) => {
    cause = error;
  });
  try {
    await probe.connect();
    const [memory, persistence] = [await probe.info('memory'), await probe.info('persistence')];
    const warnings = judgeSetup(address, memory, persistence);
    return serverOf({ url }, address, warnings, log, undefined);
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure(
      `Redis at ${address} cannot be used (${messageOf(cause ?? error)}): start it, or correct REDIS_URL`,
      { cause: error },
    );
  } finally {
    probe.disconnect();
  }
}

/** The ledger must never be evicted; it may be volatile only by the operator's own choice. */
function judgeSetup(address: string, memory: string, persistence: string): string[] {
  const policy = /^maxmemory_policy:(\S+)/m.exec(memory)?.[1] ?? 'noeviction';
  const limit = /^maxmemory:(\d+)/m.exec(memory)?.[1] ?? '0';
  if (policy !== 'noeviction' && limit !== '0') {
    throw new Failure(
      `Redis at ${address} evicts keys when its memory is full (maxmemory-policy ${policy}) and would lose grants: set maxmemory-policy noeviction`,
    );
  }
  if (/^aof_enabled:0/m.test(persistence)) {
    return [
      `Redis at ${address} keeps no append-only file: grants it has acknowledged may be lost in a crash; set appendonly yes and appendfsync always`,
    ];
  }
  return [];
}

function serverOf(
  target: { readonly url: string } | { readonly path: string },
  address: string,
  warnings: readonly string[],
  log: Logger,
  owned: PrivateRedis | undefined,
): RedisServer {
  return {
    address,
    warnings,
    connect: (kind) => {
      const settings = settingsOf(kind);
      const redis =
        'url' in target ? new Redis(target.url, settings) : new Redis(target.path, settings);
      // Without a listener ioredis prints each failed attempt; the commands themselves say what failed.
      redis.on('error', (error) => log.debug({ error: messageOf(error) }, 'redis connection'));
      return redis;
    },
    close: async () => {
      await owned?.stop();
    },
  };
}

function settingsOf(kind: ConnectionKind): {
  maxRetriesPerRequest: number | null;
  autoResendUnfulfilledCommands: boolean;
  retryStrategy: (attempt: number) => number;
  commandTimeout?: number;
} {
  const retryStrategy = (attempt: number): number => Math.min(1000, 25 * 2 ** attempt);
  if (kind === 'blocking') {
    return { maxRetriesPerRequest: null, autoResendUnfulfilledCommands: true, retryStrategy };
  }
  // A command that was sent when the connection broke is not sent again behind the caller's back: the
  // caller repeats its operations in their order.
  return {
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    commandTimeout: COMMAND_TIMEOUT_MS,
    retryStrategy,
  };
}

/** Replies that pass by themselves: the server loads, is full, fails over, or cannot write its file. */
const PASSING_REPLY =
  /^(LOADING|BUSY|OOM|READONLY|MISCONF|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|NOREPLICAS|UNBLOCKED)\b/;
const CONNECTION_FAULT =
  /Connection is closed|max retries per request|Command timed out|isn't writeable|connection close|Socket closed/i;
const SYSTEM_FAULT = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOENT',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);

/** Whether an error means that Redis is away or refuses for now; anything else is a defect. */
export function isUnavailable(error: unknown): boolean {
  if (error instanceof LedgerUnavailable) return true;
  if (!(error instanceof Error)) return false;
  const code = (error as NodeJS.ErrnoException).code;
  if (code !== undefined && SYSTEM_FAULT.has(code)) return true;
  return PASSING_REPLY.test(error.message) || CONNECTION_FAULT.test(error.message);
}

function withoutPassword(url: string): string {
  try {
    const parsed = new URL(url);
    return `${parsed.protocol}//${parsed.host}${parsed.pathname === '/' ? '' : parsed.pathname}`;
  } catch {
    throw new Failure('REDIS_URL is no address: write redis://host:6379 or rediss://host:6379', {
      exitCode: 2,
    });
  }
}
