"""Every fact has its rows: by a function, or one row with the event's fields as columns."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import ClassVar
from uuid import UUID

from typing_extensions import override

from schemas.event import Event
from schemas.quality import RouteChange
from schemas.topics import FACTS, Topic
from services.sink.domain.facts import rows_of_facts
from streaming.brokers.records import Record
from streaming.handling import Incoming

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


class PageRead(Event):
    """A fact with columns of several types."""

    TYPE: ClassVar[str] = "weir.test.page.read.v1"

    page: str
    read_at: datetime
    price_usd: Decimal | None
    tags: tuple[str, ...]

    @property
    @override
    def partition_key(self) -> str:
        return self.page


class PageMoved(PageRead):
    """Another event on the same topic."""

    TYPE: ClassVar[str] = "weir.test.page.moved.v1"


def test_every_event_of_a_fact_topic_is_stored_but_the_change_of_a_route() -> None:
    events = {event for topic in FACTS for event in topic.events}

    assert rows_of_facts().keys() == events - {RouteChange}


def test_a_topic_with_one_event_and_one_table_needs_no_function() -> None:
    topic = Topic("llm.pages", "page", (PageRead,), "tenant", tables=("pages",))
    event = PageRead(page="home", read_at=NOON, price_usd=Decimal("0.5"), tags=("a", "b"))
    record = Record("llm.pages", 3, 7, 1, b"home", b"{}")

    rows = rows_of_facts((topic,))[PageRead](Incoming(event, UUID(int=1), record, NOON))

    assert rows == {
        "pages": [
            {
                "page": "home",
                "read_at": NOON,
                "price_usd": Decimal("0.5"),
                "tags": ["a", "b"],
                "kpart": 3,
                "koff": 7,
            }
        ]
    }


def test_two_events_of_a_topic_need_functions_of_their_own() -> None:
    topic = Topic("llm.pages", "page", (PageRead, PageMoved), "tenant", tables=("pages",))

    assert rows_of_facts((topic,)) == {}
