"""Completions as they were decided, read from ClickHouse in blocks: findings, never texts, except where a policy's own checks need them."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from clickhouse_connect.driver.client import Client

from schemas.verdicts import Direction
from weir.policies.replay import StoredFinding
from weir.stack.migrate import DATABASE

BLOCK_ROWS = 8_192
ASKED_AT_ONCE = 1_000
"""Ids in one statement: ClickHouse bounds a statement's length."""
GONE = "?"
# One string for each finding: most are alike, so that they are parsed once and not once a row. Scores print to the last bit.
FINDING = """
arrayMap((direction, detector, kind, score, points, is_found, count, action, shadow, tier) -> concat(
        direction, '\t', detector, '\t', kind, '\t', action, '\t', if(shadow, '1', ''), '\t',
        if(isNull(if(direction = 'output', output_tier, input_tier)),
            concat(toString(toFloat32(score)), '\t?\t', if(count > 0, '1', '')),
            concat(toString(score), '\t', arrayStringConcat(points, ','), '\t', if(is_found, '1', ''))),
        '\t', if(count > 1 OR tier != '' OR isNull(if(direction = 'output', output_tier, input_tier)), '1', '')),
    findings.direction, findings.detector, findings.kind, findings.score, findings.points, findings.is_found,
    findings.count, findings.action, findings.shadow, findings.tier)
"""
WHERE = """
completed_at >= {since:DateTime64(3)} AND completed_at < {until:DateTime64(3)} AND (isNotNull(input_action) OR isNotNull(output_action))
    AND (empty({tenant:String}) OR tenant = {tenant:String}) AND (empty({route:String}) OR model = {route:String})
"""
ROWS = f"""
SELECT toString(record_id) AS record, tenant, request_id, model, ifNull(input_action, '') AS before, ifNull(output_action, '') AS after,
    arrayStringConcat(input_models, ',') AS before_models, arrayStringConcat(output_models, ',') AS after_models, {FINDING} AS found
FROM {{db}}.completions WHERE {WHERE}
"""  # noqa: S608 - constants
MODELS = f"""
SELECT groupUniqArrayArrayIf(input_models, input_action != 'block'), groupUniqArrayArrayIf(output_models, output_action != 'block')
FROM {{db}}.completions WHERE {WHERE}
"""  # noqa: S608 - constants
SCORED = f"""
SELECT DISTINCT findings.direction, findings.detector, findings.kind FROM {{db}}.completions ARRAY JOIN findings
WHERE findings.tier IN ('linear', 'model') AND {WHERE}
"""  # noqa: S608 - constants
TEXTS = """
SELECT toString(record_id), messages, output FROM {db}.bodies
WHERE completed_at >= {since:DateTime64(3)} AND completed_at < {until:DateTime64(3)} AND tenant IN {tenants:Array(String)}
    AND record_id IN (SELECT toUUID(arrayJoin({records:Array(String)})))
"""
LABELS = """
SELECT record, groupUniqArrayArray(labels) FROM
(
    SELECT toString(record_id) AS record, argMax(labels, at) AS labels FROM {db}.reviews WHERE event = 'given' AND at >= {since:DateTime64(3)}
    GROUP BY record_id, reviewer
    UNION ALL
    SELECT toString(c.record_id) AS record, f.labels AS labels FROM {db}.feedback AS f
    INNER JOIN (SELECT record_id, tenant, request_id FROM {db}.completions WHERE isNull(duplicate_of) AND __where__) AS c
        ON f.tenant = c.tenant AND f.request_id = c.request_id
    WHERE f.given_at >= {since:DateTime64(3)} AND notEmpty(f.labels)
)
WHERE hasAny(labels, {labels:Array(String)}) GROUP BY record
""".replace("__where__", WHERE)


class AppliedFinding(NamedTuple):
    """A stored finding, and what was done about it."""

    stored: StoredFinding
    was_blocked: bool


class StoredCompletion(NamedTuple):
    """A completion as it was decided; an action is empty where there was no verdict."""

    record: str
    tenant: str
    request_id: str
    route: str
    input_action: str
    output_action: str
    input_models: str
    output_models: str
    findings: Sequence[str]


class ScoringModels(NamedTuple):
    """The models that score in each direction, without their versions, and what is scored by models at all."""

    requests: frozenset[str]
    answers: frozenset[str]
    signals: Sequence[tuple[Direction, str, str]]
    """Direction, detector and kind."""


class StoredText(NamedTuple):
    """What is stored of a completion's texts, all of it screened."""

    messages: Sequence[Mapping[str, Any]]
    output: str | None


@dataclass(frozen=True, slots=True)
class CompletionSelection:
    """Which completions: a range of time, and a tenant or a route, or all."""

    since: datetime
    until: datetime
    tenant: str = ""
    route: str = ""

    def parameters(self) -> dict[str, Any]:
        """As a statement's parameters."""
        return {"since": self.since, "until": self.until, "tenant": self.tenant, "route": self.route}


class CompletionHistory:
    """What one database holds of a selection."""

    def __init__(self, client: Client, selection: CompletionSelection, database: str = DATABASE) -> None:
        """Ask through `client`."""
        self._client = client
        self._selection = selection
        self._database = database

    def blocks(self) -> Iterator[Sequence[StoredCompletion]]:
        """All completions, a block at a time, so that memory does not grow with the range."""
        options = {"max_block_size": BLOCK_ROWS}
        with self._client.query_column_block_stream(
            self._sql(ROWS), parameters=self._selection.parameters(), settings=options
        ) as stream:
            for columns in stream:
                yield [StoredCompletion(*row) for row in zip(*columns, strict=True)]

    def scoring(self) -> ScoringModels:
        """Which models score, by requests and answers that nothing ended early."""
        (row,) = self._client.query(self._sql(MODELS), parameters=self._selection.parameters()).result_rows
        scored = self._client.query(self._sql(SCORED), parameters=self._selection.parameters()).result_rows
        return ScoringModels(
            names_of(row[0]),
            names_of(row[1]),
            tuple((_direction(one), str(detector), str(kind)) for one, detector, kind in scored),
        )

    def labels(self, labels: Sequence[str]) -> Mapping[str, frozenset[str]]:
        """Record to what reviewers and callers said of it, of these labels; each reviewer's last word counts."""
        rows = self._client.query(
            self._sql(LABELS), parameters={**self._selection.parameters(), "labels": list(labels)}
        ).result_rows
        return {str(record): frozenset(map(str, said)) & frozenset(labels) for record, said in rows}

    def texts(self, completions: Iterable[StoredCompletion]) -> Mapping[str, StoredText]:
        """Record to its screened texts, of those that are still kept."""
        wanted, found = list(completions), dict[str, StoredText]()
        for start in range(0, len(wanted), ASKED_AT_ONCE):
            asked = wanted[start : start + ASKED_AT_ONCE]
            names = {
                "records": [one.record for one in asked],
                "tenants": sorted({one.tenant for one in asked}),
            }
            rows = self._client.query(
                self._sql(TEXTS), parameters={**self._selection.parameters(), **names}
            ).result_rows
            found.update(
                {str(record): StoredText(json.loads(messages), output) for record, messages, output in rows}
            )
        return found

    def _sql(self, text: str) -> str:
        return text.replace("{db}", self._database)


def finding_of(text: str) -> AppliedFinding:
    """A finding as the query writes it."""
    direction, detector, kind, action, shadow, score, points, is_found, is_many = text.split("\t")
    reached = None if points == GONE else tuple(filter(None, points.split(",")))
    stored = StoredFinding(
        _direction(direction), detector, kind, float(score), bool(is_found), reached, bool(is_many)
    )
    return AppliedFinding(stored, was_blocked=action == "block" and not shadow)


def names_of(models: Iterable[str]) -> frozenset[str]:
    """Models without their versions."""
    return frozenset(model.partition("@")[0] for model in models if model)


def _direction(text: str) -> Direction:
    match text:
        case "output" | "indirect":
            return text
        case _:
            return "input"
