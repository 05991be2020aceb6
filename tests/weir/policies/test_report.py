"""A backtest as tables and JSON: every difference with its cause, and excerpts instead of texts."""

import io
import json
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime

from rich.console import Console

from schemas.policies import PolicyDocument
from weir.policies.backtest import CHANGES, BacktestTotals, ChangedCompletion, ConfusionMatrix
from weir.policies.comparison import BacktestReport
from weir.policies.report import fields_of, lines_of, tables_of
from weir.policies.stored import CompletionSelection, StoredCompletion, StoredText

AT = datetime(2026, 11, 20, tzinfo=UTC)
COMPLETED = StoredCompletion("1", "acme", "r1", "small", "allow", "allow", "", "", ())
TOTALS = BacktestTotals(
    completions=7,
    decided=Counter({("allow", "block"): 2, ("block", "unknown"): 1}),
    by_tenant=Counter({("acme", "newly blocked"): 2, ("globex", "unknown"): 1}),
    by_cause=Counter({("newly blocked", "input TOXICITY"): 2}),
    examples={"newly blocked": [ChangedCompletion(COMPLETED, ("input TOXICITY",))]},
    before=ConfusionMatrix(missed=2),
    after=ConfusionMatrix(caught=1, missed=1, false_positives=3),
)
REPORT = BacktestReport(
    PolicyDocument(name="acme"),
    CompletionSelection(AT, AT),
    TOTALS,
    {"1": StoredText([{"role": "user", "content": "I am jane@example.com"}], None)},
    ("the allow-list",),
    1.25,
)


def printed(report: BacktestReport) -> str:
    output = io.StringIO()
    for table in tables_of(report):
        Console(file=output, width=220).print(table)
    return output.getvalue()


def rows(report: BacktestReport) -> list[list[str]]:
    return [
        [cell.strip() for cell in line.split("  ") if cell.strip()] for line in printed(report).splitlines()
    ]


def test_changes_are_shown_by_tenant_and_by_cause_and_labels_as_shares() -> None:
    shown = rows(REPORT)

    assert "acme from 2026-11-20 00:00 UTC on: 7 completions, 1.2 s" in printed(REPORT)
    assert ["all", "2", "0", "0", "0", "1"] in shown
    assert ["newly blocked", "2", "input TOXICITY"] in shown
    assert ["as it was", "-", "0.0%", "0", "2", "0", "0"] in shown
    assert ["with the new policy", "25.0%", "50.0%", "1", "1", "3", "0"] in shown


def test_an_example_is_an_excerpt_without_personal_data() -> None:
    text = printed(REPORT) + json.dumps(fields_of(REPORT))

    assert "I am [EMAIL_ADDRESS]" in text
    assert "jane" not in text
    assert "(its text is not kept any more)" in printed(replace(REPORT, texts={}))


def test_without_a_difference_there_is_one_table() -> None:
    empty = replace(REPORT, totals=BacktestTotals(completions=7), not_replayed=())

    assert len(list(tables_of(empty))) == 1
    assert list(lines_of(empty)) == []


def test_unknown_and_unblocked_completions_are_explained() -> None:
    totals = replace(TOTALS, by_tenant=Counter({("acme", "unknown"): 3, ("acme", "no longer blocked"): 1}))

    first, second, third = lines_of(replace(REPORT, totals=totals))

    assert first.startswith("3 cannot be decided from what is stored")
    assert second.startswith("what was blocked on its way in was never answered")
    assert third == "not replayed: the allow-list"


def test_scripts_get_every_change_also_those_that_did_not_occur() -> None:
    fields = json.loads(json.dumps(fields_of(REPORT)))

    assert fields["changes"] == dict.fromkeys(CHANGES, 0) | {"newly blocked": 2, "unknown": 1}
    assert fields["decided"] == [
        {"before": "allow", "after": "block", "completions": 2},
        {"before": "block", "after": "unknown", "completions": 1},
    ]
    assert fields["reviews"]["before"]["precision"] is None
    assert fields["examples"][0]["because"] == ["input TOXICITY"]
