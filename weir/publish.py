"""Creates the topics, and publishes the documents of weir.yaml on their compacted topics where they differ from what is there."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID, uuid5

from schemas.cloudevents import encode
from schemas.documents import Document
from schemas.prices import PriceDocument
from schemas.topics import TOPIC_OF, kafka_topics
from streaming.broker import Broker
from streaming.errors import BadEventError
from streaming.handling import NAMESPACE
from streaming.publishing import acknowledged
from streaming.records import OutboundRecord
from streaming.table import Table

SOURCE = "config"


async def create_topics(broker: Broker, partitions: int) -> None:
    """Create every topic that is missing."""
    await broker.admin.create_topics(kafka_topics(partitions))


async def publish_documents(broker: Broker, documents: Sequence[Document]) -> list[str]:
    """Publish what is new or changed; returns `<topic>/<name>` of each. A price history with a fault is refused, and nothing is published."""
    pairs = await _with_published(broker, documents)
    for document, _ in pairs:
        problem = document.problem() if isinstance(document, PriceDocument) else None
        if problem is not None:
            raise BadEventError("invalid_document", problem)
    changed = [document for document, published in pairs if document != published]
    sends = [await broker.producer.send(_record(document)) for document in changed]
    await acknowledged(sends)
    return [f"{TOPIC_OF[type(document)].name}/{document.name}" for document in changed]


async def _with_published(broker: Broker, documents: Sequence[Document]) -> list[tuple[Document, Document | None]]:
    """Give each document, a price with its history, beside what is published under its name."""
    tables = {kind: Table(kind) for kind in {type(document) for document in documents}}
    keepers = [asyncio.create_task(table.keep(broker)) for table in tables.values()]
    try:
        await asyncio.gather(*(table.ready() for table in tables.values()))
    finally:
        for keeper in keepers:
            keeper.cancel()
        await asyncio.gather(*keepers, return_exceptions=True)
    pairs: list[tuple[Document, Document | None]] = []
    for document in documents:
        published = tables[type(document)].get(document.name)
        if isinstance(document, PriceDocument) and isinstance(published, PriceDocument):
            pairs.append((document.after(published), published))
        else:
            pairs.append((document, published))
    return pairs


def _record(document: Document) -> OutboundRecord:
    encoded = encode(document, event_id=_document_id(document), source=SOURCE, time=datetime.now(UTC))
    return OutboundRecord(TOPIC_OF[type(document)].name, encoded.key, encoded.value, encoded.headers)


def _document_id(document: Document) -> UUID:
    return uuid5(NAMESPACE, f"{document.TYPE}/{document.name}/{document.model_dump_json()}")
