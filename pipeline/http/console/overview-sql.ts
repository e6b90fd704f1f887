/**
 * The statements behind the console. `{from}` and `{to}` are Unix milliseconds of event time, from exclusive
 * and to inclusive; every table that a replay can write twice is read with FINAL.
 */

export const RANGE = `occurred_at > fromUnixTimestamp64Milli({from:Int64})
  AND occurred_at <= fromUnixTimestamp64Milli({to:Int64})`;

export const ms = (column: string): string => `toFloat64(toUnixTimestamp64Milli(${column}))`;

/** How far the record reaches, in event time. */
export const SPAN = `
SELECT toFloat64(count()) AS decisions, ${ms('min(occurred_at)')} AS firstMs, ${ms('max(occurred_at)')} AS lastMs
FROM decisions`;

/**
 * Verdicts by bucket. Buckets are counted back from the latest event, 0 the last, so that the one a chart ends
 * with is always whole: a half-filled one would look like a collapse.
 */
export const TIMELINE = `
SELECT toFloat64(intDiv({to:Int64} - toUnixTimestamp64Milli(occurred_at), {stepMs:Int64})) AS age,
       toFloat64(countIf(verdict = 'allow')) AS allow,
       toFloat64(countIf(verdict = 'review')) AS review,
       toFloat64(countIf(verdict = 'block')) AS block
FROM decisions FINAL
WHERE ${RANGE}
GROUP BY age
ORDER BY age DESC`;

export const DETECTORS = `
SELECT detector, toString(mode) AS mode,
       toFloat64(countIf(band = 'review')) AS review, toFloat64(countIf(band = 'block')) AS block,
       toFloat64(uniqExact(account_id)) AS accounts
FROM findings FINAL
WHERE ${RANGE}
GROUP BY detector, mode
ORDER BY review + block DESC, detector
LIMIT 20`;

/** The addresses and devices that findings are about, worst first. */
export const SUBJECTS = `
SELECT subject, subject_value AS value, toFloat64(count()) AS findings,
       toFloat64(uniqExact(account_id)) AS accounts, max(measure) AS highest,
       argMax(unit, measure) AS highestUnit
FROM findings FINAL
WHERE ${RANGE} AND mode = 'live' AND subject IN ('ip', 'deviceId')
GROUP BY subject, value
ORDER BY findings DESC, value
LIMIT 8 BY subject`;

/** The accounts frozen last; `total` counts all that are. */
export const FROZEN = `
SELECT account_id AS accountId, ${ms('last.1')} AS sinceMs, ${ms('last.2')} AS untilMs,
       last.3 AS actor, last.4 AS reason, last.5 AS decisionId, toFloat64(count() OVER ()) AS total
FROM
(
    SELECT account_id,
           argMax(tuple(occurred_at, expires_at, actor, reason, decision_id, toString(kind)), arrival) AS last
    FROM account_actions FINAL
    WHERE kind IN ('freeze', 'uphold', 'unfreeze', 'expire', 'clear')
    GROUP BY account_id
)
WHERE last.6 IN ('freeze', 'uphold') AND (last.2 IS NULL OR last.2 > fromUnixTimestamp64Milli({to:Int64}))
ORDER BY last.1 DESC, account_id
LIMIT 15`;

export const GRANTS = `
SELECT campaign_id AS campaignId, offer_id AS offerId,
       toFloat64(countIf(state = 'posted')) AS posted, toFloat64(countIf(state = 'held')) AS held,
       toFloat64(countIf(state = 'rejected')) AS rejected, toFloat64(countIf(state = 'voided')) AS voided,
       toFloat64(sumIf(amount_minor - clawed_back_minor, state = 'posted')) AS costMinor,
       toFloat64(sumIf(amount_minor, state = 'held')) AS heldMinor,
       toFloat64(sumIf(amount_minor, state = 'voided')) AS interceptedMinor,
       toFloat64(sum(clawed_back_minor)) AS clawedBackMinor
FROM grants FINAL
WHERE campaign_id != '' AND offer_id != ''
GROUP BY campaignId, offerId
ORDER BY campaignId, offerId
LIMIT 50`;

/** Quotas and budgets that have a limit, fullest first; per-customer counters stay out by their number. */
export const BALANCES = `
SELECT account, campaign_id AS campaignId, toFloat64(last.1) AS limitValue,
       toFloat64(last.2) AS posted, toFloat64(last.3) AS pending
FROM
(
    SELECT account, campaign_id, argMax(tuple(limit_value, posted, pending), tuple(recorded_at, sequence)) AS last
    FROM ledger_balances
    GROUP BY account, campaign_id
)
WHERE last.1 IS NOT NULL
ORDER BY (last.2 + last.3) / greatest(last.1, 1) DESC, account
LIMIT 30`;

export const BLOCKS = `
SELECT decision_id AS decisionId, event_id AS eventId, type, account_id AS accountId,
       ${ms('occurred_at')} AS occurredAtMs, toFloat64(amount_minor) AS amountMinor, reasons
FROM decisions FINAL
WHERE ${RANGE} AND verdict = 'block'
ORDER BY occurred_at DESC, decision_id
LIMIT 10`;

export const WHY = `
SELECT decision_id AS decisionId, detector, toString(band) AS band, conclusive, measure, threshold, unit,
       toFloat64(window_ms) AS windowMs, subject, subject_value AS subjectValue, evidence
FROM findings FINAL
WHERE occurred_at >= fromUnixTimestamp64Milli({oldest:Int64})
  AND occurred_at <= fromUnixTimestamp64Milli({to:Int64})
  AND mode = 'live' AND decision_id IN ({decisionIds:Array(String)})
ORDER BY band DESC, detector`;

export const HEALTH = `
SELECT worker, ${ms('recorded_at')} AS recordedAtMs, toFloat64(events) AS events, toFloat64(duplicates) AS duplicates,
       toFloat64(late_events) AS lateEvents, toFloat64(dead_letters) AS deadLetters, toFloat64(lag) AS lag,
       toFloat64(latency_p50_us) AS latencyP50Us, toFloat64(latency_p99_us) AS latencyP99Us,
       toFloat64(queue_waiting) AS queueWaiting, toFloat64(queue_failed) AS queueFailed,
       toFloat64(buffered_rows) AS bufferedRows, toFloat64(window_keys) AS windowKeys,
       toFloat64(window_bytes) AS windowBytes, paused, seconds_since_finding AS secondsSinceFinding
FROM pipeline_stats
ORDER BY recorded_at DESC
LIMIT 1 BY worker
LIMIT 8`;

export const DEAD_LETTERS = `
SELECT reason, toFloat64(count()) AS letters, ${ms('max(received_at)')} AS lastMs
FROM dead_letters FINAL
GROUP BY reason
ORDER BY letters DESC, reason
LIMIT 10`;
