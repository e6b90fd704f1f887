import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DEFAULT_SIMULATION, simulate } from '../../pipeline/simulate/simulate.ts';
import { writeSimulation, type SimulationProgress } from '../../pipeline/simulate/write.ts';

const SHORT = { ...DEFAULT_SIMULATION, minutes: 3 };

describe('writing a simulation', () => {
  let folder = '';
  let expected = '';

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'simulate-'));
    expected = [...simulate(SHORT)].map((event) => `${JSON.stringify(event)}\n`).join('');
  });
  afterAll(() => rm(folder, { recursive: true }));

  test('makes one JSON object a line and says how many there are', async () => {
    const path = join(folder, 'payments.ndjson');
    const written = await writeSimulation(path, SHORT);
    expect(await readFile(path, 'utf8')).toBe(expected);
    expect(written.events).toBe(expected.split('\n').length - 1);
    expect(written.fraud).toBe(expected.split('"label":"fraud"').length - 1);
  });

  test('gzips when the name ends so', async () => {
    const path = join(folder, 'payments.ndjson.gz');
    await writeSimulation(path, SHORT);
    expect(gunzipSync(await readFile(path)).toString()).toBe(expected);
  });

  test('writes to a stream and leaves it open', async () => {
    const out = new PassThrough({ highWaterMark: 1 << 26 });
    await writeSimulation(out, SHORT);
    expect((out.read() as Buffer).toString()).toBe(expected);
    expect(out.writable).toBe(true);
  });

  test('reports progress up to the end', async () => {
    const reports: SimulationProgress[] = [];
    await writeSimulation(join(folder, 'long.ndjson'), { ...SHORT, ratePerSecond: 140 }, (report) =>
      reports.push({ ...report }),
    );
    expect(reports.length).toBeGreaterThan(1);
    expect(reports.at(-1)!.done).toBe(1);
    expect(reports[0]!.done).toBeGreaterThan(0.5);
  });

  test('says in one line that a file cannot be written', async () => {
    const path = join(folder, 'no-such-folder', 'payments.ndjson');
    await expect(writeSimulation(path, SHORT)).rejects.toThrow(/no-such-folder.*cannot write/);
  });
});
