"""`weir lag` shows the worst partition of each topic, and the open transactions that block partitions."""

import io
from dataclasses import replace
from datetime import UTC, datetime

from rich.console import Console
from rich.table import Table

from streaming.brokers.records import TopicPartition
from streaming.partitions.lag import OpenTransactionPartition, PartitionLag
from weir.stack.lag import BlockingTransaction
from weir.stack.tables import blocking_lines, lag_fields, lag_table

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
LAG = PartitionLag(
    group="guard",
    topic_partition=TopicPartition("llm.requests", 0),
    committed=5,
    end=8,
    records=3,
    seconds=1.5,
    first_unfinished=5,
    waiting_since=AT,
    unstable=0,
    lost=0,
)
BLOCKING = BlockingTransaction(OpenTransactionPartition(LAG.topic_partition, 6, 8, 3.25, AT, 7), "billing")


def printed(table: Table) -> list[list[str]]:
    """The cells of the printed rows, without the header."""
    output = io.StringIO()
    Console(file=output, width=200).print(table)
    return [
        [cell.strip() for cell in line.split("  ") if cell.strip()]
        for line in output.getvalue().splitlines()[1:]
    ]


def test_a_topic_has_the_sum_of_its_lag_and_its_worst_partition() -> None:
    worst = replace(
        LAG,
        topic_partition=TopicPartition("llm.requests", 1),
        seconds=9.0,
        records=4,
        first_unfinished=2,
        lost=2,
    )
    idle = replace(
        LAG, group="meter", records=0, seconds=0.0, first_unfinished=None, waiting_since=None, committed=8
    )

    rows = printed(lag_table([idle, LAG, worst]))

    assert rows == [
        ["guard", "llm.requests", "7 (+ 2 deleted unread)", "9.0", "12:00:00", "1 @ 2"],
        ["meter", "llm.requests", "0", "0.0", "-", "-"],
    ]


def test_an_open_transaction_is_named_with_its_producer_in_text_and_json() -> None:
    assert list(blocking_lines([BLOCKING])) == [
        (
            "llm.requests/0: 2 offsets from 6 on have been held for 3.2 s by an open transaction"
            " of a producer (producer id 7, transactional.id 'billing');"
            " it has to commit or abort, or is aborted: docs/runbooks/partition-held.md"
        )
    ]
    fields = lag_fields(LAG, BLOCKING)

    assert (fields["held_for_seconds"], fields["held_by_producer_id"]) == (3.25, 7)
    assert fields["held_by_transactional_id"] == "billing"
    assert lag_fields(LAG, None)["held_by_producer_id"] is None
