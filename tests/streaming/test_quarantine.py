"""Who is suspect after an unclean end, and who is found guilty: only what was alone at work at two ends."""

from hypothesis import given
from hypothesis import strategies as st

from streaming.commit_envelope import CommitEnvelope, read_envelope
from streaming.quarantine import POISON_DEATHS, Quarantine
from streaming.turns import LoneTurn, Turns


async def nothing() -> None:
    return None


def after(envelope: CommitEnvelope, until: int = 10, limit: int = 100) -> Quarantine:
    return Quarantine(read_envelope(envelope.to_metadata()), Turns(), until, limit)


async def dies_at(quarantine: Quarantine, offset: int) -> CommitEnvelope:
    """The commit that a process leaves which is killed while the record is alone at work."""
    await quarantine.turn([offset], nothing).enter()
    return quarantine.envelope(0, "", is_clean=False)


async def test_a_record_that_ends_its_process_alone_twice_is_poison_and_its_neighbours_are_not() -> None:
    unclean = CommitEnvelope(is_clean=False, writer="dead")
    once = after(await dies_at(after(unclean), 3))
    twice = after(await dies_at(once, 3))

    assert [once.deaths(offset) for offset in (2, 3, 4)] == [0, 1, 0]
    assert [twice.deaths(offset) >= POISON_DEATHS for offset in (2, 3, 4)] == [False, True, False]


async def test_a_kill_from_outside_accuses_only_what_was_alone_at_work_and_only_once() -> None:
    first = after(CommitEnvelope(is_clean=False, writer="dead"))
    turn = first.turn([3], nothing)
    await turn.enter()
    turn.leave()
    between = after(first.envelope(0, "", is_clean=False))

    assert all(between.deaths(offset) == 0 for offset in range(10))
    assert all(between.covers(offset) for offset in range(10))


def test_after_a_clean_end_nobody_is_suspect() -> None:
    assert not any(after(CommitEnvelope(is_clean=True, writer="other")).covers(offset) for offset in range(10))


def test_a_process_that_reads_its_own_commit_has_not_ended() -> None:
    turns = Turns()
    envelope = CommitEnvelope(is_clean=False, writer=turns.process, alone=3)

    assert not any(Quarantine(envelope, turns, 10, 100).covers(offset) for offset in range(10))


def test_no_more_are_suspect_than_a_process_can_have_taken() -> None:
    quarantine = after(CommitEnvelope(is_clean=False, writer="dead"), until=1_000, limit=3)
    turns = [quarantine.turn([offset], nothing) for offset in range(10)]

    assert [isinstance(turn, LoneTurn) for turn in turns] == [True] * 3 + [False] * 7


def test_suspects_that_are_left_make_the_end_unclean_for_the_next_owner() -> None:
    quarantine = after(CommitEnvelope(is_clean=False, writer="dead"))
    quarantine.turn([0], nothing)
    assert not quarantine.envelope(0, "", is_clean=True).is_clean

    quarantine.passed(0)
    assert quarantine.envelope(0, "", is_clean=True).is_clean


@given(
    st.booleans(),
    st.text(max_size=12),
    st.none() | st.integers(0, 2**62),
    st.dictionaries(st.integers(0, 2**62), st.integers(1, 9), max_size=200),
    st.text(max_size=200),
)
def test_an_envelope_reads_back_and_fits_into_a_commit(is_clean: bool, writer: str, alone: int | None, deaths: dict[int, int], loop: str) -> None:
    envelope = CommitEnvelope(is_clean, writer, alone, deaths, loop)

    read = read_envelope(envelope.to_metadata())

    assert (read.is_clean, read.writer, read.alone, read.loop) == (is_clean, writer, alone, loop)
    assert len(read.deaths) == min(len(deaths), 64)
    assert all(deaths[offset] == count for offset, count in read.deaths.items())


@given(
    st.text(max_size=200) | st.sampled_from(['{"v":2}', '{"v":2,"deaths":[1],"alone":"x"}', "v1:17", '{"v":1,"journal":3,"finish":4}', "[]", "null"])
)
def test_any_other_text_is_the_loops_own(metadata: str) -> None:
    envelope = read_envelope(metadata)

    assert envelope.loop == metadata or metadata.startswith('{"v":2')
