import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { endAll, newFolder, ROOT } from '../support/cli.ts';

afterAll(endAll);

test('a reader that closes the pipe early, such as head, is no error', async () => {
  const child = spawn(process.execPath, ['--import', 'tsx', 'pipeline/main.ts', 'config', 'show'], {
    cwd: ROOT,
    timeout: 100_000,
  });
  let stderr = '';
  child.stderr.on('data', (part: Buffer) => {
    stderr += part.toString();
  });
  // Nothing of it is read: the first write meets a pipe without a reader.
  child.stdout.destroy();
  const [code] = (await once(child, 'close')) as [number | null];
  expect([code, stderr]).toEqual([0, '']);
});

test('a worker whose log nobody reads any more ends its work all the same', async () => {
  const args = ['start', '--simulate', '--minutes', '1', '--exit-when-done', '--port', '0'];
  const data = ['--data', join(await newFolder(), 'data')];
  const child = spawn(process.execPath, ['--import', 'tsx', 'pipeline/main.ts', ...args, ...data], {
    cwd: ROOT,
    timeout: 200_000,
  });
  let found = '';
  child.stdout.on('data', (part: Buffer) => {
    found += part.toString();
  });
  child.stderr.destroy();
  const [code] = (await once(child, 'close')) as [number | null];
  expect([code, found]).toEqual([0, expect.stringContaining('Worst suspects')]);
});

test('a worker whose log waits for its reader goes on deciding, and ends', async () => {
  const data = join(await newFolder(), 'data');
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', 'pipeline/main.ts', 'start', '--data', data, '--port', '0'],
    { cwd: ROOT, timeout: 200_000, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  // The first line says where it listens; nothing is read after it.
  child.stderr.setEncoding('utf8');
  let told = '';
  for await (const part of child.stderr.iterator({ destroyOnReturn: false })) {
    told += part as string;
    if (/ at http\S+/.test(told)) break;
  }
  child.stderr.pause();
  const address = / at (http\S+)/.exec(told)![1]!;
  const post = (path: string, body: unknown): Promise<Response> =>
    fetch(`${address}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(60_000),
    });
  const entries = [{ kind: 'accounts', value: 'a-1' }];
  await post('/v1/lists/block', { actor: 'li', reason: 'farm', entries });
  // Some 150 bytes of log an event, far beyond what a pipe holds.
  for (let batch = 0; batch < 80; batch++) {
    const events = Array.from({ length: 100 }, (_, i) => ({
      ...{ id: `p-${batch}-${i}`, type: 'payment', occurredAt: '2026-11-20T10:00:03+08:00' },
      ...{ accountId: 'a-1', amount: 100, currency: 'CNY' },
    }));
    expect((await post('/v1/events', events)).status).toBe(200);
  }
  child.kill('SIGTERM');
  const [code] = (await once(child, 'exit')) as [number | null];
  expect(code).toBe(0);
  child.stderr.destroy();
});
