import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CaseFile } from '../../pipeline/http/case-file.ts';
import { readOverview } from '../../pipeline/http/console/overview.ts';
import { temporaryAnalytics, type TemporaryAnalytics } from '../support/chdb.ts';
import { chromium, openPage } from './browser.ts';
import { EVENTS, insertEvening, LATEST_MS } from './console-rows.ts';
import { start } from './running.ts';

let store: TemporaryAnalytics;
beforeAll(async () => {
  store = await temporaryAnalytics();
  await insertEvening(store.analytics);
});
afterAll(() => store.close());

const sum = (list: unknown): number =>
  (list as number[]).reduce((total, value) => total + value, 0);

describe('the overview', () => {
  it('counts each decision once, in buckets that leave no gap', async () => {
    const { timeline, decisions, range } = await readOverview(store.analytics, 'all');
    const columns = timeline as Record<string, number[]>;
    expect([sum(columns['allow']), sum(columns['review']), sum(columns['block'])]).toEqual([
      1560, 60, 180,
    ]);
    expect(decisions).toBeGreaterThanOrEqual(EVENTS);
    const { stepSeconds } = range as { stepSeconds: number };
    const steps = columns['atMs']!.slice(1).map((ms, i) => ms - columns['atMs']![i]!);
    expect(new Set(steps)).toEqual(new Set([stepSeconds * 1000]));
    expect(columns['atMs']!.length).toBe(180);
    expect(columns['allow']!.every((count) => count > 0)).toBe(true);
  });

  it('ends at the latest event and goes back as far as asked', async () => {
    const { timeline, range } = await readOverview(store.analytics, '15m');
    expect(range).toMatchObject({ toMs: LATEST_MS, fromMs: LATEST_MS - 900_000 });
    const columns = timeline as Record<string, number[]>;
    expect(sum(columns['allow']) + sum(columns['review']) + sum(columns['block'])).toBe(900);
  });

  it('names detectors, addresses and devices with their figures, shadow findings apart', async () => {
    const { detectors, ips, devices } = await readOverview(store.analytics, 'all');
    expect(detectors).toEqual([
      { detector: 'same-device', mode: 'live', review: 0, block: 180, accounts: 4 },
      { detector: 'same-ip', mode: 'live', review: 0, block: 180, accounts: 4 },
      { detector: 'geo-velocity', mode: 'shadow', review: 1, block: 0, accounts: 1 },
    ]);
    expect(ips).toMatchObject([
      { value: '203.0.113.7', findings: 180, accounts: 4, highest: 7, highestUnit: 'accounts' },
    ]);
    expect((devices as unknown[]).length).toBe(2);
  });

  it('knows who is frozen now: neither the expired nor the unfrozen, a proposal changes nothing', async () => {
    const { frozen } = await readOverview(store.analytics, 'all');
    expect(frozen).toMatchObject({
      count: 2,
      accounts: [
        { accountId: 'acc-30', untilMs: Date.parse('2026-10-08T11:56:00Z') },
        { accountId: 'acc-0', untilMs: null, reason: 'same-ip, same-device' },
      ],
    });
  });

  it('says of the latest blocks why', async () => {
    const { blocks } = await readOverview(store.analytics, 'all');
    expect((blocks as unknown[]).length).toBe(10);
    expect((blocks as unknown[])[0]).toMatchObject({
      decisionId: 'dec_e0',
      reasons: ['independent_findings'],
      findings: [
        {
          detector: 'same-device',
          measure: 7,
          threshold: 3,
          windowMs: 600_000,
          subject: 'deviceId',
        },
        {
          detector: 'same-ip',
          measure: 7,
          threshold: 6,
          windowMs: 600_000,
          subjectValue: '203.0.113.7',
        },
      ],
    });
  });

  it('adds up rewards, and shows the last balance of every limited account', async () => {
    const { grants, balances, health, deadLetters } = await readOverview(store.analytics, 'all');
    expect(grants).toMatchObject([
      {
        offerId: 'spend-200-save-30',
        posted: 87,
        held: 3,
        voided: 10,
        costMinor: 260_000,
        heldMinor: 9000,
        interceptedMinor: 30_000,
      },
    ]);
    expect(balances).toMatchObject([
      { account: 'quota/autumn/spend', limitValue: 100, posted: 87, pending: 3 },
      { account: 'budget/autumn/total', limitValue: 1_000_000, posted: 251_000, pending: 9000 },
    ]);
    expect(health).toMatchObject([{ worker: 'w1', latencyP99Us: 4200, lag: 12 }]);
    expect(deadLetters).toMatchObject([
      { reason: 'bad_amount', letters: 1 },
      { reason: 'not_json', letters: 1 },
    ]);
  });
});

describe('the case file', () => {
  it('holds a decision with its findings, grants and every word said on it, the last one standing', async () => {
    const files = new CaseFile({ analytics: store.analytics, freezeOf: () => undefined });
    expect(await files.decision('dec_e0')).toMatchObject({
      decisionId: 'dec_e0',
      occurredAt: '2026-10-01T12:00:00.000Z',
      verdict: 'block',
      amountMinor: 20_000,
      findings: [
        { detector: 'same-device', evidence: { accounts: 9 } },
        { detector: 'same-ip', windowMs: 600_000 },
      ],
      grants: [{ grantId: 'g0', state: 'voided' }],
      label: { label: 'confirmed', actor: 'li', labelledAt: '2026-10-01T12:10:00.000Z' },
      labels: [{ actor: 'li' }, { label: 'false_positive', actor: 'wei' }],
    });
    expect(await files.decision('dec_nobody')).toBeUndefined();
    expect(await files.account('acc-20')).toMatchObject({
      frozen: false,
      actions: [
        { kind: 'unfreeze', actor: 'li' },
        { kind: 'freeze', occurredAt: '2026-10-01T11:45:00.000Z' },
      ],
    });
  });
});

describe.skipIf(chromium === undefined)('the page', () => {
  it('draws the overview in a browser, and an event cannot become markup', async () => {
    await using api = await start({ analytics: store.analytics });
    await using page = await openPage();
    await page.goto(`${api.url}/`);
    await page.until(`document.querySelectorAll('#blocks tbody tr').length === 10`);
    await page.until(`document.querySelector('#health table')`);
    const dom = await page.value<string>('document.body.outerHTML');
    expect(dom).toContain('<span id="status" class="badge good">ready</span>');
    expect(dom).toContain('same-ip</b> 7 accounts in 10 min on ip 203.0.113.7 (block at 6)');
    expect(dom).toContain('&lt;b&gt;device-');
    expect(dom).toMatch(/<canvas[^>]+width="[1-9]/);
    expect(dom).toContain('spend-200-save-30');
    expect(dom).toContain('2,600.00');
    expect(page.complaints).toEqual([]);
  });
});
