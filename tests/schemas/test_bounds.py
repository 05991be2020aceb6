"""The bounds: a number at its bound is taken, one beyond it is refused; no date is past the last one."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from schemas import bounds
from schemas.bounds import EARLIEST, LAST, later


@pytest.mark.parametrize(
    ("kind", "least", "most"),
    [
        (bounds.Count, 0, 2**53 - 1),
        (bounds.PositiveCount, 1, 2**53 - 1),
        (bounds.Tokens, 0, 10**12),
        (bounds.SmallCount, 0, 2**16 - 1),
        (bounds.Ordinal, 1, 2**16 - 1),
        (bounds.Occurrences, 0, 2**32 - 1),
        (bounds.Version, 1, 2**31 - 1),
        (bounds.Seed, -(2**63), 2**63 - 1),
        (bounds.Offset, 0, 2**63 - 1),
        (bounds.Money, 1 - 10**26, 10**26 - 1),
        (bounds.Price, 0, 10**26 - 1),
        (bounds.Quantity, 0, 10**18),
    ],
)
def test_a_number_may_be_at_its_bounds_and_not_beyond_them(kind: Any, least: int, most: int) -> None:
    number = TypeAdapter[Any](kind)

    assert [number.validate_python(value) for value in (least, most)] == [least, most]
    for beyond in (least - 1, most + 1):
        with pytest.raises(ValidationError):
            number.validate_python(beyond)


@pytest.mark.parametrize("kind", [bounds.Share, bounds.Figure, bounds.Seconds, bounds.Money, bounds.Amount])
@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity"])
def test_no_number_is_without_an_end(kind: Any, value: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter[Any](kind).validate_python(value)


@given(
    at=st.datetimes(datetime(1970, 1, 1), datetime(2099, 12, 31)),  # noqa: DTZ001 - hypothesis adds the zone
    span=st.timedeltas(timedelta(0), timedelta(days=500_000)),
)
def test_a_later_moment_is_never_after_the_last_one_that_events_hold(at: datetime, span: timedelta) -> None:
    begin = at.replace(tzinfo=UTC)

    end = later(begin, span)

    assert begin <= end <= LAST
    assert end == LAST or end - begin == span
    assert TypeAdapter[Any](bounds.Moment).validate_python(end) == end


@pytest.mark.parametrize(
    "moment", [EARLIEST - timedelta(microseconds=1), LAST + timedelta(microseconds=1), "2026-01-01T00:00:00"]
)
def test_a_moment_outside_of_the_years_or_without_an_offset_is_refused(moment: object) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter[Any](bounds.Moment).validate_python(moment)


@pytest.mark.parametrize("kind", [bounds.Amount, bounds.Quantity])
def test_a_zero_with_a_huge_exponent_is_written_as_a_plain_zero(kind: Any) -> None:
    number = TypeAdapter[Any](kind)

    zero = number.validate_python(Decimal("0E-350"))

    assert f"{zero:f}" == "0"
    assert f"{number.validate_python(Decimal('0.10')):f}" == "0.10"
