-- Lists that orders and the engine change, and how good detection was by the labels that came afterwards.

CREATE TABLE IF NOT EXISTS list_changes
(
    list        Enum8('block' = 0, 'allow' = 1, 'watch' = 2),
    kind        LowCardinality(String),
    value       String,
    -- Of an entry that was added, the id by which decisions name it.
    change_id   String,
    -- `witness` and `spare` are steps of the guard: what speaks against a value before it is listed, what spared it.
    op          Enum8('add' = 0, 'remove' = 1, 'witness' = 2, 'spare' = 3),
    reason      String,
    author      LowCardinality(String),
    actor       LowCardinality(String),
    decision_id String,
    occurred_at DateTime64(3, 'UTC'),
    expires_at  Nullable(DateTime64(3, 'UTC')),
    detail      String,
    arrival     UInt64,
    recorded_at DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(arrival)
ORDER BY (list, kind, value, change_id);

-- The entries of lists that named the event, as JSON; '' for none.
ALTER TABLE decisions ADD COLUMN IF NOT EXISTS listed String AFTER detectors;

-- The word that stands on each decision. `labelled` is 1, so that what has no label reads 0 in an outer join.
CREATE VIEW IF NOT EXISTS standing_labels AS
SELECT l.decision_id AS decision_id,
       1 AS labelled,
       argMax(l.label, l.arrival) = 'confirmed' AS fraud,
       argMax(l.labelled_at, l.arrival) AS labelled_at,
       argMax(l.actor, l.arrival) AS actor
FROM labels AS l
GROUP BY l.decision_id;

-- Labelled decisions alone, with the time that passed between the event and the word on it.
CREATE VIEW IF NOT EXISTS labelled_decisions AS
SELECT d.decision_id AS decision_id, d.event_id AS event_id, d.occurred_at AS occurred_at, d.account_id AS account_id,
       d.amount_minor AS amount_minor, d.verdict AS verdict, d.reasons AS reasons, d.config_version AS config_version,
       s.fraud AS fraud, s.actor AS actor, s.labelled_at AS labelled_at,
       greatest(0, dateDiff('second', d.occurred_at, s.labelled_at)) AS delay_seconds
FROM decisions AS d FINAL
INNER JOIN standing_labels AS s ON s.decision_id = d.decision_id;

-- Who flagged which event: detectors and rules, live and in shadow, and the lists and the freeze beside them. `alone`:
-- the policy flagged the event, and nothing else that is live did.
CREATE VIEW IF NOT EXISTS flags AS
SELECT d.decision_id AS decision_id, d.occurred_at AS occurred_at, d.config_version AS config_version,
       toString(flagger) AS detector, 'live' AS mode,
       d.verdict != 'allow' AND length(d.detectors) = 1 AND NOT hasAny(d.reasons, ['block_list', 'account_frozen', 'watch_list']) AS alone
FROM decisions AS d FINAL
ARRAY JOIN d.detectors AS flagger
UNION ALL
SELECT d.decision_id, d.occurred_at, d.config_version,
       transform(toString(cause), ['block_list', 'watch_list', 'account_frozen'], ['block list', 'watch list', 'freeze'], ''), 'live',
       empty(d.detectors)
FROM decisions AS d FINAL
ARRAY JOIN arrayFilter(reason -> reason IN ('block_list', 'watch_list', 'account_frozen'), d.reasons) AS cause
UNION ALL
SELECT f.decision_id, f.occurred_at, f.config_version, toString(f.detector), 'shadow', 0
FROM findings AS f FINAL
WHERE f.mode = 'shadow';

-- A row a day (of the event, UTC) and configuration version. All counts are of events, so spans are sums:
-- precision = true_positives / (true_positives + false_positives), recall = true_positives / fraud,
-- false-positive rate = false_positives / honest. Fraud that was allowed counts in `fraud` and in `missed`.
CREATE VIEW IF NOT EXISTS policy_quality AS
SELECT toDate(d.occurred_at) AS day, d.config_version AS config_version,
       count() AS decisions,
       countIf(d.verdict != 'allow') AS flagged,
       countIf(s.labelled = 1) AS labelled,
       countIf(s.labelled = 1 AND d.verdict != 'allow') AS labelled_flagged,
       countIf(s.labelled = 1 AND s.fraud) AS fraud,
       countIf(s.labelled = 1 AND NOT s.fraud) AS honest,
       countIf(s.labelled = 1 AND s.fraud AND d.verdict != 'allow') AS true_positives,
       countIf(s.labelled = 1 AND NOT s.fraud AND d.verdict != 'allow') AS false_positives,
       countIf(s.labelled = 1 AND s.fraud AND d.verdict = 'allow') AS missed,
       sumIf(ifNull(d.amount_minor, 0), s.labelled = 1 AND s.fraud AND d.verdict = 'allow') AS missed_minor
FROM decisions AS d FINAL
LEFT JOIN standing_labels AS s ON s.decision_id = d.decision_id
GROUP BY day, config_version;

-- As `policy_quality`, by who flagged. Gross is every event that it flagged; net is what the policy did because of it
-- alone. A day on which it flagged nothing has no row: for its recall over a span, divide by the span's sum of
-- `fraud` in policy_quality.
CREATE VIEW IF NOT EXISTS detector_quality AS
SELECT toDate(f.occurred_at) AS day, f.config_version AS config_version, f.detector AS detector, f.mode AS mode,
       count() AS flagged,
       countIf(s.labelled = 1) AS labelled,
       countIf(s.labelled = 1 AND s.fraud) AS true_positives,
       countIf(s.labelled = 1 AND NOT s.fraud) AS false_positives,
       countIf(f.alone) AS net_flagged,
       countIf(f.alone AND s.labelled = 1 AND s.fraud) AS net_true_positives,
       countIf(f.alone AND s.labelled = 1 AND NOT s.fraud) AS net_false_positives
FROM flags AS f
LEFT JOIN standing_labels AS s ON s.decision_id = f.decision_id
GROUP BY day, config_version, detector, mode;
