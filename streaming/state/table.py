"""A table in memory: the newest document of each name on a compacted topic."""

import asyncio
import logging
from collections.abc import Mapping
from typing import Generic, TypeVar

from schemas.documents import Document
from schemas.topics import TOPIC_OF
from streaming.brokers.port import Broker
from streaming.brokers.records import Record
from streaming.errors import DependencyDownError, UnknownTopicError
from streaming.events.event_processing import RecordRejectedError, incoming_of

log = logging.getLogger(__name__)

POLL_S = 0.5
RETRY_S = 1.0
MAX_RECORDS = 1_000

D = TypeVar("D", bound=Document)


class Table(Generic[D]):
    """The newest document of each name; a tombstone removes it, a broken record is logged and left out.

    `changes` counts the records, so that callers know when values derived from the documents are outdated.
    """

    def __init__(self, kind: type[D]) -> None:
        """Hold documents of this class."""
        self._kind = kind
        self._documents: dict[str, D] = {}
        self._ready = asyncio.Event()
        self.changes = 0

    def get(self, name: str) -> D | None:
        """The document of that name."""
        return self._documents.get(name)

    def all(self) -> Mapping[str, D]:
        """All documents by name."""
        return self._documents

    def names(self) -> tuple[str, ...]:
        """All names in order."""
        return tuple(sorted(self._documents))

    async def ready(self) -> None:
        """Wait until everything that was in the log at the start has been read."""
        await self._ready.wait()

    async def keep(self, broker: Broker) -> None:
        """Follow the topic until cancelled; without the broker or the topic, the table is only outdated."""
        while True:
            try:
                await self._follow(broker)
            except (DependencyDownError, UnknownTopicError) as error:
                log.warning("waiting", extra={"table": TOPIC_OF[self._kind].name, "because": str(error)})
                await asyncio.sleep(RETRY_S)

    async def _follow(self, broker: Broker) -> None:
        async with broker.follow([TOPIC_OF[self._kind].name], start="beginning") as follower:
            while True:
                for record in await follower.poll(
                    max_records=MAX_RECORDS, timeout_s=0.05 if not self._ready.is_set() else POLL_S
                ):
                    self._apply(record)
                if not self._ready.is_set() and await follower.has_caught_up():
                    self._ready.set()

    def _apply(self, record: Record) -> None:
        self.changes += 1
        name = (record.key or b"").decode("utf-8", "replace")
        if record.value is None:
            self._documents.pop(name, None)
            return
        try:
            document = incoming_of(record).event
        except RecordRejectedError as error:
            log.error(  # noqa: TRY400 - the message holds no content, a trace might
                "document left out",
                extra={"topic": record.topic, "offset": record.offset, "because": str(error)},
            )
            return
        if isinstance(document, self._kind):
            self._documents[document.name] = document
