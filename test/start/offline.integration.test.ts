import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { BacktestReport } from '../../pipeline/backtest/report.ts';
import { seededRandom } from '../../pipeline/clock.ts';
import { configWith, endAll, newFolder, run } from '../support/cli.ts';

let folder: string;
let stream: string;
let lines: string[];
beforeAll(async () => {
  folder = await newFolder();
  stream = join(folder, 'stream.ndjson');
  const ended = await run(['simulate', '--out', stream, '--minutes', '6', '--seed', '3']);
  expect(ended.code, ended.stderr).toBe(0);
  lines = (await readFile(stream, 'utf8')).trimEnd().split('\n');
});
afterAll(endAll);

describe('simulate', () => {
  it('writes the same stream for the same seed and another one for another', async () => {
    const simulate = async (seed: string): Promise<string> => {
      const args = ['simulate', '--out', '-', '--minutes', '6', '--seed', seed];
      return (await run(args)).stdout;
    };
    const [same, other] = await Promise.all([simulate('3'), simulate('4')]);
    expect(same).toBe(`${lines.join('\n')}\n`);
    expect(other).not.toBe(same);
  });

  it('refuses a start without an offset and an unknown attack in one line', async () => {
    const nowhere = ['simulate', '--out', '-'];
    for (const wrong of [
      ['--start', '2026-11-20 08:00'],
      ['--attack', 'zombies'],
    ]) {
      const ended = await run([...nowhere, ...wrong]);
      expect(ended.code, ended.stderr).toBe(2);
      expect(ended.stderr.trimEnd().split('\n')).toHaveLength(1);
      expect(ended.stderr).toContain(wrong[1]);
    }
  });
});

describe('backtest', () => {
  it('gives the same report for a shuffled file, with labels judged', async () => {
    const shuffled = join(folder, 'shuffled.ndjson');
    const random = seededRandom(7);
    const order = lines
      .map((line) => ({ line, at: random() }))
      .toSorted((a, b) => a.at - b.at)
      .map(({ line }) => line);
    expect(order).not.toEqual(lines);
    await writeFile(shuffled, order.join('\n'));
    const [report, again] = [await backtest(stream), await backtest(shuffled)];
    const timeless = ({ seconds: _, eventsPerSecond: __, ...rest }: BacktestReport): unknown =>
      rest;
    expect(timeless(again)).toEqual(timeless(report));
    expect(report.events).toBe(lines.length);
    expect(report.configVersion).toMatch(/^\w{12}$/);
    expect(report.positives).toBeGreaterThan(50);
    expect(report.policy.precision).toBeGreaterThan(0.5);
    expect(Object.values(report.detectors).some(({ flagged }) => flagged > 0)).toBe(true);
  });

  it('finds that the same configuration changes nothing, and that another one does', async () => {
    const own = await backtest(stream, '--against', 'config');
    expect(own.against).toMatchObject({ changed: 0, decisions: [], policy: own.policy });
    const strict = await configWith({ policy: { independentFindings: 1 } });
    const other = await backtest(stream, '--against', strict);
    expect(other.against?.changed).toBeGreaterThan(0);
    expect(other.against?.configVersion).not.toBe(other.configVersion);
  });

  it('writes the report to a file, or ends with exit code 1 and one line when it cannot', async () => {
    const path = join(folder, 'report.json');
    const ended = await run(['backtest', '--input', stream, '--report', path]);
    expect([ended.code, ended.stdout]).toEqual([0, '']);
    expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({ events: lines.length });
    const impossible = join(folder, 'nowhere', 'report.json');
    const failed = await run(['backtest', '--input', stream, '--report', impossible]);
    expect(failed.code).toBe(1);
    expect(failed.stderr).toContain(`${impossible}: the report cannot be written`);
    expect(failed.stderr).not.toMatch(/^\s+at /m);
  });
});

describe('config', () => {
  it('check accepts the shipped one and show prints it with the version that check names', async () => {
    const [checked, shown] = await Promise.all([run(['config', 'check']), run(['config', 'show'])]);
    expect([checked.code, shown.code]).toEqual([0, 0]);
    const version = /no errors, version (\w{12})$/m.exec(checked.stdout)![1];
    const effective = parse(shown.stdout) as Record<string, object>;
    expect(effective['version']).toBe(version);
    expect(effective['detectors']).toHaveProperty('same-ip');
    expect(effective['system']).toHaveProperty('http.port', 8787);
  });

  it('check prints what must not be published, with its place, and fails', async () => {
    const config = join(folder, 'superlative');
    await cp(join(import.meta.dirname, '../../config'), config, { recursive: true });
    const path = join(config, 'campaigns', 'bill-payment.yaml');
    const text = await readFile(path, 'utf8');
    await writeFile(path, text.replace(/^title: .*$/m, 'title: 最优惠缴费'));
    const { code, stdout, stderr } = await run(['config', 'check', '--config', config]);
    expect(code).toBe(2);
    expect(stdout).toMatch(/bill-payment\.yaml:\d+:8: error: advertising law forbids superlatives/);
    expect(stdout).toContain('note: total: at worst');
    expect(stderr).toContain('not to be published: 1 error');
  });

  it('check runs the examples of rules, and names the one that is not so', async () => {
    const config = join(folder, 'untrue');
    await cp(join(import.meta.dirname, '../../config'), config, { recursive: true });
    const path = join(config, 'rules', 'accounts.yaml');
    const text = await readFile(path, 'utf8');
    await writeFile(path, text.replace('measure: 15 }', 'measure: 16 }'));
    const { code, stdout, stderr } = await run(['config', 'check', '--config', config]);
    expect(code).toBe(2);
    expect(stdout).toMatch(
      /accounts\.yaml:19:\d+: error: new-accounts-from-one-network: the example "the fifteenth account of a \/24 within the hour is reviewed" finds review at 15, not review at 16$/m,
    );
    expect(stderr).toContain('1 error');
  });

  it('check reads the file of operators as the start will, and tells of it beside all else', async () => {
    const config = join(folder, 'unknown-operators');
    await cp(join(import.meta.dirname, '../../config'), config, { recursive: true });
    const path = join(config, 'rules', 'accounts.yaml');
    const text = await readFile(path, 'utf8');
    await writeFile(path, text.replace('measure: 15 }', 'measure: 16 }'));
    await writeFile(join(config, 'sheepdog.yaml'), 'networks: { asnDatabase: /none/asn.mmdb }\n');
    const { code, stdout, stderr } = await run(['config', 'check', '--config', config]);
    expect(code).toBe(2);
    expect(stdout).toMatch(
      /sheepdog\.yaml: error: networks\.asnDatabase: \/none\/asn\.mmdb cannot be read: .*: name an MMDB file/,
    );
    expect(stdout).toContain('accounts.yaml:19:');
    expect(stderr).toContain('2 errors');
  });

  it('schema describes every file', async () => {
    const { code, stdout } = await run(['config', 'schema']);
    expect(code).toBe(0);
    const schemas = JSON.parse(stdout) as Record<string, { readonly properties: object }>;
    expect(schemas['sheepdog.yaml']!.properties).toHaveProperty('ingest');
    expect(schemas['detectors.yaml']!.properties).toHaveProperty('same-device');
    expect(schemas['campaigns/*.yaml']!.properties).toHaveProperty('offers');
    expect(Object.keys(schemas)).toEqual(expect.arrayContaining(['lists/block.yaml']));
  });
});

async function backtest(input: string, ...more: string[]): Promise<BacktestReport> {
  const ended = await run(['backtest', '--input', input, ...more]);
  expect(ended.code, ended.stderr).toBe(0);
  return JSON.parse(ended.stdout) as BacktestReport;
}
