-- Values that never link accounts and that no finding is held against: proposed by the engine, added, removed or
-- dismissed by people. A proposal tells how many accounts the value had at its first decision above the limit.

CREATE TABLE IF NOT EXISTS exclusion_changes
(
    kind        LowCardinality(String),
    value       String,
    change_id   String,
    op          Enum8('propose' = 0, 'add' = 1, 'remove' = 2, 'dismiss' = 3),
    -- Of a proposal: accounts within the window, at least, and the limit they passed.
    accounts    UInt32,
    hub_limit   UInt32,
    actor       String,
    reason      String,
    decision_id String,
    occurred_at DateTime64(3, 'UTC'),
    expires_at  Nullable(DateTime64(3, 'UTC')),
    arrival     UInt64,
    recorded_at DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(arrival)
ORDER BY (kind, value, change_id);

-- What was proposed, with the last word on it: open while nobody said one.
CREATE VIEW IF NOT EXISTS exclusion_proposals AS
SELECT
    kind,
    value,
    argMinIf(accounts, arrival, op = 'propose')    AS accounts,
    argMinIf(hub_limit, arrival, op = 'propose')   AS hub_limit,
    argMinIf(decision_id, arrival, op = 'propose') AS decision_id,
    minIf(occurred_at, op = 'propose')             AS proposed_at,
    if(argMax(op, arrival) = 'propose', 'open', toString(argMax(op, arrival))) AS state,
    argMax(actor, arrival)                         AS last_actor,
    argMax(reason, arrival)                        AS last_reason
FROM exclusion_changes
GROUP BY kind, value
HAVING countIf(op = 'propose') > 0;
