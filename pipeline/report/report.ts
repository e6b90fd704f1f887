/** The closing report of a campaign: its figures, tables and plots, from the record alone. */

import type { Campaign } from '../../config/campaign-schema.ts';
import type { Analytics } from '../record/analytics.ts';
import { askRecord, type Answers } from './answers.ts';
import { dailyCharts } from './daily.ts';
import type { CampaignReport, Figure, Section } from './document.ts';
import { figuresOf } from './figures.ts';
import { measure, type Measures } from './measures.ts';
import { inWords, localInstant, spanOf } from './periods.ts';
import { scopeInWords } from './scope.ts';
import * as business from './tables-business.ts';
import * as customers from './tables-customers.ts';
import * as rewards from './tables-rewards.ts';
import * as risk from './tables-risk.ts';

export interface ReportSettings {
  /** What a payment brings the bank, in basis points of its amount. */
  readonly marginBp: number;
  /** Values that stand for "not known", as configured. */
  readonly placeholders: readonly string[];
  readonly configVersion: string;
  /** Rows of `REPORTED_TABLES` that the worker which is asked has yet to write. */
  readonly unwrittenRows?: number;
}

/** Reads aggregates only; the same record and campaign give the same report. */
export async function campaignReport(
  analytics: Pick<Analytics, 'query'>,
  campaign: Campaign,
  settings: ReportSettings,
): Promise<CampaignReport> {
  const answers = await askRecord(analytics, campaign, settings.placeholders);
  const measures = measure(answers, settings.marginBp);
  const figures = figuresOf(answers, measures);
  const { record } = answers;
  const { id, title, timezone, currency } = campaign;
  const known = (ms: number): string | null =>
    record.events === 0 ? null : localInstant(ms, timezone);
  const periods = spansOf(campaign, answers);
  return {
    campaign: {
      id,
      title,
      timezone,
      currency,
      configVersion: settings.configVersion,
      offers: campaign.offers.length,
      scope: scopeInWords(campaign),
    },
    periods,
    record: { events: record.events, first: known(record.firstMs), last: known(record.lastMs) },
    notes: notesOn(campaign, answers, settings),
    figures,
    sections: sectionsOf({ campaign, answers, measures, figures, settings, periods }),
  };
}

function spansOf({ timezone, window }: Campaign, { periods }: Answers): CampaignReport['periods'] {
  const { from, until, base, spanFrom, spanTo, retainedTo } = periods;
  return {
    window: spanOf(window.from, window.to, timezone),
    measured: spanOf(from, until, timezone),
    baseline: spanOf(base, from, timezone),
    phases: spanOf(spanFrom, spanTo, timezone),
    retention: spanOf(window.to, retainedTo, timezone),
  };
}

interface Parts {
  readonly campaign: Campaign;
  readonly answers: Answers;
  readonly measures: Measures;
  readonly figures: Readonly<Record<string, Figure>>;
  readonly settings: ReportSettings;
  readonly periods: CampaignReport['periods'];
}

function sectionsOf({
  campaign,
  answers,
  measures,
  figures,
  settings,
  periods,
}: Parts): Record<string, Section> {
  const window = `${inWords(periods.measured)} (${campaign.timezone})`;
  const compared = `campaign ${inWords(periods.measured)}; baseline ${inWords(periods.baseline)} (${campaign.timezone})`;
  const phases = `${inWords(periods.phases)} (${campaign.timezone})`;
  const always = 'all rewards of the campaign, to the end of the record';
  const charts = dailyCharts(campaign, answers, phases);
  return {
    targets: {
      title: 'Results',
      charts: {},
      tables: { targets: business.targetsTable(campaign, figures, compared) },
    },
    business: {
      title: 'Business',
      charts: { payments: charts.payments, amount: charts.amount },
      tables: {
        growth: business.growthTable(measures, compared),
        instruments: business.instrumentsTable(answers, window),
      },
    },
    customers: {
      title: 'Customers',
      charts: {},
      tables: {
        split: customers.splitTable(answers, `payments ${window}; rewards: ${always}`),
        newcomers: customers.newcomersTable(answers, window),
        rates: customers.ratesTable(
          answers,
          measures,
          `customers and cards ${window}; retention ${inWords(periods.retention)}`,
        ),
        cards: customers.cardsTable(answers, window),
        funnel: customers.funnelTable(answers, phases),
      },
    },
    money: {
      title: 'Cost and return',
      charts: { budget: charts.budget },
      tables: {
        lines: rewards.linesTable(campaign, answers, always),
        offers: rewards.offersTable(campaign, answers, always),
        funding: rewards.fundingTable(campaign, answers, always),
        return: business.returnTable(measures, settings.marginBp, compared),
      },
    },
    rewards: {
      title: 'Rewards',
      charts: { rewards: charts.rewards },
      tables: {
        quotas: rewards.quotasTable(campaign, answers, always),
        vouchers: rewards.vouchersTable(answers, always),
        outcomes: rewards.outcomesTable(answers, always),
        deliveries: rewards.deliveriesTable(answers, always),
      },
    },
    risk: {
      title: 'Abuse stopped',
      charts: { cost: charts.cost },
      tables: {
        grossToNet: risk.grossToNetTable(answers, always),
        patterns: risk.patternsTable(answers, phases),
      },
    },
    changes: {
      title: 'Changes',
      charts: {},
      tables: { changes: rewards.changesTable(campaign, answers, always) },
    },
  };
}

/** What the figures cannot know, said before anybody builds on them. */
function notesOn(
  campaign: Campaign,
  { record, outstanding, periods, newcomers }: Answers,
  settings: ReportSettings,
): string[] {
  const { timezone, status } = campaign;
  const notes: string[] = [];
  const at = (ms: number): string => localInstant(ms, timezone).slice(0, 16).replace('T', ' ');
  if (status === 'draft') notes.push('The campaign is a draft: nothing was granted.');
  const waiting = outstandingInWords(outstanding, settings.unwrittenRows ?? 0);
  if (waiting !== undefined) notes.push(waiting);
  if (record.events === 0) notes.push('No event is on record: every figure is empty.');
  else {
    if (record.lastMs < periods.from)
      notes.push(`The record ends on ${at(record.lastMs)}, before the campaign began.`);
    else if (record.lastMs < periods.to)
      notes.push(
        `The record ends on ${at(record.lastMs)}, inside the window: figures are those of the part so far.`,
      );
    if (record.lastMs < periods.to) notes.push('Retention is measured once the window has ended.');
    else if (record.lastMs < periods.retainedTo)
      notes.push(
        `Retention needs the record up to ${at(periods.retainedTo)}: it is not complete yet.`,
      );
    if (!periods.comparable)
      notes.push(
        `The record begins on ${at(record.firstMs)}, after the baseline began (${at(periods.base)}): there is nothing to compare with, so growth and return are left out, and nobody counts as new by a first payment.`,
      );
    if (record.firstMs > periods.dormantSince)
      notes.push(
        `The record does not reach back six months before the campaign (${at(periods.dormantSince)}): some who count as dormant may have paid earlier, and some who count as new may be old customers.`,
      );
  }
  if (newcomers.some(({ cameBy }) => cameBy === 'payment'))
    notes.push(
      'Some new customers are new only because their first payment on record lies in the window: no account or card of theirs is on record.',
    );
  notes.push(
    `Revenue is an assumption: ${(settings.marginBp / 100).toFixed(2)} % of the payment amount (--margin-bp ${settings.marginBp}).`,
    'Satisfaction, brand and exposure outside the bank’s own channels are surveys’ and third parties’ to measure; this report does not hold them.',
  );
  return notes;
}

/** What reaches the record while the report is made may be told, too: better than that it is neither told nor counted. */
function outstandingInWords(
  { decisions, entries }: Answers['outstanding'],
  rows: number,
): string | undefined {
  const count = (value: number): string => value.toLocaleString('en-US');
  const parts = [
    ...(decisions === 0
      ? []
      : [`the rewards of ${count(decisions)} decisions have not been settled yet`]),
    ...(entries === 0 ? [] : [`${count(entries)} entries of the ledger are not on record yet`]),
    ...(rows === 0 ? [] : [`${count(rows)} rows of events and rewards are still to be written`]),
  ];
  if (parts.length === 0) return undefined;
  const told = parts.join(', and ');
  return `${told[0]!.toUpperCase()}${told.slice(1)}: rewards, cost and quotas are those so far. A worker that runs catches up; a stopped one does when it starts again.`;
}
