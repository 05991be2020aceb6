"""Measures the meter: throughput through Kafka, the admit hop, the pure fold, a restart, and memory.

    python benchmarks/meter.py [--events 40000] [--accounts 100000] [--seconds 15]
                               [--only stream hop fold reload memory]

Prints each result beside its target; asserts nothing. Starts its own Kafka on free loopback ports in a
temporary folder, and the meter as one process, and stops them.
"""

import argparse
import asyncio
import gc
import os
import sys
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from datetime import UTC, datetime
from multiprocessing import get_context
from typing import Any

import psutil
import uvloop

from benchmarks.meter_cluster import BenchmarkCluster, running_cluster
from benchmarks.meter_decisions import RECORD, decided, fold_time, loaded_ledger
from benchmarks.meter_traffic import Traffic, event_id, publish
from benchmarks.results import quantile, show
from benchmarks.worker_process import WorkerProcess
from schemas.answers import ScreenedAnswer
from schemas.requests import ScreenedRequest
from schemas.topics import COMPLETIONS, REQUESTS_ADMITTED, REQUESTS_SCREENED
from streaming.events.publishing import Publisher, acknowledged
from streaming.handling import Incoming, LedgerDecision
from streaming.partitions.lease import Lease
from streaming.process import tune_garbage_collection
from streaming.state.snapshots import LedgerPartition, SnapshotLog

SINCE_SNAPSHOT = 60_000
# The number of requests that are answered within a second at the target rate.
OPEN_REQUESTS = 5_000


async def drained(
    cluster: BenchmarkCluster, topic: str, count: int, meter: WorkerProcess
) -> tuple[float, float]:
    """Records a second, by the clock and by the meter's CPU time, from the first record to the last."""
    while (first := await cluster.count(topic)) == 0:  # noqa: ASYNC110 - the log is in another process
        await asyncio.sleep(0.02)
    wall, cpu = time.perf_counter(), meter.cpu_s()
    while await cluster.count(topic) < count:  # noqa: ASYNC110 - as above
        await asyncio.sleep(0.05)
    return (count - first) / (time.perf_counter() - wall), (count - first) / (meter.cpu_s() - cpu)


async def stream(chosen: argparse.Namespace) -> None:
    """Admissions and settlements a second of one process whose input is already in the log."""
    traffic = Traffic(chosen.tenants, datetime.now(UTC))
    async with running_cluster(chosen.partitions) as cluster:
        for what, topic, make in (
            ("admits", REQUESTS_ADMITTED.name, traffic.request),
            ("settles", COMPLETIONS.name, traffic.answer),
        ):
            await publish(cluster.publisher(), (make(number) for number in range(chosen.events)))
            meter = cluster.meter()
            by_clock, by_cpu = await drained(cluster, topic, chosen.events, meter)
            show(
                f"{what} through Kafka, one process, by the clock",
                by_clock,
                "events/s",
                5_000 if what == "admits" else None,
            )
            show(
                f"{what} through Kafka, one process, by its processor time",
                by_cpu,
                "events/s/core",
                5_000 if what == "admits" else None,
            )
            meter.stop()


async def hop(chosen: argparse.Namespace) -> None:
    """The admit hop at a fixed rate: between both appends, and from the send until a consumer has it."""
    for rate, target in ((50, 5.0), (500, None)):
        async with running_cluster(chosen.partitions) as cluster:
            meter = cluster.meter()
            meter.wait_for("rebuilt", cluster.partitions)
            traffic = Traffic(chosen.tenants, datetime.now(UTC))
            await _paced(cluster, traffic, (rate, 2.0), 0)
            cpu = meter.cpu_s()
            hops, seen = await _paced(cluster, traffic, (rate, chosen.seconds), rate * 10)
            cpu = (meter.cpu_s() - cpu) * 1000 / len(hops)
            show(
                f"admit hop at {rate}/s, append to append, p50", quantile(hops, 0.5), "ms", target, less=True
            )
            show(f"admit hop at {rate}/s, append to append, p99", quantile(hops, 0.99), "ms")
            show(
                f"  from before the send of its input to a consumer, p50, at {rate}/s",
                quantile(seen, 0.5),
                "ms",
            )
            show(
                f"  from before the send of its input to a consumer, p99, at {rate}/s",
                quantile(seen, 0.99),
                "ms",
            )
            show(f"  processor time of the meter per event at {rate}/s", cpu, "ms")
            meter.stop()


async def _paced(
    cluster: BenchmarkCluster, traffic: Traffic, pace: tuple[int, float], first: int
) -> tuple[list[float], list[float]]:
    """Publish at a fixed rate; returns milliseconds between both appends, and between send and receipt."""
    rate, seconds = pace
    sent: dict[bytes, float] = {}
    appended: dict[bytes, int] = {}
    admitted: dict[bytes, tuple[int, float]] = {}
    publisher, count, begin = cluster.publisher(), int(rate * seconds), time.perf_counter() + 0.5

    async def send(number: int) -> None:
        request = traffic.request(first + number)
        await asyncio.sleep(max(0.0, begin + number / rate - time.perf_counter()))
        sent[str(event_id(request)).encode()] = time.perf_counter()
        await (await publisher.send(request, event_id(request), None))

    async with cluster.broker.follow(
        [REQUESTS_SCREENED.name, REQUESTS_ADMITTED.name], start="end"
    ) as follower:
        sends = asyncio.gather(*(send(number) for number in range(count)))
        while len(admitted) < count or len(appended) < count:
            for record in await follower.poll(max_records=1_000, timeout_s=0.5):
                if record.topic == REQUESTS_SCREENED.name:
                    appended[record.header("ce_id") or b""] = record.timestamp_ms
                else:
                    admitted[record.header("ce_parentid") or b""] = record.timestamp_ms, time.perf_counter()
        await sends
    hops = [float(at - appended[key]) for key, (at, _) in admitted.items()]
    return hops, [(seen - sent[key]) * 1000 for key, (_, seen) in admitted.items()]


async def fold(chosen: argparse.Namespace) -> None:
    """Decisions and folds without a stream, by CPU time."""
    ledger, traffic = await loaded_ledger(), Traffic(chosen.tenants, datetime.now(UTC))
    started = time.process_time()
    admitted, completed = decided(ledger, traffic, range(chosen.events))
    show(
        "decide and fold, admits and settles, without a stream",
        2 * chosen.events / (time.process_time() - started),
        "events/s/core",
    )
    folded = [
        [(decision.event, decision.event_id) for decision in decisions] for decisions in (admitted, completed)
    ]
    tune_garbage_collection()
    state, spent = ledger.new_state(), [0.0, 0.0]
    for low in range(0, chosen.events, OPEN_REQUESTS):
        for kind, pairs in enumerate(folded):
            spent[kind] += fold_time(state, pairs[low : low + OPEN_REQUESTS])
    for what, seconds in zip(("admissions", "outcomes"), spent, strict=True):
        show(
            f"pure fold, {what}, {OPEN_REQUESTS:,} requests open at once",
            chosen.events / seconds,
            "events/s/core",
            100_000,
        )
    show("pure fold, both", 2 * chosen.events / sum(spent), "events/s/core", 100_000)
    # Above some thousand open requests each is packed, which saves memory and takes longer than the fold.
    show(
        "pure fold, admissions, all of them open at once",
        chosen.events / fold_time(ledger.new_state(), folded[0]),
        "events/s/core",
    )


async def reload(chosen: argparse.Namespace) -> None:
    """A restart with many accounts: from the decision log alone, and from a snapshot and the log since."""
    ledger, traffic = await loaded_ledger(), Traffic(chosen.accounts, datetime.now(UTC))
    admitted, completed = decided(ledger, traffic, range(chosen.accounts))
    async with running_cluster(1) as cluster:
        for decisions in (admitted, completed):
            await _append(cluster.publisher("meter"), decisions)
        meter = cluster.meter()
        (rebuilt,) = meter.wait_for("rebuilt", 1, 600)
        show(
            f"restart, {2 * chosen.accounts:,} decisions from the log alone",
            float(str(rebuilt["seconds"])),
            "s",
        )
        meter.kill()
        before = max(0, chosen.accounts - SINCE_SNAPSHOT // 2)
        state = ledger.new_state()
        for decision in (*admitted[:before], *completed[:before]):
            state.fold(decision.event, decision.event_id)
        started = time.perf_counter()
        await SnapshotLog(
            cluster.broker, cluster.publisher("meter"), Lease(600), LedgerPartition("meter", 0)
        ).write(state, {REQUESTS_ADMITTED.name: before, COMPLETIONS.name: before, "llm.adjustments": 0})
        show("  (writing the snapshot)", time.perf_counter() - started, "s")
        meter = cluster.meter()
        (rebuilt,) = meter.wait_for("rebuilt", 1, 600)
        what = f"restart, snapshot of {before:,} accounts and {rebuilt['folded']:,} decisions since"
        show(what, float(str(rebuilt["seconds"])), "s", 10, less=True)
        show("  (memory of the process after it)", meter.resident_bytes() / 2**20, "MiB")
        meter.kill()


async def _append(publisher: Publisher, decisions: Sequence[LedgerDecision]) -> None:
    for low in range(0, len(decisions), 2_000):
        await acknowledged(
            [
                await publisher.send(decision.event, decision.event_id, None, 0)
                for decision in decisions[low : low + 2_000]
            ]
        )


async def memory(chosen: argparse.Namespace) -> None:
    """Memory of an account with one open request, and after its outcome, which is kept for a day."""
    ledger, traffic = await loaded_ledger(), Traffic(chosen.accounts, datetime.now(UTC))
    state, kinds = ledger.new_state(), ((ScreenedRequest, traffic.request), (ScreenedAnswer, traffic.answer))
    gc.collect()
    before = psutil.Process().memory_info().rss
    for what, (kind, make) in zip(
        ("an account with one open request", "an account with one settled request"), kinds, strict=True
    ):
        for number in range(chosen.accounts):
            event: Any = make(number)
            decision = ledger.decide[kind](state, Incoming(event, event_id(event), RECORD, datetime.now(UTC)))
            if decision is not None:
                state.fold(decision.event, decision.event_id)
        gc.collect()
        show(f"memory of {what}", (psutil.Process().memory_info().rss - before) / chosen.accounts, "bytes")


PARTS: Mapping[str, Callable[[argparse.Namespace], Coroutine[object, object, None]]] = {
    "stream": stream,
    "hop": hop,
    "fold": fold,
    "reload": reload,
    "memory": memory,
}


def main() -> int:
    """Measure the chosen parts in sequence."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name, default in (
        ("events", 40_000),
        ("accounts", 100_000),
        ("seconds", 15),
        ("tenants", 100),
        ("partitions", 4),
    ):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--only", nargs="*", choices=PARTS, default=list(PARTS))
    chosen = parser.parse_args()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, Python {sys.version.split()[0]}")
    for name in chosen.only:
        # Each part runs in its own process, so that no part starts with the memory of an earlier one.
        child = get_context("spawn").Process(target=_run, args=(name, chosen))
        child.start()
        child.join()
    return 0


def _run(name: str, chosen: argparse.Namespace) -> None:
    tune_garbage_collection()  # as the meter's own process does
    uvloop.run(PARTS[name](chosen))


if __name__ == "__main__":
    sys.exit(main())
