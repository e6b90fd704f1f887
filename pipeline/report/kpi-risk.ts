/** Abuse that was stopped: by which detector, for which reason, and what it would have cost. */

import { FRAUD, GRANTS, POSTED, stoppedEvents, within } from './fragments.ts';
import type { Kpi } from './kpi.ts';

export interface PatternRow {
  readonly detector: string;
  readonly reason: string;
  readonly events: number;
  readonly accounts: number;
  readonly paymentMinor: number;
  readonly grants: number;
  readonly rewardMinor: number;
}

const STOPPED_REWARDS = `
  SELECT event_id, count() AS grants, any(reason) AS why,
    sumIf(amount_minor, state = 'voided') + sumIf(clawed_back_minor, ${POSTED}) AS reward
  FROM ${GRANTS} AND ${FRAUD} AND state IN ('voided', 'posted', 'clawed_back')
  GROUP BY event_id`;

export const PATTERNS: Kpi = {
  definition:
    'Events from the first to the last phase that were blocked, confirmed as abuse, or lost a reward of this campaign to a ' +
    'freeze, by the detectors that spoke and the reason of the decision. An event that several detectors found stands in several ' +
    'rows, so that rows do not add up. Payments are what was stopped; rewards are what abusers would have earned or had to give back.',
  sql: `
SELECT detector, reason, count() AS events, uniqExact(account_id) AS accounts, sum(payment) AS paymentMinor,
  sum(grants) AS grants, sum(reward) AS rewardMinor
FROM
(
  SELECT d.account_id AS account_id, if(d.type = 'payment', ifNull(d.amount_minor, 0), 0) AS payment, r.grants AS grants, r.reward AS reward,
    arrayJoin(if(empty(d.detectors), ['no detector'], arrayMap(x -> toString(x), d.detectors))) AS detector,
    arrayJoin(multiIf(notEmpty(d.reasons), arrayMap(x -> toString(x), d.reasons), r.why != '', [toString(r.why)], ['confirmed'])) AS reason
  FROM
  (
    SELECT * FROM decisions FINAL
    WHERE ${within('spanFrom', 'spanTo')} AND (event_id IN (${stoppedEvents('spanFrom', 'spanTo')})
      OR event_id IN (SELECT event_id FROM (${STOPPED_REWARDS})))
  ) AS d
  LEFT JOIN (${STOPPED_REWARDS}) AS r ON d.event_id = r.event_id
)
GROUP BY detector, reason
ORDER BY rewardMinor DESC, paymentMinor DESC, detector, reason
LIMIT 20`,
};
