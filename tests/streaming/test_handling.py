"""What handlers get and give: ids that a crash does not change, and errors that say nothing of content."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from schemas.outcomes import Completion
from streaming.brokers.records import Record
from streaming.handling import DeadLetteredRecord, LedgerDecision, derived_id, position_id

OUTCOME = Completion.model_validate_json(
    (Path(__file__).parents[2] / "schemas" / "examples" / f"{Completion.TYPE}.json").read_bytes()
)
RECORD = Record("llm.requests", 0, 0, 0, None, b"secret")
POSITIONS = st.tuples(
    st.sampled_from(["llm.requests", "llm.requests1"]),
    st.integers(0, 20),
    st.integers(0, 200),
    st.integers(0, 5),
)


@given(positions=st.lists(POSITIONS, unique=True, min_size=2, max_size=10))
def test_every_position_of_the_log_has_an_id_of_its_own_that_content_does_not_change(
    positions: list[tuple[str, int, int, int]],
) -> None:
    records = [Record(*position, None, b"a") for position in positions]

    ids = [position_id(record) for record in records]

    assert len(set(ids)) == len(ids)
    assert ids == [position_id(replace(record, key=b"k", value=b"b")) for record in records]


def test_the_ids_of_known_positions_and_decisions_never_change() -> None:
    """Other ids after an upgrade would book and answer what is in the log a second time."""
    decision = LedgerDecision(OUTCOME, "r1/outcome")

    assert position_id(RECORD) == UUID("bd6b0bfb-fde2-52e6-bb46-b5d1ad8d31eb")
    assert decision.event_id == UUID("033ad18a-5a95-5efc-b0c3-a836ab6ecccc")
    assert derived_id(UUID(int=7), OUTCOME, 1) == UUID("581921dc-9016-5661-98a5-367a98c211fd")


@given(parents=st.sets(st.uuids(), min_size=2, max_size=4))
def test_every_output_of_every_event_has_an_id_of_its_own(parents: set[UUID]) -> None:
    ids = [derived_id(parent, OUTCOME, index) for parent in parents for index in range(3)]

    assert len(set(ids)) == len(ids)


def test_a_repeated_decision_has_the_id_of_the_first_whatever_it_says() -> None:
    first = LedgerDecision(OUTCOME, "r1/outcome")
    again = LedgerDecision(OUTCOME.model_copy(update={"output": "other"}), "r1/outcome")

    assert first.event_id == again.event_id != LedgerDecision(OUTCOME, "r2/outcome").event_id


def test_the_error_of_a_dead_letter_has_a_code_for_the_caller_and_no_content() -> None:
    letter = DeadLetteredRecord(RECORD, None, "unexpected_error", "secret", datetime(2026, 1, 1, tzinfo=UTC))

    error, too_large = letter.error(), replace(letter, reason="too_large").error()

    assert (error.code, too_large.code) == ("dead_letter", "outcome_too_large")
    assert "(unexpected_error)" in error.message
    assert "secret" not in error.message + too_large.message
