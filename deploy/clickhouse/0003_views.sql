-- Views for analysts: every column says its unit; NULL means unknown, never free.
CREATE VIEW IF NOT EXISTS {db}.cost_by_tenant_model AS
SELECT
    tenant,
    provider,
    served_model,
    count() AS attempts,
    sum(u.input_tokens) AS input_tokens,
    sum(u.output_tokens) AS output_tokens,
    sum(u.cost_usd) AS cost_usd,
    countIf(isNull(u.cost_usd)) AS not_priced
FROM {db}.usage AS u
GROUP BY tenant, provider, served_model;

CREATE VIEW IF NOT EXISTS {db}.verdicts AS
SELECT
    tenant,
    findings.direction AS direction,
    findings.kind AS kind,
    findings.action AS action,
    count() AS requests,
    sum(findings.count) AS found
FROM {db}.completions
ARRAY JOIN findings
WHERE findings.count > 0
GROUP BY tenant, direction, kind, action;

CREATE VIEW IF NOT EXISTS {db}.latency_by_stage AS
SELECT
    stage,
    count() AS requests,
    round(quantile(0.5)(ms), 1) AS p50_ms,
    round(quantile(0.99)(ms), 1) AS p99_ms
FROM
(
    SELECT arrayJoin([('guard', guard_ms), ('admit', admit_ms), ('provider', provider_ms), ('check', check_ms), ('settle', settle_ms), ('total', total_ms)]) AS pair,
        pair.1 AS stage,
        pair.2 AS ms
    FROM {db}.completions
    WHERE status = 'answered'
)
WHERE isNotNull(ms)
GROUP BY stage;
