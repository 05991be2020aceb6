"""`weir price`: checks files, publishes prices, reprices and settles calls on a real Kafka."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4, uuid5

import pytest
from pydantic import SecretStr
from typer.testing import CliRunner

from schemas.document_files import DocumentFileError, read_documents
from schemas.outcomes import Completion
from schemas.prices import PriceDocument
from schemas.topics import kafka_topics
from services.meter.app import build
from services.meter.settings import MeterSettings
from streaming.brokers.kafka.broker import KafkaBroker
from streaming.events.publishing import Publisher, acknowledged
from streaming.handling import NAMESPACE
from streaming.process import run, unique_client_id
from streaming.seal.seal import Sealer, new_key
from weir.cli import app
from weir.money import parse_display
from weir.prices.tables import period_lines

EXAMPLES = Path(__file__).parents[3] / "schemas" / "examples"
NOW = datetime.now(UTC)
FILE = """
prices:
  - name: local/m
    version: 2
    periods:
      - { valid_from: 2026-01-01T00:00:00Z, input_usd_per_mtok: "1", output_usd_per_mtok: "10" }
      - valid_from: 2026-11-20T12:00:00Z
        input_usd_per_mtok: "2"
        output_usd_per_mtok: "20"
        tiers: [{ above_input_tokens: 200000, input_usd_per_mtok: "4" }]
        off_peak: [{ start_utc: 16:30, end_utc: 00:30, input_usd_per_mtok: "0.5", output_usd_per_mtok: "5" }]
        variants: [{ when: { service_tier: flex }, input_usd_per_mtok: "1", output_usd_per_mtok: "10" }]
        unit_usd: { web_searches: "0.01" }
        media_usd_per_mtok: { input_audio: "40" }
  - { name: local/gpu, version: 1, valid_from: 2026-01-01T00:00:00Z, usd_per_second: "0.0012" }
"""
HOLE = """
name: a/b
version: 1
periods:
  - { valid_from: 2026-01-01T00:00:00Z, valid_to: 2026-01-02T00:00:00Z, usd_per_second: 1 }
  - { valid_from: 2026-01-03T00:00:00Z, usd_per_second: 1 }
"""
LINES = [
    "from 2026-01-01 00:00:00",
    "  input 1, output 10 USD per million tokens",
    "from 2026-11-20 12:00:00",
    "  input 2, output 20, input_audio 40 USD per million tokens; web_searches 0.01 USD apiece",
    "  above 200000 input tokens: input 4 USD per million tokens",
    "  16:30 to 00:30 UTC: input 0.5, output 5 USD per million tokens",
    "  service_tier=flex: input 1, output 10 USD per million tokens",
]


def written(folder: Path, text: str) -> Path:
    path = folder / "prices.yaml"
    path.write_text(text)
    return path


def test_a_file_of_prices_is_read_and_shown_as_it_is_meant(tmp_path: Path) -> None:
    model, gpu = read_documents(written(tmp_path, FILE), PriceDocument, "prices")

    assert list(period_lines(model)) == LINES
    assert list(period_lines(gpu, parse_display("EUR=0.5"))) == [
        "from 2026-01-01 00:00:00",
        "  0.0012 (0.0006 EUR, display only) USD per second",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- {name: a/b, version: 1}", "a/b: periods.0.valid_from: Field required"),
        (
            (
                "{name: a/b, version: 1, valid_from: 2026-01-01T00:00:00Z, "
                "input_usd_per_mtok: -1, output_usd_per_mtok: 1}"
            ),
            "greater than or equal to 0",
        ),
        (
            "{name: a/b, version: 1, valid_from: 2026-01-01T00:00:00Z, input: 1}",
            "a/b: input: there is no such field",
        ),
        (
            "{name: a/b, currency: EUR, version: 1, valid_from: 2026-01-01T00:00:00Z, usd_per_second: 1}",
            "convert it, and publish USD",
        ),
        (
            "{name: b, version: 1, valid_from: 2026-01-01T00:00:00Z, usd_per_second: 1}",
            "b names no provider, so that no call finds it: write provider/b",
        ),
        (
            HOLE,
            "a hole, no price from 2026-01-02T00:00:00+00:00 to 2026-01-03T00:00:00+00:00",
        ),
        (
            "[{name: a/b, version: 1, valid_from: 2026-01-01T00:00:00Z, usd_per_second: 1}, 7]",
            "number 2: Input should be",
        ),
        ("7", "expected one document, a list of them"),
        ("[a: b: c", "line 1: not valid YAML"),
    ],
)
def test_a_file_that_cannot_be_published_is_refused_with_place_and_way_out(
    tmp_path: Path, text: str, message: str
) -> None:
    with pytest.raises(DocumentFileError) as refused:
        read_documents(written(tmp_path, text), PriceDocument, "prices")

    assert message in str(refused.value)

    checked = CliRunner().invoke(app, ["price", "check", str(tmp_path / "prices.yaml")])

    assert checked.exit_code == 1


def test_a_fault_is_reported_once(tmp_path: Path) -> None:
    with pytest.raises(DocumentFileError) as refused:
        read_documents(
            written(tmp_path, "{name: a/b, version: 1, valid_from: 2026-01-01T00:00:00Z, usd_per_second: x}"),
            PriceDocument,
            "prices",
        )

    assert str(refused.value).endswith(
        "prices.yaml: a/b: periods.0.usd_per_second: Input should be a valid decimal (it is 'x')"
    )

    with pytest.raises(DocumentFileError, match="at least 1 item"):
        read_documents(written(tmp_path, "{name: a/b, version: 1, periods: []}"), PriceDocument, "prices")


def test_a_file_that_is_not_there_and_two_documents_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DocumentFileError, match="cannot be read"):
        read_documents(tmp_path / "none.yaml", PriceDocument, "prices")
    twins = "- {name: a/b, version: 1, valid_from: 2026-01-01T00:00:00Z, usd_per_second: 1}\n"

    with pytest.raises(DocumentFileError, match="two prices are named a/b: join them"):
        read_documents(written(tmp_path, twins * 2), PriceDocument, "prices")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["reprice", "--from", "yesterday"], "is no time"),
        (["reprice", "--from", "2026-11-21", "--to", "2026-11-20"], "is not before"),
        (["settle", "--display", "euro"], "is no display currency"),
    ],
)
def test_a_wrong_option_is_refused_with_the_way_out(arguments: Sequence[str], message: str) -> None:
    refused = CliRunner().invoke(app, ["price", *arguments])

    assert refused.exit_code == 2
    assert message in refused.output


async def weir_price(*arguments: str, bootstrap: str) -> tuple[int, str]:
    environment = {**os.environ, "WEIR_KAFKA_BOOTSTRAP": bootstrap, "COLUMNS": "200"}
    command = (sys.executable, "-m", "weir", "price", *arguments)
    process = await asyncio.create_subprocess_exec(
        *command, env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, err = await process.communicate()
    return process.returncode or 0, out.decode() + err.decode()


def completion(tenant: str, model: str, started_at: datetime) -> Completion:
    """An outcome that was booked at a price of one dollar a million tokens: 0.000027 USD."""
    event = Completion.model_validate_json((EXAMPLES / "weir.llm.completion.v1.json").read_bytes())
    line = event.attempts[0]
    result = line.result.model_copy(update={"attempt_id": uuid4(), "model": model, "started_at": started_at})
    request = event.request.model_copy(
        update={"record_id": uuid4(), "tenant": tenant, "request_id": uuid4().hex}
    )
    return Completion.model_validate(
        event.model_dump()
        | {
            "request": request,
            "attempts": [
                line.model_dump() | {"result": result, "cost_usd": "0.000027", "price_source": "llm.prices"}
            ],
            "cost_usd": "0.000027",
            "completed_at": started_at,
        }
    )


@asynccontextmanager
async def running_meter(bootstrap: str, key: str) -> AsyncGenerator[None]:
    stop = asyncio.Event()
    broker = KafkaBroker(bootstrap, client_id=unique_client_id("meter"))
    settings = MeterSettings(seal_key=SecretStr(key), kafka_bootstrap=bootstrap)
    task = asyncio.create_task(run([build(settings)], broker, session_s=60, stop=stop))
    try:
        yield
    finally:
        stop.set()
        await task


async def create_topics(bootstrap: str) -> None:
    async with KafkaBroker(bootstrap, client_id=unique_client_id("test")) as broker:
        await broker.admin.create_topics(kafka_topics(2))


def two_dollars(folder: Path, model: str) -> Path:
    return written(
        folder,
        f"{{name: local/{model}, version: 1, valid_from: 2026-01-01T00:00:00Z, "
        "input_usd_per_mtok: '2', output_usd_per_mtok: '2'}",
    )


@pytest.mark.integration
async def test_a_price_is_published_once_and_listed(kafka_bootstrap: str, tmp_path: Path) -> None:
    model = f"m{uuid4().hex[:8]}"
    price, name = str(two_dollars(tmp_path, model)), f"local/{model}"
    await create_topics(kafka_bootstrap)

    dry = await weir_price("set", price, "--dry-run", bootstrap=kafka_bootstrap)
    missing, named = await weir_price("show", name, bootstrap=kafka_bootstrap)
    _, published = await weir_price("set", price, bootstrap=kafka_bootstrap)
    again = await weir_price("set", price, bootstrap=kafka_bootstrap)
    _, listed = await weir_price("ls", bootstrap=kafka_bootstrap)
    code, shown = await weir_price("show", name, "--display", "EUR=0.5", bootstrap=kafka_bootstrap)

    assert (missing, f"there is no price '{name}'" in named) == (1, True)

    changes = (
        f"{name} (new, version 1)\n  + from 2026-01-01 00:00:00\n"
        "  +   input 2, output 2 USD per million tokens\n"
    )

    assert dry == (0, changes + "nothing is published: this was a dry run\n")
    assert published.startswith(changes)
    assert again == (0, "nothing has changed\n")
    assert name in listed
    assert (code, "input 2 (1 EUR, display only)" in shown) == (0, True)


@pytest.mark.integration
async def test_calls_are_booked_anew_on_a_real_kafka(kafka_bootstrap: str, tmp_path: Path) -> None:
    tenant, model, key = f"t{uuid4().hex[:8]}", f"m{uuid4().hex[:8]}", new_key()
    await create_topics(kafka_bootstrap)
    async with KafkaBroker(kafka_bootstrap, client_id=unique_client_id("test")) as broker:
        publisher = Publisher(broker.producer, group="meter", sealer=Sealer.from_text(key))
        outcomes = [completion(tenant, model, NOW - timedelta(minutes=number)) for number in range(3)]
        await acknowledged(
            [
                await publisher.send(one, uuid5(NAMESPACE, str(one.request.record_id)), None)
                for one in outcomes
            ]
        )
    await weir_price("set", str(two_dollars(tmp_path, model)), bootstrap=kafka_bootstrap)

    async with running_meter(kafka_bootstrap, key):
        asked = ("reprice", "--from", (NOW - timedelta(hours=1)).isoformat(), "--tenant", tenant)
        code, said = await weir_price(*asked, "--json", bootstrap=kafka_bootstrap)
        again, table = await weir_price(*asked, bootstrap=kafka_bootstrap)

    assert code == 0, said

    figures = {
        "calls": 3,
        "changed": 3,
        "left_alone": 0,
        "old_usd": "0.000081",
        "new_usd": "0.000162",
        "difference_usd": "0.000081",
    }

    assert json.loads(said)["total"] == figures
    assert json.loads(said)["decided"] == {"booked": 3, "overtaken": 0, "refused": 0, "waiting": 0}
    assert again == 0
    assert table.splitlines()[-2].split() == ["total", "3", "0", "0", "0.000162", "0.000162", "0"]
    assert table.splitlines()[-1] == "nothing to book: every call with a price is booked at it"
