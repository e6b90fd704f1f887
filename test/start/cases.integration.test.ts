/** A worker that people work with: freezes that are appealed against, and rewards that are looked at again. */

import { join } from 'node:path';
import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { askRecord } from '../support/ask-record.ts';
import { endAll, newFolder, run, startIn, type Cli } from '../support/cli.ts';
import { answered, configOf, Crowd, send, told, TRIAL, type Fields } from './trial-campaign.ts';

afterAll(endAll);

interface Listed {
  readonly proposals: readonly Readonly<Record<string, unknown>>[];
  readonly open: Readonly<Record<string, number>>;
  readonly switches: Readonly<Record<string, string>>;
}

async function listed(address: string): Promise<Listed> {
  return (await (await fetch(`${address}/v1/proposals`)).json()) as Listed;
}

/** An order by HTTP. @returns the worker's word, whichever it is. */
async function say(
  address: string,
  path: string,
  actor: string,
  more: object = {},
): Promise<string> {
  const answer = await fetch(`${address}/v1/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ actor, reason: 'because', ...more }),
  });
  const body = (await answer.json()) as { message?: string; error?: { message: string } };
  return `${answer.status} ${body.message ?? body.error?.message ?? ''}`;
}

/** The ids of open proposals, as soon as there are so many. */
async function opened(worker: Cli, address: string, count: number): Promise<string[]> {
  return await worker.until(async () => {
    const ids = (await listed(address)).proposals.map(({ id }) => String(id));
    return ids.length >= count ? ids.sort() : undefined;
  });
}

async function rewardsOf(address: string, accountId: string): Promise<string[]> {
  const { grants } = (await (await fetch(`${address}/v1/grants`)).json()) as {
    grants: { accountId: string; state: string; reason: string; offerId: string }[];
  };
  const own = grants.filter((grant) => grant.accountId === accountId);
  return own.map(({ offerId, state, reason }) => `${offerId} ${state} ${reason}`).sort();
}

/** Hours apart, so that nothing but the freeze makes them suspicious. */
const at = (hours: number): Fields => ({
  occurredAt: new Date(Date.parse('2026-11-20T02:00:00Z') + hours * 3_600_000).toISOString(),
});

async function configured(freezing: object): Promise<string> {
  const folder = await configOf(TRIAL);
  const file = join(folder, 'sheepdog.yaml');
  const system = parse(await readFile(file, 'utf8')) as { freezing: object };
  await writeFile(file, stringify({ ...system, freezing: { ...system.freezing, ...freezing } }));
  return folder;
}

describe('an event that comes late', () => {
  it('opens a clawback for what would have been looked at with it, and says what came late', async () => {
    const data = join(await newFolder(), 'data');
    const worker = startIn(data, ['--config', await configured({})]);
    const address = await worker.ready();
    const crowd = new Crowd();
    const onOne = (hours: number): Fields => ({ ...at(hours), deviceId: 'd-shared' });
    const [first, second] = [crowd.of('bill', 'v', onOne(0)), crowd.of('bill', 'w', onOne(2))];
    expect(told(await answered(address, first))).toEqual(['bill posted granted']);
    expect(told(await answered(address, second))).toEqual(['bill posted granted']);
    const late = await send(address, crowd.of('points', 'x', onOne(1)));
    expect(late).toMatchObject({ verdict: 'allow', late: true });
    await opened(worker, address, 1);
    expect((await listed(address)).proposals).toMatchObject([
      {
        ...{ kind: 'clawback', accountId: 'a-w' },
        cause: expect.stringMatching(/^late_review /) as string,
        evidence: expect.stringMatching(/same-device, with what came late: e-3$/) as string,
      },
    ]);
    expect(await rewardsOf(address, 'a-w')).toEqual(['bill posted granted']);
    // The bank's word takes the reward back by itself: nothing is left to be decided.
    const word = [
      'label',
      `dec_${second.id}`,
      'confirmed',
      '--reason',
      'chargeback',
      '--data',
      data,
    ];
    expect((await run(word)).code).toBe(0);
    await worker.until(async () =>
      (await listed(address)).proposals.length === 0 ? true : undefined,
    );
    await worker.until(async () =>
      (await rewardsOf(address, 'a-w'))[0] === 'bill clawed_back review_confirmed'
        ? true
        : undefined,
    );
    expect((await worker.stop()).code).toBe(0);
  });
});

describe('a freeze', () => {
  it('proposes to take back what was given, once, over a kill, and takes it back once it is approved', async () => {
    const data = join(await newFolder(), 'data');
    const config = await configured({});
    let worker = startIn(data, ['--config', config]);
    let address = await worker.ready();
    const crowd = new Crowd();
    expect(told(await answered(address, crowd.of('bill', 'v')))).toEqual(['bill posted granted']);
    expect(told(await answered(address, crowd.of('bill', 'w')))).toEqual(['bill posted granted']);
    const waiting = await answered(address, crowd.of('till', 'v'));
    expect(told(waiting)).toEqual(['till held awaiting_payment']);
    expect(await say(address, 'accounts/a-v/freeze', 'li')).toMatch(/^200 account a-v is frozen/);
    const [proposal] = await opened(worker, address, 1);
    await worker.kill();

    worker = startIn(data, ['--config', config]);
    address = await worker.ready();
    expect(await opened(worker, address, 1)).toEqual([proposal]);
    const shown = await run(['proposals', 'list', '--data', data]);
    expect(shown.stdout).toContain(`"id":"${proposal}","kind":"clawback","accountId":"a-v"`);
    const approve = ['proposals', 'approve', proposal!, '--reason', 'ring', '--data', data];
    expect((await run(approve)).stdout).toMatch(/is clawed_back \(late_truth\)/);
    expect((await run(approve)).stderr).toMatch(/it was approved before/);
    await worker.until(async () =>
      (await rewardsOf(address, 'a-v'))[0]?.includes('clawed_back') ? true : undefined,
    );
    expect(await rewardsOf(address, 'a-v')).toEqual([
      'bill clawed_back late_truth',
      'till voided review_rejected',
    ]);
    expect(await rewardsOf(address, 'a-w')).toEqual(['bill posted granted']);
    const ended = await worker.stop();
    expect(ended.code, ended.stderr).toBe(0);
    const [steps, taken] = await askRecord(
      data,
      `SELECT toString(kind) AS kind, toString(state) AS state, actor FROM reward_proposals FINAL
       ORDER BY kind, reward_proposals.state`,
      "SELECT count() AS n FROM ledger_entries FINAL WHERE operation = 'clawback' AND leg = 0",
    );
    expect(steps).toEqual([
      { kind: 'clawback', state: 'open', actor: 'late-truth' },
      { kind: 'clawback', state: 'approved', actor: 'analyst' },
      { kind: 'hold', state: 'done', actor: 'late-truth' },
    ]);
    expect(taken).toEqual([{ n: 1 }]);
    expect((await run(['ledger', 'verify', '--data', data])).code).toBe(0);
  });

  it('softens while it is appealed against, and an account that is cleared is made good', async () => {
    const data = join(await newFolder(), 'data');
    const worker = startIn(data, ['--config', await configured({ duringAppeal: 'review' })]);
    const address = await worker.ready();
    const crowd = new Crowd();
    expect(await say(address, 'accounts/a-v/appeal', 'wei')).toMatch(/^409 .*not frozen/);
    await say(address, 'accounts/a-v/freeze', 'li');
    const blocked = await answered(address, crowd.of('bill', 'v', at(0)));
    expect(blocked).toMatchObject({ verdict: 'block' });
    expect(told(blocked)).toEqual(['bill voided account_frozen']);
    const authorised = crowd.of('till', 'v', at(6));
    expect(told(await answered(address, authorised))).toEqual(['till voided account_frozen']);
    expect(await say(address, 'accounts/a-v/appeal', 'wei')).toMatch(/^200 .*go to review/);
    expect(await say(address, 'accounts/a-v/appeal', 'wei')).toMatch(/^409 .*open appeal/);
    const held = await answered(address, crowd.of('mall', 'v', at(12)));
    expect(held).toMatchObject({ verdict: 'review' });
    expect(told(held)).toEqual(['mall held held_for_review']);
    const { amount, currency, category, merchantId } = authorised;
    const named = { attributes: { authorisationId: authorised.id } };
    await send(address, {
      ...{ ...crowd.of('till', 'v', at(18)), type: 'payment', ...named },
      ...{ amount, currency, category, merchantId },
    });

    const unfrozen = await say(address, 'accounts/a-v/unfreeze', 'wang');
    expect(unfrozen).toMatch(/^409 .*open appeal: `review a-v cleared` accepts it/);
    const cleared = { outcome: 'cleared' };
    expect(await say(address, 'accounts/a-v/review', 'wang', cleared)).toMatch(/^200 .*cleared/);
    expect(await send(address, crowd.of('points', 'v', at(30)))).toMatchObject({
      verdict: 'allow',
    });
    const proposals = await opened(worker, address, 2);
    for (const proposal of proposals) {
      const word = await say(address, `proposals/${proposal}/approve`, 'wang');
      expect(word).toMatch(/^200 .* is posted \(compensated\)/);
      expect(await say(address, `proposals/${proposal}/approve`, 'wang')).toMatch(/^409/);
    }
    const good = [
      'bill posted compensated',
      'mall posted released',
      'points posted granted',
      'till posted compensated',
    ];
    await worker.until(async () =>
      (await rewardsOf(address, 'a-v')).join() === good.join() ? true : undefined,
    );
    const ended = await worker.stop();
    expect(ended.code, ended.stderr).toBe(0);
    expect((await run(['ledger', 'verify', '--data', data])).code).toBe(0);
    const [actions] = await askRecord(
      data,
      'SELECT toString(kind) AS kind, actor FROM account_actions FINAL ORDER BY arrival',
    );
    expect(actions.map(({ kind, actor }) => `${String(kind)} ${String(actor)}`)).toEqual([
      'freeze li',
      'appeal wei',
      'clear wang',
    ]);
  });
});

describe('an appeal', () => {
  it('waits for its review when the freeze has ended by itself, and makes good what was kept back', async () => {
    const data = join(await newFolder(), 'data');
    const worker = startIn(data, ['--config', await configured({})]);
    const address = await worker.ready();
    const crowd = new Crowd();
    await send(address, crowd.of('points', 'w', at(0)));
    await say(address, 'accounts/a-v/freeze', 'li');
    const forAnHour = { outcome: 'confirmed', for: '1h' };
    expect(await say(address, 'accounts/a-v/review', 'li', forAnHour)).toMatch(/^200 .*stays/);
    expect(told(await answered(address, crowd.of('bill', 'v', at(0.5))))).toEqual([
      'bill voided account_frozen',
    ]);
    expect(await say(address, 'accounts/a-v/appeal', 'wei')).toMatch(/^200 .*is open/);
    await send(address, crowd.of('points', 'w', at(24)));
    expect((await listed(address)).open['appeal']).toBe(1);
    const cleared = { outcome: 'cleared' };
    expect(await say(address, 'accounts/a-v/review', 'wang', cleared)).toMatch(/^200 .*cleared/);
    const [proposal] = await opened(worker, address, 1);
    expect(await say(address, `proposals/${proposal!}/approve`, 'wang')).toMatch(
      /^200 .* is posted \(compensated\)/,
    );
    expect(await say(address, 'accounts/a-v/review', 'wang', cleared)).toMatch(
      /^409 .*not frozen and has no open appeal/,
    );
    expect((await worker.stop()).code).toBe(0);
  });

  it('that is accepted gives again what was taken back as abuse, once', async () => {
    const data = join(await newFolder(), 'data');
    const worker = startIn(data, ['--config', await configured({})]);
    const address = await worker.ready();
    const crowd = new Crowd();
    const bill = crowd.of('bill', 'v', at(0));
    expect(told(await answered(address, bill))).toEqual(['bill posted granted']);
    const abuse = { label: 'confirmed' };
    expect(await say(address, `decisions/dec_${bill.id}/label`, 'li', abuse)).toMatch(/^200/);
    await say(address, 'accounts/a-v/freeze', 'li');
    const cleared = { outcome: 'cleared' };
    expect(await say(address, 'accounts/a-v/review', 'wang', cleared)).toMatch(/^200 .*cleared/);
    const [proposal] = await opened(worker, address, 1);
    expect(await say(address, `proposals/${proposal!}/approve`, 'wang')).toMatch(
      /^200 .* reward g_\S+\.again is posted \(compensated\)/,
    );
    const both = ['bill clawed_back review_confirmed', 'bill posted compensated'];
    await worker.until(async () =>
      (await rewardsOf(address, 'a-v')).join() === both.join() ? true : undefined,
    );
    expect((await worker.stop()).code).toBe(0);
    expect((await run(['ledger', 'verify', '--data', data])).code).toBe(0);
  });
});

describe('orders that want a second person', () => {
  it('wait for another one, over a restart, and switches never do', async () => {
    const data = join(await newFolder(), 'data');
    const config = await configured({ dualControl: 'manual' });
    let worker = startIn(data, ['--config', config]);
    let address = await worker.ready();
    const crowd = new Crowd();
    expect(await say(address, 'accounts/a-v/freeze', 'li')).toMatch(/^200 waits for a second/);
    expect(await send(address, crowd.of('bill', 'v'))).toMatchObject({ verdict: 'allow' });
    expect(await say(address, 'switches/blocking', 'li', { to: 'off' })).toMatch(/^200 no event/);
    expect((await worker.stop()).code).toBe(0);

    worker = startIn(data, ['--config', config]);
    address = await worker.ready();
    const { proposals, switches } = await listed(address);
    expect(switches).toEqual({ freezing: 'on', blocking: 'off' });
    expect(proposals).toMatchObject([{ kind: 'order', order: 'freeze a-v', actor: 'li' }]);
    const path = `proposals/${String(proposals[0]!['id'])}/approve`;
    expect(await say(address, path, 'li')).toMatch(/^409 li gave this order/);
    expect(await say(address, path, 'wang')).toMatch(/^200 account a-v is frozen/);
    expect(await send(address, crowd.of('bill', 'v'))).toMatchObject({ verdict: 'block' });
    expect((await listed(address)).open['order']).toBe(0);
    expect((await worker.stop()).code).toBe(0);
  });
});
