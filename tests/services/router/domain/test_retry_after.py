"""How long a provider asks us to wait."""

from datetime import UTC, datetime

import pytest

from services.router.domain.retry_after import retry_after_s

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def given(value: str | None) -> list[str]:
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
    ],
)
def test_every_form_of_retry_after_becomes_seconds_or_nothing(value: str | None, milliseconds: str | None, expected: float | None) -> None:
    assert retry_after_s(given(value), given(milliseconds), NOON) == expected
