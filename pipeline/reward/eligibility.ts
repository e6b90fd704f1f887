/** Whether an event takes part in an offer: in order of cost, text before expressions. */

import type { CampaignTerms } from './benefit.ts';
import type { CompiledOffer, Schedule } from './campaign.ts';
import type { Subject } from './cel-scope.ts';
import { weekdayOf } from './local-time.ts';

/** Monday to Friday, as ISO counts. */
const LAST_WEEKDAY = 5;

/** The offer's times and amounts are asked for by the caller, who needs them first. */
export function qualifies(offer: CompiledOffer, { event, fields }: Subject): boolean {
  if (offer.schedule !== undefined && !isOn(offer.schedule, offer.terms, event.occurredAtMs))
    return false;
  if (offer.channel !== undefined && !isIn(offer.channel, fields.channel)) return false;
  if (offer.category !== undefined && !isIn(offer.category, fields.category)) return false;
  if (offer.instrument !== undefined && !isIn(offer.instrument, fields.instrument)) return false;
  if (offer.merchant !== undefined && !isIn(offer.merchant, fields.merchantId)) return false;
  if (offer.restricted.size > 0 && isIn(offer.restricted, fields.instrument)) return false;
  // An amount is money of some currency; what carries none has none.
  if (event.amountMinor !== undefined && fields.currency !== offer.terms.currency) return false;
  const asked = offer.exchange || event.type === 'voucher.claimed';
  if (asked && fields.name('offerId') !== offer.offerId) return false;
  if (offer.eligible === undefined) return true;
  offer.terms.scope.periodId = offer.periodId;
  return offer.terms.holds(offer.eligible);
}

function isOn(schedule: Schedule, { local, workingDays }: CampaignTerms, atMs: number): boolean {
  const day = local.day(atMs);
  const weekday = weekdayOf(day);
  if (!schedule.weekdays.has(weekday)) return false;
  const minute = local.minuteOfDay(atMs);
  if (minute < schedule.from || minute >= schedule.to) return false;
  return !schedule.workdays || workingDays.isWorkday(atMs) === weekday <= LAST_WEEKDAY;
}

/** An event without the field does not take part in an offer that asks for it. */
function isIn(wanted: ReadonlySet<string>, value: string | undefined): boolean {
  return value !== undefined && wanted.has(value);
}
