import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { askRecord } from '../support/ask-record.ts';
import {
  type Cli,
  configWith,
  endAll,
  type Ended,
  newFolder,
  run,
  startIn,
} from '../support/cli.ts';

let folder: string;
/** A port on which nobody listens, and which no system gives to somebody who asks for any. */
const CLOSED = 1;
let taken: Server;
beforeAll(async () => {
  folder = await newFolder();
  taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
});
afterAll(async () => {
  taken.close();
  await endAll();
});

/** What a user is told: stderr without the structured log and without the worker's greeting. */
function told({ stderr }: Ended): string[] {
  return stderr
    .split('\n')
    .filter((line) => !/^$|^{|^[\d,]+ events · |^sheepdog: console and API at /.test(line));
}

/** Exactly one line, with no stack trace, and the exit code. */
function expectOneLine(ended: Ended, code: number, pattern: RegExp): void {
  const lines = told(ended);
  expect(lines.join('\n')).toMatch(pattern);
  expect(lines).toHaveLength(1);
  expect(ended.stderr).not.toMatch(/^\s+at /m);
  expect([ended.code, ended.signal], ended.stderr).toEqual([code, null]);
}

describe('a wrong command line', () => {
  it.each([
    [['strat'], /unknown command 'strat'/],
    [['start', '--prot', '1'], /unknown option '--prot'/],
    [['start', '--port', 'x'], /whole number/],
    [['start', '--port', '99999'], /from 0 to 65535/],
    [['start', '--profile', 'cloud'], /embedded, cluster/],
    [['label', 'dec_1', 'maybe', '--reason', 'x'], /confirmed, false_positive/],
    [['freeze', 'a-1'], /--reason/],
  ])('%j ends with exit code 2 and says what is wrong', async (args, pattern) => {
    const ended = await run(args);
    expect(ended.code).toBe(2);
    expect(ended.stderr).toMatch(pattern);
    expect(ended.stderr).not.toMatch(/^\s+at /m);
    expect(ended.stdout).toBe('');
  });
});

describe('a wrong configuration', () => {
  it('names every mistake with file, line and column, and starts nothing', async () => {
    const config = await configWith({});
    await appendFile(join(config, 'sheepdog.yaml'), 'surprise: 1\n');
    const detectors = join(config, 'detectors.yaml');
    const text = await readFile(detectors, 'utf8');
    await writeFile(detectors, text.replace(/(block: *)\d+/, '$1-7'));
    for (const args of [
      ['config', 'check'],
      ['start', '--data', join(folder, 'never')],
    ]) {
      const ended = await run([...args, '--config', config]);
      expect(ended.code).toBe(2);
      expect(ended.stderr).toMatch(/sheepdog\.yaml:\d+:\d+: .*surprise/);
      expect(ended.stderr).toMatch(/detectors\.yaml:\d+:\d+: /);
      expect(ended.stderr).not.toMatch(/^\s+at /m);
    }
  });

  it('that is not there is one line', async () => {
    const ended = await run(['config', 'check', '--config', join(folder, 'nowhere')]);
    expectOneLine(ended, 2, /nowhere: there is no such folder of configuration: .*--config/);
  });
});

describe('a data folder in which no worker has run', () => {
  const REASON = ['--reason', 'x'];
  it.each([
    ['freeze', 'a-1', ...REASON],
    ['campaign', 'pause', 'credit-card', ...REASON],
    ['report', '--campaign', 'credit-card'],
    ['deliveries', 'list'],
    ['ledger', 'balances'],
    ['ledger', 'verify'],
  ])('is not made by `%s %s`, nor taken for one where all is well', async (...args) => {
    const data = join(folder, 'mistyped');
    const ended = await run([...args, '--data', data]);
    expectOneLine(ended, 2, /mistyped: no worker has run .*--data/);
    expect(ended.stdout).toBe('');
    expect(existsSync(data)).toBe(false);
  });
});

describe('an input that cannot be read', () => {
  it.each([
    ['a missing file', ['--input', 'no.ndjson'], 2, /no\.ndjson: there is no such file/],
    ['a CSV without a map', ['--input', 'x.csv'], 2, /x\.csv: a CSV needs a mapping file/],
    ['a missing map', ['--input', 'x.csv', '--map', 'no.yaml'], 2, /no\.yaml: the map cannot be/],
    ['a map alone', ['--map', 'map.yaml'], 2, /--map says how to read --input/],
    ['a missing column', ['--input', 'x.csv', '--map', 'map.yaml'], 2, /x\.csv.*"?when"?/],
    ['a folder', ['--input', '.'], 2, /is a folder/],
    ['no gzip', ['--input', 'x.gz'], 2, /x\.gz is not gzip/],
  ] as const)('such as %s is one line', async (_, args, code, pattern) => {
    const inputs = await newFolder();
    await writeFile(join(inputs, 'x.csv'), 'id,account\n1,a\n');
    await writeFile(join(inputs, 'x.gz'), 'plain text');
    await writeFile(
      join(inputs, 'map.yaml'),
      'id: id\ntype: login\noccurredAt: { column: when, format: iso }\naccountId: account\n',
    );
    const placed = args.map((each) => (each.startsWith('--') ? each : join(inputs, each)));
    const ended = await startIn(join(inputs, 'data'), [...placed, '--exit-when-done']).ended;
    expectOneLine(ended, code, pattern);
  });

  it.each([
    ['a missing file', ['start', '--input', 'no.ndjson'], 2, /no\.ndjson: there is no such file/],
    ['a folder', ['start', '--input', '.'], 2, /is a folder; name a file/],
    [
      'a report',
      ['backtest', '--input', 'x.gz', '--report', 'no/r.json'],
      1,
      /r\.json: the report/,
    ],
    ['a page', ['tune', 'ring', '--input', 'x.gz', '--out', 'no/p.html'], 1, /p\.html: the page/],
  ] as const)('is told before anything starts: %s', async (_, args, code, pattern) => {
    const inputs = await newFolder();
    await writeFile(join(inputs, 'x.gz'), 'plain text');
    const placed = args.map((each) => (/[.]/.test(each) ? join(inputs, each) : each));
    const started = args[0] === 'start' ? ['--data', join(inputs, 'data'), '--port', '0'] : [];
    const ended = await run([...placed, ...started]);
    expectOneLine(ended, code, pattern);
    expect(existsSync(join(inputs, 'data'))).toBe(false);
    expect(ended.stderr).not.toContain('console and API');
  });

  it('is none when it is empty: nothing happens, with exit code 0', async () => {
    const data = join(folder, 'empty-data');
    const empty = join(folder, 'empty.ndjson');
    await writeFile(empty, '');
    const ended = await startIn(data, ['--input', empty, '--exit-when-done']).ended;
    expect(ended.code, ended.stderr).toBe(0);
    const [events] = await askRecord(data, 'SELECT count() AS n FROM events');
    expect(events).toEqual([{ n: 0 }]);
  });
});

describe('a place that cannot be used', () => {
  it('such as a port that is taken is one line', async () => {
    const { port } = taken.address() as AddressInfo;
    const ended = await run(['start', '--data', join(folder, 'port'), '--port', String(port)]);
    expectOneLine(ended, 1, new RegExp(`${port}.*in use`));
  });

  it.each(['a file', '/proc/nothing'])('such as %s as data folder is one line', async (kind) => {
    const path = kind === 'a file' ? join(await newFolder(), 'data') : kind;
    if (kind === 'a file') await writeFile(path, 'I am a file');
    expectOneLine(await startIn(path).ended, 1, /data folder .* cannot be written .*--data/);
  });

  it('such as a data folder that another process holds is one line, and leaves that one alone', async () => {
    const data = join(folder, 'held');
    const holder: Cli = startIn(data);
    const address = await holder.ready();
    const pattern = new RegExp(`in use by process ${holder.pid}: stop it, or choose another`);
    expectOneLine(await startIn(data).ended, 1, pattern);
    expectOneLine(await run(['ledger', 'verify', '--data', data]), 1, pattern);
    expectOneLine(await run(['migrate', '--data', data]), 1, pattern);
    expect((await fetch(`${address}/readyz`)).status).toBe(200);
    expect((await holder.stop()).code).toBe(0);
  });
});

describe('a part that is away at the start', () => {
  it('such as the program redis-server is one line with the command that installs it', async () => {
    const empty = await newFolder();
    const options = { env: { PATH: empty } };
    const ended = await startIn(join(await newFolder(), 'data'), [], options).ended;
    expectOneLine(ended, 1, /redis-server is not installed: apt-get install redis-server/);
  });

  it.each([
    ['ClickHouse', 'CLICKHOUSE_URL', (port: number) => `http://u:secret@127.0.0.1:${port}/d`],
    ['Redis', 'REDIS_URL', (port: number) => `redis://u:secret@127.0.0.1:${port}`],
    ['Kafka', 'KAFKA_BROKERS', (port: number) => `127.0.0.1:${port}`],
  ])('such as %s is one line without its password', async (name, variable, url) => {
    const options = { env: { [variable]: url(CLOSED) } };
    const ended = await startIn(join(await newFolder(), 'data'), [], options).ended;
    expectOneLine(ended, 1, new RegExp(`${name}.*127\\.0\\.0\\.1:${CLOSED}\\b`));
    expect(ended.stderr + ended.stdout).not.toContain('secret');
  });

  it('such as the addresses of a cluster is one line that names them', async () => {
    const ended = await startIn(join(folder, 'cluster'), ['--profile', 'cluster']).ended;
    expectOneLine(ended, 2, /cluster profile needs .*REDIS_URL.*CLICKHOUSE_URL/);
    const frozen = ['freeze', 'a', '--reason', 'x', '--profile', 'cluster'];
    expectOneLine(await run(frozen), 2, /cluster profile needs REDIS_URL/);
  });

  it('is Kafka of a cluster without KAFKA_BROKERS as well', async () => {
    const env = {
      REDIS_URL: `redis://127.0.0.1:${CLOSED}`,
      CLICKHOUSE_URL: `http://127.0.0.1:${CLOSED}/d`,
    };
    const ended = await startIn(join(folder, 'cluster'), ['--profile', 'cluster'], { env }).ended;
    expectOneLine(ended, 2, /KAFKA_BROKERS/);
  });
});
