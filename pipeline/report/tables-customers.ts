/** New and existing customers, cards, rates, the funnel. */

import type { Answers } from './answers.ts';
import { divided, type Table } from './document.ts';
import { CARDS } from './kpi-cards.ts';
import {
  FUNNEL,
  NEW_CUSTOMERS,
  PAYMENTS_BY_NEWNESS,
  RETENTION,
  REWARDS_BY_NEWNESS,
  WAKE_UP,
  type CustomerSplitRow,
  type RewardSplitRow,
} from './kpi-customers.ts';
import { VOUCHERS } from './kpi-rewards.ts';
import { total, type Measures } from './measures.ts';
import { column } from './tables-business.ts';

export function splitTable(answers: Answers, period: string): Table {
  const noPayments: Omit<CustomerSplitRow, 'fresh'> = {
    customers: 0,
    payments: 0,
    amountMinor: 0,
    stoppedPayments: 0,
    stoppedMinor: 0,
  };
  const noRewards: Omit<RewardSplitRow, 'fresh'> = {
    participantsGross: 0,
    participants: 0,
    grants: 0,
    grossMinor: 0,
    costMinor: 0,
    interceptedMinor: 0,
  };
  return {
    title: 'New and existing customers',
    definition: `${NEW_CUSTOMERS.definition} ${PAYMENTS_BY_NEWNESS.definition} ${REWARDS_BY_NEWNESS.definition}`,
    period,
    columns: [
      column('who', 'Customers', 'text'),
      column('customers', 'Active', 'count'),
      column('payments', 'Payments', 'count'),
      column('amountMinor', 'Amount', 'money'),
      column('stoppedPayments', 'Stopped', 'count'),
      column('stoppedMinor', 'Stopped amount', 'money'),
      column('participantsGross', 'Participants, gross', 'count'),
      column('participants', 'net', 'count'),
      column('grants', 'Rewards posted', 'count'),
      column('grossMinor', 'Rewards, gross', 'money'),
      column('interceptedMinor', 'Intercepted', 'money'),
      column('costMinor', 'Cost', 'money'),
    ],
    rows: ([1, 0] as const).map((fresh) => ({
      who: fresh === 1 ? 'new' : 'existing',
      ...noPayments,
      ...noRewards,
      ...withoutKey(answers.paymentsByNewness.find((row) => row.fresh === fresh)),
      ...withoutKey(answers.rewardsByNewness.find((row) => row.fresh === fresh)),
    })),
    whenEmpty: '',
  };
}

function withoutKey<Row extends { fresh: number }>(row: Row | undefined): Partial<Row> {
  if (row === undefined) return {};
  const { fresh: _fresh, ...rest } = row;
  return rest as Partial<Row>;
}

const CAME_BY: Readonly<Record<string, string>> = {
  'account.opened': 'an account opened',
  'card.approved': 'a card approved',
  payment: 'a payment',
};

export function newcomersTable({ newcomers }: Answers, period: string): Table {
  return {
    title: 'How new customers came',
    definition: NEW_CUSTOMERS.definition,
    period,
    columns: [
      column('cameBy', 'First of all', 'text'),
      column('customers', 'New customers', 'count'),
      column('spent', 'With a posted payment', 'count'),
      column('rate', 'Share', 'share'),
    ],
    rows: newcomers.map(({ cameBy, customers, spent }) => ({
      cameBy: CAME_BY[cameBy] ?? cameBy,
      customers,
      spent,
      rate: divided(spent, customers),
    })),
    whenEmpty: 'No new customer is on record in this period.',
  };
}

export function ratesTable(answers: Answers, measures: Measures, period: string): Table {
  const { retention, wakeUp } = answers;
  const row = (rate: string, part: number | null, whole: number | null, of: string) => ({
    rate,
    part,
    whole,
    share: part === null || whole === null ? null : divided(part, whole),
    of,
  });
  return {
    title: 'Rates',
    definition:
      'Each rate is the distinct customers, cards or vouchers of the first number ÷ those of the second.',
    period,
    columns: [
      column('rate', 'Rate', 'text'),
      column('part', 'Of them', 'count'),
      column('whole', 'All', 'count'),
      column('share', 'Rate', 'share'),
      column('of', 'Definition', 'text'),
    ],
    rows: [
      row('Activation', measures.cardsActivated, measures.cardsIssued, CARDS.definition),
      row('First spend', measures.acquiredSpent, measures.acquired, NEW_CUSTOMERS.definition),
      row(
        'Voucher redemption',
        measures.vouchersRedeemed,
        measures.vouchersIssued,
        VOUCHERS.definition,
      ),
      row('Wake-up', wakeUp.woken, wakeUp.dormant, WAKE_UP.definition),
      row(
        'Retention, 30 days',
        retention?.retained ?? null,
        retention?.participants ?? null,
        RETENTION.definition,
      ),
    ],
    whenEmpty: '',
  };
}

export function cardsTable({ cards }: Answers, period: string): Table {
  return {
    title: 'Cards by month of issue',
    definition: CARDS.definition,
    period,
    columns: [
      column('cohort', 'Issued in', 'text'),
      column('applied', 'Approved, gross', 'count'),
      column('stopped', 'Stopped', 'count'),
      column('issued', 'Issued', 'count'),
      column('activated', 'Activated', 'count'),
      column('rate', 'Activation rate', 'share'),
    ],
    rows: cards
      .filter((row) => row.period === 'window')
      .map(({ period: _period, ...row }) => ({ ...row, rate: divided(row.activated, row.issued) })),
    whenEmpty: 'No card was approved in this period.',
  };
}

export function funnelTable({ funnel }: Answers, period: string): Table {
  const all = {
    channel: 'all channels',
    viewed: total(funnel, ({ viewed }) => viewed),
    acquired: total(funnel, ({ acquired }) => acquired),
    spent: total(funnel, ({ spent }) => spent),
    repeated: total(funnel, ({ repeated }) => repeated),
  };
  return {
    title: 'Funnel',
    definition: FUNNEL.definition,
    period,
    columns: [
      column('channel', 'Channel of the first view', 'text'),
      column('viewed', 'Saw the campaign', 'count'),
      column('acquired', 'Card or account', 'count'),
      column('acquiredShare', 'of the step before', 'share'),
      column('spent', 'First spend', 'count'),
      column('spentShare', 'of the step before', 'share'),
      column('repeated', 'Spent again', 'count'),
      column('repeatedShare', 'of the step before', 'share'),
    ],
    rows: (funnel.length === 0 ? [] : [all, ...funnel]).map((row) => ({
      ...row,
      channel: row.channel === '' ? 'not said' : row.channel,
      acquiredShare: divided(row.acquired, row.viewed),
      spentShare: divided(row.spent, row.acquired),
      repeatedShare: divided(row.repeated, row.spent),
    })),
    whenEmpty:
      'No view of the campaign is on record, so that nothing can be said about its funnel.',
  };
}
