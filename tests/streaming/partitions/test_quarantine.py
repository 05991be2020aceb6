"""Who is suspect after an unclean end, and who is found guilty: only what was alone at work at two ends."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streaming.errors import DependencyDownError
from streaming.partitions.commit_envelope import CommitMetadata, SuspectBound, joined, read_envelope
from streaming.partitions.permits import ExclusivePermit, ExecutionLock
from streaming.partitions.quarantine import POISON_DEATHS, Quarantine


async def nothing() -> None:
    return None


def after(envelope: CommitMetadata, until: int = 10, limit: int = 100) -> Quarantine:
    return Quarantine(read_envelope(envelope.to_metadata()), ExecutionLock(), until, limit)


async def dies_at(quarantine: Quarantine, offset: int) -> CommitMetadata:
    """The commit that a process leaves which is killed while the record is alone at work."""
    await quarantine.permit([offset], nothing).acquire()
    return quarantine.envelope(0, "", is_clean=False)


async def test_a_record_that_ends_its_process_alone_twice_is_poison_and_its_neighbours_are_not() -> None:
    unclean = CommitMetadata(is_clean=False, writer="dead")
    once = after(await dies_at(after(unclean), 3))
    twice = after(await dies_at(once, 3))

    assert [once.deaths(offset) for offset in (2, 3, 4)] == [0, 1, 0]
    assert [twice.deaths(offset) >= POISON_DEATHS for offset in (2, 3, 4)] == [False, True, False]


async def test_a_kill_from_outside_accuses_only_what_was_alone_at_work_and_only_once() -> None:
    first = after(CommitMetadata(is_clean=False, writer="dead"))
    permit = first.permit([3], nothing)
    await permit.acquire()
    permit.release()
    between = after(first.envelope(0, "", is_clean=False))

    assert all(between.deaths(offset) == 0 for offset in range(10))
    assert all(between.is_suspect(offset) for offset in range(10))


def test_after_a_clean_end_no_record_is_suspect() -> None:
    assert not any(
        after(CommitMetadata(is_clean=True, writer="other")).is_suspect(offset) for offset in range(10)
    )


def test_a_process_that_reads_its_own_commit_has_not_ended() -> None:
    lock = ExecutionLock()
    envelope = CommitMetadata(is_clean=False, writer=lock.process, alone=3)

    assert not any(Quarantine(envelope, lock, 10, 100).is_suspect(offset) for offset in range(10))


def test_no_more_are_suspect_than_a_process_can_have_taken() -> None:
    quarantine = after(CommitMetadata(is_clean=False, writer="dead"), until=1_000, limit=3)
    lock = [quarantine.permit([offset], nothing) for offset in range(10)]

    assert [isinstance(permit, ExclusivePermit) for permit in lock] == [True] * 3 + [False] * 7


def test_suspects_that_are_left_make_the_end_unclean_for_the_next_owner() -> None:
    quarantine = after(CommitMetadata(is_clean=False, writer="dead"))
    quarantine.permit([0], nothing)
    assert not quarantine.envelope(0, "", is_clean=True).is_clean

    quarantine.note_finished(0)
    assert quarantine.envelope(0, "", is_clean=True).is_clean


@given(
    st.booleans(),
    st.text(max_size=12),
    st.none() | st.integers(0, 2**62),
    st.dictionaries(st.integers(0, 2**62), st.integers(1, 9), max_size=200),
    st.text(max_size=200),
)
def test_an_envelope_reads_back_and_fits_into_a_commit(
    is_clean: bool, writer: str, alone: int | None, deaths: dict[int, int], loop: str
) -> None:
    envelope = CommitMetadata(is_clean, writer, alone, deaths, loop)

    read = read_envelope(envelope.to_metadata())

    assert (read.is_clean, read.writer, read.alone, read.loop) == (is_clean, writer, alone, loop)
    assert len(read.deaths) == min(len(deaths), 64)
    assert all(deaths[offset] == count for offset, count in read.deaths.items())


@given(
    st.text(max_size=200)
    | st.sampled_from(
        [
            '{"v":2}',
            '{"v":2,"deaths":[1],"alone":"x"}',
            "v1:17",
            '{"v":1,"journal":3,"finish":4}',
            "[]",
            "null",
        ]
    )
)
def test_any_other_text_is_the_loops_own(metadata: str) -> None:
    envelope = read_envelope(metadata)

    assert envelope.loop == metadata or metadata.startswith('{"v":2')


def test_untried_suspects_are_tried_after_an_orderly_end() -> None:
    first = Quarantine(CommitMetadata(is_clean=False, writer="dead"), ExecutionLock(), 10, 8)
    for offset in (0, 1):
        first.permit([offset], nothing)
        first.note_finished(offset)

    left = read_envelope(first.envelope(2, "", is_clean=True).to_metadata())
    second = Quarantine(left, ExecutionLock(), 1_000, 1_000)

    assert left.is_clean
    assert left.suspects == SuspectBound(10, 6)
    assert [second.is_suspect(offset) for offset in (2, 9, 10)] == [True, True, False]


def test_suspects_are_tried_by_the_next_worker_of_the_same_process_too() -> None:
    lock = ExecutionLock()
    first = Quarantine(CommitMetadata(is_clean=False, writer="dead"), lock, 10, 8)
    first.permit([0], nothing)

    second = Quarantine(first.envelope(0, "", is_clean=False), lock, 10, 8)

    assert [second.is_suspect(offset) for offset in (0, 9, 10)] == [True, True, False]
    assert second.envelope(10, "", is_clean=True).suspects is None


async def test_a_record_stays_named_until_kafka_has_taken_a_commit_without_it() -> None:
    quarantine = Quarantine(CommitMetadata(is_clean=False, writer="dead"), ExecutionLock(), 10, 10)
    single = quarantine.permit([0], nothing)
    await single.acquire()
    quarantine.acknowledged(quarantine.envelope(0, "", is_clean=False))
    single.release()

    async def refused() -> None:
        quarantine.envelope(0, "", is_clean=False)
        raise DependencyDownError("no commit")

    with pytest.raises(DependencyDownError):
        await quarantine.permit([1, 2, 3], refused).acquire()

    assert quarantine.has_stale_mark
    quarantine.acknowledged(quarantine.envelope(0, "", is_clean=False))
    assert not quarantine.has_stale_mark


@pytest.mark.parametrize(
    "fields",
    [
        '"run":[0,1e999]',
        '"run":[-5,5]',
        '"ended_runs":[[0,1e999],[-1000000000000000000,1000000000000000000],[5,5],"x",[1],{"a":1}]',
        '"deaths":[[0,1e999],[-3,9],["a","b"],7]',
        '"deaths":{"a":1}',
        '"alone":-5',
        '"alone":1e999',
        '"suspects":[1,2,3]',
        '"suspects":[-1,1]',
        f'"suspects":[{2**63},1]',
        '"taken":99999999999999999999',
    ],
)
def test_numbers_that_we_never_write_are_left_out_of_an_envelope(fields: str) -> None:
    read = read_envelope(f'{{"v":2,"clean":false,"by":"x","loop":"v1:3",{fields}}}')

    assert read == CommitMetadata(is_clean=False, writer="x", loop="v1:3")


def test_runs_that_lie_far_apart_are_joined_and_read_back_as_well() -> None:
    ended = [range(10_000_000 * number, 10_000_000 * number + 64) for number in range(40)]

    read = read_envelope(CommitMetadata(False, "dead", ended_runs=joined(ended)).to_metadata()).ended_runs

    assert read == joined(ended)
    assert all(any(lost[0] in run and lost[-1] in run for run in read) for lost in ended)


def test_an_ended_run_reaches_to_the_end_of_the_log_at_most() -> None:
    endless = CommitMetadata(
        is_clean=False, writer="dead", run=range(10**18), ended_runs=(range(3, 10**18), range(70, 90))
    )

    quarantine = after(read_envelope(endless.to_metadata()), until=50, limit=0)

    assert quarantine.envelope(0, "", is_clean=True).ended_runs == (range(50),)
    assert [quarantine.is_suspect(offset) for offset in (0, 49, 50, 80)] == [True, True, False, False]


@pytest.mark.parametrize("text", ["[" * 3_000, "9" * 4_090, '"\\ud800"', "", "{", '{"v":1}'])
def test_texts_that_break_a_parser_are_the_loops_own(text: str) -> None:
    assert read_envelope(text) == CommitMetadata(loop=text)
