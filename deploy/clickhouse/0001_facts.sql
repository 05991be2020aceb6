-- Facts: one row for each event, placed by its record (kpart, koff). A statement ends with ';' at the end of a line.
-- Every table keeps the tokens of its last 10,000 blocks, so that a block that is inserted again changes nothing.
CREATE TABLE IF NOT EXISTS {db}.completions
(
    record_id UUID,
    tenant LowCardinality(String),
    request_id String,
    status LowCardinality(String),
    error_code LowCardinality(Nullable(String)),
    error_message Nullable(String),
    duplicate_of Nullable(UUID),
    model LowCardinality(String),
    prompt LowCardinality(Nullable(String)),
    prompt_version Nullable(UInt32),
    conversation_id Nullable(String),
    user Nullable(String),
    project LowCardinality(Nullable(String)),
    tags Map(LowCardinality(String), String),
    route LowCardinality(Nullable(String)),
    provider LowCardinality(Nullable(String)),
    served_model LowCardinality(Nullable(String)),
    finish_reason LowCardinality(Nullable(String)),
    input_action LowCardinality(Nullable(String)),
    input_reason Nullable(String),
    output_action LowCardinality(Nullable(String)),
    output_reason Nullable(String),
    findings Nested
    (
        direction LowCardinality(String),
        detector LowCardinality(String),
        kind LowCardinality(String),
        count UInt32,
        score Float32,
        action LowCardinality(String),
        shadow Bool
    ),
    policy LowCardinality(Nullable(String)),
    policy_version Nullable(UInt32),
    attempts UInt16,
    input_tokens Nullable(UInt64),
    cache_read_tokens Nullable(UInt64),
    cache_write_tokens Nullable(UInt64),
    output_tokens Nullable(UInt64),
    reasoning_tokens Nullable(UInt64),
    cost_usd Nullable(Decimal(38, 12)),
    reserved_usd Nullable(Decimal(38, 12)),
    received_at DateTime64(3, 'UTC'),
    screened_at Nullable(DateTime64(3, 'UTC')),
    admitted_at Nullable(DateTime64(3, 'UTC')),
    answered_at Nullable(DateTime64(3, 'UTC')),
    answer_screened_at Nullable(DateTime64(3, 'UTC')),
    completed_at DateTime64(3, 'UTC'),
    total_ms Int64 ALIAS dateDiff('millisecond', received_at, completed_at),
    guard_ms Nullable(Int64) ALIAS dateDiff('millisecond', received_at, screened_at),
    admit_ms Nullable(Int64) ALIAS dateDiff('millisecond', screened_at, admitted_at),
    provider_ms Nullable(Int64) ALIAS dateDiff('millisecond', admitted_at, answered_at),
    check_ms Nullable(Int64) ALIAS dateDiff('millisecond', answered_at, answer_screened_at),
    settle_ms Nullable(Int64) ALIAS dateDiff('millisecond', answer_screened_at, completed_at),
    source_partition UInt16,
    source_offset UInt64,
    kpart UInt16,
    koff UInt64
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(completed_at)
ORDER BY (tenant, toStartOfHour(completed_at), kpart, koff)
TTL toDateTime(completed_at) + INTERVAL 400 DAY
SETTINGS non_replicated_deduplication_window = 10000;

CREATE TABLE IF NOT EXISTS {db}.bodies
(
    record_id UUID,
    tenant LowCardinality(String),
    messages String CODEC(ZSTD(3)),
    output Nullable(String) CODEC(ZSTD(3)),
    completed_at DateTime64(3, 'UTC'),
    kpart UInt16,
    koff UInt64
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(completed_at)
ORDER BY (tenant, toStartOfHour(completed_at), record_id)
TTL toDateTime(completed_at) + INTERVAL 30 DAY
SETTINGS non_replicated_deduplication_window = 10000;

CREATE TABLE IF NOT EXISTS {db}.usage
(
    attempt_id UUID,
    record_id UUID,
    tenant LowCardinality(String),
    request_id String,
    model LowCardinality(String),
    provider LowCardinality(String),
    served_model LowCardinality(String),
    state LowCardinality(String),
    error LowCardinality(Nullable(String)),
    input_tokens Nullable(UInt64),
    cache_read_tokens Nullable(UInt64),
    cache_write_tokens Nullable(UInt64),
    output_tokens Nullable(UInt64),
    reasoning_tokens Nullable(UInt64),
    mismatch Nullable(String),
    cost_usd Nullable(Decimal(38, 12)),
    cost_status LowCardinality(String),
    reason Nullable(String),
    price_source LowCardinality(Nullable(String)),
    price_version LowCardinality(Nullable(String)),
    price_valid_at Nullable(DateTime64(3, 'UTC')),
    started_at DateTime64(3, 'UTC'),
    ended_at Nullable(DateTime64(3, 'UTC')),
    booked_at DateTime64(3, 'UTC'),
    origin LowCardinality(String),
    kpart UInt16,
    koff UInt64
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(booked_at)
ORDER BY (tenant, toStartOfHour(booked_at), origin, kpart, koff)
TTL toDateTime(booked_at) + INTERVAL 400 DAY
SETTINGS non_replicated_deduplication_window = 10000;

CREATE TABLE IF NOT EXISTS {db}.attempts
(
    attempt_id UUID,
    record_id UUID,
    tenant LowCardinality(String),
    number UInt16,
    owner String,
    provider LowCardinality(String),
    model LowCardinality(String),
    started_at DateTime64(3, 'UTC'),
    deadline DateTime64(3, 'UTC'),
    kpart UInt16,
    koff UInt64
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(started_at)
ORDER BY (tenant, toStartOfHour(started_at), kpart, koff)
TTL toDateTime(started_at) + INTERVAL 400 DAY
SETTINGS non_replicated_deduplication_window = 10000;

CREATE TABLE IF NOT EXISTS {db}.evaluations
(
    record_id UUID,
    tenant LowCardinality(String),
    request_id String,
    evaluator LowCardinality(String),
    evaluator_version UInt32,
    metric LowCardinality(String),
    value Nullable(Float64),
    label LowCardinality(Nullable(String)),
    route LowCardinality(Nullable(String)),
    provider LowCardinality(Nullable(String)),
    model LowCardinality(Nullable(String)),
    prompt LowCardinality(Nullable(String)),
    prompt_version Nullable(UInt32),
    completed_at DateTime64(3, 'UTC'),
    evaluated_at DateTime64(3, 'UTC'),
    kpart UInt16,
    koff UInt64
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(completed_at)
ORDER BY (tenant, toStartOfHour(completed_at), evaluator, metric, kpart, koff)
TTL toDateTime(completed_at) + INTERVAL 400 DAY
SETTINGS non_replicated_deduplication_window = 10000;

CREATE TABLE IF NOT EXISTS {db}.feedback
(
    feedback_id UUID,
    tenant LowCardinality(String),
    request_id String,
    score Float64,
    labels Array(LowCardinality(String)),
    given_at DateTime64(3, 'UTC'),
    kpart UInt16,
    koff UInt64
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(given_at)
ORDER BY (tenant, toStartOfHour(given_at), kpart, koff)
TTL toDateTime(given_at) + INTERVAL 400 DAY
SETTINGS non_replicated_deduplication_window = 10000;

CREATE TABLE IF NOT EXISTS {db}.reviews
(
    record_id UUID,
    tenant LowCardinality(String),
    request_id String,
    event LowCardinality(String),
    reason LowCardinality(Nullable(String)),
    reviewer LowCardinality(Nullable(String)),
    score Nullable(Float64),
    labels Array(LowCardinality(String)),
    at DateTime64(3, 'UTC'),
    kpart UInt16,
    koff UInt64
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(at)
ORDER BY (tenant, toStartOfHour(at), kpart, koff)
TTL toDateTime(at) + INTERVAL 400 DAY
SETTINGS non_replicated_deduplication_window = 10000;

CREATE TABLE IF NOT EXISTS {db}.alerts
(
    name LowCardinality(String),
    severity LowCardinality(String),
    state LowCardinality(String),
    summary String,
    next_step String,
    labels Map(LowCardinality(String), String),
    since DateTime64(3, 'UTC'),
    kpart UInt16,
    koff UInt64
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(since)
ORDER BY (toStartOfHour(since), name, kpart, koff)
TTL toDateTime(since) + INTERVAL 400 DAY
SETTINGS non_replicated_deduplication_window = 10000;

CREATE TABLE IF NOT EXISTS {db}.skips
(
    topic LowCardinality(String),
    partition UInt16,
    first UInt64,
    last UInt64,
    reason LowCardinality(String),
    seen_at DateTime64(3, 'UTC'),
    kpart UInt16,
    koff UInt64
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(seen_at)
ORDER BY (topic, partition, first)
SETTINGS non_replicated_deduplication_window = 10000;

CREATE TABLE IF NOT EXISTS {db}.dead_letters
(
    topic LowCardinality(String),
    partition UInt16,
    offset UInt64,
    service LowCardinality(String),
    reason LowCardinality(String),
    error String,
    size_bytes UInt64,
    failed_at DateTime64(3, 'UTC'),
    kpart UInt16,
    koff UInt64
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(failed_at)
ORDER BY (topic, partition, offset)
TTL toDateTime(failed_at) + INTERVAL 400 DAY
SETTINGS non_replicated_deduplication_window = 10000;
