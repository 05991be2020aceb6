"""`weir cost` on the tables of a real ClickHouse: output for people and for scripts."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from clickhouse_connect.driver.client import Client
from typer.testing import CliRunner, Result

from tests.wall_clock import time_within_a_day
from weir.cli import app
from weir.stack.migrate import DATABASE

if TYPE_CHECKING:
    from tests.weir.conftest import Books

pytestmark = pytest.mark.integration


async def sell(shop: "Books") -> datetime:
    """Book two priced calls and a held one now; return that time."""
    now = await time_within_a_day()
    await shop.outcome(shop.line("0.000012500001", now), request={"project": "shop"})
    await shop.outcome(shop.line(None, now), request={"project": "shop"})
    await shop.outcome(shop.line("0.25", now), request={"project": "search", "tenant": "globex"})
    return now


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["cost", *arguments])


def parsed(*arguments: str) -> Any:
    return json.loads(run(*arguments, "--json").stdout)


async def test_cost_is_printed_digit_by_digit_with_what_is_not_priced_beside_it(shop: "Books") -> None:
    await sell(shop)

    result = run("--by", "project", "--display", "EUR=0.92")

    assert result.exit_code == 0
    assert "0.000012500001" in result.stdout
    assert "0.250012500001" in result.stdout
    assert "EUR (at 0.92 per USD)" in result.stdout
    assert "1 calls are not priced: the sum is only what is known" in result.stdout


async def test_scripts_get_money_as_text_and_unknown_as_null(shop: "Books") -> None:
    now = await sell(shop)
    await shop.outcome(shop.line(None, now), request={"project": "dark"})

    answer = parsed("--by", "project", "--tenant", "acme", "--display", "EUR=0.92", "--since", "1d")

    assert answer["total"] | {"input_tokens": 0, "output_tokens": 0} == {
        "calls": 3,
        "input_tokens": 0,
        "output_tokens": 0,
        "not_priced": 2,
        "cost_usd": "0.000012500001",
        "estimated_usd": None,
        "cost_eur": "0.000012",
    }
    assert [(row["project"], row["cost_usd"], row["not_priced"]) for row in answer["rows"]] == [
        ("shop", "0.000012500001", 1),
        ("dark", None, 1),
    ]
    assert parsed("--since", "2d", "--until", "0d")["total"]["cost_usd"] is None
    assert "no call of 'nobody' started" in run("--tenant", "nobody").stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--by", "mood"], "'mood' is none of tenant, project"),
        (["--since", "soon"], "'soon' is no day"),
        (
            ["--since", "2026-11-20", "--until", "2026-11-20"],
            "2026-11-20 is not before 2026-11-20: no day is between them",
        ),
        (["--display", "EUR"], "write EUR=0.92"),
        (["anomalies", "--least-usd", "NaN"], "'NaN' is no amount"),
    ],
)
def test_an_invalid_option_is_named_with_the_way_out(arguments: Sequence[str], message: str) -> None:
    result = run(*arguments)

    assert result.exit_code == 2
    assert message in " ".join(result.stderr.replace("│", " ").split())


async def test_forecast_and_anomalies_are_printed_and_an_unusual_hour_exits_with_1(shop: "Books") -> None:
    now = await sell(shop)

    assert [(row["tenant"], row["forecast_usd"]) for row in parsed("forecast")] == [
        ("globex", None),
        ("acme", None),
    ]
    assert run("anomalies").exit_code == 0

    for day in range(1, 6):
        await shop.outcome(shop.line("2", now - timedelta(days=day)))
    await shop.outcome(shop.line("50", now - timedelta(minutes=1)))

    unusual = run("anomalies", "--json")

    assert unusual.exit_code == 1
    assert [(row["tenant"], row["is_unusual"]) for row in json.loads(unusual.stdout)][:1] == [("acme", True)]
    assert "50.000012500001" in run("anomalies", "--tenant", "acme").stdout
    assert "unknown" in run("forecast").stdout


def test_missing_tables_are_an_error_that_names_the_migration(
    clickhouse_url: str, client: Client, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    client.command(f"DROP DATABASE IF EXISTS {DATABASE}")
    monkeypatch.setenv("WEIR_CLICKHOUSE_URL", clickhouse_url)
    monkeypatch.chdir(tmp_path)

    result = run()

    assert result.exit_code == 1
    assert "run `weir migrate`" in " ".join(result.stderr.split())
