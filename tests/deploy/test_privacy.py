"""docs/privacy.md is complete, and clear text of plain producers leaves the disk within its bound."""

import asyncio
import json
import re
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from schemas.topics import REQUESTS, TOPICS, kafka_topics
from services.guard.app import build
from services.guard.settings import GuardSettings
from streaming.brokers.kafka.broker import KafkaBroker
from streaming.brokers.records import OutboundRecord
from streaming.errors import DependencyDownError
from streaming.loops.purge import PURGE_EVERY_S, TICK_AFTER_S
from streaming.partitions.progress import COMMIT_EVERY_S
from streaming.process import run
from streaming.seal.seal import new_key
from weir.local.kafka.broker import BrokerSettings, properties
from weir.local.stack import running_kafka

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "privacy.md").read_text()
BOUND_S = 25.0
QUIET, BUSY = 0, 1
CANARIES = {QUIET: "canary.quiet@example.org", BUSY: "canary.busy@example.org"}
"""Published in two partitions, of which only the second receives further requests."""


def test_the_page_names_every_topic_and_every_table() -> None:
    sql = "".join(path.read_text() for path in (ROOT / "deploy/clickhouse").glob("*.sql"))
    tables = re.findall(r"CREATE (?:TABLE|VIEW) IF NOT EXISTS \{db\}\.(\w+)", sql)

    assert [topic.name for topic in TOPICS if f"`{topic.name}`" not in PAGE] == []
    assert tables
    assert [table for table in tables if f"`{table}`" not in PAGE] == []


def test_the_bound_of_the_page_is_the_sum_of_what_the_code_waits_for(tmp_path: Path) -> None:
    broker = properties(BrokerSettings(tmp_path, 9092, 9093), tmp_path)
    segment_s, deletion_s = (
        int(REQUESTS.config[key]) / 1000 for key in ("segment.ms", "file.delete.delay.ms")
    )
    check_s = int(broker["log.retention.check.interval.ms"]) / 1000

    # A purge follows a commit, so one that comes just too early waits for the next commit.
    purge_s = PURGE_EVERY_S + COMMIT_EVERY_S
    sum_s = COMMIT_EVERY_S + purge_s + segment_s + TICK_AFTER_S + check_s + deletion_s

    assert f"{sum_s:.1f} s" in PAGE
    assert f"{BOUND_S:.0f} s" in PAGE
    assert sum_s < BOUND_S - 3


@pytest.mark.integration
async def test_clear_text_of_a_plain_producer_leaves_the_disk_within_the_bound(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEIR_SEAL_KEY", new_key())
    with running_kafka(tmp_path) as bootstrap:
        async with KafkaBroker(bootstrap, client_id="plain-producer") as broker, _guard(broker, bootstrap):
            await _published(broker, QUIET, _plain(CANARIES[QUIET]))
            await _published(broker, BUSY, _plain(CANARIES[BUSY]))
            planted = await asyncio.to_thread(_partitions_on_disk, tmp_path)

            await _is_handled(broker)
            handled_at, gone_after_s = time.monotonic(), dict[int, float]()
            while len(gone_after_s) < len(CANARIES) and time.monotonic() < handled_at + 2 * BOUND_S:
                await _published(broker, BUSY, _plain("good morning"))
                left, looked_s = (
                    await asyncio.to_thread(_partitions_on_disk, tmp_path),
                    time.monotonic() - handled_at,
                )
                gone_after_s |= {
                    partition: looked_s
                    for partition in CANARIES
                    if partition not in left and partition not in gone_after_s
                }
                await asyncio.sleep(0.3)

    assert planted == set(CANARIES), "the search does not find what is there"
    assert set(gone_after_s) == set(CANARIES)
    assert max(gone_after_s.values()) < BOUND_S, gone_after_s


@asynccontextmanager
async def _guard(broker: KafkaBroker, bootstrap: str) -> AsyncGenerator[None, None]:
    await broker.admin.create_topics(kafka_topics(2))
    stop, service = asyncio.Event(), build(GuardSettings.read())
    guard = asyncio.create_task(
        run([service], KafkaBroker(bootstrap, client_id="guard-1"), session_s=10, stop=stop)
    )
    try:
        yield
    finally:
        stop.set()
        await guard


def _plain(text: str) -> str:
    return json.dumps({"tenant": "acme", "model": "small", "messages": [{"role": "user", "content": text}]})


async def _published(broker: KafkaBroker, partition: int, text: str) -> None:
    await (await broker.producer.send(OutboundRecord(REQUESTS.name, text.encode(), None, (), partition)))


async def _is_handled(broker: KafkaBroker) -> None:
    """Wait until the guard has committed in both partitions; a new broker has no group coordinator yet."""
    handled = set[int]()
    while handled != set(CANARIES):
        await asyncio.sleep(0.1)
        with suppress(DependencyDownError):
            committed = await broker.admin.group_offsets("guard")
            handled = {
                topic_partition.partition
                for topic_partition, position in committed.items()
                if topic_partition.topic == REQUESTS.name and position.offset > 0
            }


def _partitions_on_disk(folder: Path) -> set[int]:
    """The partitions whose canary is in any file; a file may be deleted during the search."""
    partitions = set[int]()
    for path in folder.rglob("*"):
        with suppress(FileNotFoundError):
            content = path.read_bytes() if path.is_file() else b""
            partitions |= {partition for partition, text in CANARIES.items() if text.encode() in content}
    return partitions
