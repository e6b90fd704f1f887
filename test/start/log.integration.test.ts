/** What a run tells on standard error: its log where nobody watches, its summary where somebody waits for the end. */

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { configWith, endAll, newFolder, startIn } from '../support/cli.ts';

afterAll(endAll);

const payment = {
  ...{ id: 'p-1', type: 'payment', occurredAt: '2026-11-20T10:00:03+08:00', accountId: 'a-1' },
  ...{ deviceId: 'd-1', amount: 25_000, currency: 'CNY' },
};
const DECIDED = /"eventId":"p-1","decisionId":"dec_p-1","verdict":"block".*"msg":"decided"/;

describe('the log', () => {
  it('of a service names each block with the ids of event and decision', async () => {
    const worker = startIn(join(await newFolder(), 'data'));
    const address = await worker.ready();
    const post = (path: string, body: unknown): Promise<Response> =>
      fetch(`${address}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    const entries = [{ kind: 'devices', value: 'd-1' }];
    const added = await post('/v1/lists/block', { actor: 'li', reason: 'farm', entries });
    expect(added.status).toBe(200);
    expect((await (await post('/v1/events', payment)).json()) as object).toMatchObject({
      verdict: 'block',
    });
    await worker.said(DECIDED);
    await worker.stop();
  });

  it('tells of a source whose addresses are none, and the metrics count them', async () => {
    const worker = startIn(join(await newFolder(), 'data'));
    const address = await worker.ready();
    const ip = '203.0.113.9, 10.0.0.1';
    const response = await fetch(`${address}/v1/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...payment, ip }),
    });
    expect(response.status).toBe(200);
    await worker.said(/"source":"http","eventId":"p-1","msg":"ip is no address, or several/);
    expect(await (await fetch(`${address}/metrics`)).text()).toContain(
      'sheepdog_mistaken_values_total{field="ip"} 1\n',
    );
    await worker.stop();
  });

  it('of a run over a file gives way to the summary, unless its level is named', async () => {
    const folder = await newFolder();
    const file = join(folder, 'events.ndjson');
    await writeFile(file, `${JSON.stringify(payment)}\n`);
    const lists = 'devices: [{ value: d-1, reason: farm, author: li }]\n';
    const ran = async (name: string, log: object): Promise<string> => {
      const config = await configWith({ log });
      await writeFile(join(config, 'lists', 'block.yaml'), lists);
      const args = ['--config', config, '--input', file, '--exit-when-done'];
      const ended = await startIn(join(folder, name), args).ended;
      expect(ended.code, ended.stderr).toBe(0);
      expect(ended.stdout).toMatch(/block +1 +1\n/);
      return ended.stderr;
    };
    const told = await ran('quiet', {});
    expect(told).not.toContain('"level":30');
    expect(told).toMatch(/1 events .* block 1 /);
    expect(await ran('named', { level: 'info' })).toMatch(DECIDED);
  });
});
