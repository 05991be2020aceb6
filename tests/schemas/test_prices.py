"""Each moment of a price document has one price or a reason; a fault is refused with its dates."""

from collections.abc import Mapping
from datetime import UTC, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from schemas.prices import OffPeak, PriceDocument

CHEAP: Mapping[str, object] = {"input_usd_per_mtok": "1", "output_usd_per_mtok": "2"}
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def history(*periods: tuple[str, str | None], **fields: object) -> PriceDocument:
    listed = [
        {**CHEAP, "valid_from": f"{begin}Z", "valid_to": f"{end}Z" if end else None} for begin, end in periods
    ]
    return PriceDocument.model_validate({"name": "local/m", "version": 1, "periods": listed, **fields})


def test_the_flat_form_is_one_period() -> None:
    flat = PriceDocument.model_validate(
        {"name": "local/m", "version": 1, "valid_from": "2026-01-01T00:00:00Z", **CHEAP}
    )
    assert flat == history(("2026-01-01T00:00:00", None))
    assert PriceDocument.model_validate_json(flat.model_dump_json()) == flat


@pytest.mark.parametrize(
    "form",
    [
        {"valid_from": "2026-01-01T00:00:00Z", **CHEAP},
        {"periods": [{"valid_from": "2026-01-01T00:00:00Z", **CHEAP}]},
    ],
)
def test_both_forms_fit_the_json_schema(form: Mapping[str, object]) -> None:
    schema = PriceDocument.model_json_schema()
    Draft202012Validator(schema).validate({"name": "local/m", "version": 1, **form})
    assert not Draft202012Validator(schema).is_valid({"name": "local/m", "version": 1})


def test_the_two_forms_are_not_mixed() -> None:
    with pytest.raises(
        ValidationError,
        match="either 'periods' or one period's own fields, not both: move input_usd_per_mtok",
    ):
        PriceDocument.model_validate(
            history(("2026-01-01T00:00:00", None)).model_dump() | {"input_usd_per_mtok": "1"}
        )


def test_a_period_without_an_end_lasts_until_the_next_one_begins() -> None:
    document = history(("2026-01-01T00:00:00", None), ("2026-11-20T12:00:00", None))
    assert document.problem() is None
    before, after = document.in_force(NOON.replace(hour=11)), document.in_force(NOON)
    assert (
        [period.valid_from.month for period in before],
        [period.valid_from for period in after],
    ) == ([1], [NOON])
    assert not document.spans(datetime(2025, 12, 31, tzinfo=UTC))


@pytest.mark.parametrize(
    ("periods", "message"),
    [
        (
            [("2026-01-01T00:00:00", "2026-11-20T13:00:00"), ("2026-11-20T12:00:00", None)],
            (
                "ends at 2026-11-20T13:00:00+00:00 overlaps the one that begins at "
                "2026-11-20T12:00:00+00:00: let the first end where"
            ),
        ),
        (
            [("2026-01-01T00:00:00", "2026-11-20T11:00:00"), ("2026-11-20T12:30:00", None)],
            (
                "a hole, no price from 2026-11-20T11:00:00+00:00 to 2026-11-20T12:30:00+00:00: "
                "let the second begin where"
            ),
        ),
        (
            [("2026-11-20T12:00:00", None), ("2026-11-20T12:00:00", None)],
            "two periods begin at 2026-11-20T12:00:00+00:00",
        ),
        ([("2026-11-20T12:00:00", "2026-11-20T12:00:00")], "put valid_to after valid_from"),
    ],
)
def test_an_overlap_or_a_hole_is_named_with_its_two_dates_and_the_way_out(
    periods: list[tuple[str, str | None]], message: str
) -> None:
    assert message in (history(*periods).problem() or "")


def test_a_hole_lies_within_the_history_and_what_is_after_its_end_does_not() -> None:
    document = history(
        ("2026-11-20T10:00:00", "2026-11-20T11:00:00"), ("2026-11-20T13:00:00", "2026-11-20T14:00:00")
    )
    assert [
        (document.spans(NOON.replace(hour=hour)), len(document.in_force(NOON.replace(hour=hour))))
        for hour in (9, 10, 12, 13, 14)
    ] == [
        (False, 0),
        (True, 1),
        (True, 0),
        (True, 1),
        (False, 0),
    ]


def test_another_currency_and_another_tenant_are_refused_with_the_way_out() -> None:
    euro = history(("2026-01-01T00:00:00", None), currency="EUR")
    mixed = history(("2026-01-01T00:00:00", None), name="acme:local/m", tenant="globex")
    assert (euro.problem() or "").endswith("is in EUR, but all is booked in USD: convert it, and publish USD")
    assert "name one tenant" in (mixed.problem() or "")
    assert history(("2026-01-01T00:00:00", None), name="local/llama3:8b", tenant="globex").problem() is None


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"input_usd_per_mtok": "-1"}, "greater than or equal to 0"),
        ({"usd_per_second": "-0.1"}, "greater than or equal to 0"),
        ({"unit_usd": {"web_searches": "-0.01"}}, "greater than or equal to 0"),
        ({"output_usd_per_mtok": None}, "leaving it out is not"),
        ({"input_usd_per_mtok": "NaN"}, "finite number"),
        ({"off_peak": [{**CHEAP, "start_utc": "16:30+02:00", "end_utc": "18:00"}]}, "without an offset"),
        ({"variants": [{**CHEAP, "when": {}}]}, "at least 1"),
        ({"tiers": [{**CHEAP, "above_input_tokens": 0}]}, "greater than or equal to 1"),
    ],
)
def test_what_is_no_price_is_refused(fields: Mapping[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        PriceDocument.model_validate(
            {"name": "local/m", "version": 1, "valid_from": "2026-01-01T00:00:00Z", **CHEAP, **fields}
        )


def test_off_peak_hours_may_pass_midnight_and_must_not_be_empty() -> None:
    night = OffPeak.model_validate({**CHEAP, "start_utc": "16:30", "end_utc": "00:30"})
    held = [
        night.includes(datetime(2026, 11, 20, *at, tzinfo=UTC))
        for at in ((16, 29), (16, 30), (23, 59), (0, 29), (0, 30))
    ]
    assert held == [False, True, True, True, False]
    day = night.model_copy(update={"start_utc": time(9), "end_utc": time(10)})
    assert [day.includes(datetime(2026, 11, 20, hour, tzinfo=UTC)) for hour in (8, 9, 10)] == [
        False,
        True,
        False,
    ]
    empty = PriceDocument.model_validate(
        {
            "name": "local/m",
            "version": 1,
            "valid_from": "2026-01-01T00:00:00Z",
            **CHEAP,
            "off_peak": [{**CHEAP, "start_utc": "16:30", "end_utc": "16:30"}],
        }
    )
    assert "give two different hours" in (empty.problem() or "")


def test_a_new_price_ends_the_published_one_and_forgets_none_of_it() -> None:
    published = history(("2026-01-01T00:00:00", None), ("2026-06-01T00:00:00", "2027-01-01T00:00:00"))
    new = history(("2026-11-20T12:00:00", None), version=2)
    merged = new.after(published)
    assert [period.valid_from.month for period in merged.periods] == [1, 6, 11]
    assert (merged.version, merged.problem()) == (2, None)
    assert new.after(merged) == merged
    assert [period.valid_from.month for period in merged.in_force(NOON)] == [11]
    assert new.after(None) == new
    whole = history(("2026-01-01T00:00:00", None), version=3)
    assert whole.after(merged) == whole


def test_a_new_price_that_leaves_a_hole_to_the_published_one_is_refused() -> None:
    published = history(("2026-01-01T00:00:00", "2026-11-01T00:00:00"))
    assert "a hole, no price from 2026-11-01" in (
        history(("2026-11-20T12:00:00", None)).after(published).problem() or ""
    )


@given(
    spans=st.lists(
        st.tuples(st.integers(0, 12), st.none() | st.integers(1, 13)),
        min_size=1,
        max_size=5,
        unique_by=lambda span: span[0],
    ),
    hour=st.integers(0, 23),
)
def test_a_history_without_a_problem_has_one_price_wherever_it_spans(
    spans: list[tuple[int, int | None]], hour: int
) -> None:
    periods = [
        (f"2026-11-20T{begin:02}:00:00", f"2026-11-20T{end:02}:00:00" if end else None)
        for begin, end in spans
    ]
    document = history(*periods)
    at = NOON.replace(hour=hour)
    begins, last = sorted(begin for begin, _ in spans), max(spans)[1]
    if document.problem() is None:
        assert len(document.in_force(at)) == document.spans(at)
        assert document.spans(at) == (begins[0] <= hour and (last is None or hour < last))
    else:
        assert any(
            len(document.in_force(NOON.replace(hour=other))) != document.spans(NOON.replace(hour=other))
            for other in range(24)
        ) or any(end is not None and end <= begin for begin, end in spans)
