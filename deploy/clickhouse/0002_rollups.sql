-- Rollups: sums by minute, made by views as blocks arrive. Their targets keep tokens too, or a repeated block would count twice there.
CREATE TABLE IF NOT EXISTS {db}.cost_per_minute
(
    tenant LowCardinality(String),
    provider LowCardinality(String),
    served_model LowCardinality(String),
    minute DateTime('UTC'),
    attempts SimpleAggregateFunction(sum, UInt64),
    input_tokens SimpleAggregateFunction(sum, UInt64),
    cache_read_tokens SimpleAggregateFunction(sum, UInt64),
    cache_write_tokens SimpleAggregateFunction(sum, UInt64),
    output_tokens SimpleAggregateFunction(sum, UInt64),
    reasoning_tokens SimpleAggregateFunction(sum, UInt64),
    cost_usd SimpleAggregateFunction(sum, Decimal(38, 12)),
    not_priced SimpleAggregateFunction(sum, UInt64)
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(minute)
ORDER BY (tenant, minute, provider, served_model)
SETTINGS non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW IF NOT EXISTS {db}.cost_per_minute_view TO {db}.cost_per_minute AS
SELECT
    tenant,
    provider,
    served_model,
    toStartOfMinute(booked_at) AS minute,
    count() AS attempts,
    sum(ifNull(u.input_tokens, 0)) AS input_tokens,
    sum(ifNull(u.cache_read_tokens, 0)) AS cache_read_tokens,
    sum(ifNull(u.cache_write_tokens, 0)) AS cache_write_tokens,
    sum(ifNull(u.output_tokens, 0)) AS output_tokens,
    sum(ifNull(u.reasoning_tokens, 0)) AS reasoning_tokens,
    sum(ifNull(u.cost_usd, toDecimal128(0, 12))) AS cost_usd,
    countIf(isNull(u.cost_usd)) AS not_priced
FROM {db}.usage AS u
GROUP BY tenant, provider, served_model, minute;

CREATE TABLE IF NOT EXISTS {db}.outcomes_per_minute
(
    tenant LowCardinality(String),
    model LowCardinality(String),
    status LowCardinality(String),
    minute DateTime('UTC'),
    completions SimpleAggregateFunction(sum, UInt64),
    total_ms SimpleAggregateFunction(sum, Int64),
    slowest_ms SimpleAggregateFunction(max, Int64)
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(minute)
ORDER BY (tenant, minute, model, status)
SETTINGS non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW IF NOT EXISTS {db}.outcomes_per_minute_view TO {db}.outcomes_per_minute AS
SELECT
    tenant,
    model,
    status,
    toStartOfMinute(completed_at) AS minute,
    count() AS completions,
    sum(dateDiff('millisecond', received_at, completed_at)) AS total_ms,
    max(dateDiff('millisecond', received_at, completed_at)) AS slowest_ms
FROM {db}.completions
GROUP BY tenant, model, status, minute;
