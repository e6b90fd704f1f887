/** Charts by local day; a day on which nothing happened is 0, not a gap. */

import type { Campaign } from '../../config/campaign-schema.ts';
import type { Answers } from './answers.ts';
import type { Chart } from './document.ts';
import { DAILY_PAYMENTS } from './kpi-payments.ts';
import { DAILY_REWARDS } from './kpi-rewards.ts';
import { daysOf } from './periods.ts';

export function dailyCharts(
  campaign: Campaign,
  answers: Answers,
  period: string,
): Record<'payments' | 'amount' | 'rewards' | 'cost' | 'budget', Chart> {
  const days = daysOnRecord(campaign, answers);
  const paid = new Map(answers.dailyPayments.map((row) => [row.day, row]));
  const given = new Map(answers.dailyRewards.map((row) => [row.day, row]));
  const payments = days.map((day) => paid.get(day)?.payments ?? 0);
  const amount = days.map((day) => paid.get(day)?.amountMinor ?? 0);
  const grants = days.map((day) => given.get(day)?.grants ?? 0);
  const cost = days.map((day) => given.get(day)?.costMinor ?? 0);
  const intercepted = days.map((day) => given.get(day)?.interceptedMinor ?? 0);
  const chart = (
    title: string,
    definition: string,
    unit: Chart['unit'],
    series: Chart['series'],
  ): Chart => ({
    title,
    definition,
    period,
    unit,
    days,
    series,
  });
  return {
    payments: chart('Payments a day', DAILY_PAYMENTS.definition, 'count', [
      { title: 'Posted payments', tone: 'plain', values: payments },
    ]),
    amount: chart('Payment amount a day', DAILY_PAYMENTS.definition, 'money', [
      { title: 'Amount', tone: 'plain', values: amount },
    ]),
    rewards: chart('Rewards a day', DAILY_REWARDS.definition, 'count', [
      { title: 'Posted rewards', tone: 'good', values: grants },
    ]),
    cost: chart('Cost and intercepted value a day', DAILY_REWARDS.definition, 'money', [
      { title: 'Cost', tone: 'good', values: cost },
      { title: 'Intercepted', tone: 'bad', values: intercepted },
    ]),
    budget: chart(
      'Cost so far against the budget',
      `${DAILY_REWARDS.definition} Summed up from the first day; the budget is the sum of the topmost lines.`,
      'money',
      [
        { title: 'Cost so far', tone: 'good', values: summedUp(cost) },
        {
          title: 'Budget',
          tone: 'quiet',
          values: days.map(() => topmostBudget(campaign, answers)),
        },
      ],
    ),
  };
}

/** What lies outside the record is unknown, not silent. */
function daysOnRecord({ timezone }: Campaign, { periods, record }: Answers): readonly string[] {
  if (record.events === 0) return [];
  const from = Math.max(periods.spanFrom, record.firstMs);
  return daysOf(from, Math.min(periods.spanTo, record.lastMs + 1), timezone);
}

function summedUp(values: readonly number[]): number[] {
  let sum = 0;
  return values.map((value) => (sum += value));
}

function topmostBudget({ id }: Campaign, { accounts }: Answers): number {
  const prefix = `budget/${id}/`;
  return accounts
    .filter(
      ({ account }) => account.startsWith(prefix) && !account.slice(prefix.length).includes('.'),
    )
    .reduce((sum, { limit }) => sum + limit, 0);
}
