import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CampaignReport } from '../../pipeline/report/document.ts';
import { reportPage } from '../../pipeline/report/html.ts';
import { campaignReport } from '../../pipeline/report/report.ts';
import { start } from '../http/running.ts';
import { temporaryAnalytics, type TemporaryAnalytics } from '../support/chdb.ts';
import { insertAutumn } from './autumn.ts';
import { AUTUMN } from './history.ts';

const BROWSERS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const browser = BROWSERS.find((path) => existsSync(path));
const SETTINGS = { marginBp: 60, placeholders: [], configVersion: 'v1' };

let store: TemporaryAnalytics;
let report: CampaignReport;
let empty: CampaignReport;
beforeAll(async () => {
  store = await temporaryAnalytics();
  empty = await campaignReport(store.analytics, AUTUMN, SETTINGS);
  await insertAutumn(store.analytics);
  report = await campaignReport(store.analytics, AUTUMN, SETTINGS);
});
afterAll(() => store.close());

/** The page without its scripts and styles. */
const shown = (html: string): string => html.replaceAll(/<(script|style)[^>]*>[^]*?<\/\1>/g, '');

/** The page as a browser has it after its scripts ran, and whatever they had to say. */
async function opened(html: string): Promise<{ dom: string; complaints: string[] }> {
  const folder = await mkdtemp(join(tmpdir(), 'sheepdog-report-'));
  try {
    const file = join(folder, 'report.html');
    await writeFile(file, html);
    const { stdout, stderr } = await promisify(execFile)(
      browser!,
      [
        ...['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run'],
        ...['--disable-background-networking', '--enable-logging=stderr'],
        ...[`--user-data-dir=${join(folder, 'profile')}`, '--virtual-time-budget=2500'],
        ...['--dump-dom', `file://${file}`],
      ],
      { maxBuffer: 1 << 25 },
    );
    return {
      dom: stdout,
      complaints: stderr.split('\n').filter((line) => line.includes('CONSOLE')),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

describe('the page', () => {
  test('names nothing outside itself', () => {
    const { html } = reportPage(report);
    const own = shown(html);
    expect(own).not.toMatch(/(?:src|href)="(?!#|data:,")/);
    expect(own).not.toMatch(/\sstyle=|\son\w+=/);
  });

  test('shows titles as they are and lets none of them become markup', () => {
    const { html } = reportPage(report);
    expect(html).toContain('<h1>秋季&lt;满减&gt;活动</h1>');
    expect(html).toContain('满200减30 (spend)');
    expect(html).toContain('more &lt;b&gt;demand&lt;/b&gt;');
    const title = '</script><script>alert(1)</script>';
    const charts = {
      ...report.sections['risk']!,
      charts: { cost: { ...report.sections['risk']!.charts['cost']!, title } },
    };
    const attacked = reportPage({ ...report, sections: { ...report.sections, risk: charts } }).html;
    expect(attacked).not.toContain('<script>alert');
  });

  test('writes money with its sign and two decimals, and says what each number means and when', () => {
    const { html } = reportPage(report);
    expect(html).toContain('<b>¥950.00</b>');
    expect(html).toContain('<b>−92.15 %</b>');
    expect(html).toContain('¥10,000.00');
    for (const { tables, charts } of Object.values(report.sections)) {
      for (const { title, definition, period } of [
        ...Object.values(tables),
        ...Object.values(charts),
      ]) {
        expect(definition.length, title).toBeGreaterThan(30);
        expect(period.length, title).toBeGreaterThan(10);
      }
    }
  });

  test('says plainly where there is nothing', () => {
    const { html } = reportPage(empty);
    for (const { tables } of Object.values(empty.sections)) {
      for (const { title, rows, whenEmpty } of Object.values(tables)) {
        if (rows.length > 0) continue;
        expect(whenEmpty, title).toMatch(/^[A-Z].*\.$/);
        expect(html, title).toContain(whenEmpty);
      }
    }
    expect(html).toContain('No event is on record: every figure is empty.');
    expect(shown(html)).not.toMatch(/NaN|Infinity|undefined|null/);
  });

  test.skipIf(browser === undefined).each([
    ['full', () => report, 5],
    ['empty', () => empty, 0],
  ])('draws a %s report in a browser without a complaint', async (_name, of, drawn) => {
    const { dom, complaints } = await opened(reportPage(of()).html);
    expect(complaints).toEqual([]);
    expect(dom.match(/<canvas[^>]+width="[1-9]/g) ?? []).toHaveLength(drawn);
  });
});

describe('GET /v1/campaigns/:id/report', () => {
  test('answers JSON, the page to a browser, and says which campaigns there are not', async () => {
    await using api = await start({
      report: (id, marginBp) =>
        id === AUTUMN.id
          ? campaignReport(store.analytics, AUTUMN, { ...SETTINGS, marginBp })
          : undefined,
    });
    const address = `${api.url}/v1/campaigns/autumn/report`;
    expect(await (await fetch(address)).json()).toEqual(JSON.parse(JSON.stringify(report)));
    const page = await fetch(address, { headers: { accept: 'text/html,*/*;q=0.8' } });
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(await page.text()).toBe(reportPage(report).html);
    const richer = (await (await fetch(`${address}?marginBp=120`)).json()) as CampaignReport;
    expect(richer.figures['newRevenue']!.value).toBe(1020);
    expect((await fetch(`${address}?marginBp=much`)).status).toBe(400);
    expect((await fetch(`${api.url}/v1/campaigns/nowhere/report`)).status).toBe(404);
  });
});
