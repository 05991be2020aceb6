"""Amounts, counts and days in all the ways that invoices write them."""

from datetime import UTC, date, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weir.invoices.values import (
    DateOrder,
    Separator,
    UnreadableCellError,
    amount,
    count,
    date_order,
    decimal_sign,
    utc_day,
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
    text: str, decimal: Separator, expected: str
) -> None:
    assert amount(text, decimal) == Decimal(expected)


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
def test_what_is_no_amount_of_usd_is_quoted(text: str) -> None:
    with pytest.raises(UnreadableCellError, match="is no amount of USD"):
        amount(text, ".")


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
def test_a_column_tells_which_sign_stands_before_its_decimals(
    cells: list[str], default: Separator, expected: Separator
) -> None:
    assert decimal_sign(enumerate(cells, start=2), default) == expected


def test_a_column_that_uses_both_signs_is_named_with_both_lines() -> None:
    with pytest.raises(
        UnreadableCellError,
        match=r"line 3 \('1\.50'\) has a decimal point and line 2 \('1,5'\) a decimal comma: give --decimal",
    ):
        decimal_sign([(2, "1,5"), (3, "1.50")], ".")


@given(st.decimals(min_value=-(10**12), max_value=10**12, places=6))
def test_an_amount_written_with_thousands_comes_back(value: Decimal) -> None:
    english = f"{value:,f}"
    german = english.translate(str.maketrans(",.", ".,"))

    assert amount(english, ".") == amount(german, ",") == value


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
    assert count(text) == expected


@pytest.mark.parametrize("text", ["-1", "1.5", "many", "NaN", "1e30", "1,2"])
def test_what_is_no_count_is_quoted(text: str) -> None:
    with pytest.raises(UnreadableCellError, match="is no count of tokens"):
        count(text)


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
    assert utc_day(text, None, UTC) == date(2026, 11, 3)


def test_a_time_without_an_offset_is_of_the_zone_that_is_given_and_a_bare_date_is_taken_as_it_is() -> None:
    assert utc_day("2026-11-03 00:30:00", None, BERLIN) == date(2026, 11, 2)
    assert utc_day("2026-11-03 00:30:00 UTC", None, BERLIN) == date(2026, 11, 3)
    assert utc_day("2026-11-03T00:30:00Z", None, BERLIN) == date(2026, 11, 3)
    assert utc_day("2026-11-03", None, BERLIN) == date(2026, 11, 3)


@pytest.mark.parametrize(
    "text",
    ["yesterday", "2026-13-01", "2026-02-30", "31.02.2026", "0", "99999999999", "Q4 2026", "३.११.२०२६"],
)
def test_what_is_no_date_is_quoted(text: str) -> None:
    with pytest.raises(UnreadableCellError, match="is no date"):
        utc_day(text, None, UTC)


@pytest.mark.parametrize(
    ("cells", "order"),
    [
        (["03/04/2026", "13/04/2026"], "dmy"),
        (["03/04/2026", "03/14/2026 10:00"], "mdy"),
        (["2026-11-03"], None),
    ],
)
def test_a_column_tells_whether_the_day_or_the_month_comes_first(
    cells: list[str], order: DateOrder | None
) -> None:
    assert date_order(enumerate(cells, start=2), None) == order


def test_dates_that_may_mean_two_days_are_named_and_an_order_settles_them() -> None:
    with pytest.raises(
        UnreadableCellError, match=r"line 2: '03/04/2026' may begin with its day or its month"
    ):
        date_order([(2, "03/04/2026")], None)

    assert [utc_day("03/04/2026", order, UTC) for order in ("dmy", "mdy")] == [
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

    assert {utc_day(form, None, UTC) for form in (*forms, str(epoch), str(epoch * 1000))} == {day}
