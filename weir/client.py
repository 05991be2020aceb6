"""The client library for producers: publishes requests with sealed content and waits for their outcomes.

async with WeirClient("127.0.0.1:9092", seal_key=key) as weir:
    messages = [Message(role="user", content="Where is my parcel?")]
    outcome = await weir.ask(tenant="acme", model="small", messages=messages)
    print(outcome.text, outcome.completion.cost_usd)
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from typing import Any, Self
from uuid import uuid4

from schemas.cloudevents import InvalidEventError, decode, encode
from schemas.outcomes import Completion
from schemas.requests import LlmRequest
from schemas.topics import COMPLETIONS, REQUESTS, dead_letter_topic
from schemas.values import Message
from services.gateway.domain.restore import restored_output
from streaming.brokers.kafka.broker import KafkaBroker
from streaming.brokers.port import Broker
from streaming.brokers.records import OutboundRecord, Record
from streaming.errors import BadEventError, DependencyDownError
from streaming.events.dead_letters import source_of
from streaming.process import unique_client_id
from streaming.seal.content import open_pseudonyms, sealed_request
from streaming.seal.seal import Sealer

SOURCE = "client"
POLL_S = 1.0
RETRY_S = 1.0
MAX_RECORDS = 500

OffsetKey = tuple[int, int]
"""Partition and offset of a request on `llm.requests`."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a request ended; `text` is the answer with values restored outside links, None without one."""

    completion: Completion
    text: str | None


class WeirClient:
    """Publishes requests of any tenant; `ask` waits for the outcome, `submit` for the acknowledgement."""

    def __init__(self, bootstrap: str, *, seal_key: str, broker: Broker | None = None) -> None:
        """`seal_key` is the one of the services, in the form that `weir seal-key` prints."""
        self._broker: Broker = broker or KafkaBroker(bootstrap, client_id=unique_client_id(SOURCE))
        self._sealer = Sealer.from_text(seal_key)
        self._pending: dict[OffsetKey, asyncio.Future[Record]] = {}
        self._early: dict[OffsetKey, Record] = {}
        self._partition_counter = count()
        self._partitions = 1
        self._following = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Connect, and follow the outcome topics before the first request can be published."""
        await self._broker.__aenter__()
        self._partitions = await self._broker.reader.partitions(REQUESTS.name)
        self._task = asyncio.create_task(self._follow())
        await self._following.wait()
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Stop following and disconnect."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._broker.__aexit__(None, None, None)

    async def submit(
        self,
        *,
        tenant: str,
        model: str,
        messages: Sequence[Message],
        **fields: Any,  # noqa: ANN401 - fields of LlmRequest, which validates them
    ) -> OffsetKey:
        """Publish a sealed request with `fields` of LlmRequest; returns its position on `llm.requests`."""
        now = datetime.now(UTC)
        fields["request_id"] = fields.get("request_id") or f"req_{uuid4().hex}"
        request = sealed_request(
            self._sealer, LlmRequest(tenant=tenant, model=model, messages=tuple(messages), **fields), now
        )
        encoded = encode(request, event_id=uuid4(), source=SOURCE, time=now)
        partition = next(self._partition_counter) % self._partitions
        record = OutboundRecord(REQUESTS.name, encoded.key, encoded.value, encoded.headers, partition)
        return partition, await (await self._broker.producer.send(record))

    async def ask(
        self,
        *,
        tenant: str,
        model: str,
        messages: Sequence[Message],
        timeout_s: float = 120.0,
        **fields: Any,  # noqa: ANN401 - fields of LlmRequest, which validates them
    ) -> Outcome:
        """Publish a request and wait for its outcome.

        Raises TimeoutError, or BadEventError with the reason if the request became a dead letter.
        """
        position = await self.submit(tenant=tenant, model=model, messages=messages, **fields)
        record = self._early.pop(position, None)
        if record is None:
            arrival: asyncio.Future[Record] = asyncio.get_running_loop().create_future()
            self._pending[position] = arrival
            try:
                async with asyncio.timeout(timeout_s):
                    record = await arrival
            finally:
                self._pending.pop(position, None)
        return self._outcome(record)

    def _outcome(self, record: Record) -> Outcome:
        if record.topic != COMPLETIONS.name:
            reason, message = (record.header(name) or b"" for name in ("weir-reason", "weir-error"))
            raise BadEventError(reason.decode("utf-8", "replace"), message.decode("utf-8", "replace"))
        completion = decode(record.topic, record.value, record.headers)
        if not isinstance(completion, Completion):
            raise BadEventError("unexpected_event", f"{type(completion).__name__} on {record.topic}")
        return Outcome(completion, self._restored(completion))

    def _restored(self, completion: Completion) -> str | None:
        if completion.output is None or completion.pseudonyms is None:
            return completion.output
        values = open_pseudonyms(
            self._sealer, completion.request.tenant, completion.request.record_id, completion.pseudonyms
        )
        return restored_output(completion, values)

    async def _follow(self) -> None:
        topics = [COMPLETIONS.name, dead_letter_topic(REQUESTS.name)]
        while True:
            try:
                async with self._broker.follow(topics, start="end") as follower:
                    self._following.set()
                    while True:
                        for record in await follower.poll(max_records=MAX_RECORDS, timeout_s=POLL_S):
                            self._deliver(record)
            except DependencyDownError:
                await asyncio.sleep(RETRY_S)

    def _deliver(self, record: Record) -> None:
        position = _request_position(record)
        if position is None:
            return
        arrival = self._pending.get(position)
        if arrival is not None and not arrival.done():
            arrival.set_result(record)
        elif arrival is None:
            self._early[position] = record
            while len(self._early) > MAX_RECORDS:
                del self._early[next(iter(self._early))]


def _request_position(record: Record) -> OffsetKey | None:
    """The position of the request that a completion or dead letter belongs to; None if it names none."""
    if record.topic != COMPLETIONS.name:
        source = source_of(record)
        return source[1:] if source is not None else None
    try:
        completion = decode(record.topic, record.value, record.headers)
    except InvalidEventError:
        return None
    if not isinstance(completion, Completion):
        return None
    return completion.request.source.partition, completion.request.source.offset
