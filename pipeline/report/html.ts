/**
 * The report as one page that needs nothing from elsewhere: styles, plots and data inside. Whatever comes from
 * the record or a campaign's file is escaped; its policy lets no other script or style in.
 */

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CampaignReport, Cell, Chart, Figure, Section, Table, Unit } from './document.ts';
import { inWords } from './periods.ts';

export interface Page {
  readonly html: string;
  /** The Content-Security-Policy that the page also carries in itself. */
  readonly policy: string;
}

/** Figures that stand large on the first page. */
const FIRST_PAGE = [
  ...['payments', 'amount', 'activeCustomers', 'newCustomers', 'participants', 'cost', 'pending'],
  ...[
    'intercepted',
    'newRevenue',
    'roi',
    'activationRate',
    'redemptionRate',
    'wakeUpRate',
    'retentionRate',
  ],
];

/** Tables with more columns are set smaller, with fewer only as wide as they need. */
const MANY_COLUMNS = 9;
const FEW_COLUMNS = 5;

export function reportPage(report: CampaignReport): Page {
  const asset = (name: string): string =>
    readFileSync(join(import.meta.dirname, 'page', name), 'utf8');
  const library = (name: string): string =>
    readFileSync(fileURLToPath(import.meta.resolve(`uplot/dist/${name}`)), 'utf8');
  const styles = [library('uPlot.min.css'), asset('style.css')];
  const scripts = [library('uPlot.iife.min.js'), asset('charts.js')];
  const policy = [
    "default-src 'none'",
    `script-src ${hashes(scripts)}`,
    `style-src ${hashes(styles)}`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  const { campaign } = report;
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="content-security-policy" content="${escaped(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escaped(campaign.title)} · campaign report</title>
<link rel="icon" href="data:,">
${styles.map((text) => `<style>${text}</style>`).join('\n')}
</head>
<body>
${head(report)}
<main>
${Object.entries(report.sections)
  .map(([key, section]) => sectionHtml(key, section, campaign.currency))
  .join('\n')}
${definitions(report.figures)}
</main>
<script type="application/json" id="charts">${chartData(report)}</script>
${scripts.map((text) => `<script>${text}</script>`).join('\n')}
</body>
</html>
`;
  return { html, policy };
}

function hashes(texts: readonly string[]): string {
  return texts
    .map((text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`)
    .join(' ');
}

function head({ campaign, periods, record, notes, figures, sections }: CampaignReport): string {
  const { title, id, timezone, currency, configVersion, offers, scope } = campaign;
  const facts = [
    ['Campaign', `${id} · ${offers} offers · configuration ${configVersion}`],
    ['Window', `${inWords(periods.window)} (${timezone})`],
    ['Baseline', inWords(periods.baseline)],
    ['Payments', scope.join(' — or — ')],
    [
      'Record',
      record.first === null || record.last === null
        ? 'empty'
        : `${format(record.events, 'count', currency)} events, ${local(record.first)} to ${local(record.last)}`,
    ],
  ] as const;
  const tiles = FIRST_PAGE.map((key) => figures[key]!).map(
    ({ title: name, unit, value, definition }) =>
      `<div class="tile" title="${escaped(definition)}"><b>${escaped(format(value, unit, currency))}</b><span>${escaped(name)}</span></div>`,
  );
  const links = Object.entries(sections).map(
    ([key, section]) => `<a href="#${key}">${escaped(section.title)}</a>`,
  );
  return `<header>
<p class="kind">Campaign report</p>
<h1>${escaped(title)}</h1>
<dl>${facts.map(([name, text]) => `<dt>${name}</dt><dd>${escaped(text)}</dd>`).join('')}</dl>
<div class="tiles">${tiles.join('')}</div>
<div class="notes"><h2>Read this first</h2><ul>${notes.map((note) => `<li>${escaped(note)}</li>`).join('')}</ul></div>
<nav>${links.join(' ')} <a href="#definitions">Definitions</a></nav>
</header>`;
}

function sectionHtml(key: string, section: Section, currency: string): string {
  const charts = Object.entries(section.charts).map(([name, chart]) => chartHtml(name, chart));
  const tables = Object.values(section.tables).map((table) => tableHtml(table, currency));
  return `<section id="${key}">
<h2>${escaped(section.title)}</h2>
${charts.length === 0 ? '' : `<div class="charts">${charts.join('\n')}</div>`}
${tables.join('\n')}
</section>`;
}

function chartHtml(key: string, { title, definition, period, days, series }: Chart): string {
  const empty =
    days.length === 0 || series.every(({ values }) => values.every((each) => each === 0));
  const body = empty
    ? '<p class="empty">Nothing happened in this period.</p>'
    : `<div class="plot" data-chart="${key}"></div>`;
  return `<figure>
<h3>${escaped(title)}</h3>
${body}
<figcaption>${escaped(definition)} <i>Period: ${escaped(period)}.</i></figcaption>
</figure>`;
}

function tableHtml(
  { title, definition, period, columns, rows, whenEmpty }: Table,
  currency: string,
): string {
  const cells = (row: Table['rows'][number]): string =>
    columns
      .map(({ key, unit }) => {
        const own = unit === 'measure' ? (row['unit'] as Unit) : unit;
        const text = escaped(format(row[key] ?? null, own, currency));
        return unit === 'text'
          ? `<td>${text}</td>`
          : `<td class="number">${text}${bar(key, row[key])}</td>`;
      })
      .join('');
  const heads = columns.map(
    ({ title: name, unit }) =>
      `<th scope="col"${unit === 'text' ? '' : ' class="number"'}>${escaped(name)}</th>`,
  );
  const body =
    rows.length === 0
      ? `<p class="empty">${escaped(whenEmpty)}</p>`
      : `<div class="wide"><table class="${columns.length > MANY_COLUMNS ? 'many' : columns.length > FEW_COLUMNS ? 'some' : 'few'}"><thead><tr>${heads.join('')}</tr></thead><tbody>${rows
          .map((row) => `<tr>${cells(row)}</tr>`)
          .join('')}</tbody></table></div>`;
  return `<article>
<h3>${escaped(title)}</h3>
${body}
<p class="definition">${escaped(definition)} <i>Period: ${escaped(period)}.</i></p>
</article>`;
}

/** How full a line, a quota or a target is. */
function bar(key: string, value: Cell | undefined): string {
  if ((key !== 'used' && key !== 'reached') || typeof value !== 'number') return '';
  return ` <meter min="0" max="1" value="${Math.min(1, Math.max(0, value))}"></meter>`;
}

function definitions(figures: CampaignReport['figures']): string {
  const list = Object.values(figures).map(
    ({ title, definition }: Figure) => `<dt>${escaped(title)}</dt><dd>${escaped(definition)}</dd>`,
  );
  return `<section id="definitions"><h2>Definitions</h2><dl class="terms">${list.join('')}</dl></section>`;
}

/** What charts.js draws from; a `<` in it could end the script. */
function chartData({ sections, campaign }: CampaignReport): string {
  const charts = Object.assign(
    {},
    ...Object.values(sections).map((section) => section.charts),
  ) as object;
  return JSON.stringify({ symbol: symbolOf(campaign.currency), charts }).replaceAll('<', '\\u003c');
}

const COUNT = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const TWO_DECIMALS = new Intl.NumberFormat('en', {
  minimumFractionDigits: 2,
  maximumFractionDigits: 2,
});

function format(value: Cell, unit: Unit, currency: string): string {
  if (value === null) return '–';
  if (typeof value === 'string') return value;
  const sign = value < 0 ? '−' : '';
  const size = Math.abs(value);
  switch (unit) {
    case 'money':
      return `${sign}${symbolOf(currency)}${TWO_DECIMALS.format(size / 100)}`;
    case 'share':
      return `${sign}${TWO_DECIMALS.format(size * 100)} %`;
    case 'ratio':
      return sign + TWO_DECIMALS.format(size);
    default:
      return sign + COUNT.format(size);
  }
}

function symbolOf(currency: string): string {
  return currency === 'CNY' ? '¥' : `${currency} `;
}

function local(instant: string): string {
  return instant.slice(0, 16).replace('T', ' ');
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character]!);
}
