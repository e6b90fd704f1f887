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
