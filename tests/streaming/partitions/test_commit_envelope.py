"""The commit envelope: read back as written, within Kafka's limit, with deaths that a successor counts."""

from streaming.partitions.commit_envelope import (
    MAX_RANGES,
    CommitMetadata,
    SuspectBound,
    joined,
    read_envelope,
)

LAST = 2**63 - 1
KAFKA_LIMIT_BYTES = 4_096


def test_an_envelope_is_read_back_as_it_was_written() -> None:
    envelope = CommitMetadata(
        is_clean=False,
        writer="a",
        deaths={7: 1},
        loop="v1:12",
        started_until=30,
        run=range(4, 9),
        ended_runs=(range(1, 3),),
        suspects=SuspectBound(40, 5),
    )

    assert read_envelope(envelope.to_metadata()) == envelope


def test_the_fullest_envelope_fits_into_a_commit() -> None:
    envelope = CommitMetadata(
        is_clean=False,
        writer="0" * 12,
        deaths={LAST - number: 2 for number in range(200)},
        loop=f"v1:{LAST}",
        started_until=LAST,
        run=range(LAST - 1, LAST),
        ended_runs=joined(range(LAST - 3 * n - 1, LAST - 3 * n) for n in range(40)),
        suspects=SuspectBound(LAST, LAST),
    )

    assert len(envelope.ended_runs) == MAX_RANGES
    assert len(envelope.to_metadata().encode()) <= KAFKA_LIMIT_BYTES


def test_a_record_that_was_handled_alone_counts_for_another_process_only() -> None:
    envelope = CommitMetadata(is_clean=False, writer="a", alone=7, deaths={7: 1})

    assert envelope.deaths_for("b") == {7: 2}
    assert envelope.deaths_for("a") == {7: 1}


def test_the_envelope_of_the_version_before_is_read() -> None:
    text = '{"v":2,"clean":false,"by":"dead","alone":4,"deaths":[[2,1]],"loop":"v1:9","taken":7}'

    assert read_envelope(text) == CommitMetadata(False, "dead", 4, {2: 1}, "v1:9", 7, None, ())
