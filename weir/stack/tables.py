"""The output of `weir status`, `weir verify` and `weir lag`: tables for the terminal and fields for JSON."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from rich.table import Table

from streaming.partitions.lag import PartitionLag
from weir.stack.lag import BlockingTransaction
from weir.verify.balance import StreamBalance

LATE_S = 2.0


def status_table(parts: Sequence[Mapping[str, object]]) -> Table:
    """One row for each part of the stack."""
    table = Table("part", "pid", "state", "since (UTC)", "address", box=None)
    for part in parts:
        table.add_row(
            str(part["name"]),
            str(part["pid"] or "-"),
            str(part["state"]),
            str(part["since"])[:19],
            str(part["address"]),
        )
    return table


def balance_table(balance: StreamBalance) -> Table:
    """The counts of a balance, its problems, and whether it closes."""
    table = Table("balance", "", box=None, show_header=False, title="balance", title_justify="left")
    table.add_row("records on llm.requests", str(balance.records))
    for status, count in balance.completions.items():
        table.add_row(f"  {status}", str(count))
    table.add_row("  dead letters", str(balance.dead_letters))
    table.add_row("difference", str(balance.difference))
    table.add_row(
        "calls in the journal", ", ".join(f"{count} {state}" for state, count in balance.attempts.items())
    )
    table.add_row("usage lines", str(balance.usage_lines))
    for problem in balance.problems():
        table.add_row("[red]open[/red]", problem)
    table.add_row("closes", "[green]yes[/green]" if balance.closes else "[red]no[/red]")
    return table


def lag_fields(lag: PartitionLag, blocking: BlockingTransaction | None) -> Mapping[str, object]:
    """The JSON fields of one partition's lag; `blocking` is the open transaction that blocks it."""
    return {
        "group": lag.group,
        "topic": lag.topic_partition.topic,
        "partition": lag.topic_partition.partition,
        "committed": lag.committed,
        "end": lag.end,
        "lag": lag.records,
        "lag_seconds": round(lag.seconds, 3),
        "waiting_since": lag.waiting_since.isoformat() if lag.waiting_since else None,
        "first_unfinished_offset": lag.first_unfinished,
        "unstable_offsets": lag.unstable,
        "deleted_unread_offsets": lag.lost,
        "held_for_seconds": round(blocking.held.seconds, 3) if blocking else None,
        "held_by_producer_id": blocking.held.producer_id if blocking else None,
        "held_by_transactional_id": blocking.transactional_id if blocking else None,
    }


def blocking_lines(blocking: Sequence[BlockingTransaction]) -> Iterator[str]:
    """One sentence for each partition that an open transaction blocks, with its producer and what to do."""
    for entry in blocking:
        held, partition = entry.held, entry.held.topic_partition
        name = f"'{entry.transactional_id}'" if entry.transactional_id is not None else "unknown to Kafka"
        yield (
            f"{partition.topic}/{partition.partition}: {held.offsets} offsets from {held.stable} on"
            f" have been held for {held.seconds:.1f} s by an open transaction of a producer"
            f" (producer id {held.producer_id}, transactional.id {name});"
            f" it has to commit or abort, or is aborted: docs/runbooks/partition-held.md"
        )


def lag_table(lags: Sequence[PartitionLag]) -> Table:
    """One row for each group and topic: lag in records of all partitions, lag seconds of the worst one."""
    table = Table(
        "group",
        "topic",
        "lag (records)",
        "lag (s)",
        "waiting since (UTC)",
        "worst partition @ offset",
        box=None,
    )
    by_topic: dict[tuple[str, str], list[PartitionLag]] = defaultdict(list)
    for lag in lags:
        by_topic[lag.group, lag.topic_partition.topic].append(lag)
    for (group, topic), partitions in sorted(by_topic.items()):
        worst = max(partitions, key=lambda lag: lag.seconds)
        style = "red" if worst.seconds > LATE_S else None
        table.add_row(
            group,
            topic,
            _records_cell(partitions),
            f"{worst.seconds:.1f}",
            worst.waiting_since.strftime("%H:%M:%S") if worst.waiting_since else "-",
            _position_cell(worst),
            style=style,
        )
    return table


def _records_cell(lags: Sequence[PartitionLag]) -> str:
    lost = sum(lag.lost for lag in lags)
    return f"{sum(lag.records for lag in lags)}" + (f" (+ {lost} deleted unread)" if lost else "")


def _position_cell(lag: PartitionLag) -> str:
    return (
        "-" if lag.first_unfinished is None else f"{lag.topic_partition.partition} @ {lag.first_unfinished}"
    )
