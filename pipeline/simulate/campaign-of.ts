/** The campaign that an event takes part in, as the bank's own systems know it when they send the event. */

import { isBill } from './market.ts';
import type { Draft } from './simulated-event.ts';

/** @returns the id of a shipped campaign, or undefined: the event is about none. */
export function campaignOf({
  type,
  category,
  instrument,
  attributes,
}: Pick<Draft, 'type' | 'category' | 'instrument' | 'attributes'>): string | undefined {
  switch (type) {
    case 'campaign.viewed':
    case 'campaign.shared':
      return 'bill-payment';
    case 'voucher.claimed':
    case 'voucher.redeemed':
    case 'choice.made':
    case 'proof.submitted':
      return 'credit-card';
    case 'redemption.requested':
      return attributes?.['offerId'] === 'card-points-shop' ? 'credit-card' : 'redemption';
    case 'payment':
    case 'payment.authorising':
      if (category !== undefined && isBill(category)) return 'bill-payment';
      return instrument === 'credit' ? 'credit-card' : undefined;
    default:
      return undefined;
  }
}
