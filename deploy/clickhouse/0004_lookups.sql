-- Lookups by request id without reading a tenant's whole history; blocks stored before this file are indexed in the background.
ALTER TABLE {db}.completions ADD INDEX IF NOT EXISTS by_request_id request_id TYPE bloom_filter(0.01) GRANULARITY 1;
ALTER TABLE {db}.completions MATERIALIZE INDEX by_request_id;

-- All dead letter topics feed one table, so kpart and koff alone do not say where a letter stands.
ALTER TABLE {db}.dead_letters ADD COLUMN IF NOT EXISTS ktopic LowCardinality(String) AFTER failed_at;

-- The sink writes here at each start, to see with its own eyes that a second block under one token is dropped.
CREATE TABLE IF NOT EXISTS {db}.token_probe
(
    probe_id UUID,
    number UInt8,
    probed_at DateTime('UTC') DEFAULT now()
)
ENGINE = MergeTree
ORDER BY probed_at
TTL probed_at + INTERVAL 1 DAY
SETTINGS non_replicated_deduplication_window = 10000;
