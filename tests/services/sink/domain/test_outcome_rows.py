"""An outcome has one wide row, and one usage row for each ledger entry, with exact numbers."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from schemas.answers import RouteDecision
from schemas.bounds import MAX_COUNT
from schemas.outcomes import Adjustment, BookedAttempt, Completion, TokenUsage
from schemas.values import ErrorFacts, Message
from services.sink.domain.outcome_rows import adjustment_rows, completion_rows
from streaming.handling import Incoming, Row

NEVER = datetime(1999, 1, 1, tzinfo=UTC)


Example = Callable[..., Incoming[Any]]


def written(tables: Mapping[str, Sequence[Row]]) -> bytes:
    return orjson.dumps(dict(tables), default=str, option=orjson.OPT_UTC_Z)


TOKENS = st.none() | st.integers(0, MAX_COUNT)


MONEY = st.none() | st.decimals(min_value=0, max_value=10**20, places=12)


USAGES = st.none() | st.builds(
    TokenUsage,
    input=TOKENS,
    cache_read=TOKENS,
    cache_write=TOKENS,
    cache_write_1h=TOKENS,
    output=TOKENS,
    reasoning=TOKENS,
    media=st.dictionaries(st.sampled_from(["input_audio", "output_image"]), st.integers(0, MAX_COUNT)),
    units=st.dictionaries(st.just("images"), st.decimals(0, 10**18, allow_nan=False, allow_infinity=False)),
)


CHANGES = st.fixed_dictionaries(
    {},
    optional={
        "messages": st.sampled_from([(), (Message(role="user", content="\u2028 'quoted' \\ \x00 ü"),)]),
        "output": st.none() | st.text(max_size=20),
        "error": st.none() | st.just(ErrorFacts(code="late", message="too late")),
        "input_verdict": st.none(),
        "output_verdict": st.none(),
        "route": st.none() | st.just(RouteDecision(route="small")),
        "reservation": st.none(),
        "usage": USAGES,
        "cost_usd": MONEY,
    },
)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(
    changes=CHANGES,
    lines=st.lists(st.tuples(USAGES, MONEY), max_size=3),
    now=st.datetimes(timezones=st.just(UTC)),
)
def test_any_outcome_is_one_wide_row_with_the_same_columns_and_a_usage_line_for_each_call(
    example: Example,
    changes: Mapping[str, Any],
    lines: Sequence[tuple[TokenUsage | None, Decimal | None]],
    now: datetime,
) -> None:
    whole = example(Completion).event
    attempts = [
        whole.attempts[0].model_copy(update={"usage": usage, "cost_usd": cost}) for usage, cost in lines
    ]
    event = whole.model_copy(update={**changes, "attempts": tuple(attempts)})
    record = example(Completion).record

    made = completion_rows(Incoming(event, example(Completion).event_id, record, now))

    (row,) = made["completions"]
    assert row.keys() == completion_rows(example(Completion))["completions"][0].keys()
    assert row["cost_usd"] == event.cost_usd
    assert row["attempts"] == len(lines) == len(made.get("usage", ()))
    assert [line["cost_usd"] for line in made.get("usage", ())] == [cost for _, cost in lines]
    assert ("bodies" in made) == bool(event.messages or event.output is not None)
    assert (
        len(
            {
                len(value)
                for name, value in row.items()
                if name.startswith("findings.") and isinstance(value, list)
            }
        )
        == 1
    )
    assert written(made) == written(
        completion_rows(Incoming(event, example(Completion).event_id, record, NEVER))
    )


@pytest.mark.parametrize("entry", ["reversal", "rebooking", "settlement"])
def test_a_correction_moves_money_and_no_tokens(example: Example, entry: str) -> None:
    usage = TokenUsage(input=1, output=2, media={"input_audio": 3}, units={"images": Decimal(4)})
    line: BookedAttempt = (
        example(Adjustment).event.attempts[0].model_copy(update={"entry": entry, "usage": usage})
    )
    event = example(Adjustment).event.model_copy(update={"attempts": (line,)})

    (row,) = adjustment_rows(
        Incoming(event, example(Adjustment).event_id, example(Adjustment).record, NEVER)
    )["usage"]

    assert (row["entry"], row["cost_usd"], row["adjustment_reason"]) == (entry, line.cost_usd, "late_answer")
    assert (row["input_tokens"], row["output_tokens"], row["media_tokens"], row["units"]) == (
        None,
        None,
        {},
        {},
    )


def test_an_outcome_without_texts_and_calls_has_no_rows_for_them(example: Example) -> None:
    event = example(Completion).event.model_copy(update={"messages": (), "output": None, "attempts": ()})

    made = completion_rows(Incoming(event, example(Completion).event_id, example(Completion).record, NEVER))

    assert set(made) == {"completions"}


def test_money_is_written_digit_by_digit(example: Example) -> None:
    line: BookedAttempt = (
        example(Completion)
        .event.attempts[0]
        .model_copy(update={"cost_usd": Decimal("12345678901234567890123456.123456789012")})
    )
    event = example(Completion).event.model_copy(update={"attempts": (line,)})

    made = completion_rows(
        Incoming(event, example(Completion).event_id, example(Completion).record, datetime.now(UTC))
    )

    assert b'"cost_usd":"12345678901234567890123456.123456789012"' in written(made)


def test_the_largest_count_there_can_be_is_written_digit_by_digit(example: Example) -> None:
    with pytest.raises(ValidationError, match="less than or equal to 9007199254740991"):
        TokenUsage(input=MAX_COUNT + 1)
    event = example(Completion).event.model_copy(update={"usage": TokenUsage(input=MAX_COUNT)})

    made = completion_rows(
        Incoming(event, example(Completion).event_id, example(Completion).record, datetime.now(UTC))
    )

    assert b'"input_tokens":9007199254740991,' in written(made)
