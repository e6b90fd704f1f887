/** What a reward is known by. */

import { hash } from 'node:crypto';

/**
 * The grant's id, the same for ever: campaign, offer, who, and the business number of the payment. No
 * version, offset or delivery is in it, or a replay would grant twice. 132 of SHA-256's bits.
 */
export function grantIdOf(
  campaignId: string,
  offerId: string,
  scope: string,
  paymentId: string,
): string {
  const text = JSON.stringify([campaignId, offerId, scope, paymentId]);
  return `g_${hash('sha256', text, 'base64url').slice(0, 22)}`;
}

/** The id that an event's own evaluation gives a reward which took the place of one that was taken back (lua/anew.lua). */
export function earnedIdOf(grantId: string): string {
  return grantId.replace(/(\.again)+$/, '');
}
