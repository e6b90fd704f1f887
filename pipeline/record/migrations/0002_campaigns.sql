-- What campaigns need beside grants of money: what was given, to whom, by when it must be claimed; vouchers with their
-- lives of their own; deliveries to other systems; and what people changed while a campaign ran.

ALTER TABLE grants
    ADD COLUMN IF NOT EXISTS label          LowCardinality(String) AFTER tier,
    -- What was given, as JSON (AwardItem[]).
    ADD COLUMN IF NOT EXISTS award          String AFTER label,
    -- Whose reward it is: the customer's own, or the inviter's.
    ADD COLUMN IF NOT EXISTS beneficiary_id String AFTER card_id,
    -- Of a draw: the commitment of its seed and the random value, as JSON.
    ADD COLUMN IF NOT EXISTS detail         String AFTER award,
    -- Until when it must be claimed or chosen.
    ADD COLUMN IF NOT EXISTS deadline       Nullable(DateTime64(3, 'UTC')) AFTER occurred_at,
    -- What the ledger needs to go on with it (accounts, options, what ends when), in the ledger's own words.
    ADD COLUMN IF NOT EXISTS ledger_record  String CODEC(ZSTD(3)) AFTER config_version;

ALTER TABLE grants
    MODIFY COLUMN state Enum8('rejected' = 0, 'held' = 1, 'posted' = 2, 'voided' = 3, 'clawed_back' = 4,
        'awaiting_claim' = 5, 'awaiting_choice' = 6, 'forfeited' = 7);

CREATE TABLE IF NOT EXISTS vouchers
(
    voucher_id     String,
    grant_id       String,
    campaign_id    LowCardinality(String),
    offer_id       LowCardinality(String),
    customer_id    String,
    voucher        LowCardinality(String),
    face_minor     Int64,
    min_spend_minor Int64,
    -- Its part of the grant's cost, which returns when it expires or is voided.
    cost_minor     Int64,
    scope          Array(LowCardinality(String)),
    state          LowCardinality(String),
    issued_at      DateTime64(3, 'UTC'),
    expires_at     DateTime64(3, 'UTC'),
    -- The event that used it up, '' before.
    redeemed_by    String,
    redeemed_at    Nullable(DateTime64(3, 'UTC')),
    -- The operations that let it run longer.
    extended_by    Array(String),
    revision       UInt64,
    recorded_at    DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY voucher_id;

-- One row for each attempt's outcome; the newest stands.
CREATE TABLE IF NOT EXISTS deliveries
(
    delivery_id  String,
    grant_id     String,
    campaign_id  LowCardinality(String),
    offer_id     LowCardinality(String),
    customer_id  String,
    kind         LowCardinality(String),
    -- The delivery that a reversal or an extension is about, '' otherwise.
    original_id  String,
    -- What is given or taken back, as JSON.
    item         String CODEC(ZSTD(3)),
    occurred_at  DateTime64(3, 'UTC'),
    -- When it was taken in to be delivered.
    placed_at    DateTime64(3, 'UTC'),
    state        LowCardinality(String),
    attempts     UInt32,
    -- What the other side answered, or why it failed; never a secret.
    answer       String,
    due_at       Nullable(DateTime64(3, 'UTC')),
    updated_at   DateTime64(3, 'UTC'),
    recorded_at  DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(updated_at)
ORDER BY delivery_id;

CREATE TABLE IF NOT EXISTS campaign_actions
(
    action_id   String,
    campaign_id LowCardinality(String),
    offer_id    LowCardinality(String),
    kind        LowCardinality(String),
    -- What was changed, as JSON.
    value       String,
    actor       LowCardinality(String),
    reason      String,
    issued_at   DateTime64(3, 'UTC'),
    arrival     UInt64,
    recorded_at DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(arrival)
ORDER BY (campaign_id, action_id);
