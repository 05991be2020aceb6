"""`weir budget`: checks files of budgets; shows limits and explains a refusal on a real Kafka and meter."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from uuid import uuid4, uuid5

import pytest
from pydantic import SecretStr
from typer.testing import CliRunner

from schemas.answers import AttemptResult, ScreenedAnswer
from schemas.budgets import BudgetDocument
from schemas.document_files import DocumentFileError, read_documents
from schemas.documents import Candidate, RouteDocument
from schemas.prices import PriceDocument
from schemas.requests import RequestFacts, ScreenedRequest
from schemas.topics import kafka_topics
from schemas.values import Message, SourcePosition
from schemas.verdicts import Verdict
from services.meter.app import build
from services.meter.settings import MeterSettings
from streaming.brokers.kafka.broker import KafkaBroker
from streaming.events.publishing import Publisher, acknowledged
from streaming.handling import NAMESPACE
from streaming.process import run, unique_client_id
from streaming.seal.seal import Sealer, new_key
from weir.budgets.accounts import find_request_histories
from weir.cli import app

KEY = new_key()
LIMITS = """
  - {name: each-user, unit: usd, amount: '0.2', per: [user], window: day}
  - {name: soft, unit: tokens, amount: 9, window: 24h, action: alert}
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "budgets.yaml"
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "{name: acme, monthly_usd: -1}",
            "acme: monthly_usd: Input should be greater than or equal to 0 (it is -1)",
        ),
        ("{name: acme, monthly: 1}", "acme: monthly: there is no such field; accepted: name, monthly_usd"),
        (
            "{name: acme, limits: [{name: a, unit: usd, amount: 1, window: day, zone: Berlin}]}",
            "limit 'a': there is no time zone 'Berlin'",
        ),
        (
            "{name: acme, limits: [{name: a, unit: usd, amount: 1, widow: day}]}",
            "limits.0.widow: there is no such field",
        ),
        ("[{name: acme}, {name: acme}]", "two budgets are named acme: join them"),
        ("budgets: 7", "expected one document, a list of them"),
        ("[a: b: c", "line 1: not valid YAML (expected ',' or ']', but got ':')"),
        (
            "name: acme\nmonthly_usd: 5\nmonthly_usd: 6",
            'line 3: not valid YAML (found duplicate key "monthly_usd"',
        ),
        ("name: \x00", "budgets.yaml: not valid YAML (special characters are not allowed)"),
        (
            "{name: acme, monthly_usd: 2026-02-30}",
            "budgets.yaml: not valid YAML (day is out of range for month)",
        ),
    ],
)
def test_an_invalid_file_is_refused_with_the_field_and_the_way_out(
    tmp_path: Path, text: str, message: str
) -> None:
    with pytest.raises(DocumentFileError) as refused:
        read_documents(written(tmp_path, text), BudgetDocument, "budgets")

    assert message in str(refused.value)
    assert CliRunner().invoke(app, ["budget", "set", str(tmp_path / "budgets.yaml")]).exit_code == 1


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DocumentFileError, match="cannot be read"):
        read_documents(tmp_path / "none.yaml", BudgetDocument, "budgets")


async def weir_budget(*arguments: str, bootstrap: str) -> tuple[int, str]:
    environment = {**os.environ, "WEIR_KAFKA_BOOTSTRAP": bootstrap, "COLUMNS": "220"}
    command = (sys.executable, "-m", "weir", "budget", *arguments)
    process = await asyncio.create_subprocess_exec(
        *command, env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, err = await process.communicate()
    return process.returncode or 0, out.decode() + err.decode()


@asynccontextmanager
async def running_meter(bootstrap: str) -> AsyncGenerator[None]:
    stop = asyncio.Event()
    broker = KafkaBroker(bootstrap, client_id=unique_client_id("meter"))
    settings = MeterSettings(seal_key=SecretStr(KEY), kafka_bootstrap=bootstrap, meter_snapshot_every_s=1)
    task = asyncio.create_task(run([build(settings)], broker, session_s=60, stop=stop))
    try:
        yield
    finally:
        stop.set()
        await task


def screened(tenant: str, model: str, number: int) -> ScreenedRequest:
    now = datetime.now(UTC)
    facts = RequestFacts(
        record_id=uuid4(),
        tenant=tenant,
        request_id=f"order-{number}",
        model=model,
        user="bob",
        source=SourcePosition(topic="llm.requests", partition=0, offset=number, appended_at=now),
        received_at=now,
        screened_at=now,
        deadline=now + timedelta(seconds=60),
        content_digest=str(number),
    )
    verdict = Verdict(
        direction="input", action="allow", policy="default", policy_version=1, took_ms=Decimal(1)
    )
    return ScreenedRequest(request=facts, messages=(Message(role="user", content="hi"),), verdict=verdict)


def answer(request: ScreenedRequest, model: str) -> ScreenedAnswer:
    now = datetime.now(UTC)
    usage = {"prompt_tokens": 10, "completion_tokens": 40, "total_tokens": 50}
    call = {
        "attempt_id": uuid4(),
        "number": 1,
        "provider": "local",
        "model": model,
        "state": "finished",
        "usage": usage,
        "started_at": now,
    }
    attempts = (AttemptResult.model_validate(call),)
    return ScreenedAnswer(
        request=request.request,
        status="answered",
        output="ok",
        attempts=attempts,
        answered_at=now,
        screened_at=now,
    )


async def drive(bootstrap: str, tenant: str, model: str) -> None:
    """Send three requests of one user whose budget covers one and a half: answered, open, and refused."""
    price = {
        "valid_from": "2026-01-01T00:00:00Z",
        "version": 1,
        "input_usd_per_mtok": "1000",
        "output_usd_per_mtok": "1000",
    }
    candidate = Candidate(provider="local", model=model, max_attempts=1)
    requests = [screened(tenant, model, number) for number in range(3)]
    async with KafkaBroker(bootstrap, client_id=unique_client_id("test")) as broker, running_meter(bootstrap):
        publisher = Publisher(broker.producer, group="test", sealer=Sealer.from_text(KEY))

        async def publish(
            events: Sequence[RouteDocument | PriceDocument | ScreenedRequest | ScreenedAnswer],
        ) -> None:
            for event in events:
                await acknowledged(
                    [await publisher.send(event, uuid5(NAMESPACE, event.model_dump_json()), None)]
                )

        await publish([RouteDocument(name=model, candidates=(candidate,), max_output_tokens=90)])
        await publish([PriceDocument.model_validate({"name": f"local/{model}", **price})])
        await asyncio.sleep(1.5)
        await publish([requests[0]])
        await until_decided(broker, tenant, "order-0")
        await publish([answer(requests[0], model), *requests[1:]])
        await until_decided(broker, tenant, "order-2")
        await asyncio.sleep(1.5)


async def until_decided(broker: KafkaBroker, tenant: str, request_id: str) -> None:
    async with asyncio.timeout(30):
        while not await find_request_histories(broker, request_id, tenant):
            await asyncio.sleep(0.1)


async def published(bootstrap: str, folder: Path) -> tuple[str, str]:
    """Publish a budget twice; return its tenant and a model."""
    tenant, model = f"t{uuid4().hex[:8]}", f"m{uuid4().hex[:8]}"
    file = str(written(folder, f"name: {tenant}\nmonthly_usd: '5'\nlimits: {LIMITS}"))
    async with KafkaBroker(bootstrap, client_id=unique_client_id("test")) as broker:
        await broker.admin.create_topics(kafka_topics(2))
    assert await weir_budget("set", file, bootstrap=bootstrap) == (0, f"published llm.budgets/{tenant}\n")
    assert await weir_budget("set", file, bootstrap=bootstrap) == (0, "nothing has changed\n")
    return tenant, model


@pytest.mark.integration
async def test_show_reads_what_is_left_from_the_stream(kafka_bootstrap: str, tmp_path: Path) -> None:
    tenant, model = await published(kafka_bootstrap, tmp_path)
    await drive(kafka_bootstrap, tenant, model)

    _, listed = await weir_budget("ls", bootstrap=kafka_bootstrap)
    code, shown = await weir_budget("show", tenant, "--json", bootstrap=kafka_bootstrap)
    _, table = await weir_budget("show", tenant, bootstrap=kafka_bootstrap)

    assert "each-user" in listed
    assert code == 0, shown

    lines = {line["limit"]: line for line in json.loads(shown)["limits"]}

    assert {name: line["scope"] for name, line in lines.items()} == {
        "monthly_usd": "tenant",
        "each-user": "user=bob",
        "soft": "tenant",
    }
    assert Decimal(lines["each-user"]["captured"]) == Decimal("0.05")
    assert Decimal(lines["each-user"]["left"]) == Decimal("0.15") - Decimal(lines["monthly_usd"]["reserved"])
    assert Decimal(lines["soft"]["used_ratio"]) > 1
    assert "user=bob" in table
    assert "soft (alert)" in table


@pytest.mark.integration
async def test_explain_shows_the_arithmetic_of_a_refusal(kafka_bootstrap: str, tmp_path: Path) -> None:
    tenant, model = await published(kafka_bootstrap, tmp_path)
    await drive(kafka_bootstrap, tenant, model)

    refused = await weir_budget("explain", "order-2", "--tenant", tenant, bootstrap=kafka_bootstrap)
    admitted = await weir_budget("explain", "order-0", bootstrap=kafka_bootstrap)
    _, fields = await weir_budget(
        "explain", "order-2", "--tenant", tenant, "--json", bootstrap=kafka_bootstrap
    )
    unknown = await weir_budget("explain", "order-2", "--tenant", "nobody", bootstrap=kafka_bootstrap)

    assert refused[0] == 0, refused[1]

    shortage = json.loads(fields)[0]["shortage"]
    reserved = f"{Decimal(shortage['reserved']).normalize():f}"

    assert f"limit each-user of user=bob, window {datetime.now(UTC):%Y-%m-%d}" in refused[1]
    assert f"0.2 - 0.05 - {reserved} - 0 (amount - captured - reserved - held)" in refused[1]
    assert f"local/{model}: 1 x {reserved} USD" in refused[1]
    assert "captured 0.05 USD of what was reserved" in admitted[1]
    assert (admitted[0], unknown[0]) == (0, 1)
    assert "the stream holds no decision about request 'order-2' of tenant 'nobody'" in unknown[1]
