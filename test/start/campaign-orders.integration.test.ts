import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { askRecord } from '../support/ask-record.ts';
import { endAll, newFolder, run, startIn } from '../support/cli.ts';
import { answered, configOf, Crowd, told, TRIAL } from './trial-campaign.ts';

afterAll(endAll);

interface Balance {
  readonly account: string;
  readonly posted: number;
  readonly limit?: number;
  readonly left?: number;
}
interface View {
  readonly id: string;
  readonly closesAt: string;
  readonly release?: object;
  readonly status: string;
  readonly offers: readonly { readonly id: string; readonly paused: boolean }[];
  readonly balances: readonly Balance[];
}

async function campaignsAt(address: string): Promise<readonly View[]> {
  const answer = await fetch(`${address}/v1/campaigns`);
  return ((await answer.json()) as { campaigns: readonly View[] }).campaigns;
}

/** Gives an order as a campaign manager does. @returns what it was told. */
async function order(data: string, ...args: string[]): Promise<string> {
  const ended = await run([...args, '--reason', 'risk: tests', '--actor', 'li', '--data', data]);
  expect(ended.code, ended.stderr).toBe(0);
  return ended.stdout.trimEnd();
}

async function refused(data: string, ...args: string[]): Promise<string> {
  const ended = await run([...args, '--reason', 'tests', '--data', data]);
  expect([ended.code, ended.stdout]).toEqual([1, '']);
  return ended.stderr;
}

const campaign = (command: string, ...args: string[]): string[] => ['campaign', command, ...args];

describe('an order to a running worker', () => {
  it('to add quota or budget holds from the next event on, in the record too, and over a restart', async () => {
    const data = join(await newFolder(), 'data');
    const args = ['--config', await configOf(TRIAL)];
    const crowd = new Crowd();
    let worker = startIn(data, args);
    let address = await worker.ready();
    const paid = async (offer: 'bill' | 'mall'): Promise<readonly string[]> =>
      told(await answered(address, crowd.of(offer)));

    expect([await paid('bill'), await paid('bill'), await paid('bill')]).toEqual([
      ['bill posted granted'],
      ['bill posted granted'],
      ['bill rejected quota_exhausted'],
    ]);
    expect([await paid('mall'), await paid('mall')]).toEqual([
      ['mall posted granted'],
      ['mall rejected budget_exhausted'],
    ]);
    const quota = ['trial', '--offer', 'bill', '--tier', '1', '--by', '2'];
    expect(await order(data, ...campaign('add-quota', ...quota))).toBe(
      'campaign trial: the limits are quota/trial/bill/from-10000 2 → 4 from the next event on',
    );
    const budget = ['trial', '--line', 'total.mall', '--by', '2000', '--from', 'total.spend'];
    await order(data, ...campaign('add-budget', ...budget));
    expect([await paid('bill'), await paid('mall')]).toEqual([
      ['bill posted granted'],
      ['mall posted granted'],
    ]);
    const shown = await worker.until(async () => {
      const [{ balances } = { balances: [] }] = await campaignsAt(address);
      const of = (name: string): Balance | undefined =>
        balances.find(({ account }) => account === name);
      const [line, tier] = [of('budget/trial/total.mall'), of('quota/trial/bill/from-10000')];
      return line?.limit === 3000 && tier?.posted === 3 ? { line, tier } : undefined;
    });
    expect(shown.line).toMatchObject({ posted: 2000, left: 1000 });
    expect(shown.tier).toMatchObject({ limit: 4, left: 1 });

    expect((await worker.stop()).code).toBe(0);
    worker = startIn(data, args);
    address = await worker.ready();
    expect([await paid('bill'), await paid('bill')]).toEqual([
      ['bill posted granted'],
      ['bill rejected quota_exhausted'],
    ]);
    expect([await paid('mall'), await paid('mall')]).toEqual([
      ['mall posted granted'],
      ['mall rejected budget_exhausted'],
    ]);
    expect((await worker.stop()).code).toBe(0);
    const [actions, balances] = await askRecord(
      data,
      'SELECT kind, actor, reason FROM campaign_actions FINAL ORDER BY action_id',
      "SELECT account, argMax(limit_value, recorded_at) AS most FROM ledger_balances WHERE account IN ('budget/trial/total.mall', 'quota/trial/bill/from-10000') GROUP BY account ORDER BY account",
    );
    expect(actions).toEqual([
      { kind: 'add_quota', actor: 'li', reason: 'risk: tests' },
      { kind: 'add_budget', actor: 'li', reason: 'risk: tests' },
    ]);
    expect(balances.map(({ most }) => Number(most))).toEqual([3000, 4]);
  });

  it('to pause, restrict an instrument or replace a list of merchants holds from the next event on', async () => {
    const data = join(await newFolder(), 'data');
    const args = ['--config', await configOf(TRIAL)];
    const crowd = new Crowd();
    let worker = startIn(data, args);
    let address = await worker.ready();
    const paid = async (...event: Parameters<Crowd['of']>): Promise<readonly string[]> =>
      told(await answered(address, crowd.of(...event)));

    await order(data, ...campaign('pause', 'trial', '--offer', 'points'));
    expect(await paid('points')).toEqual([]);
    await order(data, ...campaign('restrict-instrument', 'trial', 'credit', '--offer', 'bill'));
    expect(await paid('bill')).toEqual([]);
    expect(await paid('bill', 'debtor', { instrument: 'debit' })).toEqual(['bill posted granted']);
    await order(data, ...campaign('merchant-list', 'trial', 'malls', 'mall-02', 'mall-03'));
    expect(await paid('mall')).toEqual([]);

    expect((await worker.stop()).code).toBe(0);
    worker = startIn(data, args);
    address = await worker.ready();
    expect([await paid('points'), await paid('bill'), await paid('mall')]).toEqual([[], [], []]);
    expect(await paid('mall', 'shopper', { merchantId: 'mall-03' })).toEqual([
      'mall posted granted',
    ]);
    await order(data, ...campaign('resume', 'trial', '--offer', 'points'));
    expect(await paid('points')).toEqual(['points posted granted']);
  });

  it('to approve or reject a reward that waits posts it, or gives all of it back', async () => {
    const data = join(await newFolder(), 'data');
    const config = await configOf(TRIAL);
    const worker = startIn(data, ['--config', config]);
    const address = await worker.ready();
    const crowd = new Crowd();
    const [good, bad] = [crowd.of('proof'), crowd.of('proof')];
    const idOf = async (event: typeof good): Promise<string> => {
      const { rewards } = await answered(address, event);
      expect(rewards).toMatchObject([{ state: 'held', reason: 'awaiting_review' }]);
      return (rewards as readonly { grantId: string }[])[0]!.grantId;
    };
    const [first, second] = [await idOf(good), await idOf(bad)];
    // A record that takes its time is not waited for to the end, and shows it a moment later.
    const shown = { timeout: 100_000 };
    const recorded = async (grantId: string): Promise<unknown> =>
      ((await (await fetch(`${address}/v1/grants/${grantId}`)).json()) as { state: string }).state;
    expect(await order(data, 'approve', first)).toBe(`reward ${first} is posted`);
    await expect.poll(() => recorded(first), shown).toBe('posted');
    expect(await order(data, 'reject', second)).toBe(`reward ${second} is voided`);
    await expect.poll(() => recorded(second), shown).toBe('voided');
    expect(await refused(data, 'reject', first)).toBe(
      `sheepdog: reward ${first} does not wait for a review: it is posted (approved)\n`,
    );
    expect(await refused(data, 'approve', 'g_nothing')).toBe(
      'sheepdog: there is no reward g_nothing\n',
    );
    // The same event again is answered with what became of its reward.
    expect(told(await answered(address, good))).toEqual(['proof posted approved']);
    expect(told(await answered(address, bad))).toEqual(['proof voided review_rejected']);
    expect((await worker.stop()).code).toBe(0);
    const [words] = await askRecord(
      data,
      "SELECT kind, JSONExtractString(value, 'grantId') AS about, actor, reason FROM campaign_actions FINAL ORDER BY action_id LIMIT 2",
    );
    expect(words).toEqual([
      { kind: 'approve', about: first, actor: 'li', reason: 'risk: tests' },
      { kind: 'reject', about: second, actor: 'li', reason: 'risk: tests' },
    ]);
    expect((await run(['ledger', 'verify', '--data', data])).code).toBe(0);
    // Words on rewards are no changes: a start that reads them back goes on.
    const again = startIn(data, ['--config', config]);
    expect(told(await answered(await again.ready(), good))).toEqual(['proof posted approved']);
  });

  it('about what there is not ends with exit code 1 and one line that says what there is', async () => {
    const data = join(await newFolder(), 'data');
    const worker = startIn(data, ['--config', await configOf(TRIAL)]);
    await worker.ready();
    expect(await refused(data, ...campaign('pause', 'spring'))).toBe(
      'sheepdog: there is no campaign "spring": there are trial\n',
    );
    expect(await refused(data, ...campaign('pause', 'trial', '--offer', 'none'))).toBe(
      'sheepdog: campaign trial has no offer "none"\n',
    );
    const line = ['trial', '--line', 'total.none', '--by', '5'];
    expect(await refused(data, ...campaign('add-budget', ...line))).toBe(
      'sheepdog: campaign trial has no budget line "total.none"\n',
    );
    expect(await refused(data, ...campaign('merchant-list', 'trial', 'shops', 'shop-1'))).toBe(
      'sheepdog: campaign trial has no list "shops"\n',
    );
    expect(await refused(data, ...campaign('pause', 'trial'))).toBe(
      'sheepdog: pause takes from customers what the terms of trial promise: only for a risk, with a reason such as "risk: organised abuse"\n',
    );
  });
});

describe('the state of a campaign', () => {
  it('that must not be published keeps the worker from its start, with the place of each error', async () => {
    const config = await configOf({ ...TRIAL, title: '最优惠', terms: '全国第一' });
    const data = join(await newFolder(), 'data');
    const ended = await run(['start', '--config', config, '--data', data, '--port', '0']);
    const file = join(config, 'campaigns', 'trial.yaml');
    expect([ended.code, ended.stdout]).toEqual([2, '']);
    expect(ended.stderr.split('\n')).toEqual([
      `sheepdog: ${file}:2:8: not to be published: advertising law forbids superlatives such as "最": write the plain fact`,
      `${file}:5:8: not to be published: advertising law forbids superlatives such as "第一": write the plain fact`,
      '',
    ]);
  });

  it('is told from its draft to its close, at the time of the events', async () => {
    const data = join(await newFolder(), 'data');
    const release = { version: 3, author: 'ann', approvedBy: 'bob', reason: 'tests' };
    const phase = (id: string, from: string, to: string, status?: string): typeof TRIAL => ({
      ...TRIAL,
      ...{ release },
      id,
      window: { from: `${from}T00:00:00+08:00`, to: `${to}T00:00:00+08:00` },
      ...(status && { status }),
    });
    const config = await configOf(
      phase('sketch', '2026-01-01', '2027-01-01', 'draft'),
      { ...phase('flawed', '2026-01-01', '2027-01-01', 'draft'), title: '最优惠' },
      phase('later', '2026-12-01', '2027-01-01'),
      phase('over', '2026-01-01', '2026-11-01'),
      phase('past', '2026-01-01', '2026-10-01'),
      ...['running', 'resting', 'shut'].map((id) => phase(id, '2026-01-01', '2027-01-01')),
    );
    const worker = startIn(data, ['--config', config]);
    const address = await worker.ready();
    const { rewards } = await answered(address, new Crowd().of('bill'));
    // Drafts, and what has not begun or is over, grant nothing.
    expect((rewards as readonly unknown[]).length).toBe(3);
    await order(data, ...campaign('pause', 'resting'));
    await order(data, ...campaign('close', 'shut'));
    const views = await campaignsAt(address);
    expect(views.map(({ id, status }) => `${id} ${status}`).toSorted()).toEqual([
      ...['flawed draft', 'later scheduled', 'over ended', 'past closed', 'resting paused'],
      ...['running live', 'shut closed', 'sketch checked'],
    ]);
    // What is won on the last day waits ten days for its claim, then the grace begins.
    const closesAt = '2026-12-10T16:00:00.000Z';
    expect(views.find(({ id }) => id === 'over')).toMatchObject({ closesAt, release });
    expect(await refused(data, ...campaign('resume', 'shut'))).toBe(
      'sheepdog: campaign shut is closed for good\n',
    );
  });
});
