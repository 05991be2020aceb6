"""Configuration out of bounds is refused at publication, and skipped and logged on its topic."""

import asyncio
import json
import logging
from contextlib import suppress
from datetime import UTC, datetime

import pytest

from schemas.budgets import BudgetDocument
from schemas.document_files import DocumentFileError, parse_documents
from schemas.documents import Document, PromptDocument, PromptVersion, RouteDocument
from schemas.policies import PolicyDocument
from schemas.prices import PriceDocument
from schemas.topics import PROMPTS, kafka_topics
from schemas.values import Message
from streaming.brokers.memory.broker import MemoryBroker
from streaming.brokers.records import OutboundRecord, TopicPartition
from streaming.errors import BadEventError
from streaming.state.table import Table
from weir.config.file import ConfigError, parse
from weir.stack.publish import publish_documents

PRICE = (
    "{name: a/b, version: 1, valid_from: 2026-01-01T00:00:00Z, "
    "output_usd_per_mtok: 1, input_usd_per_mtok: %s}"
)
PROMPT = "{name: p, versions: [{version: %s, messages: [{role: user, content: x}]}]%s}"
CANDIDATE = "routes: [{name: r, candidates: [{provider: a, model: b, %s}]}]"
MAX_VERSION = 2**31 - 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "prompts: [" + PROMPT % ("99999999999999999999999", "") + "]",
            "prompts.0.versions.0.version: Input should be less than or equal to 2147483647",
        ),
        (
            "prompts: [" + PROMPT % ("1", ", labels: {production: 2}") + "]",
            "prompt p: labels.production: there is no version 2; its versions: 1",
        ),
        ("prompts: [" + PROMPT % ("0x" + "F" * 6_000, "") + "]", "a number of more than 4300 digits"),
        ("prompts: [" + PROMPT % ("9" * 5_000, "") + "]", "not valid YAML"),
        ("prices: [" + PRICE % "1E+400" + "]", "prices.0.periods.0.input_usd_per_mtok"),
        ("prices: [" + PRICE % '"1E+400"' + "]", "prices.0.periods.0.input_usd_per_mtok"),
        ("prices: [" + PRICE % "-1" + "]", "Input should be greater than or equal to 0 (it is -1)"),
        ("prices: [" + PRICE % ".nan" + "]", "finite"),
        (CANDIDATE % "timeout_s: .nan", "timeout_s: Input should be a finite number"),
        (CANDIDATE % "timeout_s: 1e999", "timeout_s: Input should be a finite number"),
        (
            CANDIDATE % "max_attempts: 99999999999999999999999",
            "max_attempts: Input should be less than or equal to 10",
        ),
        ("gateway: {lag_limit_s: .inf}", "gateway.lag_limit_s: Input should be a finite number"),
        ("default_budget: {monthly_usd: 1e300}", "default_budget.monthly_usd"),
        (
            "default_budget: {requests_per_minute: 99999999999999999999999}",
            "default_budget.requests_per_minute",
        ),
        (
            "default_budget: {limits: [{name: l, unit: usd, amount: 1, window: 99999h}]}",
            "there is no window '99999h'",
        ),
        (
            'prompts: [{name: p, versions: [{version: 1, messages: [{role: user, content: "\\ud800"}]}]}]',
            "content",
        ),
        ("[" * 1_000, "nested too deeply"),
        ("a: !!bool x", "not valid YAML (a value is not what its tag says)"),
    ],
    ids=lambda value: value[:70],
)
def test_the_configuration_file_refuses_it_by_name(text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(text, "weir.yaml")
    assert message in str(caught.value)
    assert len(str(caught.value)) < 2_000


@pytest.mark.parametrize(
    ("kind", "text", "message"),
    [
        (PromptDocument, PROMPT % ("99999999999999999999999", ""), "p: versions.0.version"),
        (PriceDocument, PRICE % '"1E-400000"', "a/b: periods.0.input_usd_per_mtok"),
        (
            PriceDocument,
            PRICE.replace("version: 1", "version: 99999999999999999999999") % "1",
            "a/b: version",
        ),
        (
            PriceDocument,
            PRICE.replace("2026-01-01T00:00:00Z", "0001-01-01T00:00:00+05:00") % "1",
            "a/b: periods.0.valid_from",
        ),
        (
            BudgetDocument,
            (
                "{name: t, limits: [{name: l, unit: tokens, window: day, "
                "amount: 99999999999999999999999999999}]}"
            ),
            "t: limits.0.amount",
        ),
        (PolicyDocument, "{name: d, version: 99999999999999999999999}", "d: version"),
        (
            PolicyDocument,
            "{name: d, checks: [{type: json_schema, name: j, json_schema: {maximum: 1e999}}]}",
            "not finite",
        ),
        (
            PolicyDocument,
            "{name: d, checks: [{type: json_schema, name: j, json_schema: {a: "
            + "[" * 60
            + "]" * 60
            + "}}]}",
            "nested deeper than 32",
        ),
        (
            PolicyDocument,
            "&a {name: d, checks: [{type: json_schema, name: j, json_schema: &b {a: *b}}]}",
            "nested deeper than 32",
        ),
        (
            RouteDocument,
            "{name: r, candidates: [{provider: a, model: b}], max_output_tokens: 99999999999999999999999}",
            "r: max_output_tokens",
        ),
    ],
    ids=lambda value: str(value)[:60],
)
def test_a_file_of_documents_refuses_it_by_name(kind: type[Document], text: str, message: str) -> None:
    with pytest.raises(DocumentFileError) as caught:
        parse_documents(text, "file.yaml", kind, "documents")
    assert message in str(caught.value)


async def test_a_document_that_no_service_could_read_is_not_published() -> None:
    broker = MemoryBroker()
    await broker.admin.create_topics(kafka_topics(1))
    await publish_documents(broker, [PolicyDocument(name="default", version=MAX_VERSION)])

    with pytest.raises(BadEventError, match=r"llm.policies/default cannot be read by any service: version"):
        await publish_documents(broker, [PolicyDocument(name="default", version=1, shadow=True)])


async def test_a_prompt_whose_label_points_nowhere_keeps_everything_from_being_published() -> None:
    broker = MemoryBroker()
    await broker.admin.create_topics(kafka_topics(1))
    version = PromptVersion(version=1, messages=(Message(role="user", content="x"),))

    with pytest.raises(BadEventError, match=r"prompt p: labels.production: there is no version 7"):
        await publish_documents(
            broker,
            [
                PromptDocument(name="q", versions=(version,)),
                PromptDocument(name="p", versions=(version,), labels={"production": 7}),
            ],
        )
    assert await broker.reader.end(TopicPartition(PROMPTS.name, 0)) == 0


async def test_a_document_out_of_bounds_on_the_topic_is_left_out_and_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    broker, table = MemoryBroker(), Table(PromptDocument)
    await broker.admin.create_topics(kafka_topics(1))
    for version in ("1", "99999999999999999999999"):
        versions = [{"version": int(version), "messages": [{"role": "user", "content": "x"}]}]
        body = json.dumps({"name": f"p{version[:1]}", "versions": versions})
        headers = (
            ("ce_type", PromptDocument.TYPE.encode()),
            ("ce_time", datetime.now(UTC).isoformat().encode()),
        )
        await (
            await broker.producer.send(
                OutboundRecord(PROMPTS.name, f"p{version[:1]}".encode(), body.encode(), headers)
            )
        )
    with caplog.at_level(logging.ERROR):
        keeping = asyncio.create_task(table.keep(broker))
        async with asyncio.timeout(5):
            await table.ready()
        keeping.cancel()
        with suppress(asyncio.CancelledError):
            await keeping

    assert table.names() == ("p1",)
    assert [vars(record)["because"] for record in caplog.records] == [
        "versions.0.version: Input should be less than or equal to 2147483647"
    ]
