import { execFileSync } from 'node:child_process';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { askRecord, type Row } from '../support/ask-record.ts';
import { Cli, configWith, endAll, newFolder, run, startIn } from '../support/cli.ts';

const EVERYTHING = [
  'SELECT * EXCEPT (arrival, recorded_at, received_at) FROM events FINAL ORDER BY event_id',
  'SELECT * EXCEPT (arrival, recorded_at, latency_us) FROM decisions FINAL ORDER BY decision_id',
  'SELECT * EXCEPT (arrival, recorded_at) FROM findings FINAL ORDER BY decision_id, detector',
  'SELECT * EXCEPT (recorded_at) FROM grants FINAL ORDER BY grant_id',
  'SELECT * EXCEPT (recorded_at) FROM ledger_entries FINAL ORDER BY sequence, leg',
  'SELECT * EXCEPT (arrival, recorded_at) FROM account_actions FINAL ORDER BY action_id',
  'SELECT * EXCEPT (arrival, recorded_at, received_at) FROM dead_letters FINAL ORDER BY position',
] as const;

/** Rows physically written that merge into nothing new do not count: FINAL sees each key once. */
const COUNTS = [
  'SELECT count() AS n FROM events FINAL',
  'SELECT count() AS n FROM decisions FINAL',
  'SELECT count() AS n FROM findings FINAL',
  'SELECT count() AS n FROM grants FINAL',
  'SELECT count() AS n FROM ledger_entries FINAL',
  'SELECT count() AS n FROM account_actions FINAL',
  'SELECT count() AS n FROM dead_letters FINAL',
] as const;

let folder: string;
let stream: string;
let events: number;
beforeAll(async () => {
  folder = await newFolder();
  stream = join(folder, 'stream.ndjson');
  const args = ['simulate', '--out', stream, '--minutes', '8', '--rate', '6', '--seed', '11'];
  expect((await run(args)).code).toBe(0);
  events = (await readFile(stream, 'utf8')).trimEnd().split('\n').length;
});
afterAll(endAll);

describe('start --simulate --exit-when-done', () => {
  it('ends with exit code 0, tells what it found, and leaves a record in which all fits together', async () => {
    const data = join(folder, 'simulated');
    const args = ['--simulate', '--minutes', '3', '--seed', '5', '--exit-when-done'];
    const ended = await startIn(data, args).ended;
    expect(ended.code, ended.stderr).toBe(0);
    expect(ended.stdout).toMatch(/verdict +events +accounts\n +allow +\d+/);
    expect(ended.stdout).toMatch(/Worst suspects\n.*\n +[a-z-]+ +(accountId|deviceId|ip|cardId) /);
    expect(ended.stdout).toMatch(/Rewards\n[^]*posted +[\d,]+ +[\d,]+\.\d\d/);
    expect(ended.stderr).toMatch(/console and API at http:\/\/127\.0\.0\.1:\d+/);
    // A few lines for a person, and no log of each block.
    const lines = ended.stderr.trimEnd().split('\n');
    // One more every ten seconds tells how far it is.
    const own = lines.filter((line) => !/^[\d,]+ events · /.test(line));
    expect(own.length, ended.stderr).toBeLessThan(20);
    expect(ended.stderr).not.toContain('"level":30');

    const [fits, frozen, granted] = await askRecord(
      data,
      `SELECT (SELECT count() FROM events FINAL) AS events, count() AS decisions,
         countIf(event_id IN (SELECT event_id FROM events)) AS known FROM decisions FINAL`,
      `SELECT kind, count() AS n, uniqExact(account_id) AS accounts,
         countIf(decision_id IN (SELECT decision_id FROM decisions WHERE verdict = 'block')) AS explained
         FROM account_actions FINAL GROUP BY kind`,
      `SELECT countIf(d.decision_id = '') AS undecided, countIf(g.config_version != d.config_version) AS otherRules,
         countIf(d.verdict = 'block' AND g.state NOT IN ('rejected', 'voided')) AS intercepted,
         countIf(g.state = 'posted') > 100 AS enough
         FROM (SELECT * FROM grants FINAL WHERE offer_id != '') AS g
         LEFT JOIN (SELECT * FROM decisions FINAL) AS d ON d.event_id = g.event_id`,
    );
    const total = Number(fits[0]!['events']);
    expect(total).toBeGreaterThan(1000);
    expect(fits[0]).toEqual({ events: total, decisions: total, known: total });
    const freezes = frozen.find(({ kind }) => kind === 'freeze')!;
    expect(freezes['n']).toBeGreaterThan(5);
    // Nobody is frozen twice, and every freeze names the decision that led to it.
    expect(freezes['accounts']).toBe(freezes['n']);
    expect(freezes['explained']).toBe(freezes['n']);
    // Behind every grant stand the decision on its event and the rules of its time; what was intercepted has none.
    expect(granted[0]).toEqual({ undecided: 0, otherRules: 0, intercepted: 0, enough: 1 });
    const verified = await run(['ledger', 'verify', '--data', data]);
    expect(verified.code, verified.stderr).toBe(0);
    expect(JSON.parse(verified.stdout)).toMatchObject({ differences: [], missing: 0 });
  });
});

describe('start --input', () => {
  it('changes no count when the same file comes a second time', async () => {
    const data = join(folder, 'twice');
    expect(await once(data)).toBe(0);
    const first = await askRecord(data, ...COUNTS);
    expect(await once(data)).toBe(0);
    expect(await askRecord(data, ...COUNTS)).toEqual(first);
    expect(first[0]).toEqual([{ n: events }]);
    expect(Number(first[3][0]!['n'])).toBeGreaterThan(50);
  });

  it('killed twice in the middle and started again leaves what an undisturbed run leaves', async () => {
    const undisturbed = join(folder, 'undisturbed');
    expect(await once(undisturbed)).toBe(0);
    const killed = join(folder, 'killed');
    // Small and many flushes leave more moments in which a kill can hurt.
    const config = await configWith({ record: { flushRows: 50, flushEveryMs: '50ms' } });
    for (const share of [0.35, 0.7]) await feedAndKill(killed, config, Math.round(events * share));
    expect(await once(killed)).toBe(0);
    const [expected, actual] = [
      await askRecord(undisturbed, ...EVERYTHING),
      await askRecord(killed, ...EVERYTHING),
    ];
    EVERYTHING.forEach((sql, table) => {
      const least = sql.includes('dead_letters') ? 0 : 5;
      expect(expected[table]!.length, sql).toBeGreaterThanOrEqual(least);
      expect(withoutConfig(actual[table]!), sql).toEqual(withoutConfig(expected[table]!));
    });
    const [balances, same] = [await balancesOf(undisturbed), await balancesOf(killed)];
    expect(balances).toContain('"posted":');
    expect(same).toBe(balances);
    expect((await run(['ledger', 'verify', '--data', killed])).code).toBe(0);
  });

  it('ends within 25 s of SIGTERM, with exit code 0 and everything it decided on record', async () => {
    const data = join(folder, 'stopped');
    const worker = startIn(data, ['--input', stream]);
    await worker.said(/Look around at/);
    const ended = await worker.stop();
    expect(ended.code, ended.stderr).toBe(0);
    expect(ended.signal).toBeNull();
    // What takes its share of the 25 seconds is told of.
    expect(ended.stderr).not.toContain('did not close in time');
    const [[marked]] = await askRecord(
      data,
      `SELECT (SELECT count() FROM decisions FINAL) AS decisions,
         countIf(arrival <= (SELECT max(epoch * 274877906944 + sequence) FROM progress FINAL)) AS history
         FROM events FINAL`,
    );
    expect(marked).toEqual({ decisions: events, history: events });
    // Nothing held its sources back: its last report must not say so for as long as it is stopped.
    const [reports] = await askRecord(
      data,
      'SELECT paused FROM pipeline_stats FINAL ORDER BY recorded_at DESC LIMIT 1',
    );
    expect(reports).toEqual([{ paused: false }]);
  });

  it.each(['a pipe by name', 'standard input'])(
    'stopped while it waits for more from %s, ends in order as well',
    async (input) => {
      const path = input === 'standard input' ? '-' : await fifo('waiting');
      const args = ['--input', path, '--exit-when-done'];
      const worker = startIn(join(await newFolder(), 'data'), args, { keepInput: true });
      const writer = path === '-' ? worker.input : createWriteStream(path);
      writer.on('error', () => undefined);
      writer.write(
        '{"id":"a","type":"login","occurredAt":"2026-03-02T02:00:00Z","accountId":"x"}\n',
      );
      const address = await worker.ready();
      await worker.until(async () => (await decidedAt(address)) === 1 || undefined);
      const ended = await worker.stop();
      writer.destroy();
      expect(ended.code, ended.stderr).toBe(0);
      expect(ended.stderr).not.toContain('did not close in time');
    },
  );
});

async function once(data: string): Promise<number | null> {
  const { code, stderr } = await startIn(data, ['--input', stream, '--exit-when-done'], KEY).ended;
  if (code !== 0) process.stderr.write(stderr);
  return code;
}

/** The same key in every folder: hashes of bodies then compare. */
const KEY = {
  env: { SHEEPDOG_CARD_TOKEN_KEY: 'the tests of start', SHEEPDOG_HASH_SEED: 'the tests of start' },
};

/** Feeds the first lines of the stream through a pipe of the same name and kills the worker when all are decided. */
async function feedAndKill(data: string, config: string, lines: number): Promise<void> {
  const pipe = await fifo('stream.ndjson');
  const args = ['--input', pipe, '--config', config];
  const worker: Cli = startIn(data, args, KEY);
  const writer = createWriteStream(pipe);
  writer.on('error', () => undefined);
  let written = 0;
  for await (const line of createInterface({ input: createReadStream(stream) })) {
    if (written++ === lines) break;
    writer.write(`${line}\n`);
  }
  const address = await worker.ready();
  // What waits in the reader's buffer comes only with more: most of them are enough.
  await worker.until(async () => (await decidedAt(address)) >= lines * 0.8 || undefined);
  const ended = await worker.kill('SIGKILL');
  writer.destroy();
  expect(ended.signal).toBe('SIGKILL');
}

/** Events that a worker has decided or recognised as repeats. */
async function decidedAt(address: string): Promise<number> {
  const text = await (await fetch(`${address}/metrics`)).text();
  const seen = [...text.matchAll(/^sheepdog_(?:decisions|duplicates)_total(?:{.*})? (\d+)$/gm)];
  return seen.reduce((sum, [, n]) => sum + Number(n), 0);
}

async function fifo(name: string): Promise<string> {
  const place = await newFolder();
  await mkdir(join(place, 'pipes'));
  const path = join(place, 'pipes', name);
  execFileSync('mkfifo', [path]);
  return path;
}

/** The disturbed run had other settings of the record, which make another version. */
function withoutConfig(rows: readonly Row[]): readonly Row[] {
  return rows.map(({ config_version: _, ...row }) => row);
}

async function balancesOf(data: string): Promise<string> {
  const { code, stdout, stderr } = await run(['ledger', 'balances', '--data', data]);
  expect(code, stderr).toBe(0);
  return stdout;
}
