import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { askRecord } from '../support/ask-record.ts';
import { configWith, endAll, newFolder, run, startIn } from '../support/cli.ts';

const CARD = '4111111111111111';

async function ask(
  url: string,
  method = 'GET',
  body?: unknown,
): Promise<{ readonly status: number; readonly json: Record<string, unknown> }> {
  const answer = await fetch(url, {
    method,
    ...(body !== undefined && {
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }),
  });
  return { status: answer.status, json: (await answer.json()) as Record<string, unknown> };
}

const linesOf = (text: string): Record<string, unknown>[] =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

const payment = (id: string, fields: object = {}): unknown => ({
  ...{ id, type: 'payment', occurredAt: '2026-11-20T10:00:03+08:00', accountId: `acc-${id}` },
  ...{ amount: 25_000, currency: 'CNY', ...fields },
});

afterAll(endAll);

const said = { actor: 'li', reason: 'chargeback ring' };

describe('the lists of a running worker', () => {
  it('change by HTTP, by the command line and by a file, explain decisions, and stand after a kill', async () => {
    const folder = await newFolder();
    const data = join(folder, 'data');
    let worker = startIn(data);
    let address = await worker.ready();
    const verdictOf = async (event: unknown): Promise<unknown> =>
      (await ask(`${address}/v1/events`, 'POST', event)).json['verdict'];

    const entries = [
      { kind: 'cards', value: CARD },
      { kind: 'ips', value: '203.0.113.7/24' },
      { kind: 'ips', value: '203.0.113.0/xx' },
    ];
    const added = await ask(`${address}/v1/lists/block`, 'POST', { ...said, entries });
    expect(added.json['items']).toMatchObject({ done: 2, refused: [{ index: 2 }] });
    expect(await verdictOf(payment('p-1', { cardId: CARD }))).toBe('block');
    expect(await verdictOf(payment('p-2', { ip: '203.0.113.9' }))).toBe('block');

    const watched = await run([
      'list',
      'add',
      'watch',
      'devices',
      'd-1',
      '--reason',
      'farm',
      '--data',
      data,
    ]);
    expect(watched.code, watched.stderr).toBe(0);
    expect(await verdictOf(payment('p-3', { deviceId: 'd-1' }))).toBe('review');

    const csv = join(folder, 'allow.csv');
    const map = join(folder, 'map.yaml');
    const rejects = join(folder, 'rejects.csv');
    await writeFile(
      csv,
      `no,why,until\nacc-p-4,vip,\nacc-x,vip,2020-01-01\nunknown,vip,\nacc-y,vip,soon\n`,
    );
    await writeFile(map, `value: no\nkind: accounts\nreason: why\nexpires: until\n`);
    const importing = [
      'list',
      'import',
      csv,
      '--list',
      'allow',
      '--map',
      map,
      '--rejects',
      rejects,
    ];
    const imported = await run([...importing, '--reason', 'vip', '--data', data]);
    expect(imported.stdout).toContain('allow list: 1 taken, 0 stood already, 3 refused');
    expect(imported.code).toBe(1);
    const refusals = await readFile(rejects, 'utf8');
    expect(refusals).toMatch(/^line,why,no,why,until\n/);
    expect(refusals).toMatch(/5,the end cannot be read as a time,acc-y/);
    expect(refusals).toMatch(/3,"?it ended already/);
    expect(refusals).toMatch(/4,the value is a placeholder[^\n]*,unknown/);
    const again = await run([...importing, '--reason', 'vip', '--data', data]);
    expect(again.stdout).toContain('allow list: 0 taken, 1 stood already, 3 refused');

    await worker.until(async () => {
      const { json } = await ask(`${address}/v1/decisions/dec_p-2`);
      return json['listed'] === undefined ? undefined : json;
    });
    const decision = (await ask(`${address}/v1/decisions/dec_p-2`)).json;
    expect(decision['listed']).toMatchObject([
      {
        list: 'block',
        kind: 'ips',
        value: '203.0.113.0/24',
        reason: 'chargeback ring',
        author: 'li',
      },
    ]);

    await worker.kill();
    worker = startIn(data);
    address = await worker.ready();
    expect(await verdictOf(payment('p-5', { cardId: CARD }))).toBe('block');
    expect(await verdictOf(payment('p-6', { deviceId: 'd-1' }))).toBe('review');
    expect(await verdictOf(payment('p-4', { deviceId: 'd-1' }))).toBe('allow');

    const range = encodeURIComponent('203.0.113.99/24');
    const one = await ask(`${address}/v1/lists/block/ips/${range}`);
    expect(one.json).toMatchObject({ value: '203.0.113.0/24', addedBy: 'li' });
    const removed = await ask(`${address}/v1/lists/block/ips/${range}`, 'DELETE', said);
    expect(removed.status).toBe(200);
    expect(await verdictOf(payment('p-7', { ip: '203.0.113.9' }))).toBe('allow');
    expect((await ask(`${address}/v1/lists/block/ips/${range}`, 'DELETE', said)).status).toBe(409);
    expect((await ask(`${address}/v1/lists/grey`)).status).toBe(404);

    const beside = async (): Promise<Record<string, unknown>[]> => {
      const asked = await run(['list', 'show', '--data', data]);
      expect(asked.code, asked.stderr).toBe(0);
      return linesOf(asked.stdout);
    };
    await expect.poll(beside, { timeout: 100_000 }).toHaveLength(3);
    const told = await beside();
    const ended = await worker.stop();
    expect(ended.code, ended.stderr).toBe(0);
    const shown = await run(['list', 'show', '--data', data]);
    const lines = linesOf(shown.stdout);
    expect(lines).toHaveLength(3);
    expect(lines).toMatchObject([
      { list: 'block', kind: 'cards' },
      { list: 'allow' },
      { list: 'watch' },
    ]);
    // The worker, which alone has the record while it runs, is asked for the same.
    const named = lines.map(({ list, kind, value, entryId }) => ({ list, kind, value, entryId }));
    expect(told).toMatchObject(named);
    expect(shown.stdout).not.toContain(CARD);
  });
});

describe('who is told that an order was obeyed', () => {
  it('finds it in the record, however seldom that is written by itself', async () => {
    const folder = await newFolder();
    const data = join(folder, 'data');
    const config = await configWith({ record: { flushEveryMs: '1h' } });
    const worker = startIn(data, ['--config', config]);
    const address = await worker.ready();
    const standing = async (): Promise<unknown> =>
      (await ask(`${address}/v1/lists/watch`)).json['entries'];
    const devices = [{ kind: 'devices', value: 'd-9' }];
    await ask(`${address}/v1/lists/watch`, 'POST', { ...said, entries: devices });
    // A record that takes its time is not waited for to the end, and shows it a moment later.
    const shown = { timeout: 100_000 };
    await expect.poll(standing, shown).toMatchObject(devices);
    await ask(`${address}/v1/lists/watch/devices/d-9`, 'DELETE', said);
    await expect.poll(standing, shown).toEqual([]);
    await run(['list', 'add', 'watch', 'devices', 'd-10', '--reason', 'farm', '--data', data]);
    await expect.poll(standing, shown).toMatchObject([{ value: 'd-10' }]);
    const ended = await worker.stop();
    expect(ended.code, ended.stderr).toBe(0);
  });
});

describe('labels of a file', () => {
  it('are kept with the delay of the bank, once, and what names no decision is told', async () => {
    const folder = await newFolder();
    const data = join(folder, 'data');
    const worker = startIn(data);
    const address = await worker.ready();
    for (const id of ['p-1', 'p-2']) await ask(`${address}/v1/events`, 'POST', payment(id));
    const csv = join(folder, 'chargebacks.csv');
    const map = join(folder, 'map.yaml');
    await writeFile(
      csv,
      `txn;outcome;posted\np-1;CB;2026-12-20\ndec_p-2;OK;2026-12-21\np-3;CB;2026-12-20\np-1;CB;2026-12-20\np-2;??;2026-12-20\n`,
    );
    await writeFile(
      map,
      `csv: {delimiter: ";"}\ndecision: txn\nlabel: {column: outcome, confirmed: [CB], falsePositive: [OK]}\nat: {column: posted, format: yyyy-MM-dd, zone: Asia/Shanghai}\nwho: {value: bank}\n`,
    );
    const importing = [
      'label',
      'import',
      csv,
      '--map',
      map,
      '--reason',
      'chargebacks',
      '--data',
      data,
    ];
    const first = await run(importing);
    expect(first.stdout).toContain('labels: 2 taken, 1 stood already, 2 refused');
    expect(first.stderr).toMatch(/line 4: there is no decision dec_p-3/);
    expect(first.stderr).toMatch(/line 6: the label is none of those that the map names/);
    expect(first.code).toBe(1);
    const word = await run([
      'label',
      'p-1',
      'false_positive',
      '--reason',
      'called',
      '--data',
      data,
    ]);
    expect(word.code, word.stderr).toBe(0);
    const second = await run(importing);
    expect(second.stdout).toContain('labels: 0 taken, 3 stood already, 2 refused');
    const ended = await worker.stop();
    expect(ended.code, ended.stderr).toBe(0);
    const [rows] = await askRecord(
      data,
      `SELECT event_id AS id, toString(label) AS label, actor, toString(labelled_at) AS at FROM labels FINAL ORDER BY arrival`,
    );
    expect(rows).toEqual([
      { id: 'p-1', label: 'confirmed', actor: 'bank', at: '2026-12-19 16:00:00.000' },
      { id: 'p-2', label: 'false_positive', actor: 'bank', at: '2026-12-20 16:00:00.000' },
      expect.objectContaining({ id: 'p-1', label: 'false_positive', actor: 'analyst' }),
    ]);
  });

  it('ask for a worker', async () => {
    const data = join(await newFolder(), 'data');
    const worker = startIn(data);
    await worker.ready();
    await worker.stop();
    const map = join(data, 'map.yaml');
    await writeFile(map, 'value: v\nkind: accounts\n');
    const csv = join(data, 'list.csv');
    await writeFile(csv, 'v\na-1\n');
    const ended = await run([
      'list',
      'import',
      csv,
      '--list',
      'block',
      '--map',
      map,
      '--reason',
      'x',
      '--data',
      data,
    ]);
    expect(ended.code).toBe(1);
    expect(ended.stderr).toMatch(/no worker runs with/);
  });
});
