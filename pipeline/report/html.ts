/** The report as a page of its own. Whatever comes from the record or a campaign's file is escaped. */

import { join } from 'node:path';
import type { CampaignReport, Cell, Chart, Figure, Section, Table, Unit } from './document.ts';
import { inWords } from './periods.ts';
import { escaped, standalonePage, type Page } from './standalone-page.ts';
import { symbolOf, valueInWords } from './value-in-words.ts';

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

/** @returns the page and the policy that it is served with. */
export function reportPage(report: CampaignReport): Page {
  const { campaign, sections, figures } = report;
  const body = `${head(report)}
<main>
${Object.entries(sections)
  .map(([key, section]) => sectionHtml(key, section, campaign.currency))
  .join('\n')}
${definitions(figures)}
</main>`;
  return standalonePage({
    title: `${campaign.title} · campaign report`,
    body,
    script: join(import.meta.dirname, 'page', 'charts.js'),
    data: { id: 'charts', value: chartData(report) },
  });
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
        : `${valueInWords(record.events, 'count', currency)} events, ${local(record.first)} to ${local(record.last)}`,
    ],
  ] as const;
  const tiles = FIRST_PAGE.map((key) => figures[key]!).map(
    ({ title: name, unit, value, definition }) =>
      `<div class="tile" title="${escaped(definition)}"><b>${escaped(valueInWords(value, unit, currency))}</b><span>${escaped(name)}</span></div>`,
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
        const text = escaped(valueInWords(row[key] ?? null, own, currency));
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

/** What charts.js draws from. */
function chartData({ sections, campaign }: CampaignReport): object {
  const charts = Object.assign(
    {},
    ...Object.values(sections).map((section) => section.charts),
  ) as object;
  return { symbol: symbolOf(campaign.currency), charts };
}

function local(instant: string): string {
  return instant.slice(0, 16).replace('T', ' ');
}
