"""Reconciliation of invoice lines with bookings, without a database."""

from datetime import date
from decimal import Decimal

from weir.invoices.lines import InvoiceLine
from weir.invoices.reconciliation import BookedUsage, Tolerance, reconcile

DAY = date(2026, 11, 20)
TOLERANCE = Tolerance(Decimal("0.01"), 0)


def line(model: str, cost: str) -> InvoiceLine:
    return InvoiceLine(2, DAY, model, Decimal(cost), None, None)


def booked(model: str, cost: str | None, response_model: str | None = None) -> BookedUsage:
    known = None if cost is None else Decimal(cost)
    return BookedUsage(DAY, model, response_model, known, 100, 10, int(cost is None), 1)


def test_a_model_is_matched_by_the_name_that_the_provider_reported() -> None:
    usage = [booked("small", "0.25", "small-2026-08")]

    result = reconcile([line("Small-2026-08", "0.2501")], usage, {}, "day-model", TOLERANCE)

    assert [(row.day, row.model, row.cost_usd) for row in result.rows] == [
        (DAY, "Small-2026-08", Decimal("0.0001"))
    ]
    assert result.agrees


def test_a_row_of_one_side_differs_and_names_that_side() -> None:
    result = reconcile([line("a", "0.10")], [booked("b", "0.20")], {}, "day-model", TOLERANCE)

    assert [(row.model, row.only, result.differs(row)) for row in result.rows] == [
        ("a", "theirs", True),
        ("b", "ours", True),
    ]
    assert result.total.cost_usd == Decimal("-0.10")


def test_an_excess_beside_calls_that_are_not_priced_may_be_their_cost() -> None:
    lines = [line("a", "0.30"), line("b", "0.10")]

    result = reconcile(lines, [booked("a", None)], {}, "model", TOLERANCE)

    assert result.possibly_held_share == Decimal("0.75")
    assert not result.agrees
