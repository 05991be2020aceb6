-- Showback: who spent what, by UTC day of the call. Each view is the same lines cut another way, so each adds up to the whole.
-- `cost_usd` is what is known; `not_priced` says how many calls it lacks, and where none is known it is NULL. `estimated_usd` is part of it.
CREATE OR REPLACE VIEW {db}.cost_by_tenant AS
SELECT
    tenant,
    day,
    sum(calls) AS calls,
    sum(all_input_tokens) AS input_tokens,
    sum(all_output_tokens) AS output_tokens,
    sum(u.cost_usd) AS cost_usd,
    sum(u.estimated_usd) AS estimated_usd,
    sum(u.not_priced) AS not_priced
FROM {db}.usage_lines AS u
GROUP BY tenant, day;

CREATE OR REPLACE VIEW {db}.cost_by_model AS
SELECT
    tenant,
    day,
    provider,
    served_model,
    sum(calls) AS calls,
    sum(all_input_tokens) AS input_tokens,
    sum(all_output_tokens) AS output_tokens,
    sum(u.cost_usd) AS cost_usd,
    sum(u.estimated_usd) AS estimated_usd,
    sum(u.not_priced) AS not_priced
FROM {db}.usage_lines AS u
GROUP BY tenant, day, provider, served_model;

CREATE OR REPLACE VIEW {db}.cost_by_project AS
SELECT
    tenant,
    day,
    project,
    sum(calls) AS calls,
    sum(all_input_tokens) AS input_tokens,
    sum(all_output_tokens) AS output_tokens,
    sum(u.cost_usd) AS cost_usd,
    sum(u.estimated_usd) AS estimated_usd,
    sum(u.not_priced) AS not_priced
FROM {db}.usage_lines AS u
GROUP BY tenant, day, project;

CREATE OR REPLACE VIEW {db}.cost_by_user AS
SELECT
    tenant,
    day,
    user,
    sum(calls) AS calls,
    sum(all_input_tokens) AS input_tokens,
    sum(all_output_tokens) AS output_tokens,
    sum(u.cost_usd) AS cost_usd,
    sum(u.estimated_usd) AS estimated_usd,
    sum(u.not_priced) AS not_priced
FROM {db}.usage_lines AS u
GROUP BY tenant, day, user;

CREATE OR REPLACE VIEW {db}.cost_by_key AS
SELECT
    tenant,
    day,
    key,
    sum(calls) AS calls,
    sum(all_input_tokens) AS input_tokens,
    sum(all_output_tokens) AS output_tokens,
    sum(u.cost_usd) AS cost_usd,
    sum(u.estimated_usd) AS estimated_usd,
    sum(u.not_priced) AS not_priced
FROM {db}.usage_lines AS u
GROUP BY tenant, day, key;

CREATE OR REPLACE VIEW {db}.cost_by_prompt AS
SELECT
    tenant,
    day,
    prompt,
    prompt_version,
    sum(calls) AS calls,
    sum(all_input_tokens) AS input_tokens,
    sum(all_output_tokens) AS output_tokens,
    sum(u.cost_usd) AS cost_usd,
    sum(u.estimated_usd) AS estimated_usd,
    sum(u.not_priced) AS not_priced
FROM {db}.usage_lines AS u
GROUP BY tenant, day, prompt, prompt_version;

CREATE OR REPLACE VIEW {db}.cost_by_variant AS
SELECT
    tenant,
    day,
    route,
    variant,
    sum(calls) AS calls,
    sum(all_input_tokens) AS input_tokens,
    sum(all_output_tokens) AS output_tokens,
    sum(u.cost_usd) AS cost_usd,
    sum(u.estimated_usd) AS estimated_usd,
    sum(u.not_priced) AS not_priced
FROM {db}.usage_lines AS u
GROUP BY tenant, day, route, variant;

CREATE OR REPLACE VIEW {db}.cost_by_route AS
SELECT
    tenant,
    day,
    route,
    sum(calls) AS calls,
    sum(all_input_tokens) AS input_tokens,
    sum(all_output_tokens) AS output_tokens,
    sum(u.cost_usd) AS cost_usd,
    sum(u.estimated_usd) AS estimated_usd,
    sum(u.not_priced) AS not_priced
FROM {db}.usage_lines AS u
GROUP BY tenant, day, route;

-- A line counts whole under each of its tags, and one without tags under the empty tag: add up the values of one tag, never those of several.
CREATE OR REPLACE VIEW {db}.cost_by_tag AS
SELECT
    tenant,
    day,
    pair.1 AS tag,
    pair.2 AS value,
    sum(calls) AS calls,
    sum(all_input_tokens) AS input_tokens,
    sum(all_output_tokens) AS output_tokens,
    sum(u.cost_usd) AS cost_usd,
    sum(u.estimated_usd) AS estimated_usd,
    sum(u.not_priced) AS not_priced
FROM {db}.usage_lines AS u
ARRAY JOIN if(empty(tags), [('', '')], arrayZip(mapKeys(tags), mapValues(tags))) AS pair
GROUP BY tenant, day, tag, value;

-- The books by month of booking: a month that is over never changes, what is learned later stands in the month in which it was learned.
CREATE OR REPLACE VIEW {db}.cost_by_booking_month AS
SELECT
    tenant,
    toStartOfMonth(booked_at, 'UTC') AS month,
    sum(calls) AS calls,
    sum(u.cost_usd) AS cost_usd,
    sumIf(u.cost_usd, toStartOfMonth(started_at, 'UTC') < toStartOfMonth(booked_at, 'UTC')) AS of_earlier_months_usd,
    sum(u.not_priced) AS not_priced
FROM {db}.usage_lines AS u
GROUP BY tenant, month;

-- What an answer costs. All cost counts, that of failed calls and retries too; the strongest opinion decides whether an answer is good:
-- the last review (0.5 and up), else the mean of the feedback (above 0), else the metrics (no refusal, not empty, not cut off, JSON where
-- it was asked for, the language of the question). An answer without any opinion is not judged, and not counted as good.
CREATE OR REPLACE VIEW {db}.unit_costs AS
SELECT
    tenant,
    day,
    route,
    variant,
    prompt,
    prompt_version,
    sum(is_answered) AS answered,
    sum(is_good) AS good,
    sum(is_judged) AS judged,
    sum(costs.cost_usd) AS cost_usd,
    sum(costs.not_priced) AS not_priced,
    toDecimal128(sum(costs.cost_usd) / nullIf(sum(is_answered), 0), 12) AS usd_per_answer,
    toDecimal128(sum(costs.cost_usd) / nullIf(sum(is_good), 0), 12) AS usd_per_good_answer
FROM
(
    SELECT tenant, day, route, variant, prompt, prompt_version, cost_usd, not_priced,
        toUInt64(0) AS is_answered, toUInt64(0) AS is_judged, toUInt64(0) AS is_good
    FROM {db}.usage_lines
    UNION ALL
    SELECT tenant, toDate(received_at, 'UTC'), route, variant, prompt, prompt_version, NULL, 0,
        1, isNotNull(opinion), ifNull(opinion, 0)
    FROM
    (
        SELECT c.tenant AS tenant, received_at, c.route AS route, c.variant AS variant, c.prompt AS prompt, c.prompt_version AS prompt_version,
            coalesce(r.is_good, f.is_good, e.is_good) AS opinion
        FROM {db}.completions AS c
        LEFT ANY JOIN
        (
            SELECT record_id, argMax(toNullable(score >= 0.5), at) AS is_good FROM {db}.reviews
            WHERE event = 'given' AND isNotNull(score) GROUP BY record_id
        ) AS r ON c.record_id = r.record_id
        LEFT ANY JOIN
        (
            SELECT tenant, request_id, toNullable(avg(score) > 0) AS is_good FROM {db}.feedback GROUP BY tenant, request_id
        ) AS f ON c.tenant = f.tenant AND c.request_id = f.request_id
        LEFT ANY JOIN
        (
            SELECT record_id, toNullable(countIf(value = if(metric IN ('json_valid', 'language_match'), 0, 1)) = 0) AS is_good FROM {db}.evaluations
            WHERE metric IN ('refusal', 'empty', 'cut_off', 'json_valid', 'language_match') AND isNotNull(value) GROUP BY record_id
        ) AS e ON c.record_id = e.record_id
        WHERE c.status = 'answered'
    )
) AS costs
GROUP BY tenant, day, route, variant, prompt, prompt_version;
