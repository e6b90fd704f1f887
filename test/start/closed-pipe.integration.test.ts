import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { ROOT } from '../support/cli.ts';

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
