/** One offer made ready: what is compared, counted and given is worked out before the first event. */

import { AUTHORISATION_MS } from '../../config/campaign-deadlines.ts';
import type { Campaign, Offer } from '../../config/campaign-schema.ts';
import { WEEKDAYS } from '../../config/campaign-when-schema.ts';
import type { Adjustments } from './adjustments.ts';
import type { CampaignTerms } from './benefit.ts';
import { budgetsOf, offerQuota, tierQuota } from './campaign-accounts.ts';
import { periodIdOf } from './campaign-facts.ts';
import { listsOf } from './campaign-terms.ts';
import type { CompiledOffer, CompiledTier, Schedule } from './campaign.ts';
import { compileLimits, participationOf, type CompiledLimit } from './limits.ts';

/** As `CompiledOffer`, while the other offers of its group are not known yet. */
export type OfferInGroup = Omit<CompiledOffer, 'rivals'> & { rivals: readonly CompiledOffer[] };

export function compileOffer(
  campaign: Campaign,
  offer: Offer,
  terms: CampaignTerms,
  adjustments: Adjustments,
): OfferInGroup {
  const { id: campaignId } = campaign;
  const open = openTimes(campaign, offer);
  const tiers = compileTiers(campaignId, offer, adjustments);
  const onExchange = tiers.some(
    ({ benefit }) => benefit.kind === 'points' && benefit.points.kind === 'share_of_spent',
  );
  return {
    campaignId,
    offerId: offer.id,
    terms,
    priority: offer.priority,
    preauth: offer.settle === 'preauth',
    authorisationMs: offer.authorisation ?? AUTHORISATION_MS,
    periodId: periodIdOf(campaignId, offer.phase),
    fromMs: Math.max(open.from, campaign.release?.effectiveFrom ?? open.from),
    toMs: open.to,
    lowestMinor: tiers.at(-1)!.atLeastMinor,
    schedule: offer.schedule && scheduleOf(offer.schedule),
    ...conditionsOf(campaign, offer, adjustments),
    restricted: adjustments.restrictedInstruments(campaignId, offer.id),
    exchange: tiers.some(({ benefit }) => benefit.kind === 'exchange'),
    eligible: offer.eligible,
    toInviter: offer.to === 'inviter',
    needsOwner: offer.claim !== undefined || tiers.some(({ benefit }) => !isMoney(benefit.kind)),
    budgetLine: offer.budget,
    budgets: budgetsOf(campaign, offer, adjustments),
    tiers,
    nextLower: offer.onTierExhausted === 'next_lower',
    quota: offerQuota(campaignId, offer, adjustments),
    limits: compileLimits(campaign, offer),
    closedBy: offer.excludedBy.filter(
      (id) => campaign.offers.find((other) => other.id === id)?.onExhausted === 'close',
    ),
    unless: offer.excludedBy.map((other) => participationIn(campaign, other)),
    rivals: [],
    reviewAlways: offer.review === 'always' || (onExchange && exchangesWait(campaign)),
    onExchange,
    hold: offer.hold && { timeoutMs: offer.hold.timeout, onTimeout: offer.hold.onTimeout },
    claim: offer.claim,
    refund: offer.refund,
  };
}

/** Tells the offers of each group about each other; one that stacks with all has no rivals. */
export function groupRivals(campaign: Campaign, compiled: readonly OfferInGroup[]): void {
  const groupOf = campaign.offers.map(({ stacking, group }) =>
    stacking === 'group' ? group : undefined,
  );
  for (const [index, offer] of compiled.entries()) {
    const group = groupOf[index];
    if (group === undefined) continue;
    offer.rivals = compiled.filter((other, at) => other !== offer && groupOf[at] === group);
  }
}

function openTimes({ window, phases }: Campaign, offer: Offer): Campaign['window'] {
  const within = offer.phase === undefined ? window : phases[offer.phase]!;
  if (offer.window === undefined) return within;
  return {
    from: Math.max(within.from, offer.window.from),
    to: Math.min(within.to, offer.window.to),
  };
}

function scheduleOf({ weekdays, from, to, dayType }: NonNullable<Offer['schedule']>): Schedule {
  return {
    weekdays: new Set(weekdays.map((day) => WEEKDAYS.indexOf(day) + 1)),
    from,
    to,
    workdays: dayType === 'workday_adjusted',
  };
}

function conditionsOf(
  campaign: Campaign,
  { when }: Offer,
  adjustments: Adjustments,
): Pick<CompiledOffer, 'channel' | 'category' | 'instrument' | 'merchant'> {
  const { merchantList: list } = when;
  return {
    channel: setOf(when.channel),
    category: setOf(when.category),
    instrument: setOf(when.instrument),
    merchant: list === undefined ? setOf(when.merchant) : listsOf(campaign, adjustments).get(list),
  };
}

/** Highest first. */
function compileTiers(
  campaignId: string,
  offer: Offer,
  adjustments: Adjustments,
): readonly CompiledTier[] {
  return offer.tiers
    .map((tier, index) => ({
      index,
      label: offer.tiers.length > 1 ? `tier-${index + 1}` : '',
      atLeastMinor: tier.atLeast,
      quota: tierQuota(campaignId, offer, index, adjustments),
      benefit: tier.benefit,
    }))
    .reverse();
}

function participationIn(campaign: Campaign, offerId: string): CompiledLimit {
  const other = campaign.offers.find(({ id }) => id === offerId);
  const limit = other && participationOf(compileLimits(campaign, other));
  if (limit === undefined)
    throw new Error(`${offerId} does not say who took part: check the campaign first`);
  return limit;
}

/** A share of an exchange that waits for approval waits with it. */
function exchangesWait({ offers }: Campaign): boolean {
  return offers.some(
    ({ tiers, review }) =>
      review === 'always' && tiers.some(({ benefit }) => benefit.kind === 'exchange'),
  );
}

function isMoney(kind: CompiledTier['benefit']['kind']): boolean {
  return kind === 'discount' || kind === 'cashback' || kind === 'fee_cut';
}

function setOf(values: readonly string[] | undefined): ReadonlySet<string> | undefined {
  return values === undefined ? undefined : new Set(values);
}
