"""Valid events and documents drawn for property tests, and the check that a written event can be read."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from schemas.budgets import BudgetDocument
from schemas.cloudevents import decode, encode
from schemas.documents import PromptDocument, RouteDocument
from schemas.event import Event
from schemas.prices import PriceDocument
from schemas.topics import TOPIC_OF
from streaming.brokers.records import Record
from streaming.handling import Incoming
from tests.security.drawing import Drawn

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
EVENT_ID = UUID(int=41)


def drawn(kind: type[Event], **fixed: Any) -> Any:
    return Drawn(kind).events(**fixed)


BUDGETS = drawn(BudgetDocument)
ROUTES = drawn(RouteDocument)
PROMPTS = drawn(PromptDocument)
PRICES = drawn(PriceDocument, periods=Drawn(PriceDocument).field("periods", at_least=1))


def incoming(event: Event, at: datetime = NOW) -> Incoming[Any]:
    record = Record(TOPIC_OF[type(event)].name, 65_535, 2**63 - 1, int(at.timestamp() * 1000), b"acme", b"{}")
    return Incoming(event, EVENT_ID, record, at)


def assert_readable(events: Iterable[Event]) -> None:
    """Check that the next hop can read what a handler wrote, and need not make a dead letter of it."""
    for event in events:
        written = encode(event, event_id=EVENT_ID, source="test", time=NOW)
        decode(TOPIC_OF[type(event)].name, written.value, written.headers)
