/** A tuning report as a page of its own. */

import { join } from 'node:path';
import { escaped, standalonePage } from '../report/standalone-page.ts';
import type { CurvePoint } from './curve.ts';
import type { TuneReport } from './tune.ts';

const MAX_ROWS = 60;

/** @returns HTML. */
export function tunePage(report: TuneReport): string {
  const { detector, measure, curve } = report;
  const body = `${head(report)}
<main>
<section><h2>Bands</h2>${bandTable(report)}</section>
<section><h2>Every threshold</h2><div class="chart" data-curve></div></section>
<section><h2>${escaped(measure)} in figures</h2>${curveTable(curve)}</section>
</main>`;
  return standalonePage({
    title: `${detector} · tuning`,
    body,
    script: join(import.meta.dirname, 'page', 'curve.js'),
    data: { id: 'tuning', value: report },
  }).html;
}

function head(report: TuneReport): string {
  const { detector, measure, about, direction, unit, basis, target, configVersion } = report;
  const facts = [
    [
      'Measure',
      `${measure}: ${about}, ${direction === 'atLeast' ? 'at least' : 'at most'} so many ${unit}`,
    ],
    [
      'Target',
      `${basis === 'falsePositiveRate' ? 'false-positive rate' : 'share of all events flagged'} of at most ${target}`,
    ],
    [
      'History',
      `${count(report.events)} events over ${report.days.toFixed(1)} days, ${count(report.positives)} labelled fraud, ${count(report.negatives)} honest; measured at ${count(report.measured)}`,
    ],
    ['Configuration', configVersion],
  ];
  const notes = report.notes.map((note) => `<li>${escaped(note)}</li>`).join('');
  return `<header>
<p class="kind">Tuning</p>
<h1>${escaped(detector)}</h1>
<dl>${facts.map(([name, text]) => `<dt>${name!}</dt><dd>${escaped(text!)}</dd>`).join('')}</dl>
${notes === '' ? '' : `<div class="notes"><h2>Read this first</h2><ul>${notes}</ul></div>`}
</header>`;
}

function bandTable({ proposed, present }: TuneReport): string {
  const rows = Object.keys({ ...present, ...proposed }).flatMap((band) => [
    ...(band in present ? [row(`${band}, now`, present[band])] : []),
    ...(band in proposed ? [row(`${band}, proposed`, proposed[band])] : []),
  ]);
  return `<div class="scroll"><table><thead><tr><th>Band</th>${HEADINGS}</tr></thead><tbody>${rows.join('')}</tbody></table></div>`;
}

function curveTable(curve: readonly CurvePoint[]): string {
  const step = Math.max(1, Math.ceil(curve.length / MAX_ROWS));
  const shown = curve.filter((_, index) => index % step === 0);
  return `<div class="scroll"><table><thead><tr><th></th>${HEADINGS}</tr></thead><tbody>${shown
    .map((point) => row('', point))
    .join('')}</tbody></table></div>`;
}

const HEADINGS = [
  'Threshold',
  'Flagged',
  'Precision',
  'Recall',
  'False-positive rate',
  'at most (95 %)',
  'Flagged share',
  'Accounts a day',
]
  .map((name) => `<th class="number">${name}</th>`)
  .join('');

function row(name: string, point: CurvePoint | null | undefined): string {
  if (point == null) return `<tr><td>${escaped(name)}</td><td colspan="8">none</td></tr>`;
  const cells = [
    String(point.threshold),
    count(point.flagged),
    rate(point.precision),
    rate(point.recall),
    rate(point.falsePositiveRate),
    rate(point.falsePositiveRateAtMost),
    rate(point.flaggedShare),
    point.accountsADay.toFixed(1),
  ];
  return `<tr><td>${escaped(name)}</td>${cells.map((cell) => `<td class="number">${cell}</td>`).join('')}</tr>`;
}

function count(value: number): string {
  return value.toLocaleString('en');
}

function rate(value: number | null): string {
  return value === null ? '–' : `${(value * 100).toPrecision(3)} %`;
}
