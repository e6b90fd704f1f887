/** The README is run: its event, its map, its commands, its chapter on tuning. */

import { existsSync } from 'node:fs';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { endAll, newFolder, ROOT, run, startIn } from '../support/cli.ts';

/** Commands whose first word names a group of them. */
const GROUPS = new Set(['campaign', 'config', 'label', 'ledger', 'list', 'proposals']);
const COMMAND = /npm run --silent sheepdog -- ([^\n`&|]+)/g;

let readme: string;
let folder: string;
beforeAll(async () => {
  readme = await readFile(join(ROOT, 'README.md'), 'utf8');
  folder = await newFolder();
});
afterAll(endAll);

/** The first fenced block of a language whose text holds a word. */
function block(language: string, word: string): string {
  const blocks = readme.matchAll(new RegExp('```' + language + '\\n([^]*?)```', 'g'));
  return [...blocks].map(([, text]) => text!).find((text) => text.includes(word))!;
}

describe('the README', () => {
  it('shows an event that is decided and rewarded when it is posted as the table says', async () => {
    const worker = startIn(join(folder, 'data'));
    const address = await worker.ready();
    const post = async (): Promise<unknown> => {
      const answer = await fetch(`${address}/v1/events`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: block('json', 'occurredAt'),
      });
      return await answer.json();
    };
    // Asked again while its rewards are pending.
    await expect.poll(post, { timeout: 100_000 }).toMatchObject({
      status: 200,
      verdict: 'allow',
      rewards: expect.arrayContaining([
        expect.objectContaining({ offerId: 'friday-off', state: 'posted' }),
      ]) as unknown,
    });
    expect((await worker.stop()).code).toBe(0);
  });

  it('shows a map with which a CSV of such columns is read', async () => {
    const map = join(folder, 'map.yaml');
    const csv = join(folder, 'events.csv');
    await writeFile(map, block('yaml', 'map.yaml'));
    await writeFile(
      csv,
      'transaction_id,ts,card,amount,cbk\nt-1,2026-03-06 10:00:00,c-1,12.50,1\nt-2,2026-03-06 10:01:00,c-2,3.99,0\n',
    );
    const ended = await run(['backtest', '--input', csv, '--map', map]);
    expect(ended.code, ended.stderr).toBe(0);
    expect(JSON.parse(ended.stdout)).toMatchObject({ events: 2, positives: 1 });
  });

  it('tunes a threshold on history as its chapter does', async () => {
    const chapter = block('sh', '--against');
    const history = join(folder, 'history.ndjson');
    const candidate = join(folder, 'candidate');
    await cp(join(ROOT, 'config'), candidate, { recursive: true });
    const detectors = join(candidate, 'detectors.yaml');
    const text = await readFile(detectors, 'utf8');
    await writeFile(detectors, text.replace(/(same-device:[^]*?review: *)\d+/, '$11'));
    const commands = [...chapter.matchAll(COMMAND)].map(([, line]) =>
      line!
        .trim()
        .split(/\s+/)
        .map((word) => ({ 'history.ndjson': history, candidate })[word] ?? word),
    );
    expect(commands.map(([name]) => name)).toEqual(['simulate', 'backtest']);
    // Half an hour is more than is needed to see a difference.
    const simulated = await run([...commands[0]!, '--minutes', '5']);
    expect(simulated.code, simulated.stderr).toBe(0);
    const tried = await run(commands[1]!);
    expect(tried.code, tried.stderr).toBe(0);
    const report = JSON.parse(tried.stdout) as { against: { changed: number } };
    expect(report.against.changed).toBeGreaterThan(0);
  });

  it('names only commands and options that there are', async () => {
    const written = [...readme.matchAll(COMMAND)].map(([, line]) => line!.trim());
    expect(written.length).toBeGreaterThan(6);
    const helps = new Map<string, string>();
    for (const line of written) {
      const words = line.split(/\s+/).filter((word) => !word.startsWith('<'));
      const name = words.slice(0, GROUPS.has(words[0]!) ? 2 : 1);
      const key = name.join(' ');
      if (!helps.has(key)) {
        const help = await run([...name, '--help']);
        expect(help.code, key).toBe(0);
        helps.set(key, help.stdout);
      }
      for (const option of line.match(/--[a-z-]+/g) ?? []) {
        expect(helps.get(key), `${line}: ${option}`).toContain(option);
      }
    }
  });

  it('points only at files and folders that there are', () => {
    const links = [...readme.matchAll(/\]\(([^)#:]+)\)/g)].map(([, path]) => path!);
    expect(links.length).toBeGreaterThan(3);
    const missing = links.filter((path) => !existsSync(join(ROOT, path)));
    expect(missing).toEqual([]);
  });
});
