"""The gateway's connection to Kafka: publishes events, follows outcomes, measures the lag, reconnects."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from itertools import count
from typing import Protocol
from uuid import uuid4

from schemas.cloudevents import InvalidEventError, decode, encode
from schemas.event import Event
from schemas.outcomes import Completion
from schemas.topics import COMPLETIONS, REQUESTS, TOPIC_OF
from services.gateway.domain.overload import StreamLag
from services.gateway.metrics import HELD, LAG, READY
from services.gateway.outcomes.follow import OutcomeFollower
from services.gateway.outcomes.outcome import RequestPosition
from services.gateway.stream_lag import PipelineLag
from streaming.brokers.port import Broker
from streaming.brokers.records import OutboundRecord, TopicPartition
from streaming.errors import BrokerDownError, StreamingError

log = logging.getLogger(__name__)

SOURCE = "gateway"
RETRY_S = 1.0
MEASURE_INTERVAL_S = 2.0
MEASURE_TIMEOUT_S = 10.0
CLOSE_TIMEOUT_S = 2.0


class FollowedTable(Protocol):
    """A table of the newest documents of a compacted topic."""

    async def keep(self, broker: Broker) -> None:
        """Follow the topic until cancelled."""
        ...


class GatewayStream:
    """Reports problems until it follows outcomes, so that no outcome of a published request is missed."""

    def __init__(
        self,
        broker: Broker,
        follower: OutcomeFollower,
        tables: Sequence[FollowedTable],
        address: str,
        ack_timeout_s: float,
    ) -> None:
        """`address` is Kafka's address as error messages name it."""
        self._broker = broker
        self._follower = follower
        self._tables = tables
        self._address = address
        self._ack_timeout_s = ack_timeout_s
        self._published = count()
        self._partitions = 0
        self._is_following = False
        self._down: str | None = f"Kafka at {address} is not connected yet"
        self._lag = StreamLag()

    @property
    def problems(self) -> Sequence[str]:
        """Why nothing can be published now; empty if nothing is wrong."""
        waiting = [] if self._is_following else ["the completions follower has not caught up"]
        return [*([self._down] if self._down else []), *waiting]

    def lag(self) -> StreamLag:
        """The lag of the stream when it was last measured."""
        return self._lag

    async def publish(self, request: Event) -> RequestPosition:
        """Append to `llm.requests`, one partition after the other, and return once it is acknowledged.

        Raises BrokerDownError or RecordTooLargeError.
        """
        partition = next(self._published) % max(1, self._partitions)
        return RequestPosition(partition, await self._append(request, partition))

    async def send(self, event: Event) -> None:
        """Append any other event to its topic; raises like `publish`."""
        await self._append(event, None)

    async def completion_at(self, partition: int, offset: int) -> Completion | None:
        """The outcome at an offset of `llm.completions`; None if it was deleted or is not a valid outcome."""
        async with self._bounded_wait():
            records = await self._broker.reader.read(
                TopicPartition(COMPLETIONS.name, partition), offset, offset + 1
            )
        for record in records:
            try:
                event = decode(record.topic, record.value, record.headers)
            except InvalidEventError:
                return None
            return event if isinstance(event, Completion) else None
        return None

    async def run(self) -> None:
        """Connect, then follow and measure until cancelled; during an outage the gateway refuses calls."""
        await self._connect()
        try:
            await asyncio.gather(
                self._follow_until_cancelled(),
                self._measure_until_cancelled(),
                *(self._keep_table_until_cancelled(table) for table in self._tables),
            )
        finally:
            self._is_following = False
            try:
                async with asyncio.timeout(CLOSE_TIMEOUT_S):
                    await self._broker.__aexit__(None, None, None)
            except TimeoutError:
                log.warning("the connection to Kafka did not close in time")

    async def _append(self, event: Event, partition: int | None) -> int:
        encoded = encode(event, event_id=uuid4(), source=SOURCE, time=datetime.now(UTC))
        record = OutboundRecord(
            TOPIC_OF[type(event)].name, encoded.key, encoded.value, encoded.headers, partition
        )
        async with self._bounded_wait():
            return await (await self._broker.producer.send(record))

    @asynccontextmanager
    async def _bounded_wait(self) -> AsyncGenerator[None, None]:
        """Limit the time that Kafka has to answer; raises BrokerDownError."""
        try:
            async with asyncio.timeout(self._ack_timeout_s):
                yield
        except TimeoutError as error:
            raise self._no_answer(self._ack_timeout_s) from error

    def _no_answer(self, timeout_s: float) -> BrokerDownError:
        return BrokerDownError(f"Kafka does not answer at {self._address} within {timeout_s:.0f} s")

    async def _connect(self) -> None:
        while True:
            try:
                await self._broker.__aenter__()
            except StreamingError as error:
                self._note_down(error)
                await asyncio.sleep(RETRY_S)
            else:
                return

    async def _follow_until_cancelled(self) -> None:
        while True:
            try:
                await self._follow()
            except StreamingError as error:
                self._note_down(error)
            finally:
                self._is_following = False
            await asyncio.sleep(RETRY_S)

    async def _follow(self) -> None:
        async with self._follower.caught_up() as follow:
            self._partitions = await self._broker.reader.partitions(REQUESTS.name)
            self._is_following, self._down = True, None
            await follow()

    async def _measure_until_cancelled(self) -> None:
        lag = PipelineLag(self._broker)
        while True:
            try:
                async with asyncio.timeout(MEASURE_TIMEOUT_S):
                    self._lag = await lag.measure()
                self._down = None
            except TimeoutError:
                self._note_down(self._no_answer(MEASURE_TIMEOUT_S))
            except StreamingError as error:
                self._note_down(error)
            LAG.set(self._lag.seconds)
            HELD.set(self._lag.held_s)
            READY.set(0 if self.problems else 1)
            await asyncio.sleep(MEASURE_INTERVAL_S)

    async def _keep_table_until_cancelled(self, table: FollowedTable) -> None:
        while True:
            try:
                await table.keep(self._broker)
            except StreamingError as error:
                log.warning("waiting", extra={"because": str(error)})
            await asyncio.sleep(RETRY_S)

    def _note_down(self, error: Exception) -> None:
        if self._down != str(error):
            log.warning("waiting", extra={"because": str(error)})
        self._down = str(error)
