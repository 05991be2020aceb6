"""The rows of every fact: by a function of its own, else one row with the event's fields as columns."""

from collections.abc import Mapping, Sequence
from typing import Any

from schemas.event import Event
from schemas.registry import implementations
from schemas.topics import FACTS, Topic
from services.sink import domain
from services.sink.domain.rows import Tables, position_columns
from streaming.handling import Incoming, RowsOf


def rows_of_facts(topics: Sequence[Topic] = FACTS) -> Mapping[type[Event], RowsOf[Any]]:
    """The function that makes the rows of each event on a fact topic.

    A module of this package registers its functions in `ROWS`, by event type. A topic with one event and one
    table needs none: its columns are the event's fields. Other events without a function are not stored.
    """
    functions = implementations(domain, "ROWS")
    rows: dict[type[Event], RowsOf[Any]] = {}
    for topic in topics:
        for event in topic.events:
            if event.TYPE in functions:
                rows[event] = functions[event.TYPE]
            elif len(topic.events) == len(topic.tables) == 1:
                rows[event] = _flat_rows(topic.tables[0])
    return rows


def _flat_rows(table: str) -> RowsOf[Any]:
    def rows(incoming: Incoming[Event]) -> Tables:
        fields = {name: _column(value) for name, value in incoming.event.model_dump().items()}
        return {table: [{**fields, **position_columns(incoming)}]}

    return rows


def _column(value: Any) -> Any:  # noqa: ANN401 - a field of any event
    """A value as ClickHouse takes it: arrays are lists."""
    return list(value) if isinstance(value, tuple | frozenset) else value
