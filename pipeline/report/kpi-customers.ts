/** Customers: new and existing, first spend, funnel, waking, staying. */

import {
  CUSTOMER,
  FRAUD,
  GRANTS,
  honestEventsOf,
  instant,
  moneyEventsOf,
  NEWCOMERS,
  POSTED,
  stoppedEvents,
  within,
} from './fragments.ts';
import type { Kpi } from './kpi.ts';

export interface NewcomersRow {
  readonly cameBy: string;
  readonly customers: number;
  readonly spent: number;
}

export const NEW_CUSTOMERS: Kpi = {
  definition:
    'A new customer is one whose first account.opened, card.approved or posted payment (in any currency) on record lies in the window; the first ' +
    'of the three says how they came; a payment counts only where the record reaches back to the baseline. Everybody else who is active is existing. First-spend rate = new customers who came by an ' +
    'account or a card and have a posted payment by the end of the window ÷ all new customers who came by an account or a card.',
  sql: `
SELECT came_by AS cameBy, count() AS customers, countIf(payments > 0) AS spent
FROM (${NEWCOMERS})
GROUP BY cameBy
ORDER BY cameBy`,
};

export interface CustomerSplitRow {
  readonly fresh: 0 | 1;
  readonly customers: number;
  readonly payments: number;
  readonly amountMinor: number;
  readonly stoppedPayments: number;
  readonly stoppedMinor: number;
}

export const PAYMENTS_BY_NEWNESS: Kpi = {
  definition:
    'Posted payments of the window (refunds not deducted) by new and existing customers, and what was stopped.',
  sql: `
SELECT toUInt8(customer IN (SELECT customer FROM (${NEWCOMERS}))) AS fresh,
  uniqExactIf(customer, NOT stopped) AS customers,
  countIf(NOT stopped) AS payments, sumIf(amount, NOT stopped) AS amountMinor,
  countIf(stopped) AS stoppedPayments, sumIf(amount, stopped) AS stoppedMinor
FROM (${moneyEventsOf(['payment'], 'from', 'until')})
WHERE customer != ''
GROUP BY fresh`,
};

export interface RewardSplitRow {
  readonly fresh: 0 | 1;
  readonly participantsGross: number;
  readonly participants: number;
  readonly grants: number;
  readonly grossMinor: number;
  readonly costMinor: number;
  readonly interceptedMinor: number;
}

const LIVE = `state NOT IN ('rejected', 'voided', 'clawed_back')`;

export const REWARDS_BY_NEWNESS: Kpi = {
  definition:
    'A participant has at least one reward of the campaign, pending ones and draws without a prize included; gross counts all ' +
    'but rejected rewards, net leaves out those who only have voided or taken-back ones.',
  sql: `
SELECT toUInt8(customer IN (SELECT customer FROM (${NEWCOMERS}))) AS fresh,
  uniqExactIf(customer, state != 'rejected') AS participantsGross, uniqExactIf(customer, ${LIVE}) AS participants,
  countIf(${POSTED}) AS grants, sumIf(amount_minor, state != 'rejected') AS grossMinor,
  sumIf(amount_minor - clawed_back_minor, ${POSTED}) AS costMinor,
  sumIf(amount_minor, state = 'voided' AND ${FRAUD}) AS interceptedMinor
FROM (SELECT *, ${CUSTOMER} AS customer FROM ${GRANTS})
WHERE customer != ''
GROUP BY fresh`,
};

export interface RetentionRow {
  readonly participants: number;
  readonly retained: number;
}

export const RETENTION: Kpi = {
  definition:
    'Retention30 = net participants with a posted payment (in any currency) in the 30 local days from the end of the window, [end, end + 30 d) ÷ ' +
    'net participants.',
  sql: `
SELECT count() AS participants,
  countIf(customer IN (SELECT customer FROM (${honestEventsOf(['payment'], 'to', 'retainedTo')}))) AS retained
FROM (SELECT DISTINCT ${CUSTOMER} AS customer FROM ${GRANTS} AND ${LIVE})
WHERE customer != ''`,
};

export interface WakeUpRow {
  readonly dormant: number;
  readonly woken: number;
}

/** A marketing view makes nobody a customer. */
const OF_CUSTOMERS = `type NOT IN ('campaign.viewed', 'campaign.shared', 'referral.joined')`;

export const WAKE_UP: Kpi = {
  definition:
    'Dormant at campaign start: known by any event of a customer before the window, with no posted payment (in any currency) in the six ' +
    'calendar months before it (whole local days). Wake-up rate = dormant customers with a posted payment in the window ÷ dormant customers.',
  sql: `
SELECT count() AS dormant, countIf(spends > 0) AS woken
FROM
(
  SELECT ${CUSTOMER} AS customer, min(occurred_at) AS seen,
    countIf(type = 'payment' AND ${within('dormantSince', 'from')}) AS recent,
    countIf(type = 'payment' AND ${within('from', 'until')}) AS spends
  FROM events FINAL
  WHERE ${within('ever', 'to')} AND ${OF_CUSTOMERS} AND event_id NOT IN (${stoppedEvents('ever', 'to')})
  GROUP BY customer
  HAVING customer != '' AND seen < ${instant('from')} AND recent = 0
)`,
};

export interface FunnelRow {
  readonly channel: string;
  readonly viewed: number;
  readonly acquired: number;
  readonly spent: number;
  readonly repeated: number;
}

const SEEN = `
  SELECT customer, min(occurred_at) AS since, argMin(channel, (occurred_at, event_id)) AS came_from
  FROM (${honestEventsOf(['campaign.viewed'], 'spanFrom', 'spanTo')})
  WHERE JSONExtractString(attributes, 'campaignId') IN ('', {campaign:String})
  GROUP BY customer`;

const ACQUIRED = `
  SELECT e.customer AS customer, min(e.occurred_at) AS since
  FROM (${honestEventsOf(['account.opened', 'card.approved'], 'spanFrom', 'spanTo')}) AS e
  INNER JOIN (${SEEN}) AS s ON e.customer = s.customer
  WHERE e.occurred_at >= s.since
  GROUP BY customer`;

const SPENT = `
  SELECT e.customer AS customer, count() AS payments
  FROM (${honestEventsOf(['payment'], 'spanFrom', 'spanTo')}) AS e
  INNER JOIN (${ACQUIRED}) AS a ON e.customer = a.customer
  WHERE e.occurred_at >= a.since
  GROUP BY customer`;

export const FUNNEL: Kpi = {
  definition:
    'Distinct customers by step: saw the campaign (campaign.viewed that names this campaign or none) → card.approved or ' +
    'account.opened → first posted payment → another one. A step counts only when it came at or after the one before, by event ' +
    'time, and no event is two steps. By the channel of the first view.',
  sql: `
SELECT came_from AS channel, count() AS viewed, countIf(a.customer != '') AS acquired,
  countIf(payments >= 1) AS spent, countIf(payments >= 2) AS repeated
FROM (${SEEN}) AS s
LEFT JOIN (${ACQUIRED}) AS a ON s.customer = a.customer
LEFT JOIN (${SPENT}) AS p ON s.customer = p.customer
GROUP BY channel
ORDER BY viewed DESC, channel
LIMIT 50`,
};
