"""The ledger loop: the log of decisions is the state; each decision is one record, and the first with its id wins.

Why nothing is lost or doubled: a decision is folded when it is made and read back from the log after a crash, so an input that is met
again finds its decision; an offset that is not the next one tells of another writer, and the lane is rebuilt from the log.
"""

import asyncio
import logging
import time
from collections import Counter as Counts
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from schemas.event import Event
from schemas.topics import TOPIC_OF
from streaming.broker import Broker
from streaming.errors import BadEventError, StopServiceError
from streaming.handling import Decision, Incoming, State
from streaming.intake import Breaker, Rejection, incoming_of, note_failure
from streaming.lanes import GroupRunner, Lane, Membership, same_number
from streaming.lease import Lease
from streaming.metrics import BATCH_SECONDS, FOLDED, HOP_SECONDS, RECORDS_IN, UNFOLDED
from streaming.owned_log import OwnedLog, check_size
from streaming.progress import Progress, resume_offset
from streaming.publishing import Origin, Publisher, acknowledged
from streaming.records import Commit, OutboundRecord, Record, TopicPartition
from streaming.seal import Sealer
from streaming.snapshots import Snapshots

log = logging.getLogger(__name__)

MAX_BATCH = 500
MAX_WAITING = 3
POLL_S = 0.2
ON_THE_WAY_S = 0.01
TICK_EVERY_S = 1.0
READ_BACK = 5_000
# A snapshot of many accounts takes its time: at most one part in so many of it.
SNAPSHOT_PAUSE = 20

Decide = Callable[[Any, Incoming[Any]], Decision | None]
Tick = Callable[[Any, datetime], Sequence[Decision]]


@dataclass(frozen=True, slots=True)
class Ledger:
    """A loop with one writer for each partition, whose state is a fold over its own output topics.

    All inputs and outputs have the same partition count, and are keyed alike.
    """

    group: str
    decide: Mapping[type[Any], Decide]
    tick: Tick
    outputs: tuple[type[Event], ...]
    new_state: Callable[[], State]
    sealer: Sealer
    client_id: str
    snapshot_every_s: float = 60.0

    @property
    def topics(self) -> tuple[str, ...]:
        """The input topics."""
        return tuple(sorted({TOPIC_OF[kind].name for kind in self.decide}))

    @property
    def output_topics(self) -> tuple[str, ...]:
        """The topics that hold the decisions."""
        return tuple(sorted({TOPIC_OF[kind].name for kind in self.outputs}))

    async def run(self, broker: Broker, lease: Lease, stop: asyncio.Event) -> None:
        """Work until stopped."""
        publisher = Publisher(broker.producer, group=self.group, sealer=self.sealer)
        breaker = Breaker()

        async def work(lane: Lane) -> None:
            await _LedgerLane(self, broker, publisher, breaker, lane).run()

        membership = Membership(self.group, self.topics, self.client_id, lanes=same_number(len(self.topics)))
        await GroupRunner(membership, work, lease).run(broker, stop)


class _LedgerLane:
    """One partition number of all inputs and outputs."""

    def __init__(self, ledger: Ledger, broker: Broker, publisher: Publisher, breaker: Breaker, lane: Lane) -> None:
        self._ledger = ledger
        self._broker = broker
        self._publisher = publisher
        self._breaker = breaker
        self._lane = lane
        self._state = ledger.new_state()
        self._log = OwnedLog(publisher, lane)
        self._progress = Progress(lane)
        self._metrics = _Metrics(ledger.group)
        self._snapshots = Snapshots(broker, publisher, lane.lease, (ledger.group, lane.partition))
        self._ticked_at = self._snapshot_at = time.monotonic()
        self._snapshot_pause_s = ledger.snapshot_every_s
        self._has_changed = False

    async def run(self) -> None:
        await self._rebuild()
        for place in self._lane.places:
            start, _ = await resume_offset(self._lane, self._broker.reader, place)
            self._lane.consumer.seek(place, start)
        try:
            while not self._lane.stopping.is_set():
                await self._turn()
            await self._log.acknowledge(0)
            await self._progress.commit()
        finally:
            await self._log.settle()

    async def _turn(self) -> None:
        """Decide what has come while the last batches are on their way to the log."""
        patience_s = ON_THE_WAY_S if self._log.is_waiting else POLL_S
        records = await self._lane.consumer.poll(self._lane.places, max_records=MAX_BATCH, timeout_s=patience_s)
        self._lane.lease.check()
        if records:
            await self._batch(records)
        await self._tick_when_due()
        await self._log.acknowledge(MAX_WAITING)
        await self._progress.commit_when_due()
        await self._snapshot_when_due()

    async def _rebuild(self) -> None:
        started, folded = time.monotonic(), 0
        begin = await self._snapshots.load_into(self._state)
        for topic in self._ledger.output_topics:
            place = TopicPartition(topic, self._lane.partition)
            end = await self._broker.reader.end(place)
            start = await self._first_to_fold(place, begin.get(topic, 0))
            for low in range(start, end, READ_BACK):
                for record in await self._broker.reader.read(place, low, min(low + READ_BACK, end)):
                    incoming = incoming_of(record)
                    self._state.fold(incoming.event, incoming.event_id)
                    folded += 1
                await asyncio.sleep(0)
            self._log.begin(topic, end)
        FOLDED.labels(self._ledger.group).inc(folded)
        facts = {"group": self._ledger.group, "partition": self._lane.partition, "folded": folded}
        log.info("rebuilt", extra={**facts, "seconds": round(time.monotonic() - started, 3)})

    async def _first_to_fold(self, place: TopicPartition, wanted: int) -> int:
        beginning = await self._broker.reader.beginning(place)
        if beginning > wanted:
            UNFOLDED.labels(self._ledger.group, place.topic).inc(beginning - wanted)
            facts = {"group": self._ledger.group, "topic": place.topic, "partition": place.partition, "first": wanted, "last": beginning - 1}
            log.error("decisions are gone that no snapshot holds: the state lacks them", extra=facts)
        return max(wanted, beginning)

    async def _batch(self, records: Sequence[Record]) -> None:
        started = time.time()
        decided: list[OutboundRecord] = []
        for record in records:
            try:
                decision = self._decide(record)
            except Rejection as rejection:
                await acknowledged([await self._publisher.send_dead_letter(record, rejection.reason, str(rejection))])
                continue
            if decision is not None:
                decided.append(decision)
        self._metrics.taken(records)

        def done(at: float) -> None:
            self._progress.done({record.place: Commit(record.offset + 1) for record in records})
            self._metrics.done(records, started, at)

        await self._log.append(decided, done)

    def _decide(self, record: Record) -> OutboundRecord | None:
        incoming = incoming_of(record)
        decide = self._ledger.decide.get(type(incoming.event))
        if decide is None:
            msg = f"{type(incoming.event).__name__} is not decided here"
            raise Rejection("unhandled_event", msg)
        try:
            decision = decide(self._state, incoming)
        except BadEventError as error:
            raise Rejection(error.reason, str(error)) from error
        except StopServiceError:
            raise
        except Exception as error:  # a decision is pure: trying again would fail again, so it is a dead letter and the breaker watches
            note_failure(error, record, self._ledger.group)
            self._breaker.failed(error)
            raise Rejection("unexpected_error", f"{type(error).__name__} in {self._ledger.group}") from error
        self._breaker.passed()
        return self._taken(decision, Origin(incoming.event_id, record)) if decision is not None else None

    def _taken(self, decision: Decision, origin: Origin | None) -> OutboundRecord:
        """Fold a decision and give its record; what no log would take is not folded."""
        record = self._publisher.outbound(decision.event, decision.event_id, origin, self._lane.partition)
        check_size(record)
        self._state.fold(decision.event, decision.event_id)
        self._has_changed = True
        return record

    async def _tick_when_due(self) -> None:
        if time.monotonic() - self._ticked_at < TICK_EVERY_S:
            return
        self._ticked_at = time.monotonic()
        decisions = self._ledger.tick(self._state, datetime.now(UTC))
        if decisions:
            await self._log.append([self._taken(decision, None) for decision in decisions], _nothing)

    async def _snapshot_when_due(self) -> None:
        started = time.monotonic()
        if not self._has_changed or started - self._snapshot_at < self._snapshot_pause_s:
            return
        await self._log.acknowledge(0)
        self._has_changed = False
        await self._snapshots.write(self._state, self._log.folded)
        self._snapshot_at = time.monotonic()
        self._snapshot_pause_s = max(self._ledger.snapshot_every_s, SNAPSHOT_PAUSE * (self._snapshot_at - started))


class _Metrics:
    """A group's metrics with their labels looked up once."""

    def __init__(self, group: str) -> None:
        self._group = group
        self._hop, self._batch = HOP_SECONDS.labels(group), BATCH_SECONDS.labels(group)

    def taken(self, records: Sequence[Record]) -> None:
        for topic, count in Counts(record.topic for record in records).items():
            RECORDS_IN.labels(self._group, topic).inc(count)

    def done(self, records: Sequence[Record], started: float, at: float) -> None:
        self._batch.observe(max(0.0, at - started))
        for record in records:
            self._hop.observe(max(0.0, at - record.timestamp_ms / 1000))


def _nothing(at: float) -> None:
    """What follows from the acknowledgement of a tick."""
    del at
