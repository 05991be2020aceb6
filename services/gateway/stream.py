"""The gateway's side of the stream: publishes, follows the endings, and knows whether both work right now."""

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
from services.gateway.domain.outcomes import RequestPosition
from services.gateway.domain.stream_lag import StreamLag
from services.gateway.metrics import HELD, LAG, READY
from services.gateway.outcomes.follow import OutcomeWaiters
from services.gateway.stream_lag import OUTCOME_TOPICS, PipelineLag
from streaming.brokers.port import Broker
from streaming.brokers.records import OutboundRecord, TopicPartition
from streaming.errors import BrokerDownError, StreamingError

log = logging.getLogger(__name__)

SOURCE = "gateway"
RETRY_S = 1.0
MEASURE_INTERVAL_S = 2.0
PULSE_TIMEOUT_S = 10.0
POLL_S = 1.0
CATCH_UP_RECORDS = 500
CLOSE_S = 2.0


class FollowedTable(Protocol):
    """A table that follows its topic for ever."""

    async def keep(self, broker: Broker) -> None:
        """Follow until cancelled."""
        ...


class GatewayStream:
    """One connection to the log: no request is published before its outcome would be heard."""

    def __init__(
        self,
        broker: Broker,
        outcomes: OutcomeWaiters,
        tables: Sequence[FollowedTable],
        address: str,
        ack_timeout_s: float,
    ) -> None:
        """`address` is where the log is looked for, as errors say it."""
        self._broker = broker
        self._outcomes = outcomes
        self._tables = tables
        self._address = address
        self._ack_timeout_s = ack_timeout_s
        self._turns = count()
        self._partitions = 0
        self._is_following = False
        self._down: str | None = f"Kafka at {address} is not connected yet"
        self._delay = StreamLag()
        self._next: dict[TopicPartition, int] = {}

    @property
    def problems(self) -> Sequence[str]:
        """Why nothing can be published now; empty where all is well."""
        waiting = [] if self._is_following else ["the completions follower has not caught up"]
        return [*([self._down] if self._down else []), *waiting]

    def delay(self) -> StreamLag:
        """How late the stream was when it was last measured."""
        return self._delay

    async def publish(self, request: Event) -> RequestPosition:
        """Append to `llm.requests` and return once it is acknowledged; raises BrokerDownError or RecordTooLargeError."""
        partition = next(self._turns) % max(1, self._partitions)
        return RequestPosition(partition, await self._append(request, partition))

    async def send(self, event: Event) -> None:
        """Append any other event; as `publish`."""
        await self._append(event, None)

    async def completion_at(self, partition: int, offset: int) -> Completion | None:
        """The outcome at a place of `llm.completions`; None where the log has let it go."""
        async with self._answering():
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
        """Connect, then follow and measure for ever; an outage only makes the gateway refuse until it is over."""
        await self._connect()
        try:
            await asyncio.gather(
                self._follow_for_ever(),
                self._measure_for_ever(),
                *(self._keep_for_ever(table) for table in self._tables),
            )
        finally:
            self._is_following = False
            try:
                async with asyncio.timeout(CLOSE_S):
                    await self._broker.__aexit__(None, None, None)
            except TimeoutError:
                log.warning("the connection to Kafka did not close in time")

    async def _append(self, event: Event, partition: int | None) -> int:
        encoded = encode(event, event_id=uuid4(), source=SOURCE, time=datetime.now(UTC))
        record = OutboundRecord(
            TOPIC_OF[type(event)].name, encoded.key, encoded.value, encoded.headers, partition
        )
        async with self._answering():
            return await (await self._broker.producer.send(record))

    @asynccontextmanager
    async def _answering(self) -> AsyncGenerator[None, None]:
        """A bounded time for the log to answer, after which it counts as down."""
        try:
            async with asyncio.timeout(self._ack_timeout_s):
                yield
        except TimeoutError as error:
            raise BrokerDownError(
                f"Kafka does not answer at {self._address} within {self._ack_timeout_s:.0f} s"
            ) from error

    async def _connect(self) -> None:
        while True:
            try:
                await self._broker.__aenter__()
            except StreamingError as error:
                self._note_down(error)
                await asyncio.sleep(RETRY_S)
            else:
                return

    async def _follow_for_ever(self) -> None:
        while True:
            try:
                await self._follow()
            except StreamingError as error:
                self._note_down(error)
            finally:
                self._is_following = False
            await asyncio.sleep(RETRY_S)

    async def _follow(self) -> None:
        async with self._broker.follow(OUTCOME_TOPICS, start="end") as follower:
            self._partitions = await self._broker.reader.partitions(REQUESTS.name)
            await self._catch_up()
            self._is_following, self._down = True, None
            while True:
                for record in await follower.poll(max_records=CATCH_UP_RECORDS, timeout_s=POLL_S):
                    self._outcomes.consume(record)
                    self._next[record.topic_partition] = record.offset + 1

    async def _catch_up(self) -> None:
        """Read what was appended while no follower was open; the first one starts at the end, since nobody waits yet."""
        reader = self._broker.reader
        for topic in OUTCOME_TOPICS:
            for number in range(await reader.partitions(topic)):
                place = TopicPartition(topic, number)
                end = await reader.end(place)
                for start in range(self._next.get(place, end), end, CATCH_UP_RECORDS):
                    for record in await reader.read(place, start, min(start + CATCH_UP_RECORDS, end)):
                        self._outcomes.consume(record)
                self._next[place] = end

    async def _measure_for_ever(self) -> None:
        lateness = PipelineLag(self._broker)
        while True:
            try:
                async with asyncio.timeout(PULSE_TIMEOUT_S):
                    self._delay = await lateness.measure()
                self._down = None
            except TimeoutError:
                self._note_down(
                    BrokerDownError(
                        f"Kafka does not answer at {self._address} within {PULSE_TIMEOUT_S:.0f} s"
                    )
                )
            except StreamingError as error:
                self._note_down(error)
            LAG.set(self._delay.seconds)
            HELD.set(self._delay.held_s)
            READY.set(0 if self.problems else 1)
            await asyncio.sleep(MEASURE_INTERVAL_S)

    async def _keep_for_ever(self, table: FollowedTable) -> None:
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
