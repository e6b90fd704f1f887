import { expect, test } from 'vitest';
import { campaignReportText } from '../../pipeline/report/report-text.ts';
import type { CampaignReport } from '../../pipeline/report/document.ts';

const span = { from: '2026-10-01T00:00:00+08:00', to: '2026-10-13T00:00:00+08:00' };
const definition = '';
const REPORT: CampaignReport = {
  campaign: {
    ...{ id: 'autumn', title: '秋季满减', timezone: 'Asia/Shanghai', currency: 'CNY' },
    ...{ configVersion: 'abc', offers: 1, scope: [] },
  },
  periods: { window: span, measured: span, baseline: span, phases: span, retention: span },
  record: { events: 3, first: span.from, last: span.to },
  notes: ['12 entries of the ledger are not on record yet.'],
  figures: {
    payments: { title: 'Posted payments', unit: 'count', value: 12_345, definition },
    cost: { title: 'Cost of rewards', unit: 'money', value: 123_456, definition },
    rate: { title: 'Activation rate', unit: 'share', value: 0.5, definition },
    growth: { title: 'Growth', unit: 'share', value: null, definition },
  },
  sections: {},
};

test('what must be known first stands above the figures, each in its unit', () => {
  expect(campaignReportText(REPORT).split('\n')).toEqual([
    '秋季满减 (autumn), 2026-10-01 00:00 to 2026-10-13 00:00, the end not included (Asia/Shanghai)',
    '',
    '  note: 12 entries of the ledger are not on record yet.',
    '',
    '  figure               value',
    '  Posted payments     12,345',
    '  Cost of rewards  ¥1,234.56',
    '  Activation rate    50.00 %',
    '  Growth                   –',
    '',
  ]);
});
