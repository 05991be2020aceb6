"""Price tables and changes: prices in force, what a change adds and removes, unknown costs."""

import io
from datetime import UTC, datetime
from decimal import Decimal

from rich.console import Console

from schemas.prices import PriceDocument
from weir.money import exact
from weir.prices.changes import PriceChange
from weir.prices.repricing import RepricingTotals
from weir.prices.tables import change_lines, price_table

NOW = datetime.now(UTC)


def price_document(**fields: object) -> PriceDocument:
    shared = {
        "name": "local/m",
        "version": 1,
        "valid_from": "2026-01-01T00:00:00Z",
        "input_usd_per_mtok": "1",
        "output_usd_per_mtok": "10",
    }
    return PriceDocument.model_validate(shared | fields)


def test_a_change_shows_what_it_takes_and_adds() -> None:
    old, changed = price_document(), price_document(input_usd_per_mtok="2", version=2)

    assert list(change_lines(PriceChange(changed, old))) == [
        "local/m (version 1 -> version 2)",
        "  -   input 1, output 10 USD per million tokens",
        "    from 2026-01-01 00:00:00",
        "  +   input 2, output 10 USD per million tokens",
    ]


def test_the_list_shows_what_is_in_force_for_whom_and_what_is_wrong() -> None:
    hole = {
        "periods": [
            {"valid_from": at, "valid_to": end, "usd_per_second": "1"}
            for at, end in (("2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"),)
        ]
    }
    documents = [
        price_document(),
        price_document(name="acme:local/m"),
        PriceDocument.model_validate({"name": "local/gpu", "version": 3, "currency": "EUR", **hole}),
    ]
    screen = Console(width=220, record=True, file=io.StringIO())
    screen.print(price_table(documents, NOW))

    rows = [row.split() for row in screen.export_text().splitlines()]

    assert rows[1][:3] == ["local/m", "1", "everybody"]
    assert rows[2][:3] == ["acme:local/m", "1", "acme"]
    assert rows[3][:4] == ["local/gpu", "3", "everybody", "-"]
    assert "EUR," in rows[3]


def test_what_had_no_cost_is_shown_as_unknown_and_never_as_0() -> None:
    assert RepricingTotals(1, 1, 0, None, Decimal("0.5")).difference_usd == Decimal("0.5")

    total = RepricingTotals()

    total.add(RepricingTotals(1, 0, 1))

    assert (total.old_usd, exact(total.old_usd)) == (None, "unknown")
    assert (total.new_usd, total.difference_usd) == (None, None)

    total.add(RepricingTotals(1, 0, 0, Decimal("0.2"), Decimal("0.2")))

    assert (total.old_usd, total.difference_usd) == (Decimal("0.2"), 0)
