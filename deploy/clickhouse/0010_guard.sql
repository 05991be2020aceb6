-- The guard's findings as they are replayed: the operating points that a score reaches, which tier gave it, and which models were asked.
-- The views that fill the rollups stay as they are: a changed query forgets which blocks it has seen.
ALTER TABLE {db}.completions ADD COLUMN IF NOT EXISTS findings.tier Array(LowCardinality(String));
ALTER TABLE {db}.completions ADD COLUMN IF NOT EXISTS findings.points Array(Array(LowCardinality(String)));
-- Whether the detector itself took it for found: `count` also holds what only the policy acts on.
ALTER TABLE {db}.completions ADD COLUMN IF NOT EXISTS findings.is_found Array(Bool);
-- In 32 bits a score of 0.9 lies below 0.9, and a rule that begins there would not find it again.
ALTER TABLE {db}.completions MODIFY COLUMN findings.score Array(Float64);

-- A tier of NULL stands for no verdict, or for one from before this file, whose points nobody wrote down.
ALTER TABLE {db}.completions ADD COLUMN IF NOT EXISTS input_tier LowCardinality(Nullable(String)) AFTER input_reason;
ALTER TABLE {db}.completions ADD COLUMN IF NOT EXISTS input_models Array(LowCardinality(String)) AFTER input_tier;
ALTER TABLE {db}.completions ADD COLUMN IF NOT EXISTS output_tier LowCardinality(Nullable(String)) AFTER output_reason;
ALTER TABLE {db}.completions ADD COLUMN IF NOT EXISTS output_models Array(LowCardinality(String)) AFTER output_tier;
ALTER TABLE {db}.completions ADD COLUMN IF NOT EXISTS output_policy LowCardinality(Nullable(String)) AFTER policy_version;
ALTER TABLE {db}.completions ADD COLUMN IF NOT EXISTS output_policy_version Nullable(UInt32) AFTER output_policy;

-- One row for each finding, also for a score at which nothing was found (`is_found`); counts and scores, never what was found.
CREATE OR REPLACE VIEW {db}.guard_findings AS
SELECT
    record_id,
    tenant,
    request_id,
    model,
    status,
    received_at,
    completed_at,
    finding.direction AS direction,
    finding.detector AS detector,
    finding.kind AS kind,
    finding.count AS count,
    if(isNull(if(finding.direction = 'output', output_tier, input_tier)), finding.count > 0, finding.is_found) AS is_found,
    finding.score AS score,
    finding.points AS points,
    nullIf(finding.tier, '') AS tier,
    finding.action AS action,
    finding.shadow AS shadow,
    if(finding.direction = 'output', output_action, input_action) AS verdict,
    if(finding.direction = 'output', output_models, input_models) AS models,
    if(finding.direction = 'output', ifNull(output_policy, policy), policy) AS policy,
    if(finding.direction = 'output', ifNull(output_policy_version, policy_version), policy_version) AS policy_version
FROM {db}.completions
ARRAY JOIN findings AS finding;
