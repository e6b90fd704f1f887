/** The statements behind the campaigns view; parameters as in overview-sql.ts. */

import { ms, RANGE } from './overview-sql.ts';

/** What every offer gave in the range; a claim or a choice that is still open counts as granted, its cost does not yet. */
export const OFFERS = `
SELECT campaign_id AS campaignId, offer_id AS offerId,
       toFloat64(countIf(state IN ('posted', 'awaiting_claim', 'awaiting_choice'))) AS granted,
       toFloat64(countIf(state IN ('awaiting_claim', 'awaiting_choice'))) AS unclaimed,
       toFloat64(countIf(state = 'held')) AS held, toFloat64(countIf(state = 'rejected')) AS rejected,
       toFloat64(countIf(state IN ('voided', 'forfeited', 'clawed_back'))) AS takenBack,
       toFloat64(sumIf(amount_minor - clawed_back_minor, state = 'posted')) AS costMinor
FROM grants FINAL
WHERE ${RANGE} AND campaign_id != '' AND offer_id != ''
GROUP BY campaignId, offerId
ORDER BY campaignId, offerId
LIMIT 1000`;

const WAITS = `state = 'held' AND reason IN ('awaiting_review', 'review_overdue', 'held_for_review',
  'authorisation_in_review', 'awaiting_payment_and_review')`;

/**
 * The rewards that wait for a person, the longest first; `total` counts all of them. Whatever waits now has a row
 * that says so, and few others have: looking for these first keeps FINAL, which would read every grant, out of it.
 */
export const QUEUE = `
SELECT grant_id AS grantId, campaign_id AS campaignId, offer_id AS offerId, label, event_id AS eventId,
       account_id AS accountId, customer_id AS customerId, reason, award, toFloat64(amount_minor) AS amountMinor,
       toFloat64(payment_minor) AS paymentMinor, ${ms('occurred_at')} AS occurredAtMs,
       toFloat64(revision) AS revision, toFloat64(count() OVER ()) AS total
FROM
(
    SELECT grant_id, campaign_id, offer_id, label, event_id, account_id, customer_id, state, reason, award,
           amount_minor, payment_minor, occurred_at, revision
    FROM grants
    WHERE grant_id IN (SELECT grant_id FROM grants WHERE ${WAITS})
    ORDER BY revision DESC
    LIMIT 1 BY grant_id
)
WHERE ${WAITS}
ORDER BY occurred_at, grant_id
LIMIT 50`;

/** Events are found through the index of their ids, which FINAL would not look into. */
export const VERDICTS = `
SELECT event_id AS eventId, toString(verdict) AS verdict, reasons
FROM decisions
WHERE event_id IN ({eventIds:Array(String)})
ORDER BY arrival DESC
LIMIT 1 BY eventId`;

export const FINDINGS = `
SELECT event_id AS eventId, detector, toString(band) AS band, conclusive, measure, threshold, unit,
       toFloat64(window_ms) AS windowMs, subject, subject_value AS subjectValue
FROM
(
    SELECT * FROM findings
    WHERE event_id IN ({eventIds:Array(String)}) AND mode = 'live'
    ORDER BY arrival DESC
    LIMIT 1 BY decision_id, detector
)
ORDER BY toString(band), detector`;

/** What people changed, the newest first; a word on one reward changes no campaign. A merchant list may name a hundred thousand shops: their number is enough. */
export const ACTIONS = `
SELECT action_id AS actionId, campaign_id AS campaignId, offer_id AS offerId, kind, actor, reason,
       ${ms('issued_at')} AS issuedAtMs, JSONExtractInt(value, 'tier') AS tier,
       toFloat64(JSONExtractInt(value, 'by')) AS by, JSONExtractString(value, 'line') AS line,
       JSONExtractString(value, 'from') AS giver, JSONExtractString(value, 'instrument') AS instrument,
       JSONExtractString(value, 'list') AS list, toFloat64(JSONLength(value, 'merchants')) AS merchants
FROM campaign_actions FINAL
WHERE kind NOT IN ('approve', 'reject')
ORDER BY issued_at DESC, action_id DESC
LIMIT 30`;
