/** Orders that want a second person, whatever they change: kept over a kill, obeyed when somebody else confirms them. */

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { askRecord } from '../support/ask-record.ts';
import { configWith, endAll, newFolder, run, startIn } from '../support/cli.ts';
import { Crowd, send } from './trial-campaign.ts';

afterAll(endAll);

async function post(url: string, body: object): Promise<string> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ reason: 'because', ...body }),
  });
  const told = (await answer.json()) as { message?: string; error?: { message: string } };
  return `${answer.status} ${told.message ?? told.error?.message ?? ''}`;
}

describe('dual control of all', () => {
  it('holds lists, exclusions, labels of a file and the configuration, over a kill, until another person confirms', async () => {
    const data = join(await newFolder(), 'data');
    const config = await configWith({ freezing: { dualControl: 'all' } });
    let worker = startIn(data, ['--config', config]);
    let address = await worker.ready();
    const crowd = new Crowd();
    const first = crowd.of('points', 'v');
    await send(address, first);
    const csv = join(data, 'labels.csv');
    const map = join(data, 'map.yaml');
    await writeFile(csv, `txn,at\n${first.id},2026-12-20\nnobody,2026-12-20\n`);
    await writeFile(
      map,
      'decision: txn\nlabel: {value: false_positive}\nat: {column: at, format: yyyy-MM-dd, zone: Asia/Shanghai}\n',
    );
    const ask = ['--reason', 'ring', '--actor', 'li', '--data', data];
    const imported = await run(['label', 'import', csv, '--map', map, ...ask]);
    expect(imported.code, imported.stderr).toBe(0);
    expect(imported.stdout).toMatch(/2 wait for a second person: `proposals approve request_/);
    const entries = [{ kind: 'accounts', value: 'a-v' }];
    expect(await post(`${address}/v1/lists/block`, { actor: 'li', entries })).toMatch(/^200 waits/);
    const shop = { kind: 'devices', value: 'd-shop' };
    const excluded = await post(`${address}/v1/exclusions/add`, { actor: 'li', ...shop });
    expect(excluded).toMatch(/^200 waits/);
    expect(await post(`${address}/v1/config/rollback`, { actor: 'li' })).toMatch(/^200 waits/);
    expect(await send(address, crowd.of('points', 'v'))).toMatchObject({ verdict: 'allow' });
    await worker.kill();

    worker = startIn(data, ['--config', config]);
    address = await worker.ready();
    const { proposals } = (await (await fetch(`${address}/v1/proposals`)).json()) as {
      proposals: { id: string; order: string }[];
    };
    const orders = proposals.map(({ order }) => order);
    expect(orders).toEqual([
      `labels: dec_${first.id} false_positive, dec_nobody false_positive`,
      'list add block: accounts a-v',
      'exclusion add devices d-shop',
      expect.stringMatching(/^config rolled_back \w+/),
    ]);
    const words: string[] = [];
    for (const { id } of proposals) {
      const path = `${address}/v1/proposals/${id}/approve`;
      expect(await post(path, { actor: 'li' })).toMatch(/^409 li gave this order/);
      words.push(await post(path, { actor: 'wang' }));
    }
    expect(words).toEqual([
      '200 1 decisions labelled, 0 stood already, 1 refused',
      '200 accounts a-v is on the block list from the next event on',
      expect.stringMatching(/^200 device/),
      '409 there is no version to go back to',
    ]);
    expect(await send(address, crowd.of('points', 'v'))).toMatchObject({ verdict: 'block' });
    const ended = await worker.stop();
    expect(ended.code, ended.stderr).toBe(0);
    const [labels, lists] = await askRecord(
      data,
      'SELECT event_id AS id, toString(label) AS label, reason FROM labels FINAL',
      'SELECT value, reason FROM list_changes FINAL',
    );
    expect(labels).toEqual([
      { id: first.id, label: 'false_positive', reason: 'ring (confirmed by wang: because)' },
    ]);
    expect(lists).toEqual([{ value: 'a-v', reason: 'because (confirmed by wang: because)' }]);
  });
});
