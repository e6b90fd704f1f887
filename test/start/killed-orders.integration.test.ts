/** Orders and a worker that is killed after it obeyed them, or before anybody did. */

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { privateRedisRuns } from '../../pipeline/reward/redis.ts';
import { askRecord } from '../support/ask-record.ts';
import { endAll, newFolder, run, startIn } from '../support/cli.ts';
import { Crowd, send } from './trial-campaign.ts';

afterAll(endAll);

const said = { actor: 'li', reason: 'because' };

async function post(url: string, body: object): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  expect(answer.status).toBe(200);
}

interface Exclusions {
  readonly entries: readonly { readonly value: string }[];
}

/** What orders excluded. */
async function excluded(address: string): Promise<string[]> {
  const { entries } = (await (await fetch(`${address}/v1/exclusions`)).json()) as Exclusions;
  return entries.map(({ value }) => value).filter((value) => value.startsWith('d-'));
}

describe('orders about lists, exclusions and labels', () => {
  it('that were obeyed are in force before the first event after a kill', async () => {
    const data = join(await newFolder(), 'data');
    let worker = startIn(data);
    let address = await worker.ready();
    const crowd = new Crowd();
    const first = crowd.of('points', 'v');
    await send(address, first);
    const csv = join(data, 'labels.csv');
    const map = join(data, 'map.yaml');
    await writeFile(csv, `txn,at\n${first.id},2026-12-20\n`);
    await writeFile(
      map,
      'decision: txn\nlabel: {value: confirmed}\nat: {column: at, format: yyyy-MM-dd, zone: Asia/Shanghai}\n',
    );
    const importing = ['label', 'import', csv, '--map', map, '--reason', 'cb', '--data', data];
    expect((await run(importing)).code).toBe(0);
    const entries = [{ kind: 'accounts', value: 'a-w' }];
    await post(`${address}/v1/lists/block`, { ...said, entries });
    const shop = { kind: 'devices', value: 'd-shop' };
    await post(`${address}/v1/exclusions/add`, { ...said, ...shop });
    await worker.kill();

    worker = startIn(data);
    address = await worker.ready();
    expect(await send(address, crowd.of('points', 'w'))).toMatchObject({ verdict: 'block' });
    expect(await excluded(address)).toEqual(['d-shop']);
    const again = await run(importing);
    expect(again.stdout).toContain('labels: 0 taken, 1 stood already, 0 refused');
    const ended = await worker.stop();
    expect(ended.code, ended.stderr).toBe(0);
    const rows = await askRecord(
      data,
      'SELECT event_id AS id, toString(label) AS label FROM labels FINAL',
      'SELECT toString(op) AS op, value FROM list_changes FINAL',
      'SELECT toString(op) AS op, value FROM exclusion_changes FINAL',
    );
    expect(rows).toEqual([
      [{ id: first.id, label: 'confirmed' }],
      [{ op: 'add', value: 'a-w' }],
      [{ op: 'add', value: 'd-shop' }],
    ]);
  });

  it('that no worker had obeyed when it was killed are obeyed by the next one, once, in their order', async () => {
    const data = join(await newFolder(), 'data');
    let worker = startIn(data);
    await worker.ready();
    await worker.kill();
    // Its Redis ends a moment after it: an order before that would meet it as it goes.
    await expect.poll(() => privateRedisRuns(data), { timeout: 100_000 }).toBe(false);
    const order = async (...args: string[]): Promise<void> => {
      const ended = await run([...args, '--reason', 'ring', '--data', data]);
      expect(ended.stdout, ended.stderr).toMatch(/queued as .* the next one obeys it first/);
    };
    await order('list', 'add', 'block', 'accounts', 'a-v', 'a-w');
    await order('list', 'remove', 'block', 'accounts', 'a-v');
    await order('exclusion', 'add', 'devices', 'd-shop');

    worker = startIn(data);
    const address = await worker.ready();
    const crowd = new Crowd();
    expect(await send(address, crowd.of('points', 'w'))).toMatchObject({ verdict: 'block' });
    expect(await send(address, crowd.of('points', 'v'))).toMatchObject({ verdict: 'allow' });
    expect(await excluded(address)).toEqual(['d-shop']);
    expect((await worker.stop()).code).toBe(0);
    const [changes] = await askRecord(
      data,
      'SELECT toString(op) AS op, value FROM list_changes FINAL ORDER BY arrival',
    );
    expect(changes).toEqual([
      { op: 'add', value: 'a-v' },
      { op: 'add', value: 'a-w' },
      { op: 'remove', value: 'a-v' },
    ]);
  });
});
