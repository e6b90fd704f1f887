/** The rewards that an event has earned so far, from the record, once the ledger's journal has reached it. */

import type { JournalDrain } from './journal-drain.ts';
import type { Analytics } from './record/analytics.ts';
import type { Grant } from './reward/grant.ts';

export type EarnedGrant = Pick<Grant, 'campaignId' | 'offerId' | 'state' | 'amountMinor'>;

const GRANTS_OF_EVENT = `
  SELECT campaign_id AS campaignId, offer_id AS offerId, state, amount_minor AS amountMinor
  FROM grants FINAL WHERE event_id = {eventId:String} AND offer_id != '' ORDER BY grant_id`;

/** @returns what to ask by event id; undefined while the ledger cannot tell. */
export function rewardsOf(
  journal: Pick<JournalDrain, 'caughtUp'>,
  analytics: Pick<Analytics, 'query'>,
): (eventId: string) => Promise<readonly EarnedGrant[] | undefined> {
  return async (eventId) =>
    (await journal.caughtUp())
      ? await analytics.query<EarnedGrant>(GRANTS_OF_EVENT, { eventId })
      : undefined;
}
