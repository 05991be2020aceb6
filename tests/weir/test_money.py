"""Amounts are shown with every booked digit, NULL as unknown, and another currency at the given rate."""

from decimal import Decimal

import pytest

from weir.money import DisplayCurrency, exact, parse_display


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (None, "unknown"),
        (Decimal(0), "0"),
        (Decimal("0E-12"), "0"),
        (Decimal("1.50"), "1.5"),
        (Decimal("1E+3"), "1000"),
        (Decimal("1E-12"), "0.000000000001"),
        (Decimal("0.000000000123"), "0.000000000123"),
    ],
)
def test_an_amount_has_all_digits_and_no_exponent(amount: Decimal | None, text: str) -> None:
    assert exact(amount) == text


def test_another_currency_is_rounded_to_six_places() -> None:
    euro = parse_display("eur=0.92")

    assert euro == DisplayCurrency("EUR", Decimal("0.92"))
    assert euro.of(Decimal("0.0000012")) == "0.000001"
    assert euro.of(Decimal("1.5")) == "1.38"
    assert euro.of(None) == "unknown"
    assert parse_display("jpy=155.5").of(Decimal(2)) == "311"


@pytest.mark.parametrize(
    "text",
    ["", "EUR", "EUR=", "EURO=1", "E1R=1", "€=1", "=1", "EUR=0", "EUR=-1", "EUR=NaN", "EUR=1E13"],
)
def test_a_display_currency_of_another_form_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no display currency: write EUR=0\.92"):
        parse_display(text)
