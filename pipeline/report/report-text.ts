/** A campaign's report for the eyes at a terminal: what must be known first, and the figures. */

import { textTable } from '../terminal/text-table.ts';
import type { CampaignReport } from './document.ts';
import { inWords } from './periods.ts';
import { valueInWords } from './value-in-words.ts';

/** @param columns of the terminal. */
export function campaignReportText(report: CampaignReport, columns?: number): string {
  const { campaign, periods, notes, figures } = report;
  const { id, title, timezone, currency } = campaign;
  const rows = Object.values(figures).map((each) => [
    each.title,
    valueInWords(each.value, each.unit, currency),
  ]);
  return [
    `${title} (${id}), ${inWords(periods.measured)} (${timezone})`,
    '',
    ...notes.map((note) => `  note: ${note}`),
    '',
    textTable(['figure', 'value'], rows, columns),
    '',
  ].join('\n');
}
