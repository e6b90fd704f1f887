/** Rights, quotas and exclusions as legs of the ledger: which accounts one event would move. */

import type { Campaign, Offer } from '../../config/campaign-schema.ts';
import { LIMIT_KEYS, type LimitKey, type Period } from '../../config/campaign-limit-schema.ts';
import type { Identity } from './identity.ts';
import { LIMIT, QUOTA, type Leg, type ReserveOp } from './ledger-op.ts';
import { dateOf, monthOf, weekOf } from './local-time.ts';

export interface CompiledLimit {
  readonly account: string;
  readonly per: readonly LimitKey[];
  /** Every key that is named takes a leg of its own. */
  readonly any: boolean;
  readonly period: Period;
  readonly max: number;
}

export interface CompiledQuota {
  readonly account: string;
  readonly max: number;
  readonly period: Period;
  readonly unit: 'grant' | 'customer';
}

/** When an event happened by the campaign's own clock: the number of the day, and the minute of it. */
export interface Moment {
  readonly day: number;
  readonly minute: number;
}

/** A right for ever belongs to no campaign; no campaign's id is a hyphen. */
const EVER = '-';

export function compileLimits({ id: campaignId }: Campaign, offer: Offer): CompiledLimit[] {
  return offer.limits.map(({ per, any, period, max }) => {
    // In one order however the file has them: a right has one name.
    const keys = LIMIT_KEYS.filter((key) => per.includes(key));
    const scope = period === 'ever' ? EVER : campaignId;
    const account = `${LIMIT}${scope}/${offer.id}/${any ? 'any-' : ''}${keys.join('-')}`;
    return { account, per: keys, any, period, max };
  });
}

/** The limit that says whether a customer took part in an offer; undefined when it has none. */
export function participationOf(limits: readonly CompiledLimit[]): CompiledLimit | undefined {
  return limits.find(
    ({ per, any, period }) =>
      (any || per.length === 1) &&
      per.includes('customer') &&
      (period === 'campaign' || period === 'ever'),
  );
}

/** Undefined when a limit counts by something that the event does not name: it could not be held. */
export function limitsOf(
  limits: readonly CompiledLimit[],
  identity: Identity,
  when: Moment,
): Leg[] | undefined {
  const legs: Leg[] = [];
  for (const limit of limits) {
    const account = `${limit.account}/${bucketOf(limit.period, when)}`;
    const keys = limit.per.map((key) => identity.key(key));
    if (limit.any) {
      // Who names no customer is known by the account: under both keys that is one name, and one leg.
      const named = new Set(keys.filter((key) => key !== undefined));
      if (named.size === 0) return undefined;
      for (const key of named) legs.push({ account: `${account}/${key}`, limit: limit.max });
    } else {
      if (keys.includes(undefined)) return undefined;
      legs.push({ account: `${account}/${keys.join('/')}`, limit: limit.max });
    }
  }
  return legs;
}

/** Undefined when customers are counted and the event names none. */
export function quotasOf(
  quota: CompiledQuota | undefined,
  identity: Identity,
  when: Moment,
): ReserveOp['quotas'] | undefined {
  if (quota === undefined) return [];
  const { max, period, unit } = quota;
  const account =
    period === 'campaign' ? quota.account : `${quota.account}/${bucketOf(period, when)}`;
  if (unit === 'grant') return [{ account, limit: max }];
  const { customer } = identity;
  if (customer === undefined) return undefined;
  return [{ account, limit: max, countedBy: `${account}/${customer.scope}` }];
}

/** The accounts that must be untouched: the customer took part in none of the other offers. */
export function unlessOf(
  others: readonly CompiledLimit[],
  identity: Identity,
): string[] | undefined {
  if (others.length === 0) return [];
  const { customer } = identity;
  return customer && others.map(({ account, period }) => `${account}/${period}/${customer.scope}`);
}

/** A quota's account without its period. */
export function quotaAccount(campaignId: string, offerId: string, part: string): string {
  return `${QUOTA}${campaignId}/${offerId}/${part}`;
}

/** The stretch of time that a unit counts in; an occurrence is one opening of the schedule, within a day. */
function bucketOf(period: Period, { day, minute }: Moment): string {
  switch (period) {
    case 'minute':
      return `${dateText(day)}T${two(Math.floor(minute / 60))}.${two(minute % 60)}`;
    case 'hour':
      return `${dateText(day)}T${two(Math.floor(minute / 60))}`;
    case 'campaign':
    case 'ever':
      return period;
    case 'day':
    case 'occurrence':
      return dateText(day);
    case 'week':
      return weekOf(day);
    case 'month':
      return monthOf(day);
  }
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}

/** The date that was written last: most events of a batch are of one day. */
const written = { day: Number.NaN, date: '' };

function dateText(day: number): string {
  if (written.day !== day) {
    written.day = day;
    written.date = dateOf(day);
  }
  return written.date;
}
