import { writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readCampaigns } from '../../pipeline/http/console/campaigns.ts';
import type { Order } from '../../pipeline/http/order.ts';
import type { HttpDeps } from '../../pipeline/http/server.ts';
import { temporaryAnalytics, type TemporaryAnalytics } from '../support/chdb.ts';
import { chromium, openPage, type Page } from './browser.ts';
import { insertJudged, insertSpring, SPRING } from './campaign-rows.ts';
import { start, type Running } from './running.ts';

let store: TemporaryAnalytics;
beforeAll(async () => {
  store = await temporaryAnalytics();
});
afterAll(() => store.close());
beforeEach(() => store.clear());

describe('the figures of the campaigns view', () => {
  it('queue what waits for a person, the longest first, with the reasons of the decision', async () => {
    await insertSpring(store.analytics);
    const { review } = await readCampaigns(store.analytics, '1h');
    expect(review).toMatchObject({
      total: 3,
      grants: [
        { grantId: 'g_suitcase', reason: 'awaiting_review', findings: [], reasons: [] },
        { grantId: 'g_overdue', reason: 'review_overdue' },
        {
          grantId: 'g_suspect',
          reason: 'held_for_review',
          award: [{ kind: 'discount', amountMinor: 5000 }],
          reasons: ['review_finding'],
          findings: [{ detector: 'same-device', measure: 4, threshold: 3 }],
        },
      ],
    });
  });

  it('count what offers gave within the range, each reward once', async () => {
    await insertSpring(store.analytics);
    const figures = { granted: 2, unclaimed: 0, held: 2, rejected: 1, takenBack: 0 };
    expect((await readCampaigns(store.analytics, '1h'))['offers']).toEqual([
      { campaignId: 'spring', offerId: 'friday-off', ...figures, costMinor: 10_000 },
      {
        campaignId: 'spring',
        offerId: 'luggage',
        ...figures,
        granted: 1,
        unclaimed: 1,
        held: 0,
        rejected: 0,
        costMinor: 0,
      },
    ]);
    expect((await readCampaigns(store.analytics, 'all'))['offers']).toMatchObject([
      { granted: 3, held: 3, costMinor: 15_000 },
      { held: 1 },
    ]);
  });

  it('name the changes that people made, the newest first', async () => {
    await insertSpring(store.analytics);
    expect((await readCampaigns(store.analytics, '1h'))['actions']).toMatchObject([
      { kind: 'merchant_list', list: 'partners', merchants: 2, actor: 'li' },
      { kind: 'add_budget', line: 'total', by: 100_000 },
      { kind: 'pause', offerId: 'luggage', actor: 'wang', reason: 'the stock is late' },
    ]);
  });

  it('are empty before anything was recorded', async () => {
    expect(await readCampaigns(store.analytics, 'all')).toMatchObject({
      decisions: 0,
      offers: [],
      review: { total: 0, grants: [] },
      actions: [],
    });
  });
});

describe.skipIf(chromium === undefined)('the campaigns view in a browser', () => {
  let orders: Order[];
  let page: Page;
  beforeEach(async () => {
    orders = [];
    page = await openPage();
    return () => page[Symbol.asyncDispose]();
  });

  const serving = (deps: Partial<HttpDeps> = {}): Promise<Running> =>
    start({
      analytics: store.analytics,
      campaigns: () => [SPRING],
      command: async (order) => {
        orders.push(order);
        if (order.kind === 'approve') await insertJudged(store.analytics, order.grantId);
        return { commandId: '1-0', accepted: true, message: `obeyed: ${order.kind}` };
      },
      ...deps,
    });

  const text = (id: string): Promise<string> =>
    page.value<string>(`document.getElementById('${id}').innerText`);

  it('shows balances as bars, offers with their figures, and who changed what', async () => {
    await insertSpring(store.analytics);
    await using api = await serving();
    await page.goto(`${api.url}/#campaigns`);
    await page.until(`document.querySelectorAll('#panels .bar').length === 3`);
    const bars = `[...document.querySelectorAll('#panels .bar')].map((bar) => bar.ariaLabel)`;
    expect(await page.value(bars)).toEqual([
      '50 % used, 10 % pending',
      '87 % used, 3 % pending',
      '5 % used, 2.5 % pending',
    ]);
    const widths = `[...document.querySelectorAll('#panels .bar')].map((bar) =>
      Math.round((100 * bar.firstChild.getBoundingClientRect().width) / bar.getBoundingClientRect().width))`;
    expect(await page.value(widths)).toEqual([50, 87, 5]);
    const panels = await text('panels');
    expect(panels).toMatch(/Spring on credit\s+live/);
    expect(panels).toMatch(/budget total\s+2,500.00\s+500.00\s+2,000.00/);
    expect(panels).toMatch(/Fridays: 50 off, tier 1\s+87\s+3\s+10/);
    expect(panels).toMatch(/Fridays: 50 off\s+2\s+0\s+2\s+1\s+0\s+100.00\s+pause/);
    expect(panels).toMatch(/A suitcase for new cards paused\s+1\s+1\s+0\s+0\s+0\s+0.00\s+resume/);
    expect(await text('changes')).toMatch(
      /all\s+list partners replaced: 2 merchants\s+li\s+two joined/,
    );
    expect(page.asked.filter((url) => !url.startsWith(api.url))).toEqual([]);
    expect(page.complaints).toEqual([]);
    await look('campaigns');
    await page.value(`document.querySelector('#panels summary').focus()`);
    await page.press('Enter');
    await page.until(`!document.querySelector('#panels details').open`);
    const drawn = `window.first ??= document.querySelector('#panels details')`;
    await page.value(`void (${drawn})`);
    await page.until(`window.first !== document.querySelector('#panels details')`);
    expect(await page.value(`document.querySelector('#panels details').open`)).toBe(false);
    expect(await page.value(`document.activeElement.dataset.key`)).toBe('fold spring');
  });

  it('lets a reviewer approve by keyboard, with name and reason, and the reward leaves the queue', async () => {
    await insertSpring(store.analytics);
    await using api = await serving();
    await page.goto(`${api.url}/#campaigns`);
    await page.until(`document.querySelectorAll('#queue tbody tr').length === 3`);
    expect(await text('queue')).toContain('same-device 4 accounts in 1 d on deviceId <i>d-7');
    await page.value(`document.querySelector('[data-key="approve g_suspect"]').focus()`);
    await page.press('Enter');
    await page.until(`document.getElementById('order-facts').innerText.includes('shop-1')`);
    await look('approve');
    await page.press('Enter');
    await page.until(
      `document.getElementById('order-problem').innerText.startsWith('Write your name')`,
    );
    await page.type('li.wei');
    await page.press('Tab');
    await page.type('spoke to the customer');
    await page.press('Enter');
    await page.until(`document.querySelectorAll('#queue tbody tr').length === 2`);
    expect(orders).toEqual([
      { kind: 'approve', grantId: 'g_suspect', actor: 'li.wei', reason: 'spoke to the customer' },
    ]);
    expect(await text('notice')).toBe('obeyed: approve');
    expect(await text('queue')).not.toContain('c-2');
    expect(await page.value('document.activeElement.dataset.key')).toBe('reject g_overdue');
  });

  it('says in the words of the worker why an order was refused, and keeps the reward', async () => {
    await insertSpring(store.analytics);
    const message = 'reward g_overdue does not wait for a review';
    await using api = await serving({
      command: () => Promise.resolve({ commandId: '1-0', accepted: false, message }),
    });
    await page.goto(`${api.url}/#campaigns`);
    await page.until(`document.querySelector('[data-key="reject g_overdue"]')`);
    await page.value(`document.querySelector('[data-key="reject g_overdue"]').click()`);
    await page.type('li.wei');
    await page.press('Tab');
    await page.type('one more device of the ring');
    await page.press('Enter');
    await page.until(`document.getElementById('order-problem').innerText.includes('${message}')`);
    await page.press('Escape');
    await page.until(`!document.getElementById('order').open`);
    expect(await text('queue')).toContain('c-3');
  });

  it('resumes a paused offer', async () => {
    await using api = await serving();
    await page.goto(`${api.url}/#campaigns`);
    await page.until(`document.querySelector('[data-key="resume spring luggage"]')`);
    await page.value(`document.querySelector('[data-key="resume spring luggage"]').click()`);
    await page.type('wang');
    await page.press('Tab');
    await page.type('the stock is here');
    await page.press('Enter');
    await page.until(`!document.getElementById('order').open`);
    const change = { kind: 'resume', offerId: 'luggage', campaignId: 'spring' };
    expect(orders).toEqual([
      { kind: 'campaign', change, actor: 'wang', reason: 'the stock is here' },
    ]);
  });

  it('works with the API token as the password, orders too', async () => {
    await insertSpring(store.analytics);
    await using api = await serving({ apiToken: 'a-token-of-sufficient-length' });
    const url = api.url.replace('http://', 'http://li:a-token-of-sufficient-length@');
    await page.goto(`${url}/#campaigns`);
    await page.until(`document.querySelector('[data-key="reject g_suitcase"]')`);
    await page.value(`document.querySelector('[data-key="reject g_suitcase"]').click()`);
    await page.until(`document.getElementById('order-facts').innerText.includes('suitcase-20')`);
    await page.type('li.wei');
    await page.press('Tab');
    await page.type('the card was returned');
    await page.press('Enter');
    await page.until(`!document.getElementById('order').open`);
    expect(orders).toMatchObject([{ kind: 'reject', grantId: 'g_suitcase', actor: 'li.wei' }]);
  });

  it('says plainly that there is nothing, and that nothing fresh came', async () => {
    let broken = false;
    const query: HttpDeps['analytics']['query'] = (...asked) =>
      broken ? Promise.reject(new Error('away')) : store.analytics.query(...asked);
    await using api = await serving({ campaigns: () => [], analytics: { query } });
    await page.goto(`${api.url}/#campaigns`);
    await page.until(`document.getElementById('queue').innerText.includes('no reward waits')`);
    expect(await text('panels')).toContain('No campaign is configured');
    expect(await text('changes')).toContain('nobody has changed a campaign yet');
    broken = true;
    await page.until(`document.getElementById('problem').innerText.startsWith('No fresh figures')`);
    expect(await text('status')).toBe('no answer');
  });

  /** Pictures for people, when a folder is named to put them in. */
  async function look(name: string): Promise<void> {
    const folder = process.env['CONSOLE_PICTURES'];
    if (folder === undefined) return;
    await writeFile(`${folder}/${name}-light.png`, await page.picture(), 'base64');
    await page.darken();
    await writeFile(`${folder}/${name}-dark.png`, await page.picture(), 'base64');
  }
});
