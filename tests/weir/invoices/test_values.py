"""Amounts, counts and days in all the ways that invoices write them."""

from datetime import UTC, date, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weir.invoices.values import (
    DateOrder,
    DecimalSign,
    UnreadableCellError,
    detect_date_order,
    detect_decimal_sign,
    parse_amount,
    parse_count,
    parse_utc_day,
)

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("text", "decimal", "expected"),
    [
        ("1.25", ".", "1.25"),
        ("$1,234.50", ".", "1234.50"),
        ("US$ 1.234,50", ",", "1234.50"),
        ("1 234,5 USD", ",", "1234.5"),
        ("1'234.5", ".", "1234.5"),
        ("12,34,567.89", ".", "1234567.89"),
        ("-$3.20", ".", "-3.20"),
        ("$-3.20", ".", "-3.20"),
        ("\u22123.20", ".", "-3.20"),
        ("(3.20)", ".", "-3.20"),
        ("3,20-", ",", "-3.20"),
        ("+.5", ".", "0.5"),
        ("1.2E-7", ".", "1.2E-7"),
        ("0.8958740000000000", ".", "0.895874"),
        ("0", ".", "0"),
    ],
)
def test_an_amount_is_read_with_its_sign_and_its_thousands(
    text: str, decimal: DecimalSign, expected: str
) -> None:
    assert parse_amount(text, decimal) == Decimal(expected)


@pytest.mark.parametrize(
    "text",
    [
        "€3.20",
        "3.20 EUR",
        "NaN",
        "Infinity",
        "free",
        "-",
        "$",
        "1.2.3,4",
        "1e9999",
        "0x1F",
        "٣",
        "9" * 60,
        "--1",
    ],
)
def test_an_invalid_amount_is_quoted(text: str) -> None:
    with pytest.raises(UnreadableCellError, match="is no amount of USD"):
        parse_amount(text, ".")


@pytest.mark.parametrize(
    ("cells", "default", "expected"),
    [
        (["1,234", "1.5"], ".", "."),
        (["1,234", "1,50"], ".", ","),
        (["1.234", "0,5"], ".", ","),
        (["1,234"], ".", "."),
        (["1,234"], ",", ","),
        (["0,123"], ".", ","),
        (["1.234.567"], ".", ","),
        (["1,234.5"], ",", "."),
        (["1.234E-3"], ",", "."),
        (["12", "words"], ".", "."),
    ],
)
def test_the_decimal_sign_is_detected_from_the_column(
    cells: list[str], default: DecimalSign, expected: DecimalSign
) -> None:
    assert detect_decimal_sign(enumerate(cells, start=2), default) == expected


def test_a_column_that_uses_both_signs_is_named_with_both_lines() -> None:
    with pytest.raises(
        UnreadableCellError,
        match=r"line 3 \('1\.50'\) has a decimal point and line 2 \('1,5'\) a decimal comma: give --decimal",
    ):
        detect_decimal_sign([(2, "1,5"), (3, "1.50")], ".")


@given(st.decimals(min_value=-(10**12), max_value=10**12, places=6))
def test_an_amount_written_with_thousands_comes_back(value: Decimal) -> None:
    english = f"{value:,f}"
    german = english.translate(str.maketrans(",.", ".,"))

    assert parse_amount(english, ".") == parse_amount(german, ",") == value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12", 12),
        ("1,234", 1234),
        ("1.234.567", 1234567),
        ("1 234", 1234),
        ("12.0", 12),
        ("1e3", 1000),
        ("0", 0),
    ],
)
def test_a_count_is_whole(text: str, expected: int) -> None:
    assert parse_count(text) == expected


@pytest.mark.parametrize("text", ["-1", "1.5", "many", "NaN", "1e30", "1,2"])
def test_an_invalid_count_is_quoted(text: str) -> None:
    with pytest.raises(UnreadableCellError, match="is no count of tokens"):
        parse_count(text)


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-03",
        "20261103",
        "2026/11/3",
        "2026-11-03T23:59:59Z",
        "2026-11-03 00:00:00 UTC",
        "2026-11-03T00:00:00+00:00",
        "2026-11-04T01:30:00+02:00",
        "2026-11-02 20:00:00-05:00",
        "2026-11-03T12:00:00.123456Z",
        "1793664000",
        "1793664000000",
        "Nov 3, 2026",
        "November 3, 2026 4:05 PM",
        "3 Nov 2026",
        "03-Nov-2026",
        "3.11.2026",
        "03.11.2026 14:00",
    ],
)
def test_a_day_is_read_in_many_forms(text: str) -> None:
    assert parse_utc_day(text, None, UTC) == date(2026, 11, 3)


def test_a_time_without_an_offset_is_in_the_given_zone_and_a_date_without_a_time_stays() -> None:
    assert parse_utc_day("2026-11-03 00:30:00", None, BERLIN) == date(2026, 11, 2)
    assert parse_utc_day("2026-11-03 00:30:00 UTC", None, BERLIN) == date(2026, 11, 3)
    assert parse_utc_day("2026-11-03T00:30:00Z", None, BERLIN) == date(2026, 11, 3)
    assert parse_utc_day("2026-11-03", None, BERLIN) == date(2026, 11, 3)


@pytest.mark.parametrize(
    "text",
    ["yesterday", "2026-13-01", "2026-02-30", "31.02.2026", "0", "99999999999", "Q4 2026", "३.११.२०२६"],
)
def test_an_invalid_date_is_quoted(text: str) -> None:
    with pytest.raises(UnreadableCellError, match="is no date"):
        parse_utc_day(text, None, UTC)


@pytest.mark.parametrize(
    ("cells", "order"),
    [
        (["03/04/2026", "13/04/2026"], "dmy"),
        (["03/04/2026", "03/14/2026 10:00"], "mdy"),
        (["2026-11-03"], None),
    ],
)
def test_the_date_order_is_detected_from_the_column(cells: list[str], order: DateOrder | None) -> None:
    assert detect_date_order(enumerate(cells, start=2), None) == order


def test_ambiguous_dates_are_named_and_a_given_order_decides() -> None:
    with pytest.raises(
        UnreadableCellError, match=r"line 2: '03/04/2026' may begin with its day or its month"
    ):
        detect_date_order([(2, "03/04/2026")], None)

    assert [parse_utc_day("03/04/2026", order, UTC) for order in ("dmy", "mdy")] == [
        date(2026, 4, 3),
        date(2026, 3, 4),
    ]


@given(st.dates(min_value=date(2001, 10, 1), max_value=date(2099, 12, 31)), st.integers(0, 23))
def test_a_day_written_in_any_form_comes_back(day: date, hour: int) -> None:
    forms = [
        day.isoformat(),
        f"{day:%d.%m.%Y}",
        f"{day:%b} {day.day}, {day.year}",
        f"{day.isoformat()}T{hour:02}:00:00Z",
    ]
    epoch = (day - date(1970, 1, 1)) // timedelta(seconds=1) + 3600 * hour

    assert {parse_utc_day(form, None, UTC) for form in (*forms, str(epoch), str(epoch * 1000))} == {day}
