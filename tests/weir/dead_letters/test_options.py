"""Options of `weir dlq` become a selection of letters, or an error that names the option."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from weir.dead_letters.letters import LETTERED, RecordPosition
from weir.dead_letters.options import printable, selection_of

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


def test_without_options_every_topic_with_dead_letters_is_selected() -> None:
    selection = selection_of(None, None, ("", ""), (), NOW)

    assert selection.topics == tuple(LETTERED)
    assert (selection.reason, selection.since, selection.until) == (None, None, None)


def test_topics_are_selected_once_each_and_places_select_their_topic() -> None:
    twice = selection_of(["llm.requests", "llm.requests"], None, ("", ""), (), NOW)
    placed = selection_of(None, None, ("", ""), ("llm.requests.dlq/0@7", "llm.answers/1@2"), NOW)

    assert twice.topics == ("llm.requests",)
    assert placed.topics == ("llm.answers", "llm.requests")
    assert placed.positions == {
        RecordPosition("llm.requests.dlq", 0, 7),
        RecordPosition("llm.answers", 1, 2),
    }


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("", None),
        ("30s", NOW - timedelta(seconds=30)),
        ("30m", NOW - timedelta(minutes=30)),
        ("2h", NOW - timedelta(hours=2)),
        ("7d", NOW - timedelta(days=7)),
        ("2026-11-29", datetime(2026, 11, 29, tzinfo=UTC)),
        ("2026-11-29T10:00:00", datetime(2026, 11, 29, 10, tzinfo=UTC)),
        ("2026-11-29T10:00:00+02:00", datetime(2026, 11, 29, 10, tzinfo=timezone(timedelta(hours=2)))),
    ],
)
def test_a_time_is_a_duration_before_now_or_a_moment_in_utc(text: str, moment: datetime | None) -> None:
    selection = selection_of(None, None, (text, text), (), NOW)

    assert (selection.since, selection.until) == (moment, moment)


@pytest.mark.parametrize(
    ("topic", "since", "place", "hint"),
    [
        ("llm.budgets", "", None, "--topic"),
        ("", "soon", None, "--since"),
        ("", "9999999d", None, "--since"),
        ("", "0001-01-01T00:00:00+14:00", None, "--since"),
        ("", "", "llm.requests", "PLACES"),
        ("", "", "llm.budgets/0@1", "PLACES"),
    ],
)
def test_an_invalid_option_is_named(topic: str, since: str, place: str | None, hint: str) -> None:
    with pytest.raises(typer.BadParameter) as refused:
        selection_of([topic] if topic else None, None, (since, ""), (place,) if place else (), NOW)

    assert refused.value.param_hint == hint


@given(st.text())
def test_a_text_in_a_message_is_short_and_cannot_control_a_terminal(text: str) -> None:
    assert len(printable(text)) <= 80
    assert all(character.isprintable() for character in printable(text))
