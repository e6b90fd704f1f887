/** What the configuration says of an offer that its deliveries need: the currency, and by when it was promised. */

import { endOf } from '../../config/campaign-deadlines.ts';
import type { Campaign, Offer } from '../../config/campaign-schema.ts';
import type { Grant } from '../reward/grant.ts';
import { LocalTime } from '../reward/local-time.ts';

export interface OfferTerms {
  readonly currency: string;
  /**
   * @param postedAtMs when the grant posted: by a claim, an approval, or at once.
   * @returns the first instant that is too late; undefined when nothing was promised, or nobody knows the
   *   working days of that year.
   */
  dueAtMs(grant: Pick<Grant, 'occurredAtMs'>, postedAtMs: number): number | undefined;
}

/** Terms by campaign and offer. */
export function offerTerms(
  campaigns: readonly Campaign[],
): (campaignId: string, offerId: string) => OfferTerms | undefined {
  const terms = new Map<string, OfferTerms>();
  for (const campaign of campaigns) {
    const local = new LocalTime(campaign.timezone);
    for (const offer of campaign.offers) {
      terms.set(`${campaign.id} ${offer.id}`, termsOf(campaign, offer, local));
    }
  }
  return (campaignId, offerId) => terms.get(`${campaignId} ${offerId}`);
}

function termsOf({ currency }: Campaign, offer: Offer, local: LocalTime): OfferTerms {
  const { delivery } = offer;
  return {
    currency,
    dueAtMs: (grant, postedAtMs) => {
      if (delivery === undefined) return undefined;
      const anchorMs = delivery.anchor === 'grant' ? grant.occurredAtMs : postedAtMs;
      return endOf(anchorMs, delivery.within, local);
    },
  };
}
