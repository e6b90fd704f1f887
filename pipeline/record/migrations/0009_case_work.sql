-- The freeze lifecycle beyond frozen or not, and what came to be known of rewards after they were decided.

ALTER TABLE account_actions MODIFY COLUMN kind Enum8('propose' = 0, 'freeze' = 1, 'unfreeze' = 2, 'expire' = 3,
    'dismiss' = 4, 'request' = 5, 'confirm' = 6, 'withdraw' = 7, 'lapse' = 8, 'appeal' = 9, 'uphold' = 10,
    'clear' = 11, 'switch' = 12);

-- Id of the proposal, request or appeal that an action answers.
ALTER TABLE account_actions ADD COLUMN IF NOT EXISTS answers String AFTER expires_at;

-- Of a request the order as JSON, of a switch its name and `on` or `off`.
ALTER TABLE account_actions ADD COLUMN IF NOT EXISTS detail String AFTER answers;

-- One row a step; the one of a proposal that arrived last stands.
CREATE TABLE IF NOT EXISTS reward_proposals
(
    proposal_id  String,
    action_id    String,
    kind         Enum8('clawback' = 1, 'compensation' = 2, 'hold' = 3),
    state        Enum8('open' = 1, 'approved' = 2, 'dismissed' = 3, 'done' = 4),
    grant_id     String,
    campaign_id  LowCardinality(String),
    account_id   String,
    customer_id  String,
    event_id     String,
    amount_minor Int64,
    cause_kind   LowCardinality(String),
    cause_id     String,
    evidence     String,
    actor        LowCardinality(String),
    reason       String,
    occurred_at  DateTime64(3, 'UTC'),
    arrival      UInt64,
    recorded_at  DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(arrival)
ORDER BY (proposal_id, action_id);

-- A cause asks for the rewards of some accounts and customers; grants are ordered by their ids.
ALTER TABLE grants ADD INDEX IF NOT EXISTS account_id_bloom account_id TYPE bloom_filter(0.001) GRANULARITY 4;

ALTER TABLE grants ADD INDEX IF NOT EXISTS customer_id_bloom customer_id TYPE bloom_filter(0.001) GRANULARITY 4;
