"""`weir dlq` on a real Kafka and ClickHouse lists, shows and redrives what the guard refused."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from pydantic import SecretStr
from typer.testing import CliRunner, Result

import services.guard.app
import services.meter.app
import services.router.app
from schemas.cloudevents import decode, encode
from schemas.outcomes import Completion
from schemas.topics import COMPLETIONS, REQUESTS, dead_letter_topic, kafka_topics
from services.guard.settings import GuardSettings
from services.meter.settings import MeterSettings
from services.router.settings import ProviderSettings, RouterSettings
from streaming.brokers.kafka.broker import KafkaBroker
from streaming.brokers.records import CommittedOffset, OutboundRecord, Record, TopicPartition
from streaming.events.dead_letters import DeadLetterCause, dead_letter
from streaming.events.publishing import acknowledged
from streaming.process import run, unique_client_id
from streaming.seal.seal import Sealer, new_key
from tests.integration.stubbed_services import served_stub
from weir.cli import app
from weir.clickhouse import connected
from weir.config.models import Config
from weir.local.stack import running_kafka
from weir.local.stub_provider import StubSettings
from weir.stack.migrate import DATABASE, migrate
from weir.stack.publish import publish_documents

pytestmark = pytest.mark.integration
KEY = new_key()
SEAL = SecretStr(KEY)
SEALER = Sealer.from_text(KEY)
TENANT = "acme"
LETTER = "llm.requests/0@0"
QUESTION = "Where is the parcel of Jane Doe, jane@example.com? It was sent on Monday."
REFUSED = {
    "tenant": TENANT,
    "model": "stub",
    "messages": [{"role": "user", "content": QUESTION}],
    "user": "jane@example.com",
}
EXAMPLES = Path(__file__).parents[3] / "schemas" / "examples"
CONFIG = {
    "providers": [{"name": "stub", "base_url": "http://stub"}],
    "routes": [
        {"name": "stub", "candidates": [{"provider": "stub", "model": "stub"}], "max_output_tokens": 60}
    ],
    "prices": [
        {
            "name": "stub/stub",
            "version": 1,
            "valid_from": "2026-01-01T00:00:00Z",
            "input_usd_per_mtok": 1,
            "output_usd_per_mtok": 1,
        }
    ],
    "tenants": [{"name": TENANT, "budget": {"monthly_usd": 1000}}],
}


@dataclass(frozen=True, slots=True)
class Stream:
    """A Kafka that only this test uses."""

    broker: KafkaBroker
    bootstrap: str
    provider: str

    @asynccontextmanager
    async def guarded(self, max_chars: int) -> AsyncGenerator[None]:
        """Run guard, meter and router; the guard refuses texts over `max_chars`."""
        router = RouterSettings(
            seal_key=SEAL,
            router_providers=(ProviderSettings(name="stub", kind="openai", base_url=self.provider),),
        )
        built = [
            services.guard.app.build(GuardSettings(seal_key=SEAL, guard_content_chars=max_chars)),
            services.meter.app.build(MeterSettings(seal_key=SEAL)),
            services.router.app.build(router),
        ]
        stop = asyncio.Event()
        broker = KafkaBroker(self.bootstrap, client_id=unique_client_id("test"))
        task = asyncio.create_task(run(built, broker, session_s=60, stop=stop))
        try:
            yield
        finally:
            stop.set()
            await task

    async def put(self, topic: str, value: bytes, headers: tuple[tuple[str, bytes], ...] = ()) -> int:
        (offset,) = await acknowledged(
            [await self.broker.producer.send(OutboundRecord(topic, b"k", value, headers, 0))]
        )
        return offset

    async def holds(self, topic: str, count: int) -> list[Record]:
        partition = TopicPartition(topic, 0)
        async with asyncio.timeout(60):
            while (end := await self.broker.reader.end(partition)) < count:
                await asyncio.sleep(0.1)
        return await self.broker.reader.read(partition, 0, end)


@pytest.fixture
def provider() -> Iterator[str]:
    with served_stub(StubSettings()) as url:
        yield url


@pytest.fixture
async def stream(provider: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> AsyncIterator[Stream]:
    with running_kafka(tmp_path / "kafka") as bootstrap:
        monkeypatch.setenv("WEIR_KAFKA_BOOTSTRAP", bootstrap)
        monkeypatch.setenv("WEIR_CLICKHOUSE_URL", "http://127.0.0.1:9")
        monkeypatch.setenv("WEIR_SEAL_KEY", KEY)
        monkeypatch.chdir(tmp_path)
        async with KafkaBroker(bootstrap, client_id=unique_client_id("test")) as broker:
            await broker.admin.create_topics(kafka_topics(1))
            await publish_documents(broker, Config.model_validate(CONFIG).documents())
            yield Stream(broker, bootstrap, provider)


async def dlq(*arguments: str) -> Result:
    result = await asyncio.to_thread(CliRunner().invoke, app, ["dlq", *arguments])
    assert not any(word in result.output for word in ("Jane", "jane", "parcel")), result.output
    return result


def codes(result: Result) -> tuple[int, str]:
    """The exit code and the result of the only letter."""
    (letter,) = json.loads(result.stdout)["letters"]
    return result.exit_code, letter["result"]


async def lists_three_letters_by_reason() -> None:
    listed = json.loads((await dlq("ls", "--json")).stdout)["groups"]

    assert sorted((group["reason"], group["letters"]) for group in listed) == [
        ("foreign_record", 1),
        ("invalid_event", 1),
        ("too_large", 1),
    ]
    assert json.loads((await dlq("ls", "--json", "--tenant", TENANT, "--since", "1h")).stdout)["letters"] == 1
    assert "no dead letters that fit" in (await dlq("ls", "--until", "1h")).output


async def shown_original(output: Path) -> object:
    """Show the refused request, and return the messages of the original that is written to `output`."""
    show = await dlq("show", LETTER, "--json", "--output", str(output))

    (shown,) = json.loads(show.stdout)
    assert (shown["reason"], shown["opens"], "IN THE CLEAR" in show.stderr) == ("too_large", True, True)
    return json.loads(output.read_bytes())["messages"]


async def test_a_request_that_the_guard_refused_is_put_back_and_answered_once(
    stream: Stream, tmp_path: Path
) -> None:
    deadline = (datetime.now(UTC) + timedelta(seconds=3)).isoformat()
    async with stream.guarded(max_chars=20):
        await stream.put(REQUESTS.name, json.dumps({**REFUSED, "deadline": deadline}).encode())
        await stream.put(REQUESTS.name, b"{ jane@example.com")
        await stream.holds(dead_letter_topic(REQUESTS.name), 2)
    await stream.put(dead_letter_topic(REQUESTS.name), b"\xff\xfe", (("weir-reason", b"parcel"),))
    await asyncio.sleep(3)

    await lists_three_letters_by_reason()
    assert await shown_original(tmp_path / "original") == REFUSED["messages"]

    late, dry = (
        await dlq("redrive", "--tenant", TENANT, "--yes"),
        await dlq("redrive", "--new-deadline", "60"),
    )
    assert (late.exit_code, "--new-deadline" in late.output) == (1, True)
    assert (
        dry.exit_code,
        "dry run" in dry.output,
        "still_refused" in dry.output,
        "would_go" in dry.output,
    ) == (0, True, True, True)
    assert (await dlq("redrive", "--yes")).exit_code == 2
    results = [
        await dlq("redrive", LETTER, "--new-deadline", "60", "--yes", "--json", *more)
        for more in ((), (), ("--again",))
    ]
    assert [codes(result) for result in results] == [
        (0, "redriven"),
        (0, "redriven_already"),
        (0, "redriven"),
    ]

    async with stream.guarded(max_chars=1_000):
        records = await stream.holds(COMPLETIONS.name, 2)
    outcomes = [decode(record.topic, record.value, record.headers) for record in records]
    assert sorted(outcome.status for outcome in outcomes if isinstance(outcome, Completion)) == [
        "answered",
        "duplicate",
    ]


async def test_a_fact_that_the_sink_refused_is_stored_once_and_waits_for_clickhouse(
    stream: Stream, clickhouse_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fact = Completion.model_validate_json((EXAMPLES / f"{Completion.TYPE}.json").read_bytes())
    encoded = encode(
        fact.model_copy(update={"completed_at": datetime.now(UTC)}),
        event_id=uuid4(),
        source="meter",
        time=datetime.now(UTC),
    )
    offset = await stream.put(COMPLETIONS.name, encoded.value, encoded.headers)
    (record,) = await stream.holds(COMPLETIONS.name, 1)
    await acknowledged(
        [
            await stream.broker.producer.send(
                dead_letter(SEALER, record, DeadLetterCause("sink", "row_refused", "no"), datetime.now(UTC))
            )
        ]
    )

    async def ignore(partitions: frozenset[TopicPartition]) -> None:
        del partitions

    async with stream.broker.join(
        "sink", [COMPLETIONS.name], assignor="range", client_id="x", on_revoked=ignore, on_assigned=ignore
    ) as sink:
        while not sink.assignment():
            await sink.poll([], max_records=1, timeout_s=0.1)
        await sink.commit({TopicPartition(COMPLETIONS.name, 0): CommittedOffset(offset + 1)})

    down = await dlq("redrive", "--topic", COMPLETIONS.name, "--yes", "--json")
    monkeypatch.setenv("WEIR_CLICKHOUSE_URL", clickhouse_url)
    with connected(clickhouse_url) as client:
        client.command(f"DROP DATABASE IF EXISTS {DATABASE}")
        migrate(client)
        results = [await dlq("redrive", "--topic", COMPLETIONS.name, "--yes", "--json") for _ in range(2)]
        rows = client.query(f"SELECT record_id, kpart, koff FROM {DATABASE}.completions").result_rows
        client.command(f"DROP DATABASE {DATABASE}")
    assert [codes(result) for result in (down, *results)] == [
        (1, "clickhouse_down"),
        (0, "redriven"),
        (0, "stored_already"),
    ]
    assert [tuple(row) for row in rows] == [(fact.request.record_id, 0, offset)]
    assert await stream.broker.reader.end(TopicPartition(COMPLETIONS.name, 0)) == offset + 1
