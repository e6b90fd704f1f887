-- The tables of record. Every table that a replay can write twice is a ReplacingMergeTree keyed by business id;
-- readers use FINAL. `arrival` orders rows: epoch * 2^38 + sequence number (see progress). Raw time columns are called
-- occurred_at, received_at and recorded_at, never `time`, so that a panel may alias its bucket `time`.

CREATE TABLE IF NOT EXISTS events
(
    event_id      String,
    type          LowCardinality(String),
    occurred_at   DateTime64(3, 'UTC'),
    account_id    String,
    customer_id   String,
    card_id       String,
    device_id     String,
    ip            String,
    merchant_id   String,
    category      LowCardinality(String),
    channel       LowCardinality(String),
    instrument    LowCardinality(String),
    currency      LowCardinality(String),
    refund_of     String,
    city          LowCardinality(String),
    amount_minor  Nullable(Int64),
    terms         Nullable(Int32),
    latitude      Nullable(Float64),
    longitude     Nullable(Float64),
    attributes    String,
    label         LowCardinality(String),
    source        LowCardinality(String),
    received_at   DateTime64(3, 'UTC'),
    body_hash     Int32,
    -- Came after the allowed lateness: measured and recorded, never stored in a window.
    late          Bool,
    arrival       UInt64,
    recorded_at   DateTime64(3, 'UTC'),
    INDEX event_id_bloom event_id TYPE bloom_filter(0.001) GRANULARITY 4
)
ENGINE = ReplacingMergeTree(arrival)
PARTITION BY toYYYYMM(occurred_at)
ORDER BY (toStartOfHour(occurred_at), event_id);

CREATE TABLE IF NOT EXISTS decisions
(
    decision_id    String,
    event_id       String,
    type           LowCardinality(String),
    occurred_at    DateTime64(3, 'UTC'),
    account_id     String,
    amount_minor   Nullable(Int64),
    verdict        Enum8('allow' = 0, 'review' = 1, 'block' = 2),
    reasons        Array(LowCardinality(String)),
    -- Those with a live finding; shadow findings stand in `findings` only.
    detectors      Array(LowCardinality(String)),
    late           Bool,
    config_version LowCardinality(String),
    engine_version LowCardinality(String),
    latency_us     UInt32,
    arrival        UInt64,
    recorded_at    DateTime64(3, 'UTC'),
    INDEX event_id_bloom event_id TYPE bloom_filter(0.001) GRANULARITY 4
)
ENGINE = ReplacingMergeTree(arrival)
PARTITION BY toYYYYMM(occurred_at)
ORDER BY (toStartOfHour(occurred_at), decision_id);

CREATE TABLE IF NOT EXISTS findings
(
    decision_id    String,
    event_id       String,
    occurred_at    DateTime64(3, 'UTC'),
    account_id     String,
    detector       LowCardinality(String),
    mode           Enum8('live' = 0, 'shadow' = 1),
    band           Enum8('review' = 1, 'block' = 2),
    conclusive     Bool,
    measure        Float64,
    threshold      Float64,
    unit           LowCardinality(String),
    window_ms      UInt64,
    subject        LowCardinality(String),
    subject_value  String,
    evidence       String,
    config_version LowCardinality(String),
    arrival        UInt64,
    recorded_at    DateTime64(3, 'UTC'),
    INDEX event_id_bloom event_id TYPE bloom_filter(0.001) GRANULARITY 4
)
ENGINE = ReplacingMergeTree(arrival)
PARTITION BY toYYYYMM(occurred_at)
ORDER BY (toStartOfHour(occurred_at), decision_id, detector);

CREATE TABLE IF NOT EXISTS grants
(
    grant_id          String,
    campaign_id       LowCardinality(String),
    offer_id          LowCardinality(String),
    budget_line       LowCardinality(String),
    event_id          String,
    account_id        String,
    customer_id       String,
    card_id           String,
    state             Enum8('rejected' = 0, 'held' = 1, 'posted' = 2, 'voided' = 3, 'clawed_back' = 4),
    reason            LowCardinality(String),
    tier              Int8,
    amount_minor      Int64,
    clawed_back_minor Int64,
    payment_minor     Int64,
    occurred_at       DateTime64(3, 'UTC'),
    config_version    LowCardinality(String),
    revision          UInt64,
    recorded_at       DateTime64(3, 'UTC'),
    INDEX event_id_bloom event_id TYPE bloom_filter(0.001) GRANULARITY 4
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY grant_id;

CREATE TABLE IF NOT EXISTS ledger_entries
(
    sequence      UInt64,
    operation     LowCardinality(String),
    operation_id  String,
    grant_id      String,
    campaign_id   LowCardinality(String),
    account       String,
    posted_delta  Int64,
    pending_delta Int64,
    leg           UInt16,
    occurred_at   DateTime64(3, 'UTC'),
    recorded_at   DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree
ORDER BY (sequence, leg);

CREATE TABLE IF NOT EXISTS ledger_balances
(
    account     String,
    campaign_id LowCardinality(String),
    limit_value Nullable(Int64),
    posted      Int64,
    pending     Int64,
    sequence    UInt64,
    recorded_at DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree
ORDER BY (account, recorded_at)
TTL toDateTime(recorded_at) + INTERVAL 400 DAY;

CREATE TABLE IF NOT EXISTS account_actions
(
    action_id   String,
    account_id  String,
    kind        Enum8('propose' = 0, 'freeze' = 1, 'unfreeze' = 2, 'expire' = 3),
    actor       LowCardinality(String),
    reason      String,
    decision_id String,
    occurred_at DateTime64(3, 'UTC'),
    expires_at  Nullable(DateTime64(3, 'UTC')),
    arrival     UInt64,
    recorded_at DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(arrival)
ORDER BY (account_id, action_id);

-- Every word that was ever said on a decision; the one that arrived last stands.
CREATE TABLE IF NOT EXISTS labels
(
    decision_id String,
    command_id  String,
    event_id    String,
    label       Enum8('confirmed' = 1, 'false_positive' = 2),
    actor       LowCardinality(String),
    reason      String,
    labelled_at DateTime64(3, 'UTC'),
    arrival     UInt64,
    recorded_at DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(arrival)
ORDER BY (decision_id, command_id);

CREATE TABLE IF NOT EXISTS dead_letters
(
    source      LowCardinality(String),
    position    String,
    reason      LowCardinality(String),
    field_path  String,
    message     String,
    body        String,
    received_at DateTime64(3, 'UTC'),
    arrival     UInt64,
    recorded_at DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(arrival)
-- Two files of one name, two runs of standard input or two lives of the inbox count their positions alike: the body tells
-- their records apart, and a record that is delivered again still has its own.
ORDER BY (source, position, cityHash64(body));

CREATE TABLE IF NOT EXISTS config_versions
(
    version     String,
    files       Map(String, String),
    activated_at DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(activated_at)
ORDER BY version;

-- What is durable. Rows first, then the marker, then the offsets: a row is part of history exactly when a marker of
-- its epoch has reached its sequence number. Rows beyond the last marker are torn; the replay writes them again.
CREATE TABLE IF NOT EXISTS progress
(
    worker       String,
    epoch        UInt32,
    sequence     UInt64,
    watermark    DateTime64(3, 'UTC'),
    positions    Map(String, String),
    recorded_at  DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(sequence)
ORDER BY (worker, epoch);

-- One row every few seconds from the running worker, for the pipeline's own dashboard.
CREATE TABLE IF NOT EXISTS pipeline_stats
(
    worker         String,
    recorded_at    DateTime64(3, 'UTC'),
    events         UInt64,
    decisions      UInt64,
    duplicates     UInt64,
    late_events    UInt64,
    dead_letters   UInt64,
    lag            UInt64,
    latency_p50_us UInt32,
    latency_p99_us UInt32,
    queue_waiting  UInt64,
    queue_failed   UInt64,
    -- Entries of the ledger's journal that are not on record yet.
    journal_waiting UInt64,
    buffered_rows  UInt64,
    window_keys    UInt64,
    window_bytes   UInt64,
    paused         Bool,
    seconds_since_finding Float64,
    config_version LowCardinality(String)
)
ENGINE = ReplacingMergeTree
ORDER BY (worker, recorded_at)
TTL toDateTime(recorded_at) + INTERVAL 90 DAY;
