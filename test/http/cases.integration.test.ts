import { describe, expect, it } from 'vitest';
import { boardOf } from '../../pipeline/orders/case-board.ts';
import { actionOf, FreezeState } from '../../pipeline/decide/freezing.ts';
import type { Order } from '../../pipeline/http/order.ts';
import { proposalOf, RewardProposals } from '../../pipeline/reward/proposal.ts';
import { chromium, openPage } from './browser.ts';
import { start, type Running } from './running.ts';

const AT_MS = Date.parse('2026-11-20T02:00:00Z');
const said = { id: '1-0', actor: 'li', reason: 'a ring', issuedAtMs: AT_MS } as const;

/** One of each kind, and blocks switched off. */
async function serving(orders: Order[]): Promise<Running> {
  const freezing = new FreezeState({ automatic: false, perHour: 0, expiresAfterMs: undefined });
  freezing.onBlock('a-1', 'dec_1', 'same-device', AT_MS);
  const freeze = { ...said, kind: 'freeze', accountId: 'a-2' } as const;
  freezing.request(freeze, JSON.stringify(freeze));
  freezing.onCommand({ ...freeze, accountId: 'a-3' });
  const appeal = { ...said, kind: 'appeal', accountId: 'a-3' } as const;
  freezing.take(actionOf(appeal, 'appeal', { accountId: 'a-3' }));
  const off = { ...said, kind: 'switch', name: 'blocking', to: 'off' } as const;
  freezing.take(actionOf(off, 'switch', { accountId: '', detail: 'blocking off' }));
  const proposals = new RewardProposals(10);
  proposals.apply(
    proposalOf(
      {
        ...{ actionId: '2-0', kind: 'clawback', state: 'open', actor: 'late-truth' },
        ...{ reason: 'freeze: same-device', occurredAtMs: AT_MS },
      },
      {
        ...{ id: 'freeze_1', kind: 'freeze', accountIds: ['a-4'], decisionId: '', atMs: AT_MS },
        ...{ byPerson: false, evidence: 'same-device' },
      },
      {
        ...{ grantId: 'g_1', campaignId: 'bills', accountId: 'a-4', customerId: 'c-4' },
        ...{ eventId: 'e-4', standing: 'live', amountMinor: 1000 },
      },
    ),
  );
  return await start({
    board: (filter) => boardOf(freezing, proposals, filter),
    command: (order) => {
      orders.push(order);
      const accepted = !('proposalId' in order) || order.proposalId !== 'claw_gone';
      return Promise.resolve({ commandId: '9-0', accepted, message: order.kind });
    },
  });
}

async function post(api: Running, path: string, body: object): Promise<number> {
  return (await api.post(path, JSON.stringify({ actor: 'wang', reason: 'looked at', ...body })))
    .status;
}

describe('the list of cases', () => {
  it('has one of each kind, with what it is judged by, and says what is switched off', async () => {
    await using api = await serving([]);
    const board = (await (await fetch(`${api.url}/v1/proposals`)).json()) as object;
    expect(board).toMatchObject({
      open: { freeze: 1, order: 1, appeal: 1, clawback: 1, compensation: 0 },
      switches: { freezing: 'on', blocking: 'off' },
      proposals: [
        { id: 'propose_dec_1', kind: 'freeze', accountId: 'a-1', decisionId: 'dec_1' },
        { kind: 'order', order: 'freeze a-2', lapsesAt: '2026-11-21T02:00:00.000Z' },
        { kind: 'appeal', accountId: 'a-3' },
        { id: 'claw_g_1', kind: 'clawback', amountMinor: 1000, cause: 'freeze freeze_1' },
      ],
    });
    const own = await fetch(`${api.url}/v1/proposals?kind=clawback&limit=1`);
    expect(await own.json()).toMatchObject({ proposals: [{ id: 'claw_g_1' }] });
    expect((await fetch(`${api.url}/v1/proposals?kind=other`)).status).toBe(400);
  });

  it('takes every order with who and why, and refuses what is none', async () => {
    const orders: Order[] = [];
    await using api = await serving(orders);
    expect(await post(api, '/v1/proposals/claw_g_1/approve', {})).toBe(200);
    expect(await post(api, '/v1/proposals/claw_gone/dismiss', {})).toBe(409);
    expect(await post(api, '/v1/accounts/a-3/appeal', {})).toBe(200);
    const review = { outcome: 'confirmed', for: '30d' };
    expect(await post(api, '/v1/accounts/a-3/review', review)).toBe(200);
    expect(await post(api, '/v1/switches/freezing', { to: 'off' })).toBe(200);
    expect(orders).toMatchObject([
      { kind: 'proposal', proposalId: 'claw_g_1', word: 'approve', actor: 'wang' },
      { kind: 'proposal', word: 'dismiss' },
      { kind: 'appeal', accountId: 'a-3' },
      { kind: 'review', outcome: 'confirmed', forMs: 30 * 86_400_000 },
      { kind: 'switch', name: 'freezing', to: 'off' },
    ]);
    expect(await post(api, '/v1/accounts/a-3/review', { outcome: 'maybe' })).toBe(400);
    expect(await post(api, '/v1/accounts/a-3/review', { ...review, for: 'long' })).toBe(400);
    expect(await post(api, '/v1/switches/freezing', { to: 'perhaps' })).toBe(400);
    expect(await post(api, '/v1/switches/other', { to: 'off' })).toBe(404);
    expect(await post(api, '/v1/proposals/claw_g_1/approve', { reason: '' })).toBe(400);
    expect(orders).toHaveLength(5);
  });

  it.skipIf(chromium === undefined)('is shown in the console and judged there', async () => {
    const orders: Order[] = [];
    await using api = await serving(orders);
    await using page = await openPage();
    await page.goto(`${api.url}/#cases`);
    await page.until(`document.querySelectorAll('#cases tbody tr').length === 4`);
    const count = await page.value<string>(`document.getElementById('cases-count').innerText`);
    expect(count).toBe('4, automatic blocking is switched off');
    const click = (selector: string): Promise<unknown> =>
      page.value(`document.querySelector('${selector}').click()`);
    for (const key of ['approve claw_g_1', 'clear appeal_1-0']) {
      await click(`[data-key="${key}"]`);
      await page.value(`document.getElementById('order-actor').value = 'wang'`);
      await page.value(`document.getElementById('order-reason').value = 'looked at'`);
      await click('#order-do');
      await page.until(`!document.getElementById('order').open`);
    }
    expect(orders).toMatchObject([
      { kind: 'proposal', proposalId: 'claw_g_1', word: 'approve', actor: 'wang' },
      { kind: 'review', accountId: 'a-3', outcome: 'cleared', reason: 'looked at' },
    ]);
  });
});
