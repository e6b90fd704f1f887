/** What follows from the answers by arithmetic alone: sums over cohorts, growth, revenue, return. */

import type { Answers } from './answers.ts';
import { growth } from './document.ts';
import type { BusinessRow } from './kpi-payments.ts';

const NOTHING: BusinessRow = {
  period: 'window',
  payments: 0,
  stoppedPayments: 0,
  amountMinor: 0,
  stoppedMinor: 0,
  refundedMinor: 0,
  activeCustomers: 0,
  cardMinor: 0,
  instalments: 0,
  instalmentMinor: 0,
};

/** One period's business, gross and net. */
export interface Business extends BusinessRow {
  readonly posted: number;
  readonly postedMinor: number;
  readonly netMinor: number;
  readonly cards: number;
}

export interface Measures {
  readonly now: Business;
  readonly before: Business;
  readonly cardsIssued: number;
  readonly cardsActivated: number;
  readonly newCustomers: number;
  /** New customers who came by an account or a card, and those of them who have spent. */
  readonly acquired: number;
  readonly acquiredSpent: number;
  readonly activeNew: number;
  readonly participants: number;
  readonly costMinor: number;
  readonly pendingMinor: number;
  readonly grossMinor: number;
  readonly interceptedMinor: number;
  readonly vouchersIssued: number;
  readonly vouchersRedeemed: number;
  /** Null: there is no baseline on record. */
  readonly incrementalMinor: number | null;
  /** A configured share of the incremental amount, rounded down. */
  readonly revenueMinor: number | null;
  /** Growth over the baseline; null when there is nothing to compare with. */
  readonly growth: (of: (business: Business) => number) => number | null;
}

/** @param marginBp what a payment brings the bank, in basis points of its amount. */
export function measure(answers: Answers, marginBp: number): Measures {
  const now = businessIn(answers, 'window');
  const before = businessIn(answers, 'baseline');
  const acquired = answers.newcomers.filter(({ cameBy }) => cameBy !== 'payment');
  const cards = answers.cards.filter(({ period }) => period === 'window');
  const { comparable } = answers.periods;
  const incrementalMinor = comparable ? now.netMinor - before.netMinor : null;
  return {
    now,
    before,
    cardsIssued: total(cards, ({ issued }) => issued),
    cardsActivated: total(cards, ({ activated }) => activated),
    newCustomers: total(answers.newcomers, ({ customers }) => customers),
    acquired: total(acquired, ({ customers }) => customers),
    acquiredSpent: total(acquired, ({ spent }) => spent),
    activeNew: total(answers.paymentsByNewness, ({ fresh, customers }) => fresh * customers),
    participants: total(answers.rewardsByNewness, ({ participants }) => participants),
    costMinor: total(answers.offers, ({ costMinor }) => costMinor),
    pendingMinor: total(answers.offers, ({ pendingMinor }) => pendingMinor),
    grossMinor: total(answers.offers, ({ grossMinor }) => grossMinor),
    interceptedMinor: total(answers.offers, (row) => row.interceptedMinor + row.reversedMinor),
    vouchersIssued: total(answers.vouchers, ({ issued }) => issued),
    vouchersRedeemed: total(answers.vouchers, ({ redeemed }) => redeemed),
    incrementalMinor,
    revenueMinor:
      incrementalMinor === null ? null : Math.floor((incrementalMinor * marginBp) / 10_000),
    growth: (of) => (comparable ? growth(of(now), of(before)) : null),
  };
}

function businessIn(answers: Answers, period: BusinessRow['period']): Business {
  const row = answers.business.find((each) => each.period === period) ?? NOTHING;
  const cards = answers.cards.filter((each) => each.period === period);
  const postedMinor = row.amountMinor - row.stoppedMinor;
  return {
    ...row,
    posted: row.payments - row.stoppedPayments,
    postedMinor,
    netMinor: postedMinor - row.refundedMinor,
    cards: total(cards, ({ issued }) => issued),
  };
}

/** ROI: what the new revenue brought beyond the cost, as a share of the cost. */
export function roiOf({ revenueMinor, costMinor }: Measures): number | null {
  return revenueMinor === null ? null : growth(revenueMinor, costMinor);
}

/** Cost ÷ new revenue; null when there is none. */
export function costBenefitOf({ revenueMinor, costMinor }: Measures): number | null {
  return revenueMinor === null || revenueMinor <= 0 ? null : costMinor / revenueMinor;
}

export function total<Row>(rows: readonly Row[], of: (row: Row) => number): number {
  return rows.reduce((sum, row) => sum + of(row), 0);
}
