/**
 * The real command line as a process of its own: run to its end, or watched and signalled while it runs.
 * Every process is bounded in time, and `endAll` in `afterAll` leaves none behind.
 */

import { spawn, type ChildProcess } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Writable } from 'node:stream';
import { parse, stringify } from 'yaml';
import { systemClock } from '../../pipeline/clock.ts';

export const ROOT = resolve(import.meta.dirname, '../..');
/** Less than a test may take, so that one which hangs is told with what its process said; a worker lives for all of it. */
const WITHIN_MS = 280_000;
const POLL_MS = 20;

export interface CliOptions {
  /** Set on top of this process's environment; `undefined` takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly input?: string;
  /** Leaves standard input open, for `input` to be written to. */
  readonly keepInput?: boolean;
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** No address of a test's surroundings may lead the embedded profile elsewhere. */
const NOWHERE = { REDIS_URL: undefined, CLICKHOUSE_URL: undefined, KAFKA_BROKERS: undefined };

const running = new Set<Cli>();
const folders: string[] = [];

export class Cli {
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcess;
  #stdout = '';
  #stderr = '';
  #watchers: (() => void)[] = [];
  #done = false;

  /** Starts `sheepdog ARGS…`, from source. */
  constructor(args: readonly string[], options: CliOptions = {}) {
    this.#child = spawn(process.execPath, ['--import', 'tsx', 'pipeline/main.ts', ...args], {
      cwd: ROOT,
      env: { ...process.env, ...NOWHERE, ...options.env },
      timeout: WITHIN_MS,
      killSignal: 'SIGKILL',
    });
    this.#child.stdout!.on('data', (part: Buffer) => {
      this.#stdout += part.toString();
      this.#wake();
    });
    this.#child.stderr!.on('data', (part: Buffer) => {
      this.#stderr += part.toString();
      this.#wake();
    });
    this.#child.stdin!.on('error', () => undefined);
    if (options.keepInput !== true) this.#child.stdin!.end(options.input ?? '');
    running.add(this);
    this.ended = new Promise((settle) => {
      this.#child.once('close', (code, signal) => {
        this.#done = true;
        running.delete(this);
        this.#wake();
        settle({ code, signal, stdout: this.#stdout, stderr: this.#stderr });
      });
    });
  }

  get pid(): number {
    return this.#child.pid!;
  }

  get input(): Writable {
    return this.#child.stdin!;
  }

  get stderr(): string {
    return this.#stderr;
  }

  /** The first match on stdout or stderr, as soon as it is there. @throws when the process ends without it. */
  async said(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = pattern.exec(this.#stdout) ?? pattern.exec(this.#stderr);
      if (found !== null) return found;
      if (this.#done) throw new Error(`ended without saying ${pattern}:\n${this.#stderr}`);
      await new Promise<void>((wake) => this.#watchers.push(wake));
    }
  }

  /** The address of its HTTP side, once it is told. */
  async address(): Promise<string> {
    return (await this.said(/console and API at (\S+)/))[1]!;
  }

  /** Asks again until `answer` is something else than undefined. @throws when the process ends first. */
  async until<T>(answer: () => Promise<T | undefined>): Promise<T> {
    for (;;) {
      const found = await answer();
      if (found !== undefined) return found;
      if (this.#done) throw new Error(`ended before what was waited for:\n${this.#stderr}`);
      await systemClock.sleep(POLL_MS);
    }
  }

  /** Its address, once it answers that it is ready. */
  async ready(): Promise<string> {
    const address = await this.address();
    await this.until(async () => ((await fetch(`${address}/readyz`)).ok ? true : undefined));
    return address;
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<Ended> {
    this.#child.kill(signal);
    return await this.ended;
  }

  /** Stops it in order. */
  async stop(): Promise<Ended> {
    return await this.kill('SIGTERM');
  }

  #wake(): void {
    const watchers = this.#watchers;
    this.#watchers = [];
    for (const wake of watchers) wake();
  }
}

/** Runs a command to its end. */
export async function run(args: readonly string[], options: CliOptions = {}): Promise<Ended> {
  return await new Cli(args, options).ended;
}

/** A worker in a folder, on a free port. */
export function startIn(data: string, args: readonly string[] = [], options: CliOptions = {}): Cli {
  return new Cli(['start', '--data', data, '--port', '0', ...args], options);
}

/** A folder outside the repository, removed by `endAll`. */
export async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'sheepdog-cli-'));
  folders.push(folder);
  return folder;
}

/** The shipped configuration with sections of sheepdog.yaml changed. @returns the folder. */
export async function configWith(changes: Readonly<Record<string, object>>): Promise<string> {
  const folder = join(await newFolder(), 'config');
  await cp(join(ROOT, 'config'), folder, {
    recursive: true,
    filter: (path) => !path.endsWith('.ts'),
  });
  const file = join(folder, 'sheepdog.yaml');
  const system = parse(await readFile(file, 'utf8')) as Record<string, object>;
  for (const [section, values] of Object.entries(changes)) {
    system[section] = { ...system[section], ...values };
  }
  await writeFile(file, stringify(system));
  return folder;
}

/** Ends what still runs and removes the folders; for `afterAll`. */
export async function endAll(): Promise<void> {
  await Promise.all([...running].map((each) => each.kill()));
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
}
