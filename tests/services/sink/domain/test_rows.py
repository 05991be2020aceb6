"""Rows are a pure function of the record: the same block after every crash, and at any time."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.answers import Attempt
from schemas.event import Event
from schemas.outcomes import Adjustment, Completion
from schemas.quality import Alert, Evaluation, Feedback, Review, ReviewTask
from schemas.stream import OffsetsSkipped
from services.sink.domain.outcome_rows import adjustment_rows, completion_rows
from services.sink.domain.rows import (
    alert_rows,
    attempt_rows,
    dead_letter_rows,
    evaluation_rows,
    feedback_rows,
    review_rows,
    review_task_rows,
    skip_rows,
)
from streaming.brokers.records import Record
from streaming.handling import Incoming, Row

Example = Callable[..., Incoming[Any]]
RowsOf = Callable[[Incoming[Any]], Mapping[str, Sequence[Row]]]
KINDS: Sequence[tuple[type[Event], RowsOf, set[str]]] = [
    (Completion, completion_rows, {"completions", "bodies", "usage"}),
    (Adjustment, adjustment_rows, {"usage"}),
    (Attempt, attempt_rows, {"attempts"}),
    (Evaluation, evaluation_rows, {"evaluations"}),
    (Feedback, feedback_rows, {"feedback"}),
    (ReviewTask, review_task_rows, {"reviews"}),
    (Review, review_rows, {"reviews"}),
    (Alert, alert_rows, {"alerts"}),
    (OffsetsSkipped, skip_rows, {"skips"}),
]


def written(tables: Mapping[str, Sequence[Row]]) -> bytes:
    return orjson.dumps(dict(tables), default=str, option=orjson.OPT_UTC_Z)


@pytest.mark.parametrize(("kind", "rows_of", "tables"), KINDS, ids=[kind.__name__ for kind, *_ in KINDS])
def test_an_event_makes_the_same_rows_at_any_time_and_they_say_where_it_stands(
    example: Example, kind: type[Event], rows_of: RowsOf, tables: set[str]
) -> None:
    first = rows_of(example(kind))
    later = rows_of(example(kind, now=datetime(2030, 1, 1, tzinfo=UTC)))

    assert set(first) == tables
    assert written(first) == written(later)
    assert {(row["kpart"], row["koff"]) for rows in first.values() for row in rows} == {(2, 7)}


def test_reviews_that_are_asked_and_given_fill_the_same_columns(example: Example) -> None:
    task, review = review_task_rows(example(ReviewTask)), review_rows(example(Review))

    assert task["reviews"][0].keys() == review["reviews"][0].keys()
    assert [rows["reviews"][0]["event"] for rows in (task, review)] == ["asked", "given"]


LETTER = {
    "weir-source-topic": b"llm.requests",
    "weir-source-partition": b"2",
    "weir-source-offset": b"41",
    "weir-service": b"guard",
    "weir-reason": b"invalid_event",
    "weir-error": b"messages: field required",
    "weir-failed-at": b"2026-11-02T09:30:00+00:00",
    "weir-size": b"812",
}


def letter(**changes: bytes) -> Row:
    headers = LETTER | {f"weir-{name.replace('_', '-')}": value for name, value in changes.items()}
    (row,) = dead_letter_rows(
        Record("llm.requests.dlq", 0, 5, 1_700_000_000_000, None, b"sealed", tuple(headers.items()))
    )["dead_letters"]
    return row


def test_a_dead_letter_says_where_it_came_from_and_why() -> None:
    assert letter() == {
        "topic": "llm.requests",
        "partition": 2,
        "offset": 41,
        "service": "guard",
        "reason": "invalid_event",
        "error": "messages: field required",
        "size_bytes": 812,
        "failed_at": datetime(2026, 11, 2, 9, 30, tzinfo=UTC),
        "ktopic": "llm.requests.dlq",
        "kpart": 0,
        "koff": 5,
    }


def test_a_letter_without_headers_names_no_record_but_its_own_place() -> None:
    (row,) = dead_letter_rows(Record("llm.answers.dlq", 0, 5, 1_700_000_000_000, None, None))["dead_letters"]

    assert (row["topic"], row["reason"], row["ktopic"], row["koff"]) == ("", "unknown", "llm.answers.dlq", 5)
    assert row["failed_at"] == datetime.fromtimestamp(1_700_000_000, UTC)


@pytest.mark.parametrize(
    "changes",
    [
        {"source_topic": b"llm.answers"},
        {"source_topic": b"\xff\xfe"},
        {"source_partition": b"70000"},
        {"source_partition": b"-1"},
        {"source_partition": b"two"},
        {"source_offset": b"9" * 400},
        {"source_offset": "٤١".encode()},
        {"source_offset": b""},
    ],
)
def test_a_letter_with_a_forged_or_broken_place_stands_for_no_record(changes: Mapping[str, bytes]) -> None:
    row = letter(**changes)

    assert (row["topic"], row["partition"], row["offset"]) == ("", 0, 0)


@pytest.mark.parametrize("moment", [b"yesterday", b"2026-11-02T09:30:00", b"", b"\xff"])
def test_a_letter_without_a_clear_time_has_the_time_of_its_record(moment: bytes) -> None:
    assert letter(failed_at=moment)["failed_at"] == datetime.fromtimestamp(1_700_000_000, UTC)


@given(headers=st.lists(st.tuples(st.sampled_from(list(LETTER)), st.binary(max_size=40)), max_size=12))
def test_whatever_a_foreign_letter_holds_its_row_fits(headers: Sequence[tuple[str, bytes]]) -> None:
    (row,) = dead_letter_rows(Record("llm.requests.dlq", 0, 5, 1_700_000_000_000, None, b"", tuple(headers)))[
        "dead_letters"
    ]

    assert written({"dead_letters": [row]})
