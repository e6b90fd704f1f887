/** What was given and what it cost: by offer and line, vouchers, prizes, deliveries. */

import { CUSTOMER, FRAUD, GRANTS, localDay, localMonth, PENDING, POSTED } from './fragments.ts';
import type { Kpi } from './kpi.ts';

/** Money of one offer on one line. gross = cost + pending + intercepted + voided + forfeited + reversed + refunded + expired. */
export interface OfferRow {
  readonly offerId: string;
  readonly budgetLine: string;
  readonly earned: number;
  readonly posted: number;
  readonly pending: number;
  readonly rejected: number;
  readonly customers: number;
  readonly grossMinor: number;
  readonly costMinor: number;
  readonly pendingMinor: number;
  readonly interceptedMinor: number;
  readonly voidedMinor: number;
  readonly forfeitedMinor: number;
  readonly reversedMinor: number;
  readonly refundedMinor: number;
  readonly expiredMinor: number;
  readonly paymentMinor: number;
}

export const OFFERS: Kpi = {
  definition:
    'Cost = posted less taken back. Pending (held, awaiting a claim or a choice) stands apart. Gross is every reward that was ' +
    'not rejected; it is the sum of cost, pending, intercepted (voided as abuse), voided otherwise, forfeited (not claimed or chosen ' +
    'in time), reversed (taken back as abuse), refunded (taken back with the payment) and expired (vouchers nobody used).',
  sql: `
SELECT offer_id AS offerId, budget_line AS budgetLine,
  countIf(state != 'rejected') AS earned, countIf(${POSTED}) AS posted, countIf(${PENDING}) AS pending,
  countIf(state = 'rejected') AS rejected, uniqExactIf(customer, ${POSTED} AND customer != '') AS customers,
  sumIf(amount_minor, state != 'rejected') AS grossMinor,
  sumIf(amount_minor - clawed_back_minor, ${POSTED}) AS costMinor,
  sumIf(amount_minor, ${PENDING}) AS pendingMinor,
  sumIf(amount_minor, state = 'voided' AND ${FRAUD}) AS interceptedMinor,
  sumIf(amount_minor, state = 'voided' AND NOT ${FRAUD}) AS voidedMinor,
  sumIf(amount_minor, state = 'forfeited') AS forfeitedMinor,
  sumIf(clawed_back_minor - expired, ${POSTED} AND ${FRAUD}) AS reversedMinor,
  sumIf(clawed_back_minor - expired, ${POSTED} AND NOT ${FRAUD}) AS refundedMinor,
  sumIf(expired, ${POSTED}) AS expiredMinor,
  sumIf(payment_minor, ${POSTED}) AS paymentMinor
FROM (SELECT *, ${CUSTOMER} AS customer FROM ${GRANTS}) AS g
LEFT JOIN
(
  SELECT grant_id, sum(cost_minor) AS expired
  FROM vouchers FINAL WHERE campaign_id = {campaign:String} AND state = 'expired' GROUP BY grant_id
) AS v ON g.grant_id = v.grant_id
GROUP BY offerId, budgetLine
ORDER BY offerId, budgetLine`,
};

export interface OutcomeRow {
  readonly offerId: string;
  readonly label: string;
  readonly state: string;
  readonly reason: string;
  readonly grants: number;
  readonly amountMinor: number;
}

export const OUTCOMES: Kpi = {
  definition:
    'Rewards by where they stand and why; the benefit is the tier, prize, option or item. A reward that met a limit, a quota or ' +
    'the end of the budget is rejected. Claims and choices that are open wait for the customer.',
  sql: `
SELECT offer_id AS offerId, label, toString(state) AS state, reason, count() AS grants, sum(amount_minor) AS amountMinor
FROM ${GRANTS}
GROUP BY offerId, label, state, reason
ORDER BY offerId, grants DESC, label, state, reason
LIMIT 500`,
};

export interface VoucherRow {
  readonly offerId: string;
  readonly voucher: string;
  readonly cohort: string;
  readonly issued: number;
  readonly voided: number;
  readonly redeemed: number;
  readonly expired: number;
  readonly open: number;
  readonly redeemedMinor: number;
}

export const VOUCHERS: Kpi = {
  definition:
    'Redemption rate = vouchers redeemed ÷ vouchers issued, by the local month of issue, voided ones left out of both. Expired ' +
    'ones count as issued; open ones may still be used.',
  sql: `
SELECT offer_id AS offerId, voucher, ${localMonth('issued_at')} AS cohort, countIf(state != 'voided') AS issued,
  countIf(state = 'voided') AS voided, countIf(state = 'redeemed') AS redeemed, countIf(state = 'expired') AS expired,
  countIf(state = 'issued') AS open, sumIf(face_minor, state = 'redeemed') AS redeemedMinor
FROM vouchers FINAL
WHERE campaign_id = {campaign:String}
GROUP BY offerId, voucher, cohort
ORDER BY cohort, offerId, voucher`,
};

export interface DeliveryRow {
  readonly kind: string;
  readonly state: string;
  readonly deliveries: number;
  readonly attempts: number;
}

export const DELIVERIES: Kpi = {
  definition:
    'Deliveries to other systems by kind and by what they answered last; attempts in all.',
  sql: `
SELECT kind, state, count() AS deliveries, sum(attempts) AS attempts
FROM deliveries FINAL
WHERE campaign_id = {campaign:String}
GROUP BY kind, state
ORDER BY kind, state`,
};

export interface AccountRow {
  readonly account: string;
  readonly posted: number;
  readonly pending: number;
}

export const ACCOUNTS: Kpi = {
  definition:
    'The ledger’s accounts: limit (with what people added), posted, pending, and what is left = limit − posted − pending.',
  sql: `
SELECT account, sum(posted_delta) AS posted, sum(pending_delta) AS pending
FROM ledger_entries FINAL
WHERE campaign_id = {campaign:String} AND account IN {accounts:Array(String)}
GROUP BY account`,
};

export interface DailyRewardsRow {
  readonly day: string;
  readonly grants: number;
  readonly costMinor: number;
  readonly interceptedMinor: number;
}

export const DAILY_REWARDS: Kpi = {
  definition:
    'Posted rewards, their cost as it stands now, and intercepted value, by the local day of the event that earned them.',
  sql: `
SELECT ${localDay('occurred_at')} AS day, countIf(${POSTED}) AS grants,
  sumIf(amount_minor - clawed_back_minor, ${POSTED}) AS costMinor,
  sumIf(amount_minor, state = 'voided' AND ${FRAUD}) + sumIf(clawed_back_minor, ${POSTED} AND ${FRAUD}) AS interceptedMinor
FROM ${GRANTS}
GROUP BY day
ORDER BY day`,
};

export interface ActionRow {
  readonly actionId: string;
  readonly issuedAtMs: number;
  readonly kind: string;
  readonly offerId: string;
  readonly value: string;
  readonly actor: string;
  readonly reason: string;
}

/** Not more than people can order. */
export const ACTIONS: Kpi = {
  definition: 'Everything that people changed while the campaign ran, with who and why.',
  sql: `
SELECT action_id AS actionId, toUnixTimestamp64Milli(issued_at) AS issuedAtMs, kind, offer_id AS offerId, value, actor, reason
FROM campaign_actions FINAL
WHERE campaign_id = {campaign:String}
ORDER BY arrival`,
};
