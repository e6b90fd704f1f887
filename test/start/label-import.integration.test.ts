/** A file of labels that is larger than the memory of who reads it. */

import { createWriteStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { askRecord } from '../support/ask-record.ts';
import { endAll, newFolder, run, startIn } from '../support/cli.ts';
import { Crowd, send } from './trial-campaign.ts';

afterAll(endAll);

const TAKEN = 2000;
/** Unreadable lines of a kilobyte: with them the file is larger than the heap that the command is given. */
const REFUSED = 80_000;
const HEAP_MB = 64;

it('a large file of labels is read, sent and refused in parts, within a bounded heap', async () => {
  const folder = await newFolder();
  const data = join(folder, 'data');
  const worker = startIn(data);
  const address = await worker.ready();
  const first = new Crowd().of('points', 'v');
  await send(address, first);
  const csv = join(folder, 'labels.csv');
  const out = createWriteStream(csv);
  out.write('txn,at,note\n');
  for (let n = 0; n < TAKEN + REFUSED; n++) {
    // Each line says it at another second: another word on the same decision.
    const at = new Date(Date.UTC(2026, 11, 1) + n * 1000).toISOString().slice(0, 19);
    const line = `${first.id},${n < TAKEN ? at : 'soon'},${'x'.repeat(1000)}\n`;
    if (!out.write(line)) await once(out, 'drain');
  }
  out.end();
  await once(out, 'close');
  const map = join(folder, 'map.yaml');
  await writeFile(
    map,
    `decision: txn\nlabel: {value: false_positive}\nat: {column: at, format: "yyyy-MM-dd'T'HH:mm:ss", zone: UTC}\n`,
  );
  const rejects = join(folder, 'rejects.csv');
  const flags = ['--map', map, '--rejects', rejects, '--reason', 'bank', '--data', data];
  const env = { NODE_OPTIONS: `--max-old-space-size=${HEAP_MB}` };
  const ended = await run(['label', 'import', csv, ...flags], { env });
  expect(ended.stdout, ended.stderr).toContain(
    `labels: ${TAKEN} taken, 0 stood already, ${REFUSED} refused`,
  );
  expect((await worker.stop()).code).toBe(0);
  const [rows] = await askRecord(data, 'SELECT count() AS n FROM labels FINAL');
  expect(rows).toEqual([{ n: TAKEN }]);
});
