import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryAnalytics, type TemporaryAnalytics } from '../support/chdb.ts';
import { insertSpring, SPRING } from './campaign-rows.ts';
import { start, type Running } from './running.ts';

interface Page {
  readonly grants: readonly Readonly<Record<string, unknown>>[];
  readonly next: number | null;
}

let store: TemporaryAnalytics;
let api: Running;
beforeAll(async () => {
  store = await temporaryAnalytics();
  await insertSpring(store.analytics);
  api = await start({ analytics: store.analytics, campaigns: () => [SPRING] });
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
  await store.close();
});

async function page(query: string): Promise<Page> {
  const answer = await fetch(`${api.url}/v1/grants${query}`);
  expect(answer.status).toBe(200);
  return (await answer.json()) as Page;
}

const ids = ({ grants }: Page): unknown[] => grants.map(({ grantId }) => grantId);

describe('GET /v1/grants', () => {
  it('shows each reward once, as its latest revision left it, the one that changed last first', async () => {
    const all = await page('');
    expect(ids(all)).toEqual([
      'g_released',
      'g_won',
      'g_refused',
      'g_plain',
      'g_bound',
      'g_overdue',
      'g_suitcase',
      'g_suspect',
      'g_older',
    ]);
    expect(all.next).toBeNull();
    expect(all.grants[0]).toMatchObject({
      campaignId: 'spring',
      offerId: 'friday-off',
      eventId: 'pay-5',
      customerId: 'c-5',
      state: 'posted',
      reason: 'released',
      label: 'tier-1',
      award: [{ kind: 'discount', amountMinor: 5000 }],
      amountMinor: 5000,
      currency: 'CNY',
      occurredAt: '2026-04-17T11:41:00.000Z',
      deadline: null,
      revision: 15,
    });
  });

  it.each([
    ['?state=held', ['g_bound', 'g_overdue', 'g_suitcase', 'g_suspect']],
    ['?state=posted', ['g_released', 'g_plain', 'g_older']],
    ['?state=awaiting_claim', ['g_won']],
    ['?offer=luggage', ['g_won', 'g_suitcase']],
    ['?campaign=spring&offer=luggage&state=held', ['g_suitcase']],
    ['?campaign=autumn', []],
  ])('narrows %s', async (query, expected) => {
    expect(ids(await page(query))).toEqual(expected);
  });

  it('gives pages without a gap and without a repeat', async () => {
    const seen: unknown[] = [];
    let before = '';
    for (;;) {
      const one = await page(`?state=held&limit=3${before}`);
      seen.push(...ids(one));
      if (one.next === null) break;
      before = `&before=${one.next}`;
    }
    expect(seen).toEqual(['g_bound', 'g_overdue', 'g_suitcase', 'g_suspect']);
  });

  it.each([
    ['?state=waiting', 'state'],
    ['?limit=501', 'limit'],
    ['?limit=0', 'limit'],
    ['?before=-1', 'before'],
    ['?before=99999999999999999', 'before'],
    ['?customer=c-1', 'customer'],
    ['?state=held&state=posted', 'state'],
  ])('says what is wrong with %s', async (query, hint) => {
    const answer = await fetch(`${api.url}/v1/grants${query}`);
    expect(answer.status).toBe(400);
    const { error } = (await answer.json()) as { error: { code: string; message: string } };
    expect(error.code).toBe('bad_request');
    expect(error.message).toContain(hint);
  });

  it('takes what is asked for as a value, whatever it says', async () => {
    const query = `?campaign=${encodeURIComponent("spring' OR 1 = 1 --")}`;
    expect(ids(await page(query))).toEqual([]);
  });
});

describe('GET /v1/grants/:id', () => {
  it('holds what a reviewer judges by: the event, the decision and its findings', async () => {
    const answer = await fetch(`${api.url}/v1/grants/g_suspect`);
    expect(await answer.json()).toMatchObject({
      grantId: 'g_suspect',
      state: 'held',
      reason: 'held_for_review',
      cardId: '622202******1234#9f3a',
      event: { type: 'payment', deviceId: '<i>d-7', ip: '203.0.113.7', merchantId: 'shop-1' },
      decision: {
        decisionId: 'dec_pay-2',
        verdict: 'review',
        findings: [
          { detector: 'same-device', mode: 'live', measure: 4, threshold: 3 },
          { detector: 'same-ip', mode: 'shadow' },
        ],
      },
    });
  });

  it('holds what moved it and what followed, each once, and nothing of its neighbours', async () => {
    const answer = await fetch(`${api.url}/v1/grants/g_released`);
    const grant = (await answer.json()) as Record<string, unknown>;
    expect(grant).toMatchObject({ state: 'posted', reason: 'released' });
    expect(grant['entries']).toEqual([
      {
        sequence: 9,
        operation: 'reserve',
        operationId: 'g_released',
        occurredAt: '2026-04-17T11:41:00.000Z',
        legs: [
          { account: 'budget/spring/total', postedDelta: 0, pendingDelta: 5000 },
          { account: 'quota/spring/friday-off/tier-1', postedDelta: 0, pendingDelta: 1 },
        ],
      },
      {
        sequence: 15,
        operation: 'post',
        operationId: 'label_dec_pay-5_false_positive',
        occurredAt: '2026-04-17T11:50:00.000Z',
        legs: [{ account: 'budget/spring/total', postedDelta: 5000, pendingDelta: -5000 }],
      },
    ]);
    expect(grant['vouchers']).toMatchObject([{ voucherId: 'g_released.1', faceMinor: 1500 }]);
    expect(grant['words']).toEqual([
      { kind: 'reject', actor: 'wang', reason: 'a family', issuedAt: '2026-04-17T11:55:00.000Z' },
    ]);
    expect(grant['deliveries']).toMatchObject([
      { deliveryId: 'g_released.1', state: 'acknowledged', attempts: 1, item: { kind: 'voucher' } },
    ]);
  });

  it('shows an entry that moved nothing, and says where there is no decision', async () => {
    const answer = await fetch(`${api.url}/v1/grants/g_refused`);
    expect(await answer.json()).toMatchObject({
      entries: [{ sequence: 11, operation: 'reject', legs: [] }],
      vouchers: [],
      deliveries: [],
      event: null,
      decision: null,
    });
  });

  it('is 404 for what nobody was granted', async () => {
    const answer = await fetch(`${api.url}/v1/grants/g_nobody`);
    expect(answer.status).toBe(404);
    expect(await answer.json()).toMatchObject({ error: { code: 'not_found' } });
  });
});
