import { expect, test } from 'vitest';
import { Metrics, writeUnlessUnread } from '../../pipeline/telemetry.ts';

test('lines that nobody reads wait up to a limit; those beyond it are dropped and counted', async () => {
  const metrics = new Metrics();
  const waiting: string[] = [];
  const stream = {
    write: (text: string) => waiting.push(text) > 0,
    get writableLength(): number {
      return waiting.reduce((sum, { length }) => sum + length, 0);
    },
  };
  const to = writeUnlessUnread(stream, metrics);
  const line = 'x'.repeat(1024 * 1024);
  for (let i = 0; i < 20; i++) to.write(line);
  expect(waiting).toHaveLength(17);
  expect(await metrics.registry.metrics()).toContain('sheepdog_log_lines_dropped_total 3\n');
  waiting.length = 0;
  to.write(line);
  expect(waiting).toEqual([line]);
});
