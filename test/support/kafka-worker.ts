/** The worker as a process of its own, reading Kafka in the embedded profile: to be killed and started again. */

import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { parse, stringify } from 'yaml';
import type { Dump } from './kafka-dump.ts';

const run = promisify(execFile);
const ROOT = resolve(import.meta.dirname, '../..');
const SESSION_MS = 1000;

/** A data folder and a configuration that outlive the processes that use them. */
export class WorkerHome {
  readonly topic: string;
  readonly groupId: string;
  readonly #address: string;
  readonly #folder: string;

  private constructor(address: string, topic: string, groupId: string, folder: string) {
    this.#address = address;
    this.topic = topic;
    this.groupId = groupId;
    this.#folder = folder;
  }

  static async create(address: string, topic: string, groupId: string): Promise<WorkerHome> {
    const folder = await mkdtemp(join(tmpdir(), 'sheepdog-worker-'));
    const config = join(folder, 'config');
    await cp(join(ROOT, 'config'), config, {
      recursive: true,
      filter: (path) => !path.endsWith('.ts'),
    });
    const file = join(config, 'sheepdog.yaml');
    const system = parse(await readFile(file, 'utf8')) as Record<string, object>;
    const changed = {
      ...system,
      kafka: {
        topics: [topic],
        groupId,
        sessionTimeoutMs: `${SESSION_MS}ms`,
        heartbeatMs: '200ms',
        maxBytesPerPartition: 10_000,
      },
      // Fetches and flushes that are small and many leave more moments in which a kill can hurt.
      record: { flushRows: 50, flushEveryMs: '50ms' },
      freezing: { perHour: 10_000 },
    };
    await writeFile(file, stringify(changed));
    return new WorkerHome(address, topic, groupId, folder);
  }

  start(): WorkerProcess {
    const main = join(ROOT, 'pipeline', 'main.ts');
    const flags = ['--data', join(this.#folder, 'data'), '--config', join(this.#folder, 'config')];
    const child = spawn(
      process.execPath,
      ['--import', 'tsx', main, 'start', ...flags, '--port', '0'],
      {
        cwd: ROOT,
        stdio: ['ignore', 'ignore', 'pipe'],
        // The same key in every run: hashes of bodies then compare.
        env: {
          ...process.env,
          KAFKA_BROKERS: this.#address,
          REDIS_URL: '',
          CLICKHOUSE_URL: '',
          SHEEPDOG_CARD_TOKEN_KEY: 'kill-test',
          SHEEPDOG_HASH_SEED: 'kill-test',
        },
      },
    );
    return new WorkerProcess(child);
  }

  /** What the record holds; no worker may run. */
  async dump(): Promise<Dump> {
    const script = join(import.meta.dirname, 'kafka-dump.ts');
    const { stdout } = await run(
      process.execPath,
      ['--import', 'tsx', script, join(this.#folder, 'data')],
      { cwd: ROOT, maxBuffer: 256 * 1024 * 1024 },
    );
    // Rows name the topic as their source; runs over different topics must compare.
    return JSON.parse(stdout.replaceAll(this.topic, 'TOPIC')) as Dump;
  }

  /** Recomputes the ledger from its journal. @throws when they differ. */
  async verifyLedger(): Promise<void> {
    const main = join(ROOT, 'pipeline', 'main.ts');
    const flags = ['--data', join(this.#folder, 'data'), '--config', join(this.#folder, 'config')];
    await run(process.execPath, ['--import', 'tsx', main, 'ledger', 'verify', ...flags], {
      cwd: ROOT,
      env: { ...process.env, REDIS_URL: '', CLICKHOUSE_URL: '' },
    });
  }

  async remove(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }
}

export class WorkerProcess {
  readonly #child: ChildProcess;
  readonly #lines: string[] = [];
  readonly #exit: Promise<unknown>;
  /** Resolves when the worker reads from Kafka; rejects with its last words when it ends before. */
  readonly reading: Promise<void>;

  constructor(child: ChildProcess) {
    this.#child = child;
    this.#exit = once(child, 'exit');
    this.reading = new Promise((ready, fail) => {
      createInterface({ input: child.stderr! }).on('line', (line) => {
        this.#lines.push(line);
        if (line.includes('reading from Kafka')) ready();
      });
      void this.#exit.then(() => fail(new Error(`the worker ended:\n${this.lastWords}`)));
    });
    this.reading.catch(() => undefined);
  }

  get lastWords(): string {
    return this.#lines.slice(-15).join('\n');
  }

  get ended(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#child.kill(signal);
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#exit;
  }

  /** Stops it in order. @returns its exit code. */
  async stop(): Promise<number | null> {
    this.#child.kill('SIGTERM');
    await this.#exit;
    return this.#child.exitCode;
  }
}
