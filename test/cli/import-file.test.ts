import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { instantOf } from '../../pipeline/cli/command-options.ts';
import { addToList, importList } from '../../pipeline/cli/change-lists.ts';
import { importLabels } from '../../pipeline/cli/import-labels.ts';

let folder: string;
let map: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sheepdog-import-'));
  map = join(folder, 'map.yaml');
  const label = '{column: outcome, confirmed: [CB]}';
  const at = '{column: posted, format: "yyyy-MM-dd", zone: Asia/Shanghai}';
  await writeFile(map, `decision: txn\nlabel: ${label}\nat: ${at}\n`);
});
afterAll(() => rm(folder, { recursive: true }));

const flags = () => ({
  ...{ map, reason: 'bank', actor: 'li', profile: 'embedded' as const },
  data: join(folder, 'no worker ran here'),
});

async function refusal(name: string, content?: string | Buffer): Promise<unknown> {
  const file = join(folder, name);
  if (content !== undefined) await writeFile(file, content);
  return await importLabels(file, flags()).catch((error: unknown) => error);
}

describe('a file that cannot be imported is refused before anybody looks for a worker', () => {
  it('when it is not there, a folder, empty, or none of the columns that the map names', async () => {
    const missing = {
      message: expect.stringContaining('gone.csv: there is no such file') as string,
    };
    expect(await refusal('gone.csv')).toMatchObject({ ...missing, exitCode: 2 });
    expect(await refusal('.')).toMatchObject({
      message: expect.stringContaining('cannot be read') as string,
    });
    expect(await refusal('empty.csv', '')).toMatchObject({
      message: expect.stringContaining('there is no header') as string,
    });
    expect(await refusal('other.csv', 'id,outcome\n1,CB\n')).toMatchObject({
      message: expect.stringContaining('the header has no column "txn"') as string,
    });
    expect(await refusal('torn.csv.gz', 'no gzip')).toMatchObject({
      message: expect.stringContaining('torn.csv.gz: cannot be read') as string,
    });
  });

  it('and one that can be is not', async () => {
    const good = 'txn,outcome,posted\n1,CB,2026-12-01\n';
    for (const [name, content] of [
      ['good.csv', good],
      ['good.csv.gz', gzipSync(good)],
    ] as const) {
      expect(await refusal(name, content)).toMatchObject({
        message: expect.stringContaining('no worker ran here') as string,
      });
    }
  });

  it('of a list just the same', async () => {
    await writeFile(map, 'value: card\nkind: {value: cards}\n');
    const missing = join(folder, 'gone.csv');
    await expect(importList(missing, { ...flags(), list: 'block' })).rejects.toThrow(
      'gone.csv: there is no such file',
    );
  });
});

describe('--expires', () => {
  it('names an instant, with its offset', () => {
    expect(instantOf('--expires', '2027-01-01T00:00:00+08:00')).toBe(Date.UTC(2026, 11, 31, 16));
    for (const text of ['2027-01-01', '2027-01-01T00:00:00', 'soon', '2027-02-30T00:00:00Z']) {
      expect(() => instantOf('--expires', text)).toThrow(
        `--expires ${text}: write an instant with its offset`,
      );
    }
  });

  it('is refused before anybody looks for a worker', async () => {
    const asked = addToList('block', 'devices', ['d'], { ...flags(), expires: '2027-01-01' });
    await expect(asked).rejects.toThrow('--expires 2027-01-01: write an instant with its offset');
  });
});
