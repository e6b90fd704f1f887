/** What a sender should have written, where an event names nothing that could be acted on. */

import type { GrantReason } from './reward/grant.ts';

const HINTS: Readonly<Partial<Record<GrantReason, string>>> = {
  payment_not_named: 'name the refunded payment in refundOf: nothing was taken back',
  refund_without_amount: 'say in amount how much went back: nothing was taken back',
  grant_not_named: 'name the reward in attributes.grantId, as the answer that gave it did',
  option_not_named: 'name the option in attributes.option',
  voucher_not_named:
    'name the voucher in attributes.voucherId: GRANT_ID.1 is the first of a reward',
  authorisation_not_named: 'name the event of the authorisation in attributes.authorisationId',
  offer_not_named: 'name the offer in attributes.offerId',
  offer_not_found: 'no campaign has an offer of this id for events of this type',
  no_such_item:
    'name an item of the offer in attributes.item, and a way to pay that it has in combo',
  amount_mismatch:
    'amount has to be the cash of the way to pay that combo picks; left out, it is 0',
};

/** Of the first reason that there is something to say about; undefined: the event said all that was needed. */
export function hintFor(grants: readonly { readonly reason: GrantReason }[]): string | undefined {
  return grants.map(({ reason }) => HINTS[reason]).find((hint) => hint !== undefined);
}
