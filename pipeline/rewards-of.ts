/** The rewards that events have earned so far, from the record, once the ledger's journal has reached it. */

import type { JournalDrain } from './journal-drain.ts';
import type { Analytics } from './record/analytics.ts';
import { portionsOf } from './record/id-portions.ts';
import type { Grant } from './reward/grant.ts';

export type EarnedGrant = Pick<
  Grant,
  | 'id'
  | 'campaignId'
  | 'offerId'
  | 'label'
  | 'state'
  | 'reason'
  | 'amountMinor'
  | 'clawedBackMinor'
  | 'award'
  | 'deadlineMs'
  | 'deductMinor'
>;

/** By event id: what it earned, and what it acted on. An event that did neither has no entry. */
export type EarnedGrants = ReadonlyMap<string, readonly EarnedGrant[]>;

// The latest revision of each grant without FINAL, which would not look into the index of event ids. A refund, a claim
// or a payment that was authorised acts under its own id on what another event earned.
const GRANTS_OF_EVENTS = `
  WITH touched AS (
    SELECT grant_id, groupUniqArray(operation_id) AS actors FROM ledger_entries
    WHERE operation_id IN {eventIds:Array(String)} GROUP BY grant_id)
  SELECT arrayDistinct(arrayPushFront(actors, event_id)) AS eventIds, g.grant_id AS id, campaign_id AS campaignId,
    offer_id AS offerId, label, state, reason, amount_minor AS amountMinor, clawed_back_minor AS clawedBackMinor, award,
    toInt64OrZero(splitByChar(' ', splitByChar('\\n', ledger_record)[1])[6]) AS deductMinor,
    toUnixTimestamp64Milli(ifNull(deadline, toDateTime64(0, 3))) AS deadlineMs
  FROM (
    SELECT * FROM grants
    WHERE event_id IN {eventIds:Array(String)} OR grant_id IN (SELECT grant_id FROM touched)
    ORDER BY revision DESC LIMIT 1 BY grant_id) AS g
  LEFT JOIN touched ON touched.grant_id = g.grant_id
  ORDER BY g.grant_id`;

/** The award travels as JSON; the event that earned it comes first, whether it was asked for or not. */
type Row = Omit<EarnedGrant, 'award'> & {
  readonly eventIds: readonly string[];
  readonly award: string;
};

/** @returns what to ask by event ids, all of a batch at once; undefined while the ledger cannot tell. */
export function rewardsOf(
  journal: Pick<JournalDrain, 'caughtUp'>,
  analytics: Pick<Analytics, 'query'>,
): (eventIds: readonly string[]) => Promise<EarnedGrants | undefined> {
  return async (eventIds) => {
    if (!(await journal.caughtUp())) return undefined;
    const found = new Map<string, EarnedGrant[]>();
    for (const asked of portionsOf(new Set(eventIds), (id) => id)) {
      const rows = await analytics.query<Row>(GRANTS_OF_EVENTS, { eventIds: asked });
      for (const { eventIds, award, ...rest } of rows) {
        // Grants of before awards were recorded have none.
        const grant = { ...rest, award: (award === '' ? [] : JSON.parse(award)) as Grant['award'] };
        for (const eventId of eventIds) {
          const own = found.get(eventId);
          if (own === undefined) found.set(eventId, [grant]);
          else own.push(grant);
        }
      }
    }
    return found;
  };
}
