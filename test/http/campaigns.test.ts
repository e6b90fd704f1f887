import { describe, expect, it } from 'vitest';
import type { Order } from '../../pipeline/http/order.ts';
import { AnalyticsError } from '../../pipeline/record/analytics.ts';
import { start } from './running.ts';

const who = { actor: 'wang', reason: 'organised abuse' };

describe('a campaign manager', () => {
  it('changes a campaign and judges a reward through the command log, in their own name', async () => {
    const orders: Order[] = [];
    await using api = await start({
      command: (order) => {
        orders.push(order);
        return Promise.resolve({ commandId: '7-0', accepted: true, message: 'done' });
      },
    });
    const change = { kind: 'add_quota', offerId: 'friday-off', by: 100 };
    const changed = await api.post(
      '/v1/campaigns/spring/changes',
      JSON.stringify({ ...who, change }),
    );
    expect(await changed.json()).toEqual({ commandId: '7-0', accepted: true, message: 'done' });
    await api.post('/v1/grants/g_1/approve', JSON.stringify(who));
    await api.post('/v1/grants/g_2/reject', JSON.stringify(who));
    expect(orders).toEqual([
      { kind: 'campaign', change: { ...change, campaignId: 'spring' }, ...who },
      { kind: 'approve', grantId: 'g_1', ...who },
      { kind: 'reject', grantId: 'g_2', ...who },
    ]);
  });

  it.each([
    [{ kind: 'add_quota', offerId: 'a', by: 0 }, 'by'],
    [{ kind: 'add_budget', by: 5 }, 'line'],
    [{ kind: 'pause', offerID: 'a' }, 'offerID'],
    [{ kind: 'raise_odds' }, 'kind'],
  ])('is told what is wrong with the change %j', async (change, hint) => {
    await using api = await start({
      command: () => Promise.reject(new Error('must not be asked')),
    });
    const answer = await api.post(
      '/v1/campaigns/spring/changes',
      JSON.stringify({ ...who, change }),
    );
    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain(hint);
  });
});

describe('the closing report', () => {
  const away = new AnalyticsError('ClickHouse does not answer', undefined, undefined);
  it('is not to be had while the record is away, and is asked for again', async () => {
    await using api = await start({ report: () => Promise.reject(away) });
    const answer = await fetch(`${api.url}/v1/campaigns/spring/report`);
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '5']);
    expect(await answer.json()).toEqual({
      error: { code: 'unavailable', message: 'the record is away: ask again' },
    });
  });
});
