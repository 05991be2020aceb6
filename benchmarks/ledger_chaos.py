"""Kills and freezes the meter between its steps under traffic of known cost, kills the sink, then counts every cent independently.

    python benchmarks/ledger_chaos.py [--events 300000] [--kills 30] [--freezes 6] [--sink-kills 10]

(a) kill -9 at a named point between two steps, in turn, or at random where it is not reached; (b) two owners: one stops itself just before
a send, the other takes over, then the first goes on. Starts its own Kafka and ClickHouse on free loopback ports; ends by itself.
"""

import argparse
import asyncio
import random
import re
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.ledger_count import differences
from benchmarks.meter import KEY, BenchmarkCluster, bench
from benchmarks.meter_traffic import Traffic, publish
from benchmarks.shaken_meter import POINTS
from benchmarks.worker_process import WorkerProcess
from schemas.topics import ANSWERS_SCREENED, REQUESTS_ADMITTED, REQUESTS_SCREENED
from streaming.brokers.records import TopicPartition
from weir.clickhouse import connected
from weir.local.stack import running_clickhouse
from weir.stack.migrate import migrate

SESSION_S = 6
LIFE_S = (7.0, 13.0)
TAKEN_OVER_S = SESSION_S + 3.0
REPEATED = 50
DRAIN_S = 900.0
NUMBER = re.compile(rb'"request_id":"r(\d+)"')


@dataclass(frozen=True, slots=True)
class ChaosPlan:
    """How much traffic, and what happens to those who count it."""

    events: int
    kills: int
    freezes: int
    sink_kills: int
    tenants: int = 100
    partitions: int = 4
    seed: int = 7

    @property
    def seconds(self) -> float:
        """How long the faults take, and so how long requests come."""
        return max(5.0, self.kills * 9.0 + self.freezes * 18.0)


@dataclass(slots=True)
class InjectedFaults:
    """What was done to the workers."""

    made: BenchmarkCluster
    plan: ChaosPlan
    clickhouse: str
    chance: random.Random
    faults: Counter[str] = field(default_factory=Counter[str])

    def meter(self, *words: str) -> WorkerProcess:
        """Start a meter, clean or with a fault."""
        return WorkerProcess(
            ["-m", *(words or ("services.meter",))], self._environment(), self.made.folder / "meter.log"
        )

    def faulty(self, point: str, number: str) -> WorkerProcess:
        """Start a meter that sends itself a signal at a point."""
        after = self.chance.randint(1, 3 if point in {"before a head", "while reading back"} else 25)
        return self.meter(
            "benchmarks.shaken_meter", "--point", point, "--after", str(after), "--signal", number
        )

    def sink(self) -> WorkerProcess:
        """Start the sink."""
        return WorkerProcess(["-m", "services.sink"], self._environment(), self.made.folder / "sink.log")

    def _environment(self) -> dict[str, str]:
        return {
            "WEIR_KAFKA_BOOTSTRAP": self.made.bootstrap,
            "WEIR_CLICKHOUSE_URL": self.clickhouse,
            "WEIR_SEAL_KEY": KEY,
            "WEIR_SESSION_TIMEOUT_S": str(SESSION_S),
            "WEIR_METER_SNAPSHOT_EVERY_S": "1",
        }


async def ask(made: BenchmarkCluster, traffic: Traffic, plan: ChaosPlan) -> None:
    """Publish the requests evenly over the time of the faults; some come twice, as after a crash of the guard."""
    begun, step = time.monotonic(), max(1, min(2_000, plan.events // 100))
    for low in range(0, plan.events, step):
        await asyncio.sleep(max(0.0, begun + plan.seconds * low / plan.events - time.monotonic()))
        numbers = range(low, min(low + step, plan.events))
        twice = [number for number in numbers if number % REPEATED == 0]
        await publish(made.publisher(), (traffic.request(number) for number in [*numbers, *twice]))


async def answer(made: BenchmarkCluster, traffic: Traffic, plan: ChaosPlan) -> None:
    """Answer each request that is admitted, once or twice, as router and guard would."""
    seen: set[int] = set()
    async with made.broker.follow([REQUESTS_ADMITTED.name], start="beginning") as follower:
        while len(seen) < plan.events:
            fresh: list[int] = []
            for record in await follower.poll(max_records=2_000, timeout_s=0.5):
                number = int(found[1]) if (found := NUMBER.search(record.value or b"")) else -1
                if number not in seen:
                    seen.add(number)
                    fresh += [number] * (2 if number % REPEATED == 1 else 1)
            await publish(made.publisher(), (traffic.answer(number) for number in fresh))


async def kill(shaken: InjectedFaults) -> None:
    """(a) One meter after the other, each killed between two steps."""
    for number in range(shaken.plan.kills):
        point = POINTS[number % len(POINTS)]
        meter = shaken.faulty(point, "KILL")
        await _until(meter.has_ended, shaken.chance.uniform(*LIFE_S))
        shaken.faults[f"meter killed {'at random' if meter.is_alive else point}"] += 1
        meter.kill()


async def freeze(shaken: InjectedFaults) -> None:
    """(b) Two owners: the one that stops itself just before a send goes on after the other has taken over."""
    other = shaken.meter() if shaken.plan.freezes else None
    for _ in range(shaken.plan.freezes):
        frozen = shaken.faulty("before an append", "STOP")
        is_stopped = await _until(frozen.is_stopped, 20)
        await asyncio.sleep(TAKEN_OVER_S if is_stopped else 0)
        frozen.signal(signal.SIGCONT)
        await _until(frozen.has_ended, 10)
        fate = f"then ended with {frozen.process.poll()}" if not frozen.is_alive else "then lived on"
        shaken.faults[
            f"meter frozen before an append, {fate}" if is_stopped else "meter had nothing to append"
        ] += 1
        frozen.kill()
        if other is not None and not other.is_alive:
            shaken.faults[f"its successor ended with {other.process.poll()} and was started again"] += 1
            other = shaken.meter()
    if other is not None:
        other.kill()


async def _until(holds: Callable[[], bool], seconds: float) -> bool:
    until = time.monotonic() + seconds
    while not holds() and time.monotonic() < until:  # noqa: ASYNC110 - it is about another process
        await asyncio.sleep(0.02)
    return holds()


async def kill_sinks(shaken: InjectedFaults) -> None:
    """Kill the sink at random while requests come."""
    for _ in range(shaken.plan.sink_kills):
        sink = shaken.sink()
        await asyncio.sleep(shaken.plan.seconds / shaken.plan.sink_kills * shaken.chance.uniform(0.6, 1.0))
        sink.kill()
        shaken.faults["sink killed at random"] += 1


async def is_drained(made: BenchmarkCluster) -> bool:
    """Whether the meter has done all of its inputs."""
    marks = await made.broker.admin.group_offsets("meter")
    places = [
        TopicPartition(topic, number)
        for topic in (REQUESTS_SCREENED.name, ANSWERS_SCREENED.name)
        for number in range(made.partitions)
    ]
    done = [place in marks and marks[place].offset >= await made.broker.reader.end(place) for place in places]
    return all(done)


async def supervise(shaken: InjectedFaults, start: Callable[[], WorkerProcess]) -> None:
    """Keep a clean worker running, started again where it stops itself, until this task is cancelled."""
    while True:
        worker = start()
        try:
            await _until(worker.has_ended, DRAIN_S)
        finally:
            code = worker.stop()
        shaken.faults[f"clean worker ended with {code}"] += 1


async def shake(plan: ChaosPlan, clickhouse: str) -> list[str]:
    """Run the traffic and the faults, wait until all is decided and stored, and give every difference to the independent count."""
    traffic = Traffic(plan.tenants, datetime.now(UTC))
    async with bench(plan.partitions) as made:
        shaken, begun = InjectedFaults(made, plan, clickhouse, random.Random(plan.seed)), time.monotonic()
        work = asyncio.gather(ask(made, traffic, plan), answer(made, traffic, plan))
        sinks = asyncio.create_task(kill_sinks(shaken))
        with _timed("kills"):
            await kill(shaken)
        with _timed("freezes"):
            await freeze(shaken)
        await sinks
        clean = [asyncio.create_task(supervise(shaken, start)) for start in (shaken.meter, shaken.sink)]
        try:
            with _timed("the rest of the stream"):
                async with asyncio.timeout(DRAIN_S):
                    await work
                    while not await is_drained(made):  # noqa: ASYNC110 - the log is in another process
                        await asyncio.sleep(0.5)
            print(
                f"{plan.events} usage events in {time.monotonic() - begun:.0f} s; faults: {dict(sorted(shaken.faults.items()))}",
                flush=True,
            )
            with _timed("the count"):
                return await differences(made, plan.events, plan.tenants, clickhouse)
        finally:
            for worker in clean:
                worker.cancel()
            await asyncio.gather(*clean, return_exceptions=True)


@contextmanager
def _timed(what: str) -> Iterator[None]:
    started = time.monotonic()
    yield
    print(f"{what}: {time.monotonic() - started:.1f} s", flush=True)


def run(plan: ChaosPlan, folder: Path) -> list[str]:
    """Start ClickHouse with its tables, and shake."""
    with running_clickhouse(folder) as clickhouse:
        with connected(clickhouse) as client:
            migrate(client)
        return asyncio.run(shake(plan, clickhouse))


def main() -> int:
    """Run what was asked for, and say whether the count closes."""
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
        found = run(plan, Path(name))
    for difference in found[:20]:
        print("DIFFERENCE", difference)
    print("closes" if not found else f"DOES NOT CLOSE: {len(found)} differences")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
