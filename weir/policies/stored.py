"""Reads stored completions with their findings from ClickHouse in blocks, and texts where needed."""

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
IDS_PER_QUERY = 1_000
"""ClickHouse limits the length of a statement."""
POINTS_NOT_STORED = "?"
# Each finding is one string: most are equal, so each text is parsed once. Scores keep all their digits.
FINDING = """
arrayMap((direction, detector, kind, score, points, is_found, count, action, shadow, tier) -> concat(
        direction, '\t', detector, '\t', kind, '\t', action, '\t', if(shadow, '1', ''), '\t',
        if(isNull(if(direction = 'output', output_tier, input_tier)),
            concat(toString(toFloat32(score)), '\t?\t', if(count > 0, '1', '')),
            concat(toString(score), '\t', arrayStringConcat(points, ','), '\t', if(is_found, '1', ''))),
        '\t', if(count > 1 OR tier != '' OR isNull(if(direction = 'output', output_tier, input_tier)),
            '1', '')),
    findings.direction, findings.detector, findings.kind, findings.score, findings.points, findings.is_found,
    findings.count, findings.action, findings.shadow, findings.tier)
"""
WHERE = """
completed_at >= {since:DateTime64(3)} AND completed_at < {until:DateTime64(3)}
    AND (isNotNull(input_action) OR isNotNull(output_action))
    AND (empty({tenant:String}) OR tenant = {tenant:String})
    AND (empty({route:String}) OR model = {route:String})
"""
ROWS = f"""
SELECT toString(record_id) AS record, tenant, request_id, model,
    ifNull(input_action, '') AS before, ifNull(output_action, '') AS after,
    arrayStringConcat(input_models, ',') AS before_models,
    arrayStringConcat(output_models, ',') AS after_models,
    {FINDING} AS found
FROM {{db}}.completions WHERE {WHERE}
"""  # noqa: S608 - constants
MODELS = f"""
SELECT groupUniqArrayArrayIf(input_models, input_action != 'block'),
    groupUniqArrayArrayIf(output_models, output_action != 'block')
FROM {{db}}.completions WHERE {WHERE}
"""  # noqa: S608 - constants
SCORED = f"""
SELECT DISTINCT findings.direction, findings.detector, findings.kind
FROM {{db}}.completions ARRAY JOIN findings
WHERE findings.tier IN ('linear', 'model') AND {WHERE}
"""  # noqa: S608 - constants
TEXTS = """
SELECT toString(record_id), messages, output FROM {db}.bodies
WHERE completed_at >= {since:DateTime64(3)} AND completed_at < {until:DateTime64(3)}
    AND tenant IN {tenants:Array(String)}
    AND record_id IN (SELECT toUUID(arrayJoin({records:Array(String)})))
"""
LABELS = """
SELECT record, groupUniqArrayArray(labels) FROM
(
    SELECT toString(record_id) AS record, argMax(labels, at) AS labels FROM {db}.reviews
    WHERE event = 'given' AND at >= {since:DateTime64(3)}
    GROUP BY record_id, reviewer
    UNION ALL
    SELECT toString(c.record_id) AS record, f.labels AS labels FROM {db}.feedback AS f
    INNER JOIN
    (
        SELECT record_id, tenant, request_id FROM {db}.completions WHERE isNull(duplicate_of) AND __where__
    ) AS c
        ON f.tenant = c.tenant AND f.request_id = c.request_id
    WHERE f.given_at >= {since:DateTime64(3)} AND notEmpty(f.labels)
)
WHERE hasAny(labels, {labels:Array(String)}) GROUP BY record
""".replace("__where__", WHERE)


class AppliedFinding(NamedTuple):
    """A stored finding, and whether it blocked."""

    stored: StoredFinding
    was_blocked: bool


class StoredCompletion(NamedTuple):
    """A completion as it was decided; an action is empty if there was no verdict."""

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
    """The models that score requests and answers, without versions, and the signals that models score."""

    requests: frozenset[str]
    answers: frozenset[str]
    signals: Sequence[tuple[Direction, str, str]]
    """Direction, detector and kind."""


class StoredText(NamedTuple):
    """The stored texts of a completion, all screened."""

    messages: Sequence[Mapping[str, Any]]
    output: str | None


@dataclass(frozen=True, slots=True)
class CompletionSelection:
    """Completions in a time range, of one tenant and one route, or of all where these are empty."""

    since: datetime
    until: datetime
    tenant: str = ""
    route: str = ""

    def parameters(self) -> dict[str, Any]:
        """The query parameters."""
        return {"since": self.since, "until": self.until, "tenant": self.tenant, "route": self.route}


class CompletionHistory:
    """Queries the selected completions of one database."""

    def __init__(self, client: Client, selection: CompletionSelection, database: str = DATABASE) -> None:
        self._client = client
        self._selection = selection
        self._database = database

    def blocks(self) -> Iterator[Sequence[StoredCompletion]]:
        """All completions, a block at a time, so that memory does not grow with the time range."""
        options = {"max_block_size": BLOCK_ROWS}
        with self._client.query_column_block_stream(
            self._sql(ROWS), parameters=self._selection.parameters(), settings=options
        ) as stream:
            for columns in stream:
                yield [StoredCompletion(*row) for row in zip(*columns, strict=True)]

    def scoring(self) -> ScoringModels:
        """The models in use, from verdicts that did not block and therefore ran all models."""
        (row,) = self._client.query(self._sql(MODELS), parameters=self._selection.parameters()).result_rows
        scored = self._client.query(self._sql(SCORED), parameters=self._selection.parameters()).result_rows
        return ScoringModels(
            names_of(row[0]),
            names_of(row[1]),
            tuple((_direction(text), str(detector), str(kind)) for text, detector, kind in scored),
        )

    def labels(self, labels: Sequence[str]) -> Mapping[str, frozenset[str]]:
        """The given labels by record, from feedback and from the last review of each reviewer."""
        rows = self._client.query(
            self._sql(LABELS), parameters={**self._selection.parameters(), "labels": list(labels)}
        ).result_rows
        return {str(record): frozenset(map(str, given)) & frozenset(labels) for record, given in rows}

    def texts(self, completions: Iterable[StoredCompletion]) -> Mapping[str, StoredText]:
        """The screened texts by record, of completions whose texts are still stored."""
        wanted, texts = list(completions), dict[str, StoredText]()
        for start in range(0, len(wanted), IDS_PER_QUERY):
            batch = wanted[start : start + IDS_PER_QUERY]
            names = {
                "records": [completed.record for completed in batch],
                "tenants": sorted({completed.tenant for completed in batch}),
            }
            rows = self._client.query(
                self._sql(TEXTS), parameters={**self._selection.parameters(), **names}
            ).result_rows
            texts.update(
                {str(record): StoredText(json.loads(messages), output) for record, messages, output in rows}
            )
        return texts

    def _sql(self, text: str) -> str:
        return text.replace("{db}", self._database)


def finding_of(text: str) -> AppliedFinding:
    """Parse a finding from the string of the query."""
    direction, detector, kind, action, shadow, score, points, is_found, is_many = text.split("\t")
    reached = None if points == POINTS_NOT_STORED else tuple(filter(None, points.split(",")))
    stored = StoredFinding(
        _direction(direction), detector, kind, float(score), bool(is_found), reached, bool(is_many)
    )
    return AppliedFinding(stored, was_blocked=action == "block" and not shadow)


def names_of(models: Iterable[str]) -> frozenset[str]:
    """The names of models without their versions."""
    return frozenset(model.partition("@")[0] for model in models if model)


def _direction(text: str) -> Direction:
    match text:
        case "output" | "indirect":
            return text
        case _:
            return "input"
