"""Progress: what is committed is finished, an orderly end says so, and no record is left named by mistake."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from streaming.brokers.memory.broker import MemoryBroker
from streaming.brokers.records import CommittedOffset, TopicPartition
from streaming.errors import BrokerDownError, LeaseLostError
from streaming.partitions import progress
from streaming.partitions.commit_envelope import CommitMetadata, read_envelope
from streaming.partitions.lease import Lease
from streaming.partitions.permits import permit_held
from streaming.partitions.progress import OffsetCommitter, ResumePoint, commit_if_time_allows
from streaming.partitions.workers import WorkerAssignment
from tests.streaming.brokers.membership import Membership, put

GROUP, PARTITION = "guard", TopicPartition("t", 0)


@pytest.fixture
async def broker() -> MemoryBroker:
    made = MemoryBroker()
    await made.admin.create_topics({PARTITION.topic: (1, {})})
    await put(made, PARTITION.topic, *(b"v" for _ in range(10)))
    return made


@asynccontextmanager
async def owned(broker: MemoryBroker, lease: Lease | None = None) -> AsyncGenerator[OffsetCommitter]:
    async with Membership(broker, GROUP, [PARTITION.topic], "one").joining as consumer:
        yield OffsetCommitter(WorkerAssignment(consumer, (PARTITION,), lease or Lease(60)), 4, 3)


async def committed(broker: MemoryBroker) -> tuple[int, CommitMetadata] | None:
    offset = (await broker.admin.group_offsets(GROUP)).get(PARTITION)
    return (offset.offset, read_envelope(offset.metadata)) if offset is not None else None


async def left(broker: MemoryBroker, offset: int, envelope: CommitMetadata) -> None:
    """Commit as a former process did."""
    async with Membership(broker, GROUP, [PARTITION.topic], "dead").joining as consumer:
        await consumer.commit({PARTITION: CommittedOffset(offset, envelope.to_metadata())})


async def test_without_a_commit_a_partition_is_read_from_where_the_log_begins(broker: MemoryBroker) -> None:
    await broker.admin.delete_before({PARTITION: 4})

    async with owned(broker) as committing:
        point = await committing.resume(broker.reader, PARTITION)

    assert point == ResumePoint(start=4, committed=0, loop="")


@pytest.mark.parametrize(
    ("envelope", "suspects"),
    [
        (CommitMetadata(loop="mine"), []),
        (CommitMetadata(is_clean=False, writer="dead", loop="mine"), list(range(2, 10))),
    ],
)
async def test_only_an_unclean_end_leaves_suspects(
    broker: MemoryBroker, envelope: CommitMetadata, suspects: list[int]
) -> None:
    await left(broker, 2, envelope)

    async with owned(broker) as committing:
        point = await committing.resume(broker.reader, PARTITION)
        quarantine = committing.quarantine(PARTITION)

        assert point == ResumePoint(start=2, committed=2, loop="mine")
        assert [offset for offset in range(2, 12) if quarantine.is_suspect(offset)] == suspects


async def test_a_commit_is_unclean_until_the_orderly_end(broker: MemoryBroker) -> None:
    async with owned(broker) as committing:
        await committing.resume(broker.reader, PARTITION)
        await committing.open(1)
        opened = await committed(broker)
        committing.advance({PARTITION: CommittedOffset(3, "mine")})
        was_pending = not committing.is_committed
        await committing.close()

    assert opened is not None
    assert (opened[0], opened[1].is_clean) == (0, False)
    closed = await committed(broker)
    assert closed is not None
    assert (closed[0], closed[1].is_clean, closed[1].loop) == (3, True, "mine")
    assert was_pending


async def test_a_commit_is_due_after_a_number_of_records(broker: MemoryBroker) -> None:
    async with owned(broker) as committing:
        await committing.resume(broker.reader, PARTITION)
        written: list[bool] = []
        for finished in range(1, 6):
            await committing.open(1)
            committing.advance({PARTITION: CommittedOffset(finished)})
            written.append(await committing.commit_when_due())

    assert written == [False, False, False, True, False]


async def test_a_commit_is_due_after_a_while(broker: MemoryBroker, monkeypatch: pytest.MonkeyPatch) -> None:
    async with owned(broker) as committing:
        await committing.resume(broker.reader, PARTITION)
        await committing.open(1)
        nothing_to_write = await committing.commit_when_due()
        committing.advance({PARTITION: CommittedOffset(1)})
        monkeypatch.setattr(progress, "COMMIT_EVERY_S", 0.0)

        assert (nothing_to_write, await committing.commit_when_due()) == (False, True)
        assert committing.is_committed


async def test_what_was_started_is_named_only_beyond_the_committed_offset(broker: MemoryBroker) -> None:
    async with owned(broker) as committing:
        await committing.resume(broker.reader, PARTITION)
        committing.note_started(PARTITION, 5)
        await committing.commit()
        ahead = await committed(broker)
        committing.advance({PARTITION: CommittedOffset(5)})
        await committing.commit()
        done = await committed(broker)

    assert (ahead and ahead[1].started_until, done and done[1].started_until) == (5, None)


async def test_a_suspect_is_named_while_it_is_handled_and_not_after_it(broker: MemoryBroker) -> None:
    await left(broker, 2, CommitMetadata(is_clean=False, writer="dead"))
    async with owned(broker) as committing:
        await committing.resume(broker.reader, PARTITION)
        await committing.open(1)
        async with permit_held(committing.permit(PARTITION, 2)):
            during = await committed(broker)
        committing.note_finished(PARTITION, 2)
        await committing.commit_when_due()
        after = await committed(broker)

    assert (during and during[1].alone, after and after[1].alone) == (2, None)


async def test_a_worker_that_is_interrupted_clears_the_name_and_gives_none_any_more(
    broker: MemoryBroker,
) -> None:
    await left(broker, 2, CommitMetadata(is_clean=False, writer="dead"))
    async with owned(broker) as committing:
        await committing.resume(broker.reader, PARTITION)
        await committing.open(1)
        async with permit_held(committing.permit(PARTITION, 2)):
            await committing.interrupt()
            interrupted = await committed(broker)
        async with permit_held(committing.permit(PARTITION, 3)):
            later = await committed(broker)

    assert interrupted is not None
    assert (interrupted[1].alone, interrupted[1].is_clean) == (None, False)
    assert later == interrupted


async def test_a_commit_that_failed_is_offered_again(broker: MemoryBroker) -> None:
    async with owned(broker) as committing:
        await committing.resume(broker.reader, PARTITION)
        committing.advance({PARTITION: CommittedOffset(3)})
        broker.go_down()
        with pytest.raises(BrokerDownError):
            await committing.commit()
        broker.go_up()

        was_committed = committing.is_committed
        assert await committing.commit()

    assert not was_committed
    assert (await committed(broker) or (None,))[0] == 3


async def test_a_process_that_lost_its_lease_commits_nothing(broker: MemoryBroker) -> None:
    now = [0.0]
    lease = Lease(10, clock=lambda: now[0])
    async with owned(broker, lease) as committing:
        await committing.resume(broker.reader, PARTITION)
        committing.advance({PARTITION: CommittedOffset(3)})
        now[0] = 11.0

        for write in (committing.commit, committing.close):
            with pytest.raises(LeaseLostError):
                await write()

    assert await committed(broker) is None


async def test_a_last_commit_may_fail_or_last_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "FINAL_COMMIT_TIMEOUT_S", 0.01)

    async def fails() -> Any:
        raise BrokerDownError("gone")

    async def lasts() -> None:
        await asyncio.sleep(60)

    await commit_if_time_allows(fails)
    await commit_if_time_allows(lasts)
