import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../pipeline/clock.ts';
import { payment } from './running.ts';

const ROOT = join(import.meta.dirname, '../..');
const CALLERS = 16;
let folder: string;
let worker: ChildProcess | undefined;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sheepdog-killed-'));
});
afterAll(async () => {
  worker?.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

interface Answer {
  readonly status: number;
  readonly decisionId: string;
  readonly verdict: string;
  readonly duplicate: boolean;
}

describe('a worker that is killed while it answers', () => {
  it('answers every event it had answered the same way again, as a repeat', async () => {
    const port = await freePort();
    const answered = new Map<number, Answer>();
    let next = 0;
    for (const killAfter of [150, 400]) {
      await start(port);
      const goal = answered.size + killAfter;
      const caller = async (): Promise<void> => {
        while (answered.size < goal) {
          const i = next++;
          const answer = await post(port, i).catch(() => undefined);
          if (answer === undefined) return;
          if (answer.status === 200) answered.set(i, answer);
        }
      };
      // Killed in the middle: the other callers have requests on their way.
      const callers = Array.from({ length: CALLERS }, caller);
      await Promise.race(callers);
      await kill();
      await Promise.all(callers);
    }
    await start(port);
    const again = new Map<number, Answer>();
    const asked = answered.keys();
    // Side by side, as they were asked at first: each answer is looked up in the record.
    const asker = async (): Promise<void> => {
      for (const i of asked) again.set(i, await post(port, i));
    };
    await Promise.all(Array.from({ length: CALLERS }, asker));
    expect(answered.size).toBeGreaterThanOrEqual(550);
    expect([...again].filter(([, { duplicate }]) => !duplicate)).toEqual([]);
    const verdicts = (answers: ReadonlyMap<number, Answer>): unknown =>
      [...answers]
        .sort(([a], [b]) => a - b)
        .map(([i, { decisionId, verdict }]) => [i, decisionId, verdict]);
    expect(verdicts(again)).toEqual(verdicts(answered));
    expect(new Set([...answered.values()].map(({ verdict }) => verdict)).size).toBeGreaterThan(1);
  });
});

/** Nine accounts share a device and an address, so that verdicts depend on what came before. */
function bodyOf(i: number): string {
  return payment(`e${i}`, {
    occurredAt: new Date(Date.parse('2026-10-01T02:00:00Z') + i * 1000).toISOString(),
    accountId: `acc-${i % 3 === 0 ? i % 27 : i}`,
    deviceId: i % 3 === 0 ? 'dev-shared' : `dev-${i}`,
    ip: i % 3 === 0 ? '203.0.113.7' : `198.51.${(i >> 8) & 255}.${i & 255}`,
  });
}

async function post(port: number, i: number): Promise<Answer> {
  const answer = await fetch(`http://127.0.0.1:${port}/v1/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: bodyOf(i),
  });
  return (await answer.json()) as Answer;
}

async function start(port: number): Promise<void> {
  const args = [
    '--import',
    'tsx',
    'pipeline/main.ts',
    'start',
    '--data',
    folder,
    '--port',
    String(port),
  ];
  worker = spawn(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  worker.stderr!.on('data', (part: Buffer) => (said += part.toString()));
  for (;;) {
    if (worker.exitCode !== null) throw new Error(`the worker ended: ${said}`);
    const ready = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined);
    if (ready?.ok === true) return;
    await systemClock.sleep(50);
  }
}

async function kill(): Promise<void> {
  const ended = new Promise((resolve) => worker!.once('close', resolve));
  worker!.kill('SIGKILL');
  await ended;
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
