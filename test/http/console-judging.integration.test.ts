import { writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Order } from '../../pipeline/http/order.ts';
import type { HttpDeps } from '../../pipeline/http/server.ts';
import { systemClock, type Clock } from '../../pipeline/clock.ts';
import { Metrics } from '../../pipeline/telemetry.ts';
import { temporaryAnalytics, type TemporaryAnalytics } from '../support/chdb.ts';
import { chromium, openPage, type Page } from './browser.ts';
import { CHANGE_MS, insertJudging } from './judging-rows.ts';
import { start, type Running } from './running.ts';

let store: TemporaryAnalytics;
beforeAll(async () => {
  store = await temporaryAnalytics();
  await insertJudging(store.analytics);
});
afterAll(() => store.close());

const JUDGES = [
  { name: 'reward-ring', kind: 'rule', mode: 'live', summary: 'Accounts that belong together.' },
  { name: 'same-ip', kind: 'detector', mode: 'shadow', summary: 'Many accounts on one address.' },
  { name: 'velocity', kind: 'detector', mode: 'off', summary: 'Too fast.' },
] as const;
const DAY_MS = 86_400_000;
/** A worker whose machine is a day ahead of this one, and of the browser. */
const AHEAD: Clock = { ...systemClock, now: () => systemClock.now() + DAY_MS };

/** How many days from the worker's now on an entry holds. */
function daysTo(expiresAtMs: number | undefined): number {
  return Math.round(((expiresAtMs! - AHEAD.now()) / DAY_MS) * 100) / 100;
}

const BOUND = { times: 2, points: 0.001, atLeast: 5 };

/** With a trial, a refused reload, one detector out of its band and one feature that warms up. */
function parts(orders: Order[]): Partial<HttpDeps> {
  const metrics = new Metrics();
  metrics.detectorSilence.set({ detector: 'reward-ring' }, 90);
  metrics.detectorSilence.set({ detector: 'same-ip' }, 7200);
  metrics.detectorDrift.set({ detector: 'reward-ring' }, 0);
  metrics.detectorDrift.set({ detector: 'same-ip' }, -1);
  metrics.featuresWarming.set({ feature: 'payments of a merchant' }, 0.25);
  return {
    analytics: store.analytics,
    clock: AHEAD,
    metrics,
    judging: () => ({ judges: JUDGES, bounds: { block: BOUND, review: BOUND } }),
    configStatus: () => ({
      version: 'aaaa00000001',
      since: '2026-10-01T04:00:00.000Z',
      actor: 'watch',
      reason: 'the files changed',
      canary: {
        ...{ version: 'bbbb00000002', share: 0.05, minimumEvents: 1000 },
        ...{ since: '2026-10-01T11:00:00.000Z', until: '2026-10-01T11:30:00.000Z' },
        onTrial: { events: 1000, reviews: 20, blocks: 4 },
        beside: { events: 19_000, reviews: 190, blocks: 19 },
      },
      refused: { at: '2026-10-01T11:40:00.000Z', problems: ['rules/a.yaml:3:5: no such field'] },
      needsRestart: ['windows'],
    }),
    exclusions: {
      entries: [],
      proposals: [
        {
          ...{ id: 'propose_dec_9_devices', op: 'propose', kind: 'devices', value: 'demo-phone' },
          ...{
            accounts: 120,
            hubLimit: 100,
            actor: 'policy',
            reason: 'more than 100 accounts in 24 h',
          },
          ...{ decisionId: 'dec_ring', occurredAtMs: CHANGE_MS, expiresAtMs: undefined },
        },
      ],
    },
    board: ({ kind }) => ({
      open: { freeze: 1, order: 0, appeal: 0, clawback: 1, compensation: 0 },
      switches: { freezing: 'on', blocking: 'on' },
      proposals: [
        {
          ...({ id: 'propose_1', kind: 'freeze', accountId: 'a-1', actor: 'policy' } as const),
          ...{ reason: 'reward-ring', since: '2026-10-01T12:00:00.000Z', decisionId: 'dec_ring' },
        },
        {
          ...({ id: 'claw_g1', kind: 'clawback', accountId: 'a-2', actor: 'late-truth' } as const),
          ...{ reason: 'label: chargeback', since: '2026-10-01T10:00:00.000Z', amountMinor: 1234 },
        },
      ].filter((each) => each.kind === kind),
    }),
    command: (order) => {
      orders.push(order);
      return Promise.resolve({ commandId: '1-0', accepted: true, message: 'obeyed' });
    },
  };
}

describe.skipIf(chromium === undefined)('in the browser', () => {
  let orders: Order[];
  let api: Running;
  let page: Page;
  beforeEach(async () => {
    orders = [];
    api = await start(parts(orders));
    page = await openPage();
    return async () => {
      await page[Symbol.asyncDispose]();
      await api[Symbol.asyncDispose]();
    };
  });

  const text = (id: string): Promise<string> =>
    page.value<string>(`document.getElementById('${id}').innerText`);
  const click = (selector: string): Promise<unknown> =>
    page.value(`document.querySelector('${selector}').click()`);

  async function sign(): Promise<void> {
    await page.value(`document.getElementById('order-actor').value = 'wang'`);
    await page.value(`document.getElementById('order-reason').value = 'looked at'`);
    await click('#order-do');
    await page.until(`!document.getElementById('order').open`);
  }

  async function picture(name: string): Promise<void> {
    const folder = process.env['CONSOLE_PICTURES'];
    if (folder === undefined) return;
    await writeFile(`${folder}/${name}.png`, await page.picture(), 'base64');
  }

  it('a decision is shown with reasons, failures, list entries, its ring and its version', async () => {
    await page.goto(`${api.url}/#decision/dec_ring`);
    await page.until(`document.querySelector('#decision-file svg')`);
    const file = await text('decision-file');
    expect(file).toContain('Accounts share devices and cards, and all collect.');
    expect(file).toMatch(/night-burst could not be evaluated on this event\s+no such key: city/);
    expect(file).toMatch(/watch\s+devices d-1\s+seen in a ring\s+li/);
    expect(file).toContain('a-1 –deviceId d-1– a-2 –cardId k-9– a-3');
    expect(file).toContain('2026-10-01 20:00 +08:00');
    const drawn = `[...document.querySelectorAll('.ring > text')].map((each) => each.firstChild.data)`;
    // Names are drawn as they are, not as the evidence has to write them.
    const shown = ['a-1', 'a-2', 'a-3, Ltd', 'device d; 100%25', 'card <b>k-9'];
    expect(await page.value(drawn)).toEqual(shown);
    expect(await page.value(`document.querySelectorAll('.ring line').length`)).toBe(4);
    await picture('decision');
    await click('#decision-file a[href="#configuration/bbbb00000002"]');
    await page.until(`document.querySelector('#change-shown .added')`);
    expect(await text('change-shown')).toMatch(
      /bbbb00000002 against aaaa00000001[^]*-\s+review: 4[^]*\+\s+review: 3/,
    );
    expect(page.complaints).toEqual([]);
  });

  it('a decision that is not on record is said to be so', async () => {
    await page.goto(`${api.url}/#decision/dec_none`);
    await page.until(
      `document.getElementById('decision-file').innerText.includes('no such decision')`,
    );
    expect(await text('status')).toBe('ready');
  });

  it('cases stand in the order in which they wait, hubs among them, and are judged there', async () => {
    await page.goto(`${api.url}/#cases`);
    await page.until(`document.querySelectorAll('#case-list tbody tr').length === 3`);
    const about = `[...document.querySelectorAll('#case-list tbody tr')].map((row) => row.cells[2].innerText)`;
    expect(await page.value(about)).toEqual(['a-2', 'demo-phone', 'a-1']);
    expect(await text('cases-count')).toBe('3');
    expect(await text('case-list')).toContain('more than 100 accounts in 24 h');
    await picture('cases');
    await click('[data-key="exclude propose_dec_9_devices"]');
    await picture('exclude');
    await sign();
    await click('[data-key="dismiss claw_g1"]');
    await sign();
    const [excluded] = orders;
    expect(excluded).toMatchObject({ kind: 'exclusion', op: 'add', of: 'devices' });
    expect(excluded).toMatchObject({ value: 'demo-phone', actor: 'wang' });
    expect(excluded).not.toHaveProperty('bands');
    if (excluded?.kind !== 'exclusion' || excluded.op !== 'add') throw new Error('not excluded');
    expect(daysTo(excluded.expiresAtMs)).toBe(90);
    expect(orders.slice(1)).toMatchObject([
      { kind: 'proposal', proposalId: 'claw_g1', word: 'dismiss', reason: 'looked at' },
    ]);
  });

  it('a hub is excluded with limits of its own, and what is no limit is not sent', async () => {
    await page.goto(`${api.url}/#cases`);
    await page.until(`document.querySelectorAll('#case-list tbody tr').length === 3`);
    await click('[data-key="exclude propose_dec_9_devices"]');
    const limits = (said: string): Promise<unknown> =>
      page.value(`document.getElementById('order-limits').value = '${said}'`);
    await page.value(`document.getElementById('order-expiry').value = 'for ever'`);
    await limits('same-device.accounts=300');
    await page.value(`document.getElementById('order-actor').value = 'wang'`);
    await page.value(`document.getElementById('order-reason').value = 'looked at'`);
    await click('#order-do');
    await page.until(`!document.getElementById('order-problem').hidden`);
    expect(await text('order-problem')).toBe(
      'Nothing was sent: same-device.accounts=300 is no limit: write one such as same-device.accounts.review=300.',
    );
    expect(orders).toEqual([]);
    await limits('same-device.accounts.review=300, same-device.accounts.block=500');
    await sign();
    expect(orders).toMatchObject([
      { value: 'demo-phone', bands: { 'same-device': { accounts: { review: 300, block: 500 } } } },
    ]);
    const [excluded] = orders;
    if (excluded?.kind !== 'exclusion' || excluded.op !== 'add') throw new Error('not excluded');
    expect(excluded.expiresAtMs).toBeUndefined();
  });

  it('of many hubs the oldest are asked for, and all are counted', async () => {
    const [hub] = parts([]).exclusions!.proposals;
    const proposals = Array.from({ length: 1234 }, (_, n) => {
      return { ...hub!, id: `propose_${n}`, value: `phone-${n}` };
    });
    await using many = await start({ ...parts(orders), exclusions: { entries: [], proposals } });
    await page.goto(`${many.url}/#cases`);
    await page.until(`document.querySelectorAll('#case-list tbody tr').length === 102`);
    expect(await text('cases-count')).toBe('1,236, the 102 oldest of their kinds are shown');
    const page2 = await fetch(`${many.url}/v1/exclusions?limit=2&offset=1232`);
    expect(await page2.json()).toMatchObject({
      proposals: [{ value: 'phone-1232' }, { value: 'phone-1233' }],
      total: { entries: 0, proposals: 1234 },
    });
    expect((await fetch(`${many.url}/v1/exclusions?limit=-1`)).status).toBe(400);
  });

  it('an entry is put on a list while the record is away', async () => {
    const analytics = { query: () => Promise.reject(new Error('the record is away')) };
    await using away = await start({ ...parts(orders), analytics });
    await page.goto(`${away.url}/#lists`);
    await page.until(`document.getElementById('status').textContent === 'no answer'`);
    await page.value(`document.getElementById('list-value').value = 'a-9'`);
    await click('#list-add');
    await sign();
    const [added] = orders;
    if (added?.kind !== 'list' || added.order.op !== 'add') throw new Error('no entry was added');
    expect(added.order.entries).toMatchObject([{ kind: 'accounts', value: 'a-9' }]);
    expect(daysTo(added.order.entries[0]!.expiresAtMs)).toBe(30);
  });

  it('the configuration shows the trial with its bounds, the refusal, and who drifts or is silent', async () => {
    await page.goto(`${api.url}/#configuration`);
    await page.until(`document.querySelectorAll('#judges tbody tr').length === 3`);
    const active = await text('active');
    expect(active).toContain('2026-10-01 12:00 +08:00');
    expect(active).toContain('rules/a.yaml:3:5: no such field');
    expect(active).toMatch(/waits for a restart\s+windows/);
    expect(active).toContain('payments of a merchant: 25 % of what it needs');
    const trial = await text('trial');
    expect(trial).toMatch(/blocked\s+0.4 %\s+0.1 %\s+0.2 %, from 5 on/);
    expect(trial).toMatch(/reviewed\s+2 %\s+1 %\s+2 %/);
    const judges = await text('judges');
    expect(judges).toMatch(/reward-ring\s+rule\s+live\s+1\s+1.5 min/);
    expect(judges).toMatch(/same-ip\s+detector\s+shadow\s+0\s+2 h\s+finds less than usual/);
    expect(judges).toMatch(/velocity\s+detector\s+off\s+0\s+–/);
    expect(await text('judges-count')).toBe('3, 1 out of their band');
    await picture('configuration');
    await click('[data-key="rollback"]');
    await sign();
    await click('[data-key="promote"]');
    await sign();
    expect(orders).toMatchObject([
      { kind: 'config', to: 'rolled_back', actor: 'wang', reason: 'looked at' },
      { kind: 'config', to: 'promoted' },
    ]);
    expect(page.complaints).toEqual([]);
  });

  it('a value is looked up on all lists, put on one with an end, and taken off another', async () => {
    await page.goto(`${api.url}/#lists`);
    await page.until(`document.querySelector('#list-entries')`);
    await page.value(`document.getElementById('list-kind').value = 'devices'`);
    await page.value(`document.getElementById('list-value').value = 'd-1'`);
    await click('#list-form button');
    await page.until(`document.querySelectorAll('#list-found tbody tr').length === 1`);
    expect(await text('list-found')).toMatch(/watch\s+devices\s+d-1\s+seen in a ring\s+li\s+never/);
    await picture('lists');
    await click('[data-key="add block"]');
    await page.value(`document.getElementById('order-expiry').value = '7 days'`);
    await sign();
    await click('#list-found [data-key="remove watch devices d-1"]');
    await sign();
    expect(orders).toMatchObject([
      {
        kind: 'list',
        order: { op: 'add', list: 'block', entries: [{ kind: 'devices', value: 'd-1' }] },
      },
      { kind: 'list', order: { op: 'remove', list: 'watch', entries: [{ value: 'd-1' }] } },
    ]);
    const [added] = orders;
    if (added?.kind !== 'list' || added.order.op !== 'add') throw new Error('no entry was added');
    expect(daysTo(added.order.entries[0]!.expiresAtMs)).toBe(7);

    await page.value(`document.getElementById('list-value').value = 'd-77'`);
    await page.value(`document.getElementById('list-to').value = 'watch'`);
    await click('#list-add');
    await sign();
    expect(orders.at(-1)).toMatchObject({
      order: { op: 'add', list: 'watch', entries: [{ kind: 'devices', value: 'd-77' }] },
    });
  });
});

describe('the bank’s zone', () => {
  it('is in the page, and one that does not exist is refused with the configuration', async () => {
    await using api = await start({}, { zone: 'America/Sao_Paulo' });
    expect(await (await fetch(api.url)).text()).toContain('data-zone="America/Sao_Paulo"');
  });
});
