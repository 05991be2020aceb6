"""Kills and freezes the meter between its steps and kills the sink, then counts every cent independently.

    python benchmarks/ledger_chaos.py [--events 300000] [--kills 30] [--freezes 6] [--sink-kills 10]

(a) Kills the meter at a named point between two steps, in turn, or at random if it does not reach the point.
(b) Two owners: one stops itself just before a send, another takes over, and then the first continues.
Starts its own Kafka and ClickHouse on free loopback ports and stops them.
"""

import argparse
import asyncio
import random
import re
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.ledger_count import ExpectedUsage, differences
from benchmarks.meter_cluster import BenchmarkCluster, running_cluster
from benchmarks.meter_decisions import KEY
from benchmarks.meter_traffic import Traffic, publish
from benchmarks.shaken_meter import POINTS
from benchmarks.worker_process import WorkerProcess
from schemas.topics import ANSWERS_SCREENED, REQUESTS_ADMITTED, REQUESTS_SCREENED
from streaming.brokers.records import TopicPartition
from weir.clickhouse import connected
from weir.local.stack import running_clickhouse
from weir.stack.migrate import migrate

SESSION_S = 6
LIFETIME_S = (7.0, 13.0)
TAKEOVER_S = SESSION_S + 3.0
REPEAT_EVERY = 50
DRAIN_S = 900.0
NUMBER = re.compile(rb'"request_id":"r(\d+)"')


@dataclass(frozen=True, slots=True)
class ChaosPlan:
    """How much traffic there is, and how many faults of each kind."""

    events: int
    kills: int
    freezes: int
    sink_kills: int
    tenants: int = 100
    partitions: int = 4
    seed: int = 7

    @property
    def seconds(self) -> float:
        """How long the faults take, and so how long requests are published."""
        return max(5.0, self.kills * 9.0 + self.freezes * 18.0)


@dataclass(slots=True)
class InjectedFaults:
    """Starts workers with and without faults, and counts what happened to them."""

    cluster: BenchmarkCluster
    plan: ChaosPlan
    clickhouse: str
    chance: random.Random
    counts: Counter[str] = field(default_factory=Counter[str])

    def meter(self, *command: str) -> WorkerProcess:
        """Start a meter, or the given command of a meter with a fault."""
        return WorkerProcess(
            ["-m", *(command or ("services.meter",))], self._environment(), self.cluster.folder / "meter.log"
        )

    def faulty(self, point: str, number: str) -> WorkerProcess:
        """Start a meter that sends itself a signal at a point."""
        after = self.chance.randint(1, 3 if point in {"before a head", "while reading back"} else 25)
        return self.meter(
            "benchmarks.shaken_meter", "--point", point, "--after", str(after), "--signal", number
        )

    def sink(self) -> WorkerProcess:
        """Start the sink."""
        return WorkerProcess(["-m", "services.sink"], self._environment(), self.cluster.folder / "sink.log")

    def _environment(self) -> dict[str, str]:
        return {
            "WEIR_KAFKA_BOOTSTRAP": self.cluster.bootstrap,
            "WEIR_CLICKHOUSE_URL": self.clickhouse,
            "WEIR_SEAL_KEY": KEY,
            "WEIR_SESSION_TIMEOUT_S": str(SESSION_S),
            "WEIR_METER_SNAPSHOT_EVERY_S": "1",
        }


async def publish_requests(cluster: BenchmarkCluster, traffic: Traffic, plan: ChaosPlan) -> None:
    """Publish the requests evenly while faults are injected; some twice, as after a crash of the guard."""
    begun, step = time.monotonic(), max(1, min(2_000, plan.events // 100))
    for low in range(0, plan.events, step):
        await asyncio.sleep(max(0.0, begun + plan.seconds * low / plan.events - time.monotonic()))
        numbers = range(low, min(low + step, plan.events))
        twice = [number for number in numbers if number % REPEAT_EVERY == 0]
        await publish(cluster.publisher(), (traffic.request(number) for number in [*numbers, *twice]))


async def publish_answers(cluster: BenchmarkCluster, traffic: Traffic, plan: ChaosPlan) -> None:
    """Answer each admitted request once or twice, as router and guard would."""
    seen: set[int] = set()
    async with cluster.broker.follow([REQUESTS_ADMITTED.name], start="beginning") as follower:
        while len(seen) < plan.events:
            fresh: list[int] = []
            for record in await follower.poll(max_records=2_000, timeout_s=0.5):
                number = int(match[1]) if (match := NUMBER.search(record.value or b"")) else -1
                if number not in seen:
                    seen.add(number)
                    fresh += [number] * (2 if number % REPEAT_EVERY == 1 else 1)
            await publish(cluster.publisher(), (traffic.answer(number) for number in fresh))


async def kill(faults: InjectedFaults) -> None:
    """(a) Start meters in sequence, and kill each between two of its steps."""
    for number in range(faults.plan.kills):
        point = POINTS[number % len(POINTS)]
        meter = faults.faulty(point, "KILL")
        await _until(meter.has_ended, faults.chance.uniform(*LIFETIME_S))
        faults.counts[f"meter killed {'at random' if meter.is_alive else point}"] += 1
        meter.kill()


async def freeze(faults: InjectedFaults) -> None:
    """(b) Two owners: one stops itself just before a send, and continues after the other has taken over."""
    other = faults.meter() if faults.plan.freezes else None
    for _ in range(faults.plan.freezes):
        frozen = faults.faulty("before an append", "STOP")
        is_stopped = await _until(frozen.is_stopped, 20)
        await asyncio.sleep(TAKEOVER_S if is_stopped else 0)
        frozen.signal(signal.SIGCONT)
        await _until(frozen.has_ended, 10)
        fate = f"then ended with {frozen.process.poll()}" if not frozen.is_alive else "then lived on"
        faults.counts[
            f"meter frozen before an append, {fate}" if is_stopped else "meter had nothing to append"
        ] += 1
        frozen.kill()
        if other is not None and not other.is_alive:
            faults.counts[f"its successor ended with {other.process.poll()} and was started again"] += 1
            other = faults.meter()
    if other is not None:
        other.kill()


async def _until(holds: Callable[[], bool], seconds: float) -> bool:
    until = time.monotonic() + seconds
    while not holds() and time.monotonic() < until:  # noqa: ASYNC110 - the other process is polled
        await asyncio.sleep(0.02)
    return holds()


async def kill_sinks(faults: InjectedFaults) -> None:
    """Kill the sink at random times while requests are published."""
    for _ in range(faults.plan.sink_kills):
        sink = faults.sink()
        await asyncio.sleep(faults.plan.seconds / faults.plan.sink_kills * faults.chance.uniform(0.6, 1.0))
        sink.kill()
        faults.counts["sink killed at random"] += 1


async def is_drained(cluster: BenchmarkCluster) -> bool:
    """Whether the meter has committed all of its inputs."""
    committed = await cluster.broker.admin.group_offsets("meter")
    inputs = [
        TopicPartition(topic, number)
        for topic in (REQUESTS_SCREENED.name, ANSWERS_SCREENED.name)
        for number in range(cluster.partitions)
    ]
    done = [
        source in committed and committed[source].offset >= await cluster.broker.reader.end(source)
        for source in inputs
    ]
    return all(done)


async def supervise(faults: InjectedFaults, start: Callable[[], WorkerProcess]) -> None:
    """Keep a worker without faults running, and restart it if it stops, until this task is cancelled."""
    while True:
        worker = start()
        try:
            await _until(worker.has_ended, DRAIN_S)
        finally:
            code = worker.stop()
        faults.counts[f"clean worker ended with {code}"] += 1


async def run_chaos(plan: ChaosPlan, clickhouse: str) -> list[str]:
    """Run traffic and faults, wait until all is decided and stored, and return the differences."""
    traffic = Traffic(plan.tenants, datetime.now(UTC))
    async with running_cluster(plan.partitions) as cluster:
        faults, begun = InjectedFaults(cluster, plan, clickhouse, random.Random(plan.seed)), time.monotonic()
        work = asyncio.gather(
            publish_requests(cluster, traffic, plan), publish_answers(cluster, traffic, plan)
        )
        sinks = asyncio.create_task(kill_sinks(faults))
        with _timed("kills"):
            await kill(faults)
        with _timed("freezes"):
            await freeze(faults)
        await sinks
        clean = [asyncio.create_task(supervise(faults, start)) for start in (faults.meter, faults.sink)]
        try:
            with _timed("the rest of the stream"):
                async with asyncio.timeout(DRAIN_S):
                    await work
                    while not await is_drained(cluster):  # noqa: ASYNC110 - the log is in another process
                        await asyncio.sleep(0.5)
            counts = dict(sorted(faults.counts.items()))
            took = time.monotonic() - begun
            print(f"{plan.events} usage events in {took:.0f} s; faults: {counts}", flush=True)
            with _timed("the count"):
                return await differences(cluster, ExpectedUsage(plan.events, plan.tenants), clickhouse)
        finally:
            for worker in clean:
                worker.cancel()
            await asyncio.gather(*clean, return_exceptions=True)


@contextmanager
def _timed(what: str) -> Generator[None]:
    started = time.monotonic()
    yield
    print(f"{what}: {time.monotonic() - started:.1f} s", flush=True)


def run(plan: ChaosPlan, folder: Path) -> list[str]:
    """Start ClickHouse with its tables, and run the plan."""
    with running_clickhouse(folder) as clickhouse:
        with connected(clickhouse) as client:
            migrate(client)
        return asyncio.run(run_chaos(plan, clickhouse))


def main() -> int:
    """Run the plan, and print whether the count closes."""
    import tempfile

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name, default in (
        ("events", 300_000),
        ("kills", 30),
        ("freezes", 6),
        ("sink-kills", 10),
        ("tenants", 100),
        ("seed", 7),
    ):
        parser.add_argument(f"--{name}", type=int, default=default)
    plan = ChaosPlan(**vars(parser.parse_args()))
    with tempfile.TemporaryDirectory(prefix="weir-chaos-") as name:
        problems = run(plan, Path(name))
    for difference in problems[:20]:
        print("DIFFERENCE", difference)
    print("closes" if not problems else f"DOES NOT CLOSE: {len(problems)} differences")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
