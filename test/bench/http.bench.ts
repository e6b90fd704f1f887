/**
 * `POST /v1/events` of a whole worker in the embedded profile, started as a user starts it: log on disk with a
 * sync before each answer, detectors, policy, rewards in Redis, rows in the embedded ClickHouse.
 */

import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { systemClock } from '../../pipeline/clock.ts';
import { payments } from './broker-payments.ts';
import { requestOf, runLoad, type Load } from './http-load.ts';
import { quantiles, spreadOf, type Spread } from './measure.ts';
import type { Bench, Report } from './report.ts';

const CONNECTIONS = 50;
const ROOT = join(import.meta.dirname, '../..');
const START_WITHIN_MS = 60_000;

async function run(report: Report): Promise<void> {
  const noop = await startNoop();
  try {
    await measure(report, noop.port);
  } finally {
    await stop(noop.child);
  }
}

async function measure(report: Report, noopPort: number): Promise<void> {
  const seconds = Math.max(3, Math.round(12 * report.scale));
  const bare = await peak(noopPort, requests(1), seconds);
  const folder = await mkdtemp(join(tmpdir(), 'sheepdog-bench-'));
  const worker = await startWorker(folder);
  try {
    // One stream for all phases: no event comes twice, and event time goes on.
    const next = requests(2);
    const live = await peak(worker.port, next, seconds);
    const rate = Math.round(live.median / 2);
    const paced = { connections: CONNECTIONS, rate, next };
    // The backlog of the peak is worked off before anything counts.
    await runLoad({ ...paced, port: worker.port, seconds: Math.ceil(seconds / 2) });
    const half = await runLoad({ ...paced, port: worker.port, seconds: 2 * seconds });
    // What generator and machine add by themselves: the same load on a server that does nothing.
    const bareHalf = await runLoad({ ...paced, port: noopPort, seconds });
    tell(report, bare, live, rate, half, bareHalf);
  } finally {
    await stop(worker.child);
    await rm(folder, { recursive: true, force: true });
  }
}

function tell(
  report: Report,
  bare: Spread,
  live: Spread,
  rate: number,
  half: Load,
  bareHalf: Load,
): void {
  report.section(`one event a request, ${CONNECTIONS} connections`);
  report.note(
    'events of some 400 bytes, Zipf keys; worker, Redis and load generator share the machine',
  );
  report.figure('node:http that answers a constant, peak', bare, 'requests/s');
  report.figure('worker, peak', live, 'events/s');
  report.figure('worker / node:http', live.median / bare.median, 'x');
  const { p50, p99, p999, max } = quantiles(half.latenciesMs);
  const reached = half.latenciesMs.length / half.seconds;
  report.section(`at half the peak: ${rate} events/s due, ${Math.round(reached)} answered`);
  report.figure('latency, median', p50, 'ms');
  report.figure('latency, p99', p99, 'ms', { atMost: 10 });
  report.figure('latency, p99.9', p999, 'ms');
  report.figure('latency, largest', max, 'ms');
  report.figure('node:http at this rate, p99', quantiles(bareHalf.latenciesMs).p99, 'ms');
  report.note(
    'latency counts from the moment a request was due, so waiting for a free connection is in it',
  );
  report.didNotMeasure('a load generator on another machine: here it takes CPU from the worker');
  report.didNotMeasure('batches, TLS, and a disk whose sync takes longer than this one');
}

/** Answers a second over the whole seconds after a warm-up. */
async function peak(port: number, next: () => Buffer, seconds: number): Promise<Spread> {
  const options = { port, connections: CONNECTIONS, rate: undefined, next };
  await runLoad({ ...options, seconds: Math.ceil(seconds / 3) });
  return spreadOf((await runLoad({ ...options, seconds })).perSecond);
}

function requests(seed: number): () => Buffer {
  const stream = payments(Number.MAX_SAFE_INTEGER, seed);
  return () => requestOf('/v1/events', stream.next().value as Buffer);
}

interface Started {
  readonly child: ChildProcess;
  readonly port: number;
}

async function startNoop(): Promise<Started> {
  const script = join(import.meta.dirname, 'http-noop.ts');
  const child = spawn(process.execPath, ['--import', 'tsx', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface(child.stdout)) return { child, port: Number(line) };
  throw new Error('the bare server did not start');
}

async function startWorker(folder: string): Promise<Started> {
  const port = await freePort();
  const main = join(ROOT, 'pipeline/main.ts');
  const args = ['--import', 'tsx', main, 'start', '--data', folder, '--port', String(port)];
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: 'ignore' });
  const deadlineMs = performance.now() + START_WITHIN_MS;
  while (performance.now() < deadlineMs && child.exitCode === null) {
    const ready = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined);
    if (ready?.ok === true) return { child, port };
    await systemClock.sleep(100);
  }
  child.kill();
  throw new Error('the worker did not become ready');
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = new Promise((resolve) => child.once('close', resolve));
  child.kill('SIGTERM');
  await closed;
}

export const bench: Bench = {
  name: 'http',
  summary: 'answers of a whole worker to single events, against a bare node:http server',
  run,
};
