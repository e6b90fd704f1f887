-- What a configuration on trial proposed, so that it can be taken back when the trial is.

-- The judging on trial that proposed it, '' otherwise.
ALTER TABLE reward_proposals ADD COLUMN IF NOT EXISTS trial LowCardinality(String) AFTER evidence;

ALTER TABLE exclusion_changes ADD COLUMN IF NOT EXISTS trial LowCardinality(String) AFTER decision_id;

-- `withdrawn`: taken back by the policy itself, as if it had never been proposed.
ALTER TABLE reward_proposals MODIFY COLUMN state Enum8('open' = 1, 'approved' = 2, 'dismissed' = 3, 'done' = 4,
    'withdrawn' = 5);
