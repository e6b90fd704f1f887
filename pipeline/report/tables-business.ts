/** Targets against results, before and after, return. */

import type { Campaign } from '../../config/campaign-schema.ts';
import type { Answers } from './answers.ts';
import { divided, type Cell, type Column, type Figure, type Table } from './document.ts';
import { RETURN, targetName } from './figures.ts';
import { BUSINESS, INSTRUMENTS } from './kpi-payments.ts';
import { costBenefitOf, roiOf, type Business, type Measures } from './measures.ts';

/** Of these, less is better. */
const AT_MOST = new Set(['cost', 'pending']);
const SCALE = { count: 1, money: 1, share: 10_000, ratio: 1 };

export function targetsTable(
  { targets }: Campaign,
  figures: Readonly<Record<string, Figure>>,
  period: string,
): Table {
  const byTarget = new Map(
    Object.entries(figures).map(([key, figure]) => [targetName(key, figure), { key, figure }]),
  );
  return {
    title: 'Targets against results',
    definition:
      'The targets in the campaign’s file against the figures of this report, net of what was intercepted and ' +
      'taken back. Reached = result ÷ target.',
    period,
    columns: [
      column('target', 'Target', 'text'),
      column('meaning', 'Figure', 'text'),
      column('goal', 'To reach', 'measure'),
      column('result', 'Result', 'measure'),
      column('reached', 'Reached', 'share'),
      column('met', 'Met', 'text'),
    ],
    rows: Object.entries(targets).map(([target, written]) => {
      const known = byTarget.get(target);
      if (known === undefined) return unknownTarget(target, written);
      const { key, figure } = known;
      const goal = written / SCALE[figure.unit];
      const { value } = figure;
      const met = value !== null && (AT_MOST.has(key) ? value <= goal : value >= goal);
      return {
        target,
        meaning: figure.title,
        unit: figure.unit,
        goal,
        result: value,
        reached: value === null ? null : divided(value, goal),
        met: value === null ? 'no data' : met ? 'yes' : 'no',
      };
    }),
    whenEmpty: 'The campaign’s file sets no targets.',
  };
}

function unknownTarget(target: string, goal: number): Table['rows'][number] {
  const meaning = 'no figure of this report has this name';
  return { target, meaning, unit: 'count', goal, result: null, reached: null, met: 'not measured' };
}

export function growthTable(measures: Measures, period: string): Table {
  const { now, before } = measures;
  return {
    title: 'Before and after',
    definition: `${BUSINESS.definition} Growth = (campaign − baseline) ÷ baseline.`,
    period,
    columns: [
      column('measure', 'Measure', 'text'),
      column('baseline', 'Baseline', 'measure'),
      column('campaign', 'Campaign', 'measure'),
      column('growth', 'Growth', 'share'),
    ],
    rows: [
      ...MEASURES.map(([measure, unit, of]) => ({
        measure,
        unit,
        baseline: of(before),
        campaign: of(now),
        growth: measures.growth(of),
      })),
      averageTicket(measures),
    ],
    whenEmpty: '',
  };
}

const MEASURES: readonly [string, 'count' | 'money', (of: Business) => number][] = [
  ['Payments, gross', 'count', ({ payments }) => payments],
  ['– stopped as abuse', 'count', ({ stoppedPayments }) => stoppedPayments],
  ['Posted payments', 'count', ({ posted }) => posted],
  ['Payment amount, gross', 'money', ({ amountMinor }) => amountMinor],
  ['– stopped as abuse', 'money', ({ stoppedMinor }) => stoppedMinor],
  ['– refunded', 'money', ({ refundedMinor }) => refundedMinor],
  ['Payment amount, net', 'money', ({ netMinor }) => netMinor],
  ['Active customers', 'count', ({ activeCustomers }) => activeCustomers],
  ['Card payment amount', 'money', ({ cardMinor }) => cardMinor],
  ['Instalments', 'count', ({ instalments }) => instalments],
  ['Instalment amount', 'money', ({ instalmentMinor }) => instalmentMinor],
  ['Cards issued', 'count', ({ cards }) => cards],
];

/** In whole minor units; a period without payments has none. */
function averageTicket({ now, before, growth }: Measures): Record<string, Cell> {
  const ticket = ({ posted, postedMinor }: Business): number =>
    posted === 0 ? 0 : Math.round(postedMinor / posted);
  return {
    measure: 'Average ticket',
    unit: 'money',
    baseline: before.posted === 0 ? null : ticket(before),
    campaign: now.posted === 0 ? null : ticket(now),
    growth: now.posted === 0 ? null : growth(ticket),
  };
}

export function returnTable(measures: Measures, marginBp: number, period: string): Table {
  const { now, before } = measures;
  const row = (name: string, unit: string, value: number | null) => ({ name, unit, value });
  return {
    title: 'Return',
    definition: `${RETURN} Margin: what a payment brings the bank, as a share of its amount, as given with --margin-bp.`,
    period,
    columns: [column('name', 'Measure', 'text'), column('value', 'Value', 'measure')],
    rows: [
      row('Net payment amount, campaign', 'money', now.netMinor),
      row('Net payment amount, baseline', 'money', before.netMinor),
      row('Incremental amount', 'money', measures.incrementalMinor),
      row('Margin', 'share', marginBp / 10_000),
      row('Incremental (new) revenue', 'money', measures.revenueMinor),
      row('Cost of rewards', 'money', measures.costMinor),
      row('ROI', 'share', roiOf(measures)),
      row('Cost ÷ new revenue', 'ratio', costBenefitOf(measures)),
    ],
    whenEmpty: '',
  };
}

export function instrumentsTable({ instruments }: Answers, period: string): Table {
  return {
    title: 'Payments by instrument',
    definition: INSTRUMENTS.definition,
    period,
    columns: [
      column('instrument', 'Instrument', 'text'),
      column('payments', 'Payments', 'count'),
      column('customers', 'Customers', 'count'),
      column('amountMinor', 'Amount', 'money'),
    ],
    rows: instruments.map(({ instrument, ...row }) => ({
      instrument: instrument === '' ? 'not said' : instrument,
      ...row,
    })),
    whenEmpty: 'No posted payment is on record in this period.',
  };
}

export function column(key: string, title: string, unit: Column['unit']): Column {
  return { key, title, unit };
}
