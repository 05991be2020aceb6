"""Tables for people: the parts of the stack, the balance, the lag."""

from collections.abc import Iterator, Mapping, Sequence

from rich.table import Table

from streaming.partitions.lag import PartitionLag
from weir.stack.lag import BlockingTransaction
from weir.verify.balance import StreamBalance

LATE_S = 2.0


def status_table(parts: Sequence[Mapping[str, object]]) -> Table:
    """Every part of the stack."""
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
    """The law of one outcome."""
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


def lag_fields(lag: PartitionLag, holder: BlockingTransaction | None) -> Mapping[str, object]:
    """One partition's lag for scripts; `holder` is whose open transaction holds it."""
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
        "held_for_seconds": round(holder.held.seconds, 3) if holder else None,
        "held_by_producer_id": holder.held.producer_id if holder else None,
        "held_by_transactional_id": holder.transactional_id if holder else None,
    }


def blocking_lines(holders: Sequence[BlockingTransaction]) -> Iterator[str]:
    """What open transactions hold, by whom, and what to do, one sentence each."""
    for holder in holders:
        held = holder.held
        name = f"'{holder.transactional_id}'" if holder.transactional_id is not None else "unknown to Kafka"
        yield (
            f"{held.topic_partition.topic}/{held.topic_partition.partition}: {held.offsets} offsets from {held.stable} on have been held for {held.seconds:.1f} s"
            f" by an open transaction of a producer (producer id {held.producer_id}, transactional.id {name});"
            f" it has to commit or abort, or is aborted: docs/runbooks/partition-held.md"
        )


def lag_table(lags: Sequence[PartitionLag]) -> Table:
    """One row for each group and topic: the worst partition, and the sum."""
    table = Table(
        "group",
        "topic",
        "lag (records)",
        "lag (s)",
        "waiting since (UTC)",
        "worst partition @ offset",
        box=None,
    )
    places = sorted({(lag.group, lag.topic_partition.topic) for lag in lags})
    for group, topic in places:
        ours = [lag for lag in lags if (lag.group, lag.topic_partition.topic) == (group, topic)]
        worst = max(ours, key=lambda lag: lag.seconds)
        style = "red" if worst.seconds > LATE_S else None
        since = worst.waiting_since.strftime("%H:%M:%S") if worst.waiting_since else "-"
        stuck = (
            f"{worst.topic_partition.partition} @ {worst.first_unfinished}"
            if worst.first_unfinished is not None
            else "-"
        )
        lost = sum(lag.lost for lag in ours)
        records = f"{sum(lag.records for lag in ours)}" + (f" (+ {lost} deleted unread)" if lost else "")
        table.add_row(group, topic, records, f"{worst.seconds:.1f}", since, stuck, style=style)
    return table
