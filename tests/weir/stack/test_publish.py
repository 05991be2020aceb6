"""Documents are published once; a price keeps its history, and an invalid price stops all documents."""

import pytest

from schemas.documents import Candidate, RouteDocument
from schemas.prices import PriceDocument
from schemas.topics import PRICES, ROUTES, kafka_topics
from streaming.brokers.memory.broker import MemoryBroker
from streaming.brokers.records import TopicPartition
from streaming.errors import BadEventError
from weir.config.file import ConfigError, parse
from weir.stack.publish import publish_documents, published

RATES = {"input_usd_per_mtok": "1", "output_usd_per_mtok": "10"}


def price(valid_from: str, **fields: object) -> PriceDocument:
    return PriceDocument.model_validate(
        {"name": "local/m", "version": 1, "valid_from": valid_from, **RATES, **fields}
    )


async def broker_with_topics() -> MemoryBroker:
    broker = MemoryBroker()
    await broker.admin.create_topics(kafka_topics(1))
    return broker


async def test_a_price_that_begins_later_is_published_with_the_one_before_it() -> None:
    broker = await broker_with_topics()
    later = price("2026-11-20T12:00:00Z", version=2, input_usd_per_mtok="2")

    assert await publish_documents(broker, [price("2026-01-01T00:00:00Z")]) == ["llm.prices/local/m"]
    assert await publish_documents(broker, [later]) == ["llm.prices/local/m"]
    assert await publish_documents(broker, [later]) == []

    document = (await published(broker, PriceDocument)).get("local/m")
    assert document is not None
    assert [str(period.input_usd_per_mtok) for period in document.periods] == ["1", "2"]


async def test_a_price_with_a_fault_keeps_everything_from_being_published() -> None:
    broker = await broker_with_topics()
    route = RouteDocument(name="small", candidates=(Candidate(provider="local", model="m"),))

    with pytest.raises(BadEventError, match="convert it, and publish USD"):
        await publish_documents(broker, [route, price("2026-01-01T00:00:00Z", currency="EUR")])

    assert [await broker.reader.end(TopicPartition(topic.name, 0)) for topic in (ROUTES, PRICES)] == [0, 0]


def test_the_configuration_file_refuses_a_history_with_a_hole_by_its_line() -> None:
    text = """
prices:
  - name: local/m
    version: 1
    periods:
      - { valid_from: 2026-01-01T00:00:00Z, valid_to: 2026-02-01T00:00:00Z, usd_per_second: "1" }
      - { valid_from: 2026-03-01T00:00:00Z, usd_per_second: "1" }
"""
    with pytest.raises(
        ConfigError, match=r"weir.yaml line 2: prices: local/m: there is a hole, no price from 2026-02-01"
    ):
        parse(text, "weir.yaml")
