/**
 * A private redis-server: a child process of this one that keeps its files in the data folder, is started
 * again when it dies, and ends with its parent, even when the parent is killed.
 */

import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { lstat, mkdir } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import type { Clock } from '../clock.ts';
import { Failure, messageOf } from '../failure.ts';
import type { Logger } from '../telemetry.ts';

export interface PrivateRedis {
  readonly socketPath: string;
  /** Process id of the server as it runs now. */
  pid(): number | undefined;
  /** Ends the server after it has written everything. */
  stop(): Promise<void>;
}

export interface PrivateRedisOptions {
  /** Held by this process alone: a server that answers in it is a leftover. */
  readonly dataDir: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** Keeps no file of what it is told: for what is thrown away with it. */
  readonly volatile?: boolean;
  /** The program; another name only to show what happens when it is missing. */
  readonly program?: string;
}

/** A socket's path must fit 108 bytes on Linux and 104 on macOS, with the final zero. */
const LONGEST_SOCKET_PATH = 100;
const STOP_WITHIN_MS = 10_000;
/** Reading a large append-only file back takes a second per some hundred thousand grants. */
const START_WITHIN_MS = 120_000;
const POLL_MS = 10;
const LAST_RESTART_MS = 5000;

/**
 * `appendfsync always`: an answer is sent only when the file is on the disk, so that an acknowledged grant
 * survives a power cut. Its price is one fsync a call, shared by all operations of a batch: the bench
 * (`npm run bench ledger`) prints it. `everysec` would lose up to two seconds of acknowledged grants.
 * Snapshots are off: the append-only file has all, and is rewritten by itself when it has doubled.
 */
function settings(folder: string, socketPath: string, volatile: boolean): string[] {
  const durability = volatile
    ? ['--appendonly', 'no']
    : ['--appendonly', 'yes', '--appendfsync', 'always'];
  return [
    ...['--port', '0', '--unixsocket', socketPath, '--unixsocketperm', '700'],
    ...['--dir', folder, '--daemonize', 'no', '--save', ''],
    ...[...durability, '--maxmemory-policy', 'noeviction'],
    ...['--lazyfree-lazy-user-del', 'yes', '--loglevel', 'notice', '--logfile', ''],
  ];
}

/** @throws Failure when the program is missing, does not start, or a leftover server does not end. */
export async function startPrivateRedis(options: PrivateRedisOptions): Promise<PrivateRedis> {
  const folder = join(resolve(options.dataDir), 'redis');
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new Failure(`the private Redis cannot write to ${folder}: ${messageOf(error)}`, {
      cause: error,
    });
  }
  const socketPath = await socketPathIn(options.dataDir);
  await endLeftover(socketPath, options);
  const supervisor = new Supervisor(options, folder, socketPath);
  await supervisor.start();
  return supervisor;
}

/** Where the private server of a data folder listens: in it, or in a folder of our own where its path is too long. */
export async function socketPathIn(dataDir: string): Promise<string> {
  const folder = resolve(dataDir);
  const inside = join(folder, 'redis', 'redis.sock');
  if (Buffer.byteLength(inside) <= LONGEST_SOCKET_PATH) return inside;
  const name = createHash('sha256').update(folder).digest('hex').slice(0, 16);
  const { uid } = userInfo();
  const outside = join(tmpdir(), `sheepdog-${uid}-${name}`);
  try {
    await mkdir(outside, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    const found = await lstat(outside);
    if (!found.isDirectory() || found.uid !== uid || (found.mode & 0o077) !== 0) {
      throw new Failure(`${outside} must be a folder that only its owner can enter: remove it`);
    }
  }
  return join(outside, 'redis.sock');
}

/** Whether a server listens at a socket; a file that nobody listens at is a trace of a killed one. */
export async function answers(socketPath: string): Promise<boolean> {
  return (await ask(socketPath, 'PING')) !== undefined;
}

/** Sends one inline command; the reply's first line, '' when the server hung up, undefined when nobody listens. */
function ask(socketPath: string, command: string): Promise<string | undefined> {
  return new Promise((settle) => {
    const socket = createConnection(socketPath);
    let reply: string | undefined;
    socket.setTimeout(STOP_WITHIN_MS, () => socket.destroy());
    socket.on('connect', () => {
      reply = '';
      socket.write(`${command}\r\n`);
    });
    socket.on('data', (bytes) => {
      reply = bytes.toString();
      socket.destroy();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => settle(reply));
  });
}

/** A worker that was killed may leave its server for a moment: it is asked to write all and end. */
async function endLeftover(socketPath: string, { clock, log }: PrivateRedisOptions): Promise<void> {
  const giveUpAt = clock.monotonic() + STOP_WITHIN_MS;
  for (let asked = false; (await ask(socketPath, 'PING')) !== undefined; asked = true) {
    if (!asked)
      log.warn({ socketPath }, 'ending the redis-server that a killed worker left behind');
    await ask(socketPath, 'SHUTDOWN');
    if (clock.monotonic() > giveUpAt) {
      throw new Failure(
        `a redis-server that another worker left behind still answers at ${socketPath}: end it by hand`,
      );
    }
    await clock.sleep(POLL_MS);
  }
}

class Supervisor implements PrivateRedis {
  readonly socketPath: string;
  readonly #options: PrivateRedisOptions;
  readonly #folder: string;
  #child: ChildProcess | undefined;
  #watchdog: ChildProcess | undefined;
  /** What the server said last, for the message when it does not start. */
  #lastLines: string[] = [];
  readonly #stopping = new AbortController();
  #restarts = 0;

  constructor(options: PrivateRedisOptions, folder: string, socketPath: string) {
    this.#options = options;
    this.#folder = folder;
    this.socketPath = socketPath;
  }

  pid(): number | undefined {
    return this.#child?.pid;
  }

  async start(): Promise<void> {
    const { program = 'redis-server', volatile = false, clock } = this.#options;
    // A process group of its own: Ctrl-C reaches this process only, which still has to write.
    const child = spawn(program, settings(this.#folder, this.socketPath, volatile), {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let ended: string | undefined;
    child.on('error', (error: NodeJS.ErrnoException) => {
      ended =
        error.code === 'ENOENT'
          ? `${program} is not installed: apt-get install redis-server${volatile ? '' : ', or set REDIS_URL'}`
          : messageOf(error);
    });
    child.on('exit', (code, signal) => {
      ended = `redis-server ended (${signal ?? code ?? 'unknown'}): ${this.#lastLines.join(' | ')}`;
    });
    this.#collect(child);
    const giveUpAt = clock.monotonic() + START_WITHIN_MS;
    while ((await ask(this.socketPath, 'PING'))?.startsWith('+PONG') !== true) {
      if (ended !== undefined) throw new Failure(`the private Redis did not start: ${ended}`);
      if (clock.monotonic() > giveUpAt) {
        child.kill('SIGKILL');
        throw new Failure(`the private Redis in ${this.#folder} does not get ready`);
      }
      await clock.sleep(POLL_MS);
    }
    if (ended !== undefined) throw new Failure(`the private Redis did not start: ${ended}`);
    this.#child = child;
    this.#watch(child);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, 'exit');
    child.kill('SIGTERM');
    const timer = new AbortController();
    const overdue = this.#options.clock.sleep(STOP_WITHIN_MS, timer.signal).then(() => {
      if (!timer.signal.aborted) child.kill('SIGKILL');
    });
    await exit;
    timer.abort();
    await overdue;
  }

  #collect(child: ChildProcess): void {
    const note = (bytes: Buffer): void => {
      const lines = bytes.toString().split('\n');
      this.#lastLines = [...this.#lastLines, ...lines.filter((line) => line !== '')].slice(-3);
    };
    child.stdout?.on('data', note);
    child.stderr?.on('data', note);
  }

  /**
   * Ties the server's life to ours both ways. A shell reads a pipe that only this process writes to: when we
   * are gone, killed or not, it reads the end and sends the server SIGTERM, upon which it writes all and ends.
   */
  #watch(child: ChildProcess): void {
    const watchdog = spawn('sh', ['-c', 'cat >/dev/null; kill "$0" 2>/dev/null', `${child.pid}`], {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    watchdog.on('error', (error) => {
      this.#options.log.warn({ error: messageOf(error) }, 'the private Redis has no watchdog');
    });
    watchdog.unref();
    this.#watchdog = watchdog;
    child.once('exit', () => {
      // First the watchdog: the process id it knows may soon belong to somebody else.
      this.#watchdog?.kill('SIGKILL');
      if (!this.#stopping.signal.aborted) void this.#restart();
    });
  }

  async #restart(): Promise<void> {
    const { clock, log } = this.#options;
    const { signal } = this.#stopping;
    const waitMs = Math.min(LAST_RESTART_MS, 50 * 2 ** this.#restarts++);
    log.error({ lastLines: this.#lastLines, waitMs }, 'the private Redis died: starting it again');
    await clock.sleep(waitMs, signal);
    if (signal.aborted) return;
    try {
      await this.start();
      this.#restarts = 0;
    } catch (error) {
      log.error({ error: messageOf(error) }, 'the private Redis does not start');
      await this.#restart();
    }
  }
}
