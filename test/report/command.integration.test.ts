import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CampaignReport } from '../../pipeline/report/document.ts';
import { ClickHouseServer } from '../record/clickhouse-server.ts';
import { configWith, endAll, newFolder, run, startIn } from '../support/cli.ts';

const CAMPAIGN = `
id: autumn
title: 秋季满减
timezone: Asia/Shanghai
currency: CNY
terms: 名额有限、先到先得
window: { from: '2026-11-01T00:00:00+08:00', to: '2026-12-01T00:00:00+08:00' }
budgets: { total: { limit: 1000000 } }
offers:
  - { id: spend, title: 满200减30, budget: total, atLeast: 20000, off: 3000, quota: { max: 100 }, limits: [{ per: [customer], max: 1 }] }
targets: { payments: 2 }
`;

const payment = (id: string, accountId: string, amount: number): string =>
  JSON.stringify({
    id,
    type: 'payment',
    occurredAt: '2026-11-20T10:00:03+08:00',
    accountId,
    amount,
    currency: 'CNY',
  });

let folder: string;
let config: string;
let data: string;
beforeAll(async () => {
  folder = await newFolder();
  data = join(folder, 'data');
  config = await configWith({});
  await writeFile(join(config, 'campaigns', 'autumn.yaml'), CAMPAIGN);
});
afterAll(endAll);

const report = (...args: readonly string[]) =>
  run(['report', '--config', config, '--data', data, ...args]);

describe('report', () => {
  test('reads what a worker has left, and asks the worker while there is one', async () => {
    const worker = startIn(data, ['--config', config]);
    const address = await worker.ready();
    for (const line of [payment('p1', 'a1', 25_000), payment('p2', 'a2', 10_000)]) {
      const answer = await fetch(`${address}/v1/events`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: line,
      });
      expect(answer.status).toBe(200);
    }
    const asked = async (): Promise<string> =>
      (await fetch(`${address}/v1/campaigns/autumn/report?marginBp=75`)).text();
    const standing = async (): Promise<unknown> => {
      const { figures, notes } = JSON.parse(await asked()) as CampaignReport;
      const unwritten = notes.filter((note) => note.includes('still to be written'));
      return [figures['payments']!.value, figures['cost']!.value, unwritten];
    };
    // Two answers say the same only once every row of these payments and of what they earn is written.
    await expect.poll(standing, { timeout: 100_000 }).toEqual([2, 3000, []]);
    const beside = await report('--campaign', 'autumn', '--margin-bp', '75');
    expect(beside.code, beside.stderr).toBe(0);
    expect(JSON.parse(beside.stdout)).toEqual(JSON.parse(await asked()));
    expect(beside.stdout).toContain('秋季满减');
    const page = join(folder, 'report.html');
    expect((await report('--campaign', 'autumn', '--out', page)).code).toBe(0);
    expect(await readFile(page, 'utf8')).toContain('<h1>秋季满减</h1>');
    const other = await report('--campaign', 'winter');
    expect([other.code, other.stderr]).toEqual([
      1,
      expect.stringMatching(/^sheepdog: there is no campaign "winter": there are .*autumn.*\n$/),
    ]);
    expect((await worker.stop()).code).toBe(0);

    const json = join(folder, 'report.json');
    const written = await report('--campaign', 'autumn', '--out', page, '--json', json);
    expect(written.code, written.stderr).toBe(0);
    expect(written.stdout).toBe('');
    expect(written.stderr).toBe(`the report is in ${page}\nthe report is in ${json}\n`);
    const found = JSON.parse(await readFile(json, 'utf8')) as CampaignReport;
    expect(found.figures).toMatchObject({
      payments: { value: 2 },
      amount: { value: 35_000 },
      cost: { value: 3000 },
      participants: { value: 1 },
    });
    expect(found.sections['rewards']!.tables['quotas']!.rows).toMatchObject([
      { name: 'spend', left: 99 },
    ]);
    expect(await readFile(page, 'utf8')).toContain('<h1>秋季满减</h1>');

    const printed = await report('--campaign', 'autumn');
    expect(JSON.parse(printed.stdout)).toEqual(found);
  });

  test('a cluster without its address, or with a record of another version, is one clear line', async () => {
    const cluster = ['report', '--config', config, '--profile', 'cluster', '--campaign', 'autumn'];
    const nowhere = await run(cluster);
    expect([nowhere.code, nowhere.stderr]).toEqual([
      2,
      'sheepdog: the cluster profile needs CLICKHOUSE_URL\n',
    ]);
    const server = new ClickHouseServer();
    await server.start();
    server.select = (_sql, response) => {
      response.writeHead(404, { 'x-clickhouse-exception-code': '60' });
      response.end('Code: 60. DB::Exception: Unknown table expression identifier events');
    };
    try {
      const old = await run(cluster, { env: { CLICKHOUSE_URL: server.url } });
      expect(old.code).toBe(1);
      expect(old.stderr).toMatch(
        /^sheepdog: http:\S+: the record cannot be read: ClickHouse: .*Unknown table.*`sheepdog migrate` first\n$/,
      );
    } finally {
      await server.stop();
    }
  });

  test.each([
    [
      ['--campaign', 'winter'],
      2,
      /^sheepdog: there is no campaign "winter": the configured ones are .*autumn/,
    ],
    [
      ['--campaign', 'autumn', '--out', '/proc/nowhere/x.html'],
      1,
      /^sheepdog: \/proc\/nowhere\/x.html: the report cannot be written: /,
    ],
    [['--campaign', 'autumn', '--margin-bp', '-1'], 2, /write a whole number from 0 on/],
    [[], 2, /required option '--campaign <id>'/],
  ])('%j ends with one clear line', async (args, code, line) => {
    const ended = await report(...args);
    expect(ended.stderr).toMatch(line);
    expect(ended.stderr).not.toContain('    at ');
    expect(ended.code).toBe(code);
  });
});
