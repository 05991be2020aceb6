"""Runs of suspects: an end accuses one record at most, and a killer is found after four."""

import asyncio
from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streaming.brokers.records import Record
from streaming.partitions.commit_envelope import MAX_RANGES, CommitMetadata, joined, read_envelope
from streaming.partitions.permits import ExclusivePermit, ExecutionLock, ExecutionPermit, permit_held
from streaming.partitions.quarantine import MAX_RUN_RECORDS, POISON_DEATHS, Quarantine, runs_of

TOPIC = "llm.requests.screened"
METADATA_BYTES = 4_096
BATCH = 150


def records(partition: int, count: int) -> list[Record]:
    return [Record(TOPIC, partition, offset, 0, None, b"") for offset in range(count)]


def offsets(cut: Sequence[Sequence[Record]]) -> list[list[int]]:
    return [[record.offset for record in together] for together in cut]


def cut(quarantine: Quarantine, count: int) -> list[Sequence[Record]]:
    return list(runs_of(records(0, count), lambda _: quarantine))


async def nothing() -> None:
    return None


def after(envelope: CommitMetadata, until: int, limit: int = 10_000) -> Quarantine:
    return Quarantine(read_envelope(envelope.to_metadata()), ExecutionLock(), until, limit)


UNCLEAN = CommitMetadata(is_clean=False, writer="dead")


def test_suspects_are_cut_into_runs_and_what_is_none_stays_together() -> None:
    together = offsets(cut(after(UNCLEAN, until=MAX_RUN_RECORDS * 2 + 3), 500))

    assert [len(group) for group in together] == [
        MAX_RUN_RECORDS,
        MAX_RUN_RECORDS,
        3,
        500 - MAX_RUN_RECORDS * 2 - 3,
    ]
    assert [offset for group in together for offset in group] == list(range(500))


def test_no_more_are_in_runs_than_a_process_can_have_taken() -> None:
    quarantine = after(UNCLEAN, until=1_000, limit=MAX_RUN_RECORDS + 6)

    assert [len(group) for group in cut(quarantine, 200)] == [MAX_RUN_RECORDS, 6, 200 - MAX_RUN_RECORDS - 6]
    assert isinstance(quarantine.permit([MAX_RUN_RECORDS + 5], nothing), ExclusivePermit)
    assert not isinstance(quarantine.permit([MAX_RUN_RECORDS + 6], nothing), ExclusivePermit)


async def test_a_run_that_ended_its_process_counts_no_death_and_is_tried_singly_from_then_on() -> None:
    first = after(UNCLEAN, until=10)
    await first.permit([3, 5, 6], nothing).acquire()
    second = after(first.envelope(0, "", is_clean=False), until=10)
    third = after(second.envelope(0, "", is_clean=False), until=10)

    assert [third.deaths(offset) for offset in range(10)] == [0] * 10
    assert offsets(cut(third, 10)) == [[0, 1, 2], [3], [4], [5], [6], [7, 8, 9]]


async def test_what_has_passed_of_an_ended_run_is_tried_singly_no_more() -> None:
    first = after(UNCLEAN, until=4)
    await first.permit([0, 1, 2], nothing).acquire()
    second = after(first.envelope(0, "", is_clean=False), until=4)
    cut(second, 4)
    second.note_finished(0)
    assert second.envelope(0, "", is_clean=True).ended_runs == (range(1, 3),)
    for offset in (1, 2, 3):
        second.note_finished(offset)

    assert second.envelope(4, "", is_clean=True).is_clean


async def test_a_run_whose_records_are_gone_is_forgotten_behind_the_commit() -> None:
    envelope = CommitMetadata(is_clean=False, writer="dead", ended_runs=(range(2, 9), range(20, 30)))
    known = after(envelope, until=30)

    assert known.envelope(5, "", is_clean=True).ended_runs == (range(5, 9), range(20, 30))
    assert known.envelope(40, "", is_clean=True).is_clean


async def test_a_process_that_reads_its_own_run_has_not_ended() -> None:
    lock = ExecutionLock()
    own = CommitMetadata(is_clean=False, writer=lock.process, run=range(2, 5))

    assert not any(Quarantine(own, lock, 10, 10).is_suspect(offset) for offset in range(10))


async def test_a_process_of_the_version_before_sees_no_death_in_a_run() -> None:
    quarantine = after(UNCLEAN, until=10)
    await quarantine.permit([0, 1, 2], nothing).acquire()
    envelope = quarantine.envelope(0, "", is_clean=False)

    assert (envelope.is_clean, envelope.alone, envelope.deaths) == (False, None, {})
    assert '"v":2' in envelope.to_metadata()


@pytest.mark.parametrize("odd", ["1", '"x"', "[]", "[1]", "[3,3]", "[5,2]", '["a",2]', "[1,2,3]", "null"])
def test_an_odd_run_is_none(odd: str) -> None:
    read = read_envelope(f'{{"v":2,"run":{odd},"ended_runs":[{odd},[4,6]]}}')

    assert (read.run, read.ended_runs) == (None, (range(4, 6),))


def range_of(first: int, length: int) -> range:
    return range(first, first + length)


ranges = st.builds(range_of, st.integers(0, 2**62), st.integers(1, 5_000))
near = st.builds(range_of, st.integers(0, 300), st.integers(1, 9))


@given(st.lists(ranges | near, max_size=60), ranges)
def test_runs_read_back_lose_no_record_and_fit_into_a_commit(ended: list[range], run: range) -> None:
    deaths = {2**62 + offset: 1 for offset in range(100)}
    loop = "v1:4611686018427387904"
    envelope = CommitMetadata(False, "0123456789ab", None, deaths, loop, 2**62, run, joined(ended))

    read = read_envelope(envelope.to_metadata())

    assert read.run == run
    assert read.ended_runs == joined(ended)
    assert len(read.ended_runs) <= MAX_RANGES
    assert all(any(lost[0] in known and lost[-1] in known for known in read.ended_runs) for lost in ended)
    assert len(envelope.to_metadata()) < METADATA_BYTES


def test_more_runs_than_a_commit_holds_are_joined_where_they_are_nearest() -> None:
    ended = [range_of(100 * number, 64) for number in range(40)] + [range_of(2_070, 20)]

    known = joined(ended)

    assert len(known) == MAX_RANGES
    assert all(any(lost[0] in run and lost[-1] in run for run in known) for lost in ended)


class Ended(BaseException):
    """Stands for a process that is gone."""


Name = tuple[int, int]
"""A record by partition and offset."""


class Kafka:
    """What outlives processes: commits and dead letters. A process ends at a step, or where a killer runs."""

    def __init__(self, killers: frozenset[Name], count: int) -> None:
        self.committed = {number: (0, UNCLEAN.to_metadata()) for number in range(2)}
        self.letters: set[Name] = set()
        self.handled: set[Name] = set()
        self.ends_of: Counter[Name] = Counter()
        self.commits = 0
        self._killers = killers
        self._count = count
        self._steps_left = 0
        self._has_ended = False
        self._name = ""

    async def process(self, ends_after: int) -> None:
        """Run a process until so many steps are done, a killer runs, or all is handled."""
        self._steps_left, self._has_ended = ends_after, False
        lock = ExecutionLock()
        self._name = lock.process
        tasks = [asyncio.create_task(self._work(number, lock)) for number in self.committed]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
        for task in tasks:
            task.cancel()
        for result in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(result, Exception):
                raise result

    def deaths_counted(self) -> "Counter[Name]":
        """How many ends the next process counts against each record."""
        counted: Counter[Name] = Counter()
        for number, (_, metadata) in self.committed.items():
            for offset, deaths in read_envelope(metadata).deaths_for("the next").items():
                counted[number, offset] = deaths
        return counted

    async def _work(self, number: int, lock: ExecutionLock) -> None:
        done, metadata = self.committed[number]
        quarantine = Quarantine(read_envelope(metadata), lock, self._count, self._count)

        async def commit() -> None:
            envelope, offset = quarantine.envelope(done, "", is_clean=False), done
            await self._moment()
            self.committed[number] = offset, envelope.to_metadata()
            self.commits += 1
            await self._moment()
            quarantine.acknowledged(envelope)

        waiting = records(number, self._count)[done:]
        for low in range(0, len(waiting), BATCH):
            batch = waiting[low : low + BATCH]
            for together in runs_of(batch, lambda _: quarantine):
                permit = quarantine.permit([record.offset for record in together], commit)
                await self._group(together, quarantine, permit)
            done = batch[-1].offset + 1
            await commit()

    async def _group(
        self, together: Sequence[Record], quarantine: Quarantine, permit: ExecutionPermit
    ) -> None:
        names = [(record.partition, record.offset) for record in together]
        async with permit_held(permit):
            for name in names:
                assert self._named() <= ({name} if len(names) == 1 else set())
                self._handle(name, quarantine.deaths(name[1]))
        for _, offset in names:
            quarantine.note_finished(offset)

    def _named(self) -> set[Name]:
        """Whom an end of this process would count against now."""
        read = ((number, read_envelope(metadata)) for number, (_, metadata) in self.committed.items())
        own = ((number, envelope.alone) for number, envelope in read if envelope.writer == self._name)
        return {(number, alone) for number, alone in own if alone is not None}

    def _handle(self, name: Name, deaths: int) -> None:
        self._step()
        if deaths >= POISON_DEATHS:
            self.letters.add(name)
        elif name in self._killers:
            self.ends_of[name] += 1
            self._has_ended = True
            raise Ended
        else:
            self.handled.add(name)

    async def _moment(self) -> None:
        await asyncio.sleep(0)
        self._step()

    def _step(self) -> None:
        self._steps_left -= 1
        if self._has_ended or self._steps_left < 0:
            self._has_ended = True
            raise Ended


COUNT = 300
EVERY = {(number, offset) for number in range(2) for offset in range(COUNT)}
NEVER = 10**9


async def run_until_quiet(kafka: Kafka, kills: Sequence[int], killers: int) -> None:
    """Kill processes after these steps, then let killers end three more each, and one handle all."""
    for ends_after in (*kills, *[NEVER] * (3 * killers + 1)):
        before = kafka.deaths_counted()
        await kafka.process(ends_after)
        assert (kafka.deaths_counted() - before).total() <= 1


@pytest.mark.slow
@given(
    killers=st.frozensets(st.tuples(st.integers(0, 1), st.integers(0, COUNT - 1)), max_size=3),
    kills=st.lists(st.integers(0, 800), max_size=8),
)
@settings(max_examples=150, deadline=None)
def test_each_killer_is_found_and_all_others_are_handled_however_often_processes_are_killed(
    killers: frozenset[Name],
    kills: list[int],
) -> None:
    """The first end, with everything side by side, came before: with it a killer costs four."""
    kafka = Kafka(killers, COUNT)

    asyncio.run(run_until_quiet(kafka, kills, len(killers)))

    assert all(kafka.ends_of[killer] <= 3 for killer in killers)
    assert killers <= kafka.letters
    assert kafka.handled | kafka.letters == EVERY
    if len(kills) < POISON_DEATHS:
        assert kafka.letters == killers


def test_a_run_costs_one_commit() -> None:
    kafka = Kafka(frozenset(), COUNT)

    asyncio.run(kafka.process(NEVER))

    assert kafka.handled == EVERY
    of_a_batch = ("a full run", "the rest of the batch", "the commit behind it")
    assert kafka.commits == 2 * (COUNT // BATCH) * len(of_a_batch)
