"""Publishing: ids and traces of the source record go along, and all sends end before an error is raised."""

import asyncio
from pathlib import Path
from uuid import UUID

import pytest

from schemas.requests import ScreenedRequest
from schemas.topics import TOPIC_OF, kafka_topics
from streaming.brokers.memory.broker import MemoryBroker
from streaming.brokers.records import Record
from streaming.errors import BrokerDownError
from streaming.events.dead_letters import original_of
from streaming.events.publishing import PARENT_HEADER, Publisher, SourceRecord, acknowledged
from streaming.seal.seal import Sealer, new_key

SEALER = Sealer.from_text(new_key())
EVENT = ScreenedRequest.model_validate_json(
    (Path(__file__).parents[3] / "schemas" / "examples" / f"{ScreenedRequest.TYPE}.json").read_bytes()
)
TRACE = b"00-" + b"a" * 32 + b"-" + b"b" * 16 + b"-01"


async def publisher(broker: MemoryBroker) -> Publisher:
    await broker.admin.create_topics(kafka_topics(1))
    return Publisher(broker.producer, group="guard", sealer=SEALER)


def source(*headers: tuple[str, bytes]) -> SourceRecord:
    return SourceRecord(UUID(int=7), Record("llm.requests", 0, 17, 0, None, b"{}", headers))


async def test_an_event_names_its_source_record_and_its_service() -> None:
    broker = MemoryBroker()
    publishing = await publisher(broker)

    offset = await (await publishing.send(EVENT, UUID(int=8), source(("traceparent", TRACE))))

    (record,) = broker.records(TOPIC_OF[ScreenedRequest].name)
    headers = dict(record.headers)
    assert (offset, record.key) == (0, EVENT.partition_key.encode())
    assert (headers["ce_id"], headers["ce_source"]) == (str(UUID(int=8)).encode(), b"/weir/guard")
    assert (headers[PARENT_HEADER], headers["weir-source-offset"]) == (str(UUID(int=7)).encode(), b"17")
    assert headers["traceparent"] == TRACE


@pytest.mark.parametrize("trace", [b"", b"jane@example.com", TRACE + b"\n", TRACE.upper(), b"\xff" * 55])
async def test_a_trace_of_another_form_is_not_passed_on(trace: bytes) -> None:
    publishing = await publisher(MemoryBroker())

    record = publishing.outbound(EVENT, UUID(int=8), source(("traceparent", trace)), None)

    assert "traceparent" not in dict(record.headers)


async def test_an_event_without_a_source_has_no_parent() -> None:
    publishing = await publisher(MemoryBroker())

    record = publishing.outbound(EVENT, UUID(int=8), None, 0)

    assert not {PARENT_HEADER, "traceparent"} & dict(record.headers).keys()


async def test_a_dead_letter_holds_the_record_and_its_reason() -> None:
    broker = MemoryBroker()
    publishing = await publisher(broker)
    record = Record("llm.requests", 0, 17, 0, b"key", b"value", (("a", b"1"),))

    await (await publishing.send_dead_letter(record, "invalid_event", "no model", "some-id"))

    (letter,) = broker.records("llm.requests.dlq")
    headers, original = dict(letter.headers), original_of(SEALER, letter)
    assert (original.key, original.value, original.headers) == (b"key", b"value", (("a", b"1"),))
    assert (headers["weir-service"], headers["weir-reason"]) == (b"guard", b"invalid_event")
    assert headers["weir-request"] == b"some-id"


async def test_an_error_is_raised_only_after_all_sends_have_ended() -> None:
    sends = [asyncio.get_running_loop().create_future() for _ in range(2)]
    waiting = asyncio.create_task(acknowledged(sends))
    sends[0].set_exception(BrokerDownError("lost"))
    await asyncio.sleep(0.01)
    was_done = waiting.done()

    sends[1].set_result(5)

    with pytest.raises(BrokerDownError, match="lost"):
        await waiting
    assert not was_done


async def test_offsets_are_in_the_order_of_the_sends() -> None:
    sends = [asyncio.get_running_loop().create_future() for _ in range(3)]
    for number in (2, 0, 1):
        sends[number].set_result(number)

    assert await acknowledged(sends) == [0, 1, 2]
