/**
 * What the statements of the report share. Every parameter is bound, never pasted: instants as Unix
 * milliseconds, all intervals half-open, [from, to). Tables that a replay can write twice are read with FINAL.
 */

import { ABUSE_REASONS } from '../reward/abuse.ts';
import { IN_SCOPE } from './scope.ts';

/** Reversed or voided for abuse: the words of the ledger for it. */
export const FRAUD = `reason IN (${ABUSE_REASONS.map((reason) => `'${reason}'`).join(', ')})`;
/** Waits for a review, a payment, a claim or a choice: costs nothing yet, and keeps its place. */
export const PENDING = `state IN ('held', 'awaiting_claim', 'awaiting_choice')`;
export const POSTED = `state IN ('posted', 'clawed_back')`;
/** The grants of this campaign, whenever they were earned: its phases may lie outside its window. */
export const GRANTS = `grants FINAL WHERE campaign_id = {campaign:String} AND offer_id != ''`;

/** The instant that a parameter names. */
export function instant(name: string): string {
  return `fromUnixTimestamp64Milli({${name}:Int64}, 'UTC')`;
}

export function within(from: string, to: string): string {
  return `occurred_at >= ${instant(from)} AND occurred_at < ${instant(to)}`;
}

/** The date in the campaign's time zone, as text: YYYY-MM-DD. */
export function localDay(column: string): string {
  return `toString(toDate(toTimeZone(${column}, {zone:String})))`;
}

/** The month in the campaign's time zone, as text: YYYY-MM. */
export function localMonth(column: string): string {
  return `substring(${localDay(column)}, 1, 7)`;
}

/** Whether a name stands for "not known", as the decoder and the rewards have it. */
function isNobody(column: string): string {
  const plain = `lower(trim(BOTH ' \\t\\r\\n' FROM ${column}))`;
  const word = `replaceRegexpAll(${plain}, '[^0-9a-z\\\\x{80}-\\\\x{10FFFF}]', '')`;
  const repeated = `(length(${word}) >= 8 AND replaceAll(${word}, substring(${word}, 1, 1), '') = '')`;
  return `(replaceAll(${word}, '0', '') = '' OR ${repeated} OR has({placeholders:Array(String)}, ${plain}))`;
}

/** The customer number, or the account number where there is none; '' when neither names anybody. */
export const CUSTOMER = `multiIf(NOT ${isNobody('customer_id')}, concat('customer=', customer_id),
       NOT ${isNobody('account_id')}, concat('account=', account_id), '')`;

/** Events that were blocked, or that an analyst's latest word confirms as abuse. */
export function stoppedEvents(from: string, to: string): string {
  return `SELECT event_id FROM decisions FINAL WHERE verdict = 'block' AND ${within(from, to)}
    UNION ALL
    SELECT any(event_id) FROM labels FINAL GROUP BY decision_id HAVING argMax(toString(label), arrival) = 'confirmed'`;
}

/** Events of some types with their customer, their money, and whether they were stopped. */
export function eventsOf(types: readonly string[], from: string, to: string): string {
  const named = types.map((type) => `'${type}'`).join(', ');
  return `SELECT event_id, type, occurred_at, channel, instrument, card_id, attributes,
    ifNull(amount_minor, 0) AS amount, ${CUSTOMER} AS customer,
    event_id IN (${stoppedEvents(from, to)}) AS stopped
  FROM events FINAL
  WHERE type IN (${named}) AND ${within(from, to)}`;
}

/**
 * The same of the campaign's own payments and in its currency: no other money is added up. What has no amount has
 * no currency.
 */
export function moneyEventsOf(types: readonly string[], from: string, to: string): string {
  return `${eventsOf(types, from, to)} AND (amount_minor IS NULL OR currency = {currency:String})
    AND (type != 'payment' OR ${IN_SCOPE})`;
}

/** In any currency, without what was stopped, of customers who are known. */
export function honestEventsOf(types: readonly string[], from: string, to: string): string {
  return `SELECT * FROM (${eventsOf(types, from, to)}) WHERE NOT stopped AND customer != ''`;
}

/** What makes somebody a customer. */
const FIRSTS = ['account.opened', 'card.approved', 'payment'];

/**
 * Customers whose first account, card or payment on record lies in the window, with what came first. A first
 * payment tells only where the record reaches far enough back.
 */
export const NEWCOMERS = `
  SELECT customer, argMin(type, (occurred_at, type = 'payment', event_id)) AS came_by,
    countIf(type = 'payment') AS payments
  FROM (${honestEventsOf(FIRSTS, 'ever', 'to')})
  GROUP BY customer
  HAVING min(occurred_at) >= ${instant('from')} AND (came_by != 'payment' OR {comparable:Bool})`;
