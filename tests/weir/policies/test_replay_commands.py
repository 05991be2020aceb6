"""`weir policy backtest` refuses what it cannot run before it asks a server."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from typer.testing import CliRunner

from weir.cli import app

FILES = {
    "one.yaml": "name: acme",
    "route.yaml": "name: acme/small",
    "everybody.yaml": "name: default",
    "two.yaml": "policies: [{name: acme}, {name: globex}]",
    "wrong.yaml": "{name: acme, rules: [{kind: EMAIL, direction: input, action: block}]}",
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The files, and no server."""
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WEIR_KAFKA_BOOTSTRAP", "127.0.0.1:9")


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["two.yaml"], 1, "two.yaml holds 2 policies: a backtest is of one"),
        (["wrong.yaml"], 1, "there is no kind 'EMAIL'"),
        (["none.yaml"], 1, "none.yaml"),
        (["one.yaml", "--tenant", "globex"], 1, "policy acme is not for tenant 'globex'"),
        (["route.yaml", "--tenant", "globex"], 1, "policy acme/small is not for tenant 'globex'"),
        (["one.yaml", "--since", "soon"], 2, "'soon' is no time: write 7d, 24h"),
        (["one.yaml", "--examples", "101"], 2, "less than or equal to 100"),
    ],
)
def test_what_cannot_be_replayed_is_refused_with_the_way_out(
    arguments: Sequence[str], code: int, message: str
) -> None:
    result = CliRunner().invoke(app, ["policy", "backtest", *arguments])

    assert result.exit_code == code
    assert message in " ".join(result.output.replace("│", " ").split())


@pytest.mark.parametrize(
    "arguments",
    [
        ["one.yaml", "--since", "24h"],
        ["one.yaml", "--since", "2026-11-20T12:00:00+02:00", "--tenant", "acme"],
        ["everybody.yaml", "--tenant", "globex", "--since", "2026-11-20"],
    ],
)
def test_what_can_be_replayed_asks_kafka_for_the_published_policies(arguments: Sequence[str]) -> None:
    result = CliRunner().invoke(app, ["policy", "backtest", *arguments])

    assert result.exit_code == 1
    assert "127.0.0.1:9" in result.output
