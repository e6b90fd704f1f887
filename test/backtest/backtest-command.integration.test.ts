import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BacktestReport } from '../../pipeline/backtest/report.ts';
import { seededRandom } from '../../pipeline/clock.ts';
import { endAll, newFolder, ROOT, run } from '../support/cli.ts';

let folder: string;
let stream: string;
beforeAll(async () => {
  folder = await newFolder();
  stream = join(folder, 'stream.ndjson');
  const length = ['--minutes', '60', '--rate', '2', '--start', '2026-11-20T09:50:00+08:00'];
  const ended = await run(['simulate', '--out', stream, '--seed', '3', ...length]);
  expect(ended.code, ended.stderr).toBe(0);
});
afterAll(endAll);

type Timeless = Omit<BacktestReport, 'seconds' | 'eventsPerSecond'>;

async function backtest(args: readonly string[], env = {}): Promise<Timeless> {
  const ended = await run(['backtest', '--rewards', ...args], { env });
  expect(ended.code, ended.stderr).toBe(0);
  const { seconds: _, eventsPerSecond: __, ...rest } = JSON.parse(ended.stdout) as BacktestReport;
  return rest;
}

interface GrantLine {
  readonly grantId: string;
  readonly campaignId: string;
  readonly offerId: string;
  readonly state: string;
  readonly reason: string;
  readonly amountMinor: number;
  readonly clawedBackMinor: number;
  readonly fraud?: boolean;
}

/** The shipped configuration with every detector and rule off. */
async function newConfig(parent: string, name: string): Promise<string> {
  const target = join(parent, name);
  await cp(join(ROOT, 'config'), target, {
    recursive: true,
    filter: (path) => !path.endsWith('.ts') && !path.includes('config/rules'),
  });
  const sections = parse(await readFile(join(target, 'detectors.yaml'), 'utf8')) as object;
  const off = Object.fromEntries(Object.keys(sections).map((each) => [each, { mode: 'off' }]));
  await writeFile(join(target, 'detectors.yaml'), stringify(off));
  return target;
}

function outcomeOf(grant: GrantLine | undefined): string {
  if (grant === undefined || grant.reason === 'no_prize') return 'none';
  if (grant.state === 'rejected' || grant.state === 'forfeited') return 'none';
  return grant.state === 'held' || grant.state === 'voided' ? grant.state : 'granted';
}

async function grantsIn(path: string): Promise<GrantLine[]> {
  const text = await readFile(path, 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as GrantLine);
}

describe('a backtest with rewards', () => {
  it('of a shuffled file gives the same report and the same grants, and leaves nothing behind', async () => {
    const shuffled = join(folder, 'shuffled.ndjson');
    const random = seededRandom(7);
    const lines = (await readFile(stream, 'utf8')).trimEnd().split('\n');
    const order = lines
      .map((line) => ({ line, at: random() }))
      .toSorted((a, b) => a.at - b.at)
      .map(({ line }) => line);
    await writeFile(shuffled, order.join('\n'));
    const temporary = await newFolder();
    const [one, two] = [join(folder, 'one.ndjson'), join(folder, 'two.ndjson')];
    const report = await backtest(['--input', stream, '--grants', one], { TMPDIR: temporary });
    expect(await backtest(['--input', shuffled, '--grants', two])).toEqual(report);
    expect(await readFile(two, 'utf8')).toBe(await readFile(one, 'utf8'));
    // An hour of the simulator shows something in every campaign that is shipped.
    for (const [id, { costMinor, pendingMinor }] of Object.entries(report.campaigns!)) {
      expect(costMinor + pendingMinor, id).toBeGreaterThan(0);
    }
    expect(Object.values(report.campaigns!).some(({ toFraud }) => toFraud !== undefined)).toBe(
      true,
    );
    const left = await readdir(temporary);
    expect(left.filter((name) => name.startsWith('sheepdog'))).toEqual([]);
  });

  it('counts every grant of its file, and costs what the budget lines at the top have used', async () => {
    const path = join(folder, 'grants.ndjson');
    const { campaigns } = await backtest(['--input', stream, '--grants', path]);
    const grants = await grantsIn(path);
    expect(new Set(grants.map(({ grantId }) => grantId)).size).toBe(grants.length);
    for (const [id, report] of Object.entries(campaigns!)) {
      const own = grants.filter(({ campaignId }) => campaignId === id);
      const counted = Object.values(report.offers).flatMap((offer) => [
        ...[offer.granted, offer.noPrize, offer.awaiting, offer.held, offer.voided],
        ...[offer.forfeited, offer.clawedBack, ...Object.values(offer.rejected)],
      ]);
      expect(counted.reduce((sum, count) => sum + count, 0)).toBe(own.length);
      const posted = own.filter(({ state }) => state === 'posted' || state === 'clawed_back');
      const cost = posted.reduce((sum, each) => sum + each.amountMinor - each.clawedBackMinor, 0);
      expect(report.costMinor).toBe(cost);
      const top = Object.entries(report.budgets).filter(([line]) => !line.includes('.'));
      const used = top.reduce((sum, [, line]) => sum + line.used, 0);
      expect(used).toBe(report.costMinor + report.pendingMinor);
    }
  });

  it('says of another configuration what it would have granted, each on a ledger of its own', async () => {
    const report = await backtest(['--input', stream, '--against', 'config']);
    expect(report.against!.campaigns).toEqual(report.campaigns);
    const none = { grants: 0, minor: 0 };
    for (const sums of Object.values(report.against!.rewards!)) {
      expect(sums).toEqual({ fraud: none, honest: none, unlabelled: none });
    }
  });

  it('counts the rewards that end otherwise as the grants of two runs of their own show them', async () => {
    const lax = await newConfig(folder, 'lax');
    const [one, two, changes] = ['a', 'b', 'changes'].map((name) => join(folder, `${name}.ndjson`));
    const both = ['--against', lax, '--changes', changes!];
    const report = await backtest(['--input', stream, '--grants', one!, ...both]);
    await backtest(['--input', stream, '--config', lax, '--grants', two!]);
    const [before, after] = [await grantsIn(one!), await grantsIn(two!)].map(
      (grants) => new Map(grants.map((grant) => [grant.grantId, grant])),
    );
    const newly = (outcome: string) => {
      const found = [...after!.values()].filter(
        (grant) =>
          outcomeOf(grant) === outcome && outcomeOf(before!.get(grant.grantId)) !== outcome,
      );
      const of = (fraud: boolean | undefined) => {
        const own = found.filter((grant) => grant.fraud === fraud);
        const minor = own.reduce((sum, each) => sum + each.amountMinor - each.clawedBackMinor, 0);
        return { grants: own.length, minor };
      };
      return { fraud: of(true), honest: of(false), unlabelled: of(undefined) };
    };
    const { rewards, changed } = report.against!;
    expect(rewards!.newlyGranted).toEqual(newly('granted'));
    expect(rewards!.newlyGranted.fraud.minor).toBeGreaterThan(0);
    expect(rewards!.newlyHeld).toEqual(newly('held'));
    const lines = (await readFile(changes!, 'utf8')).trimEnd().split('\n');
    const parsed = lines.map((line) => JSON.parse(line) as { from: string; to: string });
    expect(parsed.filter(({ from, to }) => from !== to)).toHaveLength(changed);
  });
});

describe('a backtest that cannot grant', () => {
  it('says in one line that redis-server is not installed, and needs none without --rewards', async () => {
    const env = { PATH: folder };
    const failed = await run(['backtest', '--input', stream, '--rewards'], { env });
    expect(failed.code).toBe(1);
    expect(failed.stderr).toBe(
      'sheepdog: the private Redis did not start: redis-server is not installed: apt-get install redis-server\n',
    );
    const plain = await run(['backtest', '--input', stream], { env });
    expect(plain.code, plain.stderr).toBe(0);
    expect(JSON.parse(plain.stdout)).not.toHaveProperty('campaigns');
  });

  it('says so before it begins when the grants cannot be written or nothing is granted', async () => {
    const path = join(folder, 'nowhere', 'grants.ndjson');
    const args = ['backtest', '--input', stream, '--grants', path];
    const failed = await run([...args, '--rewards']);
    expect(failed.code).toBe(1);
    expect(failed.stderr).toMatch(/^sheepdog: .*nowhere.*the grants cannot be written: .*\n$/);
    const pointless = await run(args);
    expect(pointless.code).toBe(2);
    expect(pointless.stderr).toBe(
      'sheepdog: --grants needs --rewards: without it nothing is granted\n',
    );
  });
});
