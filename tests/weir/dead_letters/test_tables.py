"""Counts of dead letters: the number of groups is bounded."""

from datetime import timedelta

from streaming.brokers.records import Record
from tests.weir.dead_letters.bench import NOW
from weir.dead_letters.letters import letter_of
from weir.dead_letters.tables import MAX_GROUPS, DeadLetterCounts


def test_of_many_different_errors_the_rest_is_one_group() -> None:
    counts = DeadLetterCounts()

    for number in range(MAX_GROUPS + 50):
        headers = tuple(
            {
                "weir-source-topic": b"llm.requests",
                "weir-source-partition": b"0",
                "weir-source-offset": b"1",
            }.items()
        )
        failed = (NOW - timedelta(minutes=number)).isoformat().encode()
        record = Record(
            "llm.requests.dlq",
            0,
            number,
            1,
            None,
            b"",
            (*headers, ("weir-error", b"%d" % number), ("weir-failed-at", failed)),
        )
        counts.add(letter_of(record))

    assert (counts.letters, len(counts.groups())) == (MAX_GROUPS + 50, MAX_GROUPS + 1)
    assert counts.groups()[0][1].letters == 50
