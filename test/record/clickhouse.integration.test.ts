import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { getPriority, setPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fixedClock } from '../../pipeline/clock.ts';
import { Failure } from '../../pipeline/failure.ts';
import { AnalyticsError } from '../../pipeline/record/analytics.ts';
import { openAnalytics, type OpenOptions } from '../../pipeline/record/clickhouse.ts';
import { temporaryAnalytics, type TemporaryAnalytics } from '../support/chdb.ts';
import { ClickHouseServer } from './clickhouse-server.ts';

let store: TemporaryAnalytics;
let folder: string;
beforeAll(async () => {
  store = await temporaryAnalytics();
  folder = await mkdtemp(join(tmpdir(), 'sheepdog-'));
});
afterAll(async () => {
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

/** The one line that a person would read. */
async function failureOf(options: OpenOptions): Promise<string> {
  try {
    await (await openAnalytics(options)).close();
  } catch (error) {
    if (error instanceof Failure && !error.message.includes('\n')) return error.message;
    throw error;
  }
  throw new Error('it opened');
}

/** The threads of this process that have a name. */
async function threadsNamed(name: string): Promise<readonly number[]> {
  const threads = await readdir('/proc/self/task');
  const names = await Promise.all(
    threads.map((thread) => readFile(`/proc/self/task/${thread}/comm`, 'utf8').catch(() => '')),
  );
  return threads.filter((_, index) => names[index]!.trim() === name).map(Number);
}

describe('priorities', () => {
  // Made by a query, they have its priority where that may be set; only there can it be set back.
  it.runIf(process.getuid?.() === 0)(
    'threads that merge stand behind those that decide from the first row on, or stay further behind',
    async () => {
      const { analytics } = store;
      await analytics.command('CREATE TABLE parts (n UInt64) ENGINE = MergeTree ORDER BY n');
      const row = Buffer.alloc(8, 1);
      const parts = { name: 'parts', columns: ['n'], structure: 'n UInt64' };
      const [first, ...others] = await threadsNamed('MergeMutate');
      expect(others.length).toBeGreaterThan(0);
      setPriority(first!, 15);
      for (const thread of others) setPriority(thread, getPriority());
      const again = await openAnalytics({ path: store.path });
      await again.insert(parts, row);
      expect(getPriority(first)).toBe(15);
      expect(new Set(others.map((thread) => getPriority(thread)))).toEqual(new Set([10]));
      for (const thread of await threadsNamed('node')) {
        // The engine gives back 0, whatever the process was started with.
        expect(getPriority(thread)).toBeLessThanOrEqual(getPriority());
      }
      await again.close();
    },
  );

  it('a query is told to run behind them', async () => {
    const [row] = await store.analytics.query<{ nice: string }>(
      "SELECT getSetting('os_threads_nice_value_query') AS nice",
    );
    expect(Number(row!.nice)).toBe(10);
  });
});

describe('queries', () => {
  it('give 64-bit integers as numbers, lists as arrays, nulls as null', async () => {
    const rows = await store.analytics.query(
      `SELECT toInt64(-9007199254740991) AS low, toUInt64(9007199254740991) AS high,
        {list:Array(String)} AS list, CAST(NULL, 'Nullable(Int64)') AS none, {text:String} AS text`,
      { list: ["it's", 'a\tb'], text: '\\N 😀\n' },
    );
    expect(rows).toEqual([
      {
        low: Number.MIN_SAFE_INTEGER,
        high: Number.MAX_SAFE_INTEGER,
        list: ["it's", 'a\tb'],
        none: null,
        text: '\\N 😀\n',
      },
    ]);
  });

  it('stream page by page, several at a time, and can be left early', async () => {
    const sql = 'SELECT number AS n, toString(number) AS text FROM numbers({count:UInt64})';
    const sum = async (count: number): Promise<number> => {
      let total = 0;
      for await (const page of store.analytics.stream<{ n: number }>(sql, { count })) {
        for (const { n } of page) total += n;
      }
      return total;
    };
    expect(await Promise.all([sum(200_000), sum(1000)])).toEqual([19_999_900_000, 499_500]);
    for await (const page of store.analytics.stream(sql, { count: 1_000_000 })) {
      expect(page.length).toBeLessThan(1_000_000);
      break;
    }
    expect(await sum(10)).toBe(45);
  });

  it('that fail say why, and whether trying again can help', async () => {
    const errorOf = (work: Promise<unknown>): Promise<unknown> =>
      work.then(
        () => undefined,
        (error: unknown) => error,
      );
    const drain = async (): Promise<void> => {
      for await (const _ of store.analytics.stream(
        'SELECT throwIf(number = 500000) FROM numbers(1000000)',
      ));
    };
    const unknown = await errorOf(store.analytics.query('SELECT * FROM nowhere'));
    const thrown = await errorOf(drain());
    expect([unknown, thrown]).toEqual([expect.any(AnalyticsError), expect.any(AnalyticsError)]);
    expect([(unknown as AnalyticsError).code, (unknown as AnalyticsError).permanent]).toEqual([
      60,
      true,
    ]);
    expect([(thrown as AnalyticsError).code, (thrown as AnalyticsError).permanent]).toEqual([
      395,
      false,
    ]);
  });
});

describe('opening an embedded engine', () => {
  it('in a folder that cannot be made or written fails in one line that names it', async () => {
    const file = join(folder, 'file');
    await writeFile(file, '');
    expect(await failureOf({ path: join(file, 'clickhouse') })).toMatch(
      /^the data folder .*file\/clickhouse cannot be written: .*; give another one with --data$/,
    );
    expect(await failureOf({ path: '/sys/sheepdog' })).toMatch(
      /^the data folder \/sys\/sheepdog cannot be written/,
    );
  });

  it('in a folder that another process has open names that process', async () => {
    const script = fileURLToPath(new URL('./open-folder.ts', import.meta.url));
    const { stdout, stderr } = await new Promise<{ stdout: string; stderr: string }>((resolve) => {
      execFile(process.execPath, ['--import', 'tsx', script, store.path], (_, out, err) =>
        resolve({ stdout: out, stderr: err }),
      );
    });
    expect(stdout.trim()).toBe(
      `the data folder ${store.path} cannot be opened: process ${process.pid} has it open, ` +
        'and only one process can; stop it or give another folder with --data',
    );
    expect(stderr).not.toContain('    at ');
    expect(await store.analytics.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });
});

describe('a server’s answer', () => {
  const sql = 'SELECT number AS n FROM numbers(3)';

  async function answered(write: ClickHouseServer['select']): Promise<unknown> {
    const server = new ClickHouseServer();
    server.select = write;
    await server.start();
    const analytics = await openAnalytics({ url: server.url });
    try {
      const pages: unknown[] = [];
      for await (const page of analytics.stream(sql)) pages.push(...page);
      return pages;
    } catch (error) {
      return error;
    } finally {
      await analytics.close();
      await server.stop();
    }
  }

  it('streams in wherever it is cut', async () => {
    const rows = await answered((asked, response) => {
      response.statusCode = asked === `${sql} FORMAT JSONEachRow` ? 200 : 400;
      response.write('{"n":0}\n{"n"');
      response.end(':1}\n{"n":2}\n');
    });
    expect(rows).toEqual([{ n: 0 }, { n: 1 }, { n: 2 }]);
  });

  it('that breaks off is an error, not a shorter answer', async () => {
    const error = await answered((_, response) => {
      response.write('{"n":0}\n', () => response.destroy());
    });
    expect(error).toBeInstanceOf(AnalyticsError);
    expect((error as AnalyticsError).permanent).toBe(false);
  });

  it('that is a refusal says the code and the reason', async () => {
    const error = await answered((_, response) => {
      response.writeHead(404, { 'X-ClickHouse-Exception-Code': '60' });
      response.end('Code: 60. DB::Exception: Table default.x does not exist. (UNKNOWN_TABLE)');
    });
    expect(error).toMatchObject({ code: 60, permanent: true });
  });
});

describe('opening a server', () => {
  it('that refuses the password says so at once', async () => {
    const server = new ClickHouseServer();
    await server.start();
    server.refusePing = true;
    const message = await failureOf({ url: server.url });
    expect(message).toMatch(/^ClickHouse at http:.* refused the connection: .*default.*; check/);
    expect(message).not.toContain('secret');
    await server.stop();
  });

  it('that does not answer gives up after a few attempts, without the password', async () => {
    // Nobody listens there, nor is given it.
    const port = 1;
    const url = `http://bank:hunter2@127.0.0.1:${port}/sheepdog`;
    const message = await failureOf({ url, clock: fixedClock(0), connectAttempts: 3 });
    expect(message).toMatch(
      new RegExp(
        `^ClickHouse at http://127.0.0.1:${port}/sheepdog did not answer in 3 attempts: .*ECONNREFUSED`,
      ),
    );
    expect(message).not.toContain('hunter2');
  });

  it('that comes up late is waited for', async () => {
    const server = new ClickHouseServer();
    await server.start();
    const { url } = server;
    await server.stop();
    const analytics = await openAnalytics({
      url,
      clock: { ...fixedClock(0), sleep: () => server.start() },
    });
    expect(analytics.place).toBe(new URL(url).origin + '/sheepdog');
    await analytics.close();
    await server.stop();
  });

  it('by something that is no URL, or by nothing, is wrong usage', async () => {
    expect(await failureOf({ url: 'clickhouse' })).toMatch(/^CLICKHOUSE_URL: not a URL/);
    await expect(openAnalytics({})).rejects.toMatchObject({ exitCode: 2 });
  });
});
