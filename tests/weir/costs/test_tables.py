"""Tables and JSON fields of spend: an unknown cost is unknown and never 0."""

import io
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from rich.console import Console
from rich.table import Table

from weir.costs.queries import GROUPINGS, DayRange, HourlySpend, Spend, SpendForecast
from weir.costs.tables import (
    anomaly_table,
    fields_of,
    forecast_table,
    spend_fields,
    spend_remarks,
    spend_table,
)
from weir.money import parse_display

DAYS = DayRange(date(2026, 11, 1), date(2026, 12, 1))
PRICED = Spend(("acme", "shop"), 3, 100, 40, Decimal("0.000012500001"), Decimal("0.5"), 0)
DARK = Spend(("acme", None), 2, None, None, None, None, 2)
TOTAL = Spend((), 5, 100, 40, Decimal("0.000012500001"), Decimal("0.5"), 2)
EURO = parse_display("EUR=2")


def rows_of(table: Table) -> list[list[str]]:
    """The cells of the printed rows, without title and header."""
    output = io.StringIO()
    Console(file=output, width=250).print(table)
    lines = output.getvalue().splitlines()[2 if table.title else 1 :]
    return [[cell.strip() for cell in line.split("  ") if cell.strip()] for line in lines if line.strip()]


def test_spend_is_shown_with_all_digits_in_both_currencies_and_the_total_below() -> None:
    assert rows_of(spend_table("project", DAYS, [PRICED, DARK], TOTAL, EURO)) == [
        ["acme", "shop", "3", "100", "40", "0.000012500001", "0.000025", "0.5", "0"],
        ["acme", "-", "2", "-", "-", "unknown", "unknown", "-", "2"],
        ["all", "5", "100", "40", "0.000012500001", "0.000025", "0.5", "2"],
    ]


def test_scripts_get_amounts_as_text_and_unknown_ones_as_null() -> None:
    fields = spend_fields("project", DAYS, [DARK], TOTAL, EURO)

    assert fields["rows"] == [
        {
            "tenant": "acme",
            "project": None,
            "calls": 2,
            "input_tokens": None,
            "output_tokens": None,
            "not_priced": 2,
            "cost_usd": None,
            "estimated_usd": None,
            "cost_eur": None,
        }
    ]
    assert (fields["since"], fields["until"]) == ("2026-11-01", "2026-12-01")


@pytest.mark.parametrize("grouping", GROUPINGS)
def test_every_grouping_has_a_table_and_fields(grouping: str) -> None:
    row = Spend(GROUPINGS[grouping], 1, 1, 1, Decimal(1), None, 0)

    table, fields = (
        spend_table(grouping, DAYS, [row], TOTAL, None),
        spend_fields(grouping, DAYS, [row], TOTAL, None),
    )

    assert rows_of(table)[0] == [*GROUPINGS[grouping], "1", "1", "1", "1", "-", "0"]
    assert str({name: name for name in GROUPINGS[grouping]}).strip("{}") in str(fields["rows"])


def test_a_cost_of_zero_is_known() -> None:
    free = Spend(("acme", "shop"), 1, 0, 0, Decimal("0E-12"), Decimal(0), 0)

    fields = spend_fields("project", DAYS, [], free, EURO)["total"]

    assert isinstance(fields, dict)
    assert (fields["cost_usd"], fields["estimated_usd"], fields["cost_eur"]) == ("0", "0", "0")
    assert rows_of(spend_table("project", DAYS, [], free, None))[-1] == ["all", "1", "0", "0", "0", "0", "0"]


def test_a_remark_stands_only_where_it_is_needed() -> None:
    assert spend_remarks("tenant", PRICED) == []
    assert [remark.split(":")[0] for remark in spend_remarks("tag", TOTAL)] == [
        "a call counts whole under each of its tags",
        "2 calls are not priced",
    ]


def test_a_forecast_without_a_history_is_unknown() -> None:
    month = date(2026, 11, 1)
    known = SpendForecast("acme", month, Decimal("1.5"), 3.0, 2.5, 4.25, 20, 0)
    unknown = SpendForecast("globex", month, None, None, None, None, 1, 3)

    assert rows_of(forecast_table([known, unknown])) == [
        ["acme", "2026-11", "1.5", "3.000000", "2.500000 - 4.250000", "20", "0"],
        ["globex", "2026-11", "unknown", "unknown", "unknown", "1", "3"],
    ]
    assert (fields_of(known)["month"], fields_of(known)["spent_usd"]) == ("2026-11-01", "1.5")
    assert fields_of(unknown)["forecast_usd"] is None


@pytest.mark.parametrize(
    ("is_unusual", "verdict"), [(True, "yes"), (False, "no"), (None, "unknown (2 days of history)")]
)
def test_an_hour_is_unusual_usual_or_unknown(is_unusual: bool | None, verdict: str) -> None:
    since = datetime(2026, 11, 20, 12, 30, tzinfo=UTC) if is_unusual else None
    hour = HourlySpend("acme", "local", "m", Decimal(50), 2.0, 8.0, is_unusual, since, 2, 0)

    (row,) = rows_of(anomaly_table([hour]))

    assert row == [
        *("acme", "local/m", "50", "2.000000", "8.000000", verdict),
        "2026-11-20 12:30" if since else "-",
        "0",
    ]
