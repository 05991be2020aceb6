"""The wait in a provider's Retry-After headers."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.router.domain.retries import MAX_RETRY_AFTER_S, bounded_wait_s, retry_after_s

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def listed(value: str | None) -> list[str]:
    return [] if value is None else [value]


@pytest.mark.parametrize(
    ("value", "milliseconds", "expected"),
    [
        (None, None, None),
        ("3", None, 3.0),
        ("0.5", None, 0.5),
        ("3", "250", 0.25),
        ("3", "soon", 3.0),
        ("-4", None, 0.0),
        ("Sun, 01 Mar 2026 12:00:30 GMT", None, 30.0),
        ("Sun, 01 Mar 2026 12:00:30 -0000", None, 30.0),
        ("Sun, 01 Mar 2026 11:00:00 GMT", None, 0.0),
        ("inf", None, None),
        ("nan", None, None),
        ("tomorrow", None, None),
        ("", None, None),
        (" 3 ", None, 3.0),
        ("+3", None, 3.0),
        ("9" * 60, None, MAX_RETRY_AFTER_S),
        ("9" * 5_000, None, MAX_RETRY_AFTER_S),
        ("1e309", None, MAX_RETRY_AFTER_S),
        ("-1e309", None, 0.0),
        ("86400", None, MAX_RETRY_AFTER_S),
        ("Fri, 31 Dec 9999 23:59:59 GMT", None, MAX_RETRY_AFTER_S),
        ("Fri, 31 Dec 9999 23:59:59 -1200", None, MAX_RETRY_AFTER_S),
        ("Mon, 01 Jan 0001 00:00:00 GMT", None, 0.0),
        ("Mon, 01 Jan 0001 00:00:00 +9999999999999999", None, None),
        ("Fri, 99 Dec 2026 99:99:99 GMT", None, None),
        ("3, 5", None, None),
        ("1_000", None, None),
        ("\u0663", None, None),
        ("\udcff\udcfe", None, None),
        (None, "9" * 60, MAX_RETRY_AFTER_S),
        ("7", "nan", 7.0),
        ("7", "-1", 0.0),
    ],
)
def test_every_form_of_retry_after_becomes_seconds_or_nothing(
    value: str | None, milliseconds: str | None, expected: float | None
) -> None:
    assert retry_after_s(listed(value), listed(milliseconds), NOON) == expected


def test_of_several_headers_the_first_that_can_be_read_counts() -> None:
    assert retry_after_s(["soon", "7", "9"], [], NOON) == 7.0
    assert retry_after_s(["7"], ["", "250"], NOON) == 0.25


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(None, None), (float("nan"), None), (float("inf"), MAX_RETRY_AFTER_S), (-1.0, 0.0), (2.5, 2.5)],
)
def test_a_wait_is_bounded_whoever_asks_for_it(seconds: float | None, expected: float | None) -> None:
    assert bounded_wait_s(seconds) == expected


@given(
    text=st.text()
    | st.from_regex(r"[A-Za-z]{3}, [0-9]{1,3} [A-Z][a-z]{2} [0-9]{1,5} [0-9:]{1,8} [-+A-Z0-9]{1,12}")
)
def test_no_text_whatsoever_is_more_than_a_bounded_wait(text: str) -> None:
    wait = retry_after_s([text], [text], NOON)

    assert wait is None or 0 <= wait <= MAX_RETRY_AFTER_S
