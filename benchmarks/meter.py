"""What the meter can do: admits and settles through Kafka, the admit hop, the pure fold, a restart, memory; targets beside the results.

    python benchmarks/meter.py [--events 40000] [--accounts 100000] [--seconds 15] [--only stream hop fold reload memory]

Starts its own Kafka on free loopback ports in a temporary folder, and the meter as one process; ends by itself. Asserts nothing.
"""

import argparse
import asyncio
import gc
import os
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import psutil
import uvloop

from benchmarks.meter_decisions import KEY, RECORD, decided, desk, fold_time
from benchmarks.meter_traffic import Traffic, event_id, publish, publish_documents
from benchmarks.worker_process import WorkerProcess
from schemas.answers import ScreenedAnswer
from schemas.requests import ScreenedRequest
from schemas.topics import COMPLETIONS, REQUESTS_ADMITTED, REQUESTS_SCREENED, kafka_topics
from streaming.brokers.kafka.broker import KafkaBroker
from streaming.brokers.records import TopicPartition
from streaming.events.publishing import Publisher, acknowledged
from streaming.handling import Incoming, LedgerDecision
from streaming.partitions.lease import Lease
from streaming.process import tune_garbage_collection, unique_client_id
from streaming.seal.seal import Sealer
from streaming.state.snapshots import LedgerPartition, SnapshotLog
from weir.local.stack import running_kafka

SINCE_SNAPSHOT = 60_000
# As many as are answered within a second at the target's rate.
OPEN_AT_ONCE = 5_000
# All times by one clock.
BY_BROKER = {"message.timestamp.type": "LogAppendTime"}


@dataclass(frozen=True, slots=True)
class BenchmarkCluster:
    """A fresh Kafka with topics and documents, and where to put logs."""

    broker: KafkaBroker
    bootstrap: str
    folder: Path
    partitions: int

    def publisher(self, group: str = "guard") -> Publisher:
        """Publish as a service of this name."""
        return Publisher(self.broker.producer, group=group, sealer=Sealer.from_text(KEY))

    def meter(self, snapshot_every_s: float = 3600) -> WorkerProcess:
        """Start the meter, and wait until it has its partitions."""
        environment = {
            "WEIR_KAFKA_BOOTSTRAP": self.bootstrap,
            "WEIR_SEAL_KEY": KEY,
            "WEIR_METER_SNAPSHOT_EVERY_S": str(snapshot_every_s),
        }
        return WorkerProcess(["-m", "services.meter"], environment, self.folder / "meter.log")

    async def count(self, topic: str) -> int:
        """How many records a topic holds."""
        return sum(
            [await self.broker.reader.end(TopicPartition(topic, number)) for number in range(self.partitions)]
        )


@asynccontextmanager
async def bench(partitions: int) -> AsyncGenerator[BenchmarkCluster]:
    """Start Kafka for one measurement."""
    with tempfile.TemporaryDirectory(prefix="weir-meter-") as name, running_kafka(Path(name)) as bootstrap:
        async with KafkaBroker(bootstrap, client_id=unique_client_id("bench")) as broker:
            await broker.admin.create_topics(
                {
                    name: (count, {**config, **BY_BROKER})
                    for name, (count, config) in kafka_topics(partitions).items()
                }
            )
            made = BenchmarkCluster(broker, bootstrap, Path(name), partitions)
            await publish_documents(made.publisher())
            yield made


def show(what: str, value: float, unit: str, target: float | None = None, *, less: bool = False) -> None:
    """Print a result, its target and how it stands to it (above 1 is better)."""
    beside = (
        f"   target {'<=' if less else '>='} {target:>9,.1f}   ratio {(target / value if less else value / target):.2f}"
        if target and value
        else ""
    )
    print(f"{what:<62}{value:>12,.1f} {unit:<12}{beside}", flush=True)


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which that share lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


async def drained(
    made: BenchmarkCluster, topic: str, count: int, meter: WorkerProcess
) -> tuple[float, float]:
    """Records a second, by the clock and by the meter's processor time, from the first that is seen to the last."""
    while (first := await made.count(topic)) == 0:  # noqa: ASYNC110 - the log is in another process
        await asyncio.sleep(0.02)
    wall, cpu = time.perf_counter(), meter.cpu_s()
    while await made.count(topic) < count:  # noqa: ASYNC110 - as above
        await asyncio.sleep(0.05)
    return (count - first) / (time.perf_counter() - wall), (count - first) / (meter.cpu_s() - cpu)


async def stream(chosen: argparse.Namespace) -> None:
    """Admits and settles of one process that finds its input in the log."""
    traffic = Traffic(chosen.tenants, datetime.now(UTC))
    async with bench(chosen.partitions) as made:
        for what, topic, make in (
            ("admits", REQUESTS_ADMITTED.name, traffic.request),
            ("settles", COMPLETIONS.name, traffic.answer),
        ):
            await publish(made.publisher(), (make(number) for number in range(chosen.events)))
            meter = made.meter()
            by_clock, by_cpu = await drained(made, topic, chosen.events, meter)
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
    """The admit hop at a fixed rate: between two appends by the broker's clock, and from before a send until a consumer has what follows."""
    for rate, target in ((50, 5.0), (500, None)):
        async with bench(chosen.partitions) as made:
            meter = made.meter()
            meter.wait_for("rebuilt", made.partitions)
            traffic = Traffic(chosen.tenants, datetime.now(UTC))
            await _paced(made, traffic, (rate, 2.0), 0)
            cpu = meter.cpu_s()
            hops, seen = await _paced(made, traffic, (rate, chosen.seconds), rate * 10)
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
    made: BenchmarkCluster, traffic: Traffic, pace: tuple[int, float], first: int
) -> tuple[list[float], list[float]]:
    """Publish at a fixed rate; returns the milliseconds between both appends, and those that a producer and a consumer see."""
    rate, seconds = pace
    sent: dict[bytes, float] = {}
    appended: dict[bytes, int] = {}
    admitted: dict[bytes, tuple[int, float]] = {}
    publisher, count, begin = made.publisher(), int(rate * seconds), time.perf_counter() + 0.5

    async def send(number: int) -> None:
        request = traffic.request(first + number)
        await asyncio.sleep(max(0.0, begin + number / rate - time.perf_counter()))
        sent[str(event_id(request)).encode()] = time.perf_counter()
        await (await publisher.send(request, event_id(request), None))

    async with made.broker.follow([REQUESTS_SCREENED.name, REQUESTS_ADMITTED.name], start="end") as follower:
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
    """The pure fold and the pure decisions, without any stream, by processor time."""
    ledger, traffic = await desk(), Traffic(chosen.tenants, datetime.now(UTC))
    started = time.process_time()
    admitted, completed = decided(ledger, traffic, range(chosen.events))
    show(
        "decide and fold, admits and settles, without a stream",
        2 * chosen.events / (time.process_time() - started),
        "events/s/core",
    )
    folded = [[(one.event, one.event_id) for one in made] for made in (admitted, completed)]
    tune_garbage_collection()
    state, spent = ledger.new_state(), [0.0, 0.0]
    for low in range(0, chosen.events, OPEN_AT_ONCE):
        for kind, pairs in enumerate(folded):
            spent[kind] += fold_time(state, pairs[low : low + OPEN_AT_ONCE])
    for what, seconds in zip(("admissions", "outcomes"), spent, strict=True):
        show(
            f"pure fold, {what}, {OPEN_AT_ONCE:,} requests open at once",
            chosen.events / seconds,
            "events/s/core",
            100_000,
        )
    show("pure fold, both", 2 * chosen.events / sum(spent), "events/s/core", 100_000)
    # Beyond some thousand open requests each is packed, which takes longer than its fold and a fraction of its memory.
    show(
        "pure fold, admissions, all of them open at once",
        chosen.events / fold_time(ledger.new_state(), folded[0]),
        "events/s/core",
    )


async def reload(chosen: argparse.Namespace) -> None:
    """A restart of the meter process with many accounts: from the decision log alone, and from a snapshot and the log since."""
    ledger, traffic = await desk(), Traffic(chosen.accounts, datetime.now(UTC))
    admitted, completed = decided(ledger, traffic, range(chosen.accounts))
    async with bench(1) as made:
        for decisions in (admitted, completed):
            await _append(made.publisher("meter"), decisions)
        meter = made.meter()
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
            made.broker, made.publisher("meter"), Lease(600), LedgerPartition("meter", 0)
        ).write(state, {REQUESTS_ADMITTED.name: before, COMPLETIONS.name: before, "llm.adjustments": 0})
        show("  (writing the snapshot)", time.perf_counter() - started, "s")
        meter = made.meter()
        (rebuilt,) = meter.wait_for("rebuilt", 1, 600)
        what = f"restart, snapshot of {before:,} accounts and {rebuilt['folded']:,} decisions since"
        show(what, float(str(rebuilt["seconds"])), "s", 10, less=True)
        show("  (memory of the process after it)", meter.resident_bytes() / 2**20, "MiB")
        meter.kill()


async def _append(publisher: Publisher, decisions: Sequence[LedgerDecision]) -> None:
    for low in range(0, len(decisions), 2_000):
        await acknowledged(
            [await publisher.send(one.event, one.event_id, None, 0) for one in decisions[low : low + 2_000]]
        )


async def memory(chosen: argparse.Namespace) -> None:
    """How the state grows: by accounts with one open request, then with its outcome, which is remembered for a day."""
    ledger, traffic = await desk(), Traffic(chosen.accounts, datetime.now(UTC))
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
    """Measure what was chosen, each part in turn."""
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
        # A process for each, so that none starts with the memory of the one before.
        child = get_context("spawn").Process(target=_run, args=(name, chosen))
        child.start()
        child.join()
    return 0


def _run(name: str, chosen: argparse.Namespace) -> None:
    tune_garbage_collection()  # as the meter's own process does
    uvloop.run(PARTS[name](chosen))


if __name__ == "__main__":
    sys.exit(main())
