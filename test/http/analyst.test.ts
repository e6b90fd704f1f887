import { describe, expect, it } from 'vitest';
import type { ConfigStatus } from '../../pipeline/reload/config-status.ts';
import type { Order } from '../../pipeline/http/order.ts';
import { Metrics } from '../../pipeline/telemetry.ts';
import { payment, start } from './running.ts';

describe('an analyst', () => {
  it('freezes, unfreezes and labels through the command log, in their own name', async () => {
    const orders: Order[] = [];
    await using api = await start({
      command: (order) => {
        orders.push(order);
        return Promise.resolve({ commandId: '7-0', accepted: true, message: 'done' });
      },
    });
    const order = { actor: 'li', reason: 'ring of nine' };
    const body = JSON.stringify(order);
    const frozen = await api.post('/v1/accounts/acc%2F1/freeze', body);
    expect(await frozen.json()).toEqual({ commandId: '7-0', accepted: true, message: 'done' });
    await api.post('/v1/accounts/acc-1/unfreeze', body);
    await api.post(
      '/v1/decisions/dec_e1/label',
      JSON.stringify({ ...order, label: 'false_positive' }),
    );
    expect(orders).toEqual([
      { kind: 'freeze', accountId: 'acc/1', ...order },
      { kind: 'unfreeze', accountId: 'acc-1', ...order },
      { kind: 'label', decisionId: 'dec_e1', label: 'false_positive', ...order },
    ]);
  });

  it.each([
    ['', 'not JSON'],
    ['{"actor":"li"}', 'reason'],
    ['{"actor":"li","reason":" "}', 'reason'],
    ['{"actor":"li","reason":"r","accountId":"other"}', 'accountId'],
  ])('is told what is wrong with %j', async (body, hint) => {
    await using api = await start({
      command: () => Promise.reject(new Error('must not be asked')),
    });
    const answer = await api.post('/v1/accounts/a/freeze', body);
    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain(hint);
  });

  it('is told why an order was not accepted', async () => {
    const message = 'acc-1 is frozen already';
    await using api = await start({
      command: () => Promise.resolve({ commandId: '1-0', accepted: false, message }),
    });
    const answer = await api.post('/v1/accounts/acc-1/freeze', '{"actor":"li","reason":"r"}');
    expect(answer.status).toBe(409);
    expect(await answer.json()).toEqual({ error: { code: 'not_accepted', message } });
  });

  it('sees since when and why an account is frozen before the row is recorded', async () => {
    await using api = await start({
      freezeOf: (accountId) => ({
        accountId,
        actionId: 'freeze_dec_1',
        actor: 'policy',
        reason: 'independent findings',
        decisionId: 'dec_1',
        sinceMs: Date.parse('2026-10-01T10:00:00Z'),
        expiresAtMs: undefined,
      }),
    });
    expect(await (await fetch(`${api.url}/v1/accounts/acc-1`)).json()).toEqual({
      accountId: 'acc-1',
      frozen: true,
      since: '2026-10-01T10:00:00.000Z',
      until: null,
      why: 'independent findings',
      by: 'policy',
      decisionId: 'dec_1',
      actions: [],
    });
  });

  it('gets 404 for a decision nobody recorded', async () => {
    await using api = await start();
    expect((await fetch(`${api.url}/v1/decisions/dec_none`)).status).toBe(404);
  });
});

describe('a machine that watches', () => {
  it('learns of life, readiness with its reasons, and the active configuration', async () => {
    const reasons: string[] = [];
    const judging: ConfigStatus = {
      version: 'v2',
      since: '2026-03-05T12:00:00.000Z',
      actor: 'mei',
      reason: 'fewer false alarms',
      needsRestart: ['redis.url'],
    };
    const days = { feature: 'events per ip', known: 3, needed: 12, unit: 'days' };
    let warmingUp: ConfigStatus['warmingUp'];
    await using api = await start({
      readiness: () => reasons,
      configStatus: () => ({ ...judging, ...(warmingUp && { warmingUp }) }),
    });
    expect(await (await fetch(`${api.url}/healthz`)).json()).toEqual({ status: 'alive' });
    expect(await (await fetch(`${api.url}/readyz`)).json()).toEqual({ status: 'ready' });
    warmingUp = [days];
    const warm = await (await fetch(`${api.url}/readyz`)).json();
    expect(warm).toEqual({ status: 'ready', warmingUp });
    warmingUp = undefined;
    reasons.push('redis does not answer');
    const not = await fetch(`${api.url}/readyz`);
    expect(not.status).toBe(503);
    expect(await not.json()).toEqual({ status: 'not ready', reasons });
    expect(await (await fetch(`${api.url}/v1/config`)).json()).toEqual({
      ...judging,
      engineVersion: '0.1.0',
    });
  });

  it('reads metrics, requests among them', async () => {
    await using api = await start({ metrics: new Metrics() });
    await api.post('/v1/events', payment('e1'));
    const answer = await fetch(`${api.url}/metrics`);
    expect(answer.headers.get('content-type')).toMatch(/^text\/plain/);
    expect(await answer.text()).toContain(
      'sheepdog_http_requests_total{route="/v1/events",status="200"} 1',
    );
  });
});

describe('the console', () => {
  it('is one page that loads nothing from elsewhere and runs nothing but its own scripts', async () => {
    await using api = await start();
    const answer = await fetch(`${api.url}/`);
    const page = await answer.text();
    expect(page).toContain('Latest blocks, and why');
    // Views are parts of the page itself.
    expect(page).not.toMatch(/(?:src|href)=(?!"#)/);
    expect(page).not.toContain('<!-- s');
    const policy = answer.headers.get('content-security-policy')!;
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain('unsafe');
  });

  it('refuses a range it does not know', async () => {
    await using api = await start();
    expect((await fetch(`${api.url}/v1/console/overview?range=constructor`)).status).toBe(400);
  });
});
