-- Which configuration judged from when on, and who or what made it so. The files themselves stand in
-- config_versions, under the version.
CREATE TABLE IF NOT EXISTS config_changes
(
    change_id        String,
    -- start, reload, canary, promoted, rolled_back, withdrawn
    kind             LowCardinality(String),
    version          String,
    -- Judged by until then; of a canary, what the other accounts are judged by.
    previous_version String,
    -- Hash of the part that can be tried on a share of the accounts.
    judging          String,
    actor            LowCardinality(String),
    reason           String,
    -- Files that changed, and how, as a unified diff; a long one is cut.
    paths            Array(String),
    diff             String,
    -- Of the accounts; 1 is all of them.
    share            Float64,
    -- Event time: the watermark when it took effect.
    occurred_at      DateTime64(3, 'UTC'),
    arrival          UInt64,
    recorded_at      DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(arrival)
ORDER BY change_id;
