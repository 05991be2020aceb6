-- Usage lines as people read them. Everything is of the UTC day on which the call started, corrections too, so that a day's cost is what
-- its calls cost by all that is known today; `booked_at` says since when it is known. NULL is unknown, never free.
CREATE OR REPLACE VIEW {db}.usage_lines AS
SELECT
    *,
    toDate(started_at, 'UTC') AS day,
    toUInt64(entry = 'booking') AS calls,
    toInt64(multiIf(entry = 'settlement', if(isNull(cost_usd), 0, -1), isNotNull(cost_usd), 0, entry = 'reversal', -1, 1)) AS not_priced,
    if(cost_status = 'estimated', cost_usd, NULL) AS estimated_usd,
    input_tokens + cache_read_tokens + cache_write_tokens + ifNull(cache_write_1h_tokens, 0)
        + arraySum(mapValues(mapFilter((class, _) -> NOT startsWith(class, 'output'), media_tokens))) AS all_input_tokens,
    output_tokens + reasoning_tokens + arraySum(mapValues(mapFilter((class, _) -> startsWith(class, 'output'), media_tokens))) AS all_output_tokens
FROM
(
    SELECT attempt_id, record_id, tenant, request_id, entry, origin, adjustment_reason, model, provider, served_model, response_model, state, error,
        input_tokens, cache_read_tokens, cache_write_tokens, cache_write_1h_tokens, output_tokens, reasoning_tokens, media_tokens, units, mismatch,
        cost_usd, cost_status, reason, price_source, price_version, price_valid_at, price_context, unit_prices,
        started_at, ended_at, booked_at, kpart, koff,
        project, user, key, tags, prompt, prompt_version, variant, route
    FROM {db}.usage
    WHERE is_attributed
    UNION ALL
    SELECT attempt_id, record_id, tenant, request_id, entry, origin, adjustment_reason, model, provider, served_model, response_model, state, error,
        input_tokens, cache_read_tokens, cache_write_tokens, cache_write_1h_tokens, output_tokens, reasoning_tokens, media_tokens, units, mismatch,
        cost_usd, cost_status, reason, price_source, price_version, price_valid_at, price_context, unit_prices,
        started_at, ended_at, booked_at, kpart, koff,
        found.1, found.2, found.3, found.4, found.5, found.6, found.7, found.8
    FROM {db}.usage AS u
    LEFT ANY JOIN
    (
        SELECT record_id AS found_id, tuple(project, user, key, tags, prompt, prompt_version, variant, route) AS found
        FROM {db}.completions
        WHERE record_id IN (SELECT record_id FROM {db}.usage WHERE NOT is_attributed)
    ) AS c ON u.record_id = c.found_id
    WHERE NOT is_attributed
);

CREATE OR REPLACE VIEW {db}.cost_by_tenant_model AS
SELECT
    tenant,
    provider,
    served_model,
    sum(calls) AS attempts,
    sum(u.input_tokens) AS input_tokens,
    sum(u.output_tokens) AS output_tokens,
    sum(u.cost_usd) AS cost_usd,
    sum(u.not_priced) AS not_priced
FROM {db}.usage_lines AS u
GROUP BY tenant, provider, served_model;
