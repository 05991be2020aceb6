"""Creates topics, and publishes new and changed documents on their compacted topics."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TypeVar
from uuid import UUID, uuid5

from schemas.cloudevents import InvalidEventError, decode, encode
from schemas.documents import Document
from schemas.topics import TOPIC_OF, aligned_topics, kafka_topics
from streaming.brokers.port import Broker
from streaming.brokers.records import OutboundRecord
from streaming.errors import BadEventError
from streaming.events.publishing import acknowledged
from streaming.handling import NAMESPACE
from streaming.state.table import Table

SOURCE = "config"
D = TypeVar("D", bound=Document)


async def create_topics(broker: Broker, partitions: int) -> Sequence[str]:
    """Create missing topics and update settings of older ones; returns `<topic> <setting>` of each update."""
    await broker.admin.create_topics(kafka_topics(partitions))
    return await broker.admin.align_topics(aligned_topics())


async def publish_documents(broker: Broker, documents: Sequence[Document]) -> list[str]:
    """Publish new and changed documents; returns `<topic>/<name>` of each.

    Raises BadEventError if any document is invalid; then nothing is published.
    """
    kinds = list({type(document) for document in documents})
    tables = dict(zip(kinds, await _tables(broker, kinds), strict=True))
    pairs = [
        (document.after(published), published)
        for document in documents
        for published in [tables[type(document)].get(document.name)]
    ]
    for document, _ in pairs:
        problem = document.problem()
        if problem is not None:
            raise BadEventError("invalid_document", problem)
    changed = [document for document, published in pairs if document != published]
    records = [record_of(document) for document in changed]
    sends = [await broker.producer.send(record) for record in records]
    await acknowledged(sends)
    return [f"{TOPIC_OF[type(document)].name}/{document.name}" for document in changed]


async def withdraw_documents(broker: Broker, kind: type[Document], names: Sequence[str]) -> None:
    """Delete documents by name, each with a tombstone."""
    sends = [
        await broker.producer.send(OutboundRecord(TOPIC_OF[kind].name, name.encode(), None)) for name in names
    ]
    await acknowledged(sends)


async def published(broker: Broker, kind: type[D]) -> Mapping[str, D]:
    """The published documents of a kind, by name."""
    (table,) = await _tables(broker, [kind])
    return table.all()


async def withdraw(broker: Broker, document: Document) -> None:
    """Delete a document with a tombstone."""
    await acknowledged(
        [
            await broker.producer.send(
                OutboundRecord(TOPIC_OF[type(document)].name, document.partition_key.encode(), None, ())
            )
        ]
    )


async def _tables(broker: Broker, kinds: Sequence[type[D]]) -> Sequence[Table[D]]:
    tables = [Table(kind) for kind in kinds]
    tasks = [asyncio.create_task(table.keep(broker)) for table in tables]
    try:
        await asyncio.gather(*(table.ready() for table in tables))
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return tables


def record_of(document: Document) -> OutboundRecord:
    """The record of a document; raises BadEventError if the services could not decode it."""
    topic = TOPIC_OF[type(document)].name
    encoded = encode(document, event_id=_document_id(document), source=SOURCE, time=datetime.now(UTC))
    try:
        decode(topic, encoded.value, encoded.headers)
    except InvalidEventError as error:
        msg = f"{topic}/{document.name} cannot be read by any service: {error}"
        raise BadEventError("invalid_document", msg) from error
    return OutboundRecord(topic, encoded.key, encoded.value, encoded.headers)


def _document_id(document: Document) -> UUID:
    return uuid5(NAMESPACE, f"{document.TYPE}/{document.name}/{document.model_dump_json()}")
