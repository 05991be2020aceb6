"""The ledger loop: the log of decisions is the state; each decision is one record, and the first with its id wins.

Why nothing is lost or doubled: a decision is folded when it is made and read back from the log after a crash, so an input that is met
again finds its decision; an offset that is not the next one tells of another writer, and the lane is rebuilt from the log.
"""

import asyncio
import logging
import time
from collections import Counter as Counts
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any

from schemas.event import Event
from schemas.topics import TOPIC_OF
from streaming.brokers.port import Broker
from streaming.brokers.records import Commit, OutboundRecord, Record, TopicPartition
from streaming.events.event_processing import Intake, Rejection, event_id_of, event_in, note_failure
from streaming.events.publishing import Origin, Publisher
from streaming.events.rejecting import Rejected, Rejecting
from streaming.handling import Decision, Incoming, State, Unhandled
from streaming.loops.owned_log import OwnedLog, check_size
from streaming.metrics import BATCH_SECONDS, FOLDED, HOP_SECONDS, RECORDS_IN, UNFOLDED
from streaming.partitions.lease import Lease
from streaming.partitions.progress import Progress
from streaming.partitions.quarantine import POISON_DEATHS, poison, trials
from streaming.partitions.turns import holding
from streaming.partitions.workers import GroupRunner, Lane, Membership, same_number
from streaming.seal.seal import Sealer
from streaming.state.snapshots import Snapshots

log = logging.getLogger(__name__)

MAX_BATCH = 500
MAX_WAITING = 3
COMMIT_EVERY = 1_000
POLL_S = 0.2
ON_THE_WAY_S = 0.01
TICK_EVERY_S = 1.0
READ_BACK = 5_000
# A snapshot of many accounts takes its time: at most one part in so many of it.
SNAPSHOT_PAUSE = 20

Decide = Callable[[Any, Incoming[Any]], Decision | None]
Tick = Callable[[Any, datetime], Sequence[Decision]]
Close = Callable[[Any, Unhandled], Decision | None]


@dataclass(frozen=True, slots=True)
class Ledger:
    """A loop with one writer for each partition, whose state is a fold over its own output topics.

    All inputs and outputs have the same partition count, and are keyed alike. `closing` says by input topic which decision ends the
    request of a record that becomes a dead letter.
    """

    group: str
    decide: Mapping[type[Any], Decide]
    tick: Tick
    outputs: tuple[type[Event], ...]
    new_state: Callable[[], State]
    sealer: Sealer
    client_id: str
    snapshot_every_s: float = 60.0
    closing: Mapping[str, Close] = field(default_factory=dict[str, Close])

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
        intake = Intake(self.group)

        async def work(lane: Lane) -> None:
            await _LedgerLane(self, broker, publisher, intake, lane).run()

        membership = Membership(self.group, self.topics, self.client_id, lanes=same_number(len(self.topics)))
        await GroupRunner(membership, work, lease).run(broker, stop)


class _LedgerLane:
    """One partition number of all inputs and outputs."""

    def __init__(self, ledger: Ledger, broker: Broker, publisher: Publisher, intake: Intake, lane: Lane) -> None:
        self._ledger = ledger
        self._broker = broker
        self._publisher = publisher
        self._intake = intake
        self._lane = lane
        self._state = ledger.new_state()
        self._log = OwnedLog(publisher, lane, broker.reader)
        self._progress = Progress(lane, COMMIT_EVERY, COMMIT_EVERY + (MAX_WAITING + 2) * MAX_BATCH)
        closing = {topic: partial(close, self._state) for topic, close in ledger.closing.items()}
        self._rejecting: Rejecting[Decision] = Rejecting(publisher, ledger.group, closing)
        self._metrics = _Metrics(ledger.group)
        self._snapshots = Snapshots(broker, publisher, lane.lease, (ledger.group, lane.partition))
        self._ticked_at = self._snapshot_at = time.monotonic()
        self._snapshot_pause_s = ledger.snapshot_every_s
        self._has_changed = False

    async def run(self) -> None:
        await self._rebuild()
        for place in self._lane.places:
            resumed = await self._progress.resume(self._broker.reader, place)
            self._lane.consumer.seek(place, resumed.start)
        try:
            while not self._lane.stopping.is_set():
                await self._turn()
            await self._log.acknowledge(0)
            await self._progress.close()
        except (Exception, asyncio.CancelledError):
            await self._progress.break_off()
            raise
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
        places = [TopicPartition(topic, self._lane.partition) for topic in self._ledger.output_topics]
        ends = {place.topic: await self._broker.reader.end(place) for place in places}
        begin = await self._snapshots.load_into(self._state, ends)
        for place in places:
            topic, end = place.topic, await self._broker.reader.end(place)
            start = await self._first_to_fold(place, begin.get(topic, 0))
            for low in range(start, end, READ_BACK):
                for record in await self._broker.reader.read(place, low, min(low + READ_BACK, end)):
                    incoming = event_in(record)
                    if incoming is not None:
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
        await self._progress.open(len(records))
        decided: list[OutboundRecord] = []
        for together in trials(records, self._progress.quarantine):
            async with holding(self._progress.turn_of(together)):
                for record in together:
                    decided += await self._decided(record)
            for record in together:
                self._progress.passed(record.place, record.offset)
        self._metrics.taken(records)

        def done(at: float) -> None:
            self._progress.done({record.place: Commit(record.offset + 1) for record in records})
            self._metrics.done(records, started, at)

        await self._log.append(decided, done)

    async def _decided(self, record: Record) -> Sequence[OutboundRecord]:
        """What follows from a record: its decision, nothing, or what closes the request of a dead letter."""
        deaths = self._progress.quarantine(record.place).deaths(record.offset)
        event: Event | None = None
        try:
            if deaths > POISON_DEATHS:
                raise poison(deaths)
            incoming = self._intake.decoded(record)
            event = incoming.event
            if deaths == POISON_DEATHS:
                raise poison(deaths)
            return self._taken(self._intake.decide(incoming, self._decide))
        except Rejection as rejection:
            rejected = Rejected(record, rejection, event)
        if deaths > POISON_DEATHS:
            await Rejecting[Decision].without_closing(self._publisher, self._ledger.group).write_letter(rejected)
            return ()
        await self._rejecting.write_letter(rejected)
        return self._closed(rejected)

    def _closed(self, rejected: Rejected) -> Sequence[OutboundRecord]:
        decision = self._rejecting.closing(rejected)
        if decision is None:
            return ()
        try:
            return self._taken(self._written(decision, Origin(event_id_of(rejected.record), rejected.record)))
        except Rejection as rejection:
            note_failure(rejection, rejected.record, self._ledger.group)
            return ()

    def _decide(self, incoming: Incoming[Event]) -> "_Written | None":
        decide = self._ledger.decide.get(type(incoming.event))
        if decide is None:
            msg = f"{type(incoming.event).__name__} is not decided here"
            raise Rejection("unhandled_event", msg)
        decision = decide(self._state, incoming)
        return self._written(decision, Origin(incoming.event_id, incoming.record)) if decision is not None else None

    def _written(self, decision: Decision, origin: Origin | None) -> "_Written":
        """A decision as its record; raises Rejection for what no log would take."""
        record = self._publisher.outbound(decision.event, decision.event_id, origin, self._lane.partition)
        check_size(record)
        return _Written(decision, record)

    def _taken(self, written: "_Written | None") -> Sequence[OutboundRecord]:
        """Fold a decision and give its record."""
        if written is None:
            return ()
        self._state.fold(written.decision.event, written.decision.event_id)
        self._has_changed = True
        return (written.record,)

    async def _tick_when_due(self) -> None:
        if time.monotonic() - self._ticked_at < TICK_EVERY_S:
            return
        self._ticked_at = time.monotonic()
        decisions = self._ledger.tick(self._state, datetime.now(UTC))
        if decisions:
            await self._log.append([record for decision in decisions for record in self._ticked(decision)], _nothing)

    def _ticked(self, decision: Decision) -> Sequence[OutboundRecord]:
        try:
            return self._taken(self._written(decision, None))
        except Rejection as rejection:
            log.error("a decision is larger than its topic accepts", extra={"group": self._ledger.group, "because": str(rejection)})  # noqa: TRY400 - it says all
            return ()

    async def _snapshot_when_due(self) -> None:
        started = time.monotonic()
        if not self._has_changed or started - self._snapshot_at < self._snapshot_pause_s:
            return
        await self._log.acknowledge(0)
        self._has_changed = False
        await self._snapshots.write(self._state, self._log.folded)
        self._snapshot_at = time.monotonic()
        self._snapshot_pause_s = max(self._ledger.snapshot_every_s, SNAPSHOT_PAUSE * (self._snapshot_at - started))


@dataclass(frozen=True, slots=True)
class _Written:
    """A decision and its record."""

    decision: Decision
    record: OutboundRecord


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
