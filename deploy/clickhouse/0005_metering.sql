-- Metering: what a usage line was booked as, for whom, of which classes and at which prices; rows from before keep their meaning.
ALTER TABLE {db}.usage ADD COLUMN IF NOT EXISTS entry LowCardinality(String) DEFAULT 'booking';
ALTER TABLE {db}.usage ADD COLUMN IF NOT EXISTS adjustment_reason LowCardinality(Nullable(String));
ALTER TABLE {db}.usage ADD COLUMN IF NOT EXISTS response_model LowCardinality(Nullable(String));

-- Until now writes for an hour stood among the other cache writes, so that an old line with known tokens has none of its own.
ALTER TABLE {db}.usage ADD COLUMN IF NOT EXISTS cache_write_1h_tokens Nullable(UInt64) DEFAULT if(isNull(cache_write_tokens), NULL, 0);
ALTER TABLE {db}.usage ADD COLUMN IF NOT EXISTS media_tokens Map(LowCardinality(String), UInt64);
ALTER TABLE {db}.usage ADD COLUMN IF NOT EXISTS units Map(LowCardinality(String), Decimal(38, 12));
ALTER TABLE {db}.usage ADD COLUMN IF NOT EXISTS unit_prices Map(LowCardinality(String), Decimal(38, 12));
ALTER TABLE {db}.usage ADD COLUMN IF NOT EXISTS price_context Map(LowCardinality(String), String);

-- A line that is not attributed (an old one) is looked up by its record in the view usage_lines.
ALTER TABLE {db}.usage ADD COLUMN IF NOT EXISTS is_attributed Bool DEFAULT false;
ALTER TABLE {db}.usage ADD COLUMN IF NOT EXISTS project LowCardinality(Nullable(String));
ALTER TABLE {db}.usage ADD COLUMN IF NOT EXISTS user Nullable(String);
ALTER TABLE {db}.usage ADD COLUMN IF NOT EXISTS key LowCardinality(Nullable(String));
ALTER TABLE {db}.usage ADD COLUMN IF NOT EXISTS tags Map(LowCardinality(String), String);
ALTER TABLE {db}.usage ADD COLUMN IF NOT EXISTS prompt LowCardinality(Nullable(String));
ALTER TABLE {db}.usage ADD COLUMN IF NOT EXISTS prompt_version Nullable(UInt32);
ALTER TABLE {db}.usage ADD COLUMN IF NOT EXISTS variant LowCardinality(Nullable(String));
ALTER TABLE {db}.usage ADD COLUMN IF NOT EXISTS route LowCardinality(Nullable(String));
ALTER TABLE {db}.usage ADD INDEX IF NOT EXISTS by_started_at started_at TYPE minmax GRANULARITY 1;

ALTER TABLE {db}.completions ADD COLUMN IF NOT EXISTS key LowCardinality(Nullable(String));
ALTER TABLE {db}.completions ADD COLUMN IF NOT EXISTS variant LowCardinality(Nullable(String));
ALTER TABLE {db}.completions ADD COLUMN IF NOT EXISTS cache_write_1h_tokens Nullable(UInt64) DEFAULT if(isNull(cache_write_tokens), NULL, 0);
ALTER TABLE {db}.completions ADD COLUMN IF NOT EXISTS media_tokens Map(LowCardinality(String), UInt64);

-- The rollup counts a settled line down again, so its counts are signed.
ALTER TABLE {db}.cost_per_minute MODIFY COLUMN attempts SimpleAggregateFunction(sum, Int64);
ALTER TABLE {db}.cost_per_minute MODIFY COLUMN not_priced SimpleAggregateFunction(sum, Int64);
ALTER TABLE {db}.cost_per_minute ADD COLUMN IF NOT EXISTS cache_write_1h_tokens SimpleAggregateFunction(sum, UInt64);
ALTER TABLE {db}.cost_per_minute ADD COLUMN IF NOT EXISTS media_tokens SimpleAggregateFunction(sum, UInt64);

-- cost_per_minute_view stays as it is: a changed query forgets which blocks it has seen, and the sink repeats its last block after each start.
-- It takes every line for a call, and every line without a cost for one that is not priced; this view takes out what was too much.
-- It makes nothing of blocks from before this file, so that such a repeat adds nothing.
CREATE MATERIALIZED VIEW IF NOT EXISTS {db}.cost_corrections_per_minute_view TO {db}.cost_per_minute AS
SELECT
    tenant,
    provider,
    served_model,
    toStartOfMinute(booked_at) AS minute,
    -toInt64(countIf(entry != 'booking')) AS attempts,
    sum(ifNull(u.cache_write_1h_tokens, 0)) AS cache_write_1h_tokens,
    sum(arraySum(mapValues(u.media_tokens))) AS media_tokens,
    -2 * toInt64(countIf(entry = 'reversal' AND isNull(u.cost_usd))) - toInt64(countIf(entry = 'settlement')) AS not_priced
FROM {db}.usage AS u
WHERE entry != 'booking' OR u.cache_write_1h_tokens > 0 OR notEmpty(u.media_tokens)
GROUP BY tenant, provider, served_model, minute;
