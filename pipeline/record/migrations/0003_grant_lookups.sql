-- A reviewer asks for all that moved one reward; entries are ordered by sequence, so a grant's own lie anywhere.

ALTER TABLE ledger_entries ADD INDEX IF NOT EXISTS grant_id_bloom grant_id TYPE bloom_filter(0.001) GRANULARITY 4;
