-- A repeated refund, claim or capture is answered with the rewards it touched; entries are ordered by sequence, so
-- those of one operation lie anywhere.
ALTER TABLE ledger_entries ADD INDEX IF NOT EXISTS operation_id_bloom operation_id TYPE bloom_filter(0.001) GRANULARITY 4;
