/** Payments and amounts, in the window and in the period before it. */

import { moneyEventsOf, instant, localDay, within } from './fragments.ts';
import type { Kpi } from './kpi.ts';

const CARD = `(card_id != '' OR instrument IN ('credit', 'debit'))`;
const PAID = `type = 'payment' AND NOT stopped`;
const INSTALMENT = `type = 'instalment' AND NOT stopped`;

export interface BusinessRow {
  readonly period: 'window' | 'baseline';
  readonly payments: number;
  readonly stoppedPayments: number;
  readonly amountMinor: number;
  readonly stoppedMinor: number;
  readonly refundedMinor: number;
  readonly activeCustomers: number;
  readonly cardMinor: number;
  readonly instalments: number;
  readonly instalmentMinor: number;
}

/** The definitions of one statement, figure by figure. */
export const BUSINESS_SAYS = {
  payments:
    'Posted payments: payments of the campaign that were neither blocked nor confirmed as abuse. Its payments are those in its currency that the channel, category, instrument and merchant of one of its offers on payments let in, rewarded or not; all payments when it has no such offer.',
  amount:
    'Net amount: that of the posted payments less their refunds, whenever those came, at most the payment itself.',
  activeCustomers: 'An active customer has at least one posted payment.',
  averageTicket:
    'Average ticket = amount of posted payments, refunds not deducted ÷ posted payments.',
  cardAmount:
    'A card payment is a posted payment that names a card or was made by a credit or debit instrument.',
  instalments: 'Instalments are instalment events that were not stopped.',
};

export const BUSINESS: Kpi = {
  definition: Object.values(BUSINESS_SAYS).join(' '),
  sql: `
SELECT if(occurred_at >= ${instant('from')}, 'window', 'baseline') AS period,
  countIf(type = 'payment') AS payments, countIf(type = 'payment' AND stopped) AS stoppedPayments,
  sumIf(amount, type = 'payment') AS amountMinor, sumIf(amount, type = 'payment' AND stopped) AS stoppedMinor,
  sumIf(least(refunded, amount), ${PAID}) AS refundedMinor,
  uniqExactIf(customer, ${PAID} AND customer != '') AS activeCustomers,
  sumIf(amount, ${PAID} AND ${CARD}) AS cardMinor,
  countIf(${INSTALMENT}) AS instalments, sumIf(amount, ${INSTALMENT}) AS instalmentMinor
FROM (${moneyEventsOf(['payment', 'instalment'], 'base', 'until')}) AS e
LEFT JOIN
(
  SELECT refund_of, ifNull(sum(amount_minor), 0) AS refunded
  FROM events FINAL
  WHERE type = 'refund' AND refund_of != '' AND currency = {currency:String} AND occurred_at >= ${instant('base')}
  GROUP BY refund_of
) AS r ON e.event_id = r.refund_of
GROUP BY period`,
};

export interface InstrumentRow {
  readonly instrument: string;
  readonly payments: number;
  readonly customers: number;
  readonly amountMinor: number;
}

export const INSTRUMENTS: Kpi = {
  definition: 'Posted payments of the window by payment instrument, refunds not deducted.',
  sql: `
SELECT instrument, count() AS payments, uniqExactIf(customer, customer != '') AS customers, sum(amount) AS amountMinor
FROM (${moneyEventsOf(['payment'], 'from', 'until')})
WHERE NOT stopped
GROUP BY instrument
ORDER BY amountMinor DESC, instrument
LIMIT 20`,
};

export interface DailyPaymentsRow {
  readonly day: string;
  readonly payments: number;
  readonly amountMinor: number;
}

export const DAILY_PAYMENTS: Kpi = {
  definition: 'Posted payments and their amount by local day, refunds not deducted.',
  sql: `
SELECT ${localDay('occurred_at')} AS day, count() AS payments, sum(amount) AS amountMinor
FROM (${moneyEventsOf(['payment'], 'spanFrom', 'spanTo')})
WHERE NOT stopped
GROUP BY day
ORDER BY day`,
};

export interface RecordRow {
  readonly events: number;
  readonly firstMs: number;
  readonly lastMs: number;
}

/** How far the record reaches; no figure can know more. */
export const RECORD: Kpi = {
  definition: 'All events on record, whatever their time.',
  sql: `
SELECT count() AS events, toUnixTimestamp64Milli(min(occurred_at)) AS firstMs,
  toUnixTimestamp64Milli(max(occurred_at)) AS lastMs
FROM events FINAL
WHERE ${within('ever', 'forever')}`,
};
