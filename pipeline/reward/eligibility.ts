/** Whether an event takes part in an offer: in order of cost, text before expressions. */

import type { CampaignTerms } from './benefit.ts';
import type { CompiledOffer, Schedule } from './campaign.ts';
import type { Subject } from './cel-scope.ts';
import type { IneligibleReason } from './grant.ts';
import { weekdayOf } from './local-time.ts';

/** Monday to Friday, as ISO counts. */
const LAST_WEEKDAY = 5;

/** The first reason why an event does not take part in an offer; undefined: it does. */
export function obstacleTo(
  offer: CompiledOffer,
  { event, fields }: Subject,
  paymentMinor: number,
): IneligibleReason | undefined {
  const { occurredAtMs } = event;
  if (paymentMinor < offer.lowestMinor) return 'below_threshold';
  if (occurredAtMs < offer.fromMs || occurredAtMs >= offer.toMs) return 'outside_window';
  if (offer.schedule !== undefined && !isOn(offer.schedule, offer.terms, occurredAtMs))
    return 'outside_schedule';
  if (offer.channel !== undefined && !isIn(offer.channel, fields.channel))
    return 'channel_not_eligible';
  if (offer.category !== undefined && !isIn(offer.category, fields.category))
    return 'category_not_eligible';
  if (offer.instrument !== undefined && !isIn(offer.instrument, fields.instrument))
    return 'instrument_not_eligible';
  if (offer.merchant !== undefined && !isIn(offer.merchant, fields.merchantId))
    return 'merchant_not_eligible';
  if (offer.restricted.size > 0 && isIn(offer.restricted, fields.instrument))
    return 'instrument_restricted';
  // An amount is money of some currency; what carries none has none.
  if (event.amountMinor !== undefined && fields.currency !== offer.terms.currency)
    return 'currency_not_eligible';
  const asked = offer.exchange || event.type === 'voucher.claimed';
  if (asked && fields.name('offerId') !== offer.offerId) return 'other_offer_named';
  if (offer.eligible === undefined) return undefined;
  offer.terms.scope.periodId = offer.periodId;
  return offer.terms.holds(offer.eligible) ? undefined : 'not_eligible';
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
