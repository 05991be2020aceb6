"""The guard's migration on tables with rows: old findings keep their meaning, and scores stay exact."""

import re
import shutil
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from clickhouse_connect.driver.client import Client

from schemas.outcomes import Completion
from schemas.verdicts import Finding, Verdict
from services.sink.adapters.clickhouse_store import ClickHouseStore
from services.sink.domain.outcome_rows import completion_rows
from streaming.handling import Incoming, Row
from weir.stack.migrate import FOLDER, migrate

pytestmark = pytest.mark.integration
Example = Callable[..., Incoming[Any]]
BEFORE = re.compile(r"000\d_")
PHRASES = Finding(
    detector="injection-phrases",
    kind="PROMPT_INJECTION",
    count=1,
    score=0.9,
    action="block",
    direction="indirect",
    tier="rules",
    points=("fpr_1%", "fpr_5%"),
)
NAME = Finding(detector="ner", kind="PERSON", count=2, score=0.97, action="pseudonymise")
QUIET = Finding(detector="toxicity", kind="TOXICITY", count=0, score=0.1 + 0.2, action="allow", tier="model")


def row(example: Example, *findings: Finding) -> Row:
    made = example(Completion)
    verdict = Verdict(
        direction="input",
        action="block",
        findings=findings,
        policy="acme",
        policy_version=3,
        took_ms=Decimal(1),
        tier="model",
        models=("ner@1",),
    )
    event = made.event.model_copy(update={"input_verdict": verdict, "output_verdict": None})
    return completion_rows(Incoming(event, made.event_id, made.record, made.now))["completions"][0]


async def test_old_findings_stay_and_a_block_repeated_after_the_migration_is_stored_once(
    clickhouse_url: str, client: Client, tmp_path: Path, example: Example
) -> None:
    for path in FOLDER.glob("*.sql"):
        if BEFORE.match(path.name):
            shutil.copy(path, tmp_path)
    name = f"old_{uuid4().hex[:8]}"
    migrate(client, name, tmp_path)
    store = ClickHouseStore(clickhouse_url, 30.0, name)
    full = row(example, PHRASES, NAME)
    sql = f"SELECT name FROM system.columns WHERE database = '{name}' AND table = 'completions'"
    known = {column for (column,) in client.query(sql).result_rows}
    await store.insert(
        "completions", [{key: value for key, value in full.items() if key in known}], "block-1"
    )

    assert migrate(client, name)[:1] == ["0010_guard.sql"]
    await store.insert("completions", [full], "block-1")
    await store.insert("completions", [row(example, QUIET, PHRASES)], "block-2")
    await store.check()
    await store.close()

    findings = client.query(
        "SELECT direction, kind, is_found, points, tier, verdict, models, policy_version"
        f" FROM {name}.guard_findings ORDER BY kind, models, detector"
    ).result_rows
    scores = {score for (score,) in client.query(f"SELECT score FROM {name}.guard_findings").result_rows}
    rollup = client.query(f"SELECT sum(completions) FROM {name}.outcomes_per_minute").result_rows
    client.command(f"DROP DATABASE {name}")
    assert findings == [
        ("input", "PERSON", 1, [], None, "block", [], 3),
        ("indirect", "PROMPT_INJECTION", 1, [], None, "block", [], 3),
        ("indirect", "PROMPT_INJECTION", 1, ["fpr_1%", "fpr_5%"], "rules", "block", ["ner@1"], 3),
        ("input", "TOXICITY", 0, [], "model", "block", ["ner@1"], 3),
    ]
    assert {0.9, 0.1 + 0.2} <= scores
    assert rollup == [(2,)]
