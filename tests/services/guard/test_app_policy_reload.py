"""A policy holds from the next request on, the narrowest name wins, and no document stops the guard."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from uuid import UUID

import pytest

from schemas.cloudevents import encode
from schemas.policies import PolicyDocument, Rule
from schemas.requests import LlmRequest, ScreenedRequest
from schemas.topics import POLICIES, kafka_topics
from schemas.verdicts import Action, Verdict
from services.guard.adapters.language_id import LazyLanguageIdentifier
from services.guard.adapters.plugin_checks import PluginChecks
from services.guard.domain.checks.registry import CheckDetector
from services.guard.domain.rule_detectors import InjectionPhraseDetector, KnownValueDetector, RuleDetector
from services.guard.handler import Guard, RequestLimits
from services.guard.screener import DetectorSet, Screener
from streaming.brokers.memory.broker import MemoryBroker
from streaming.brokers.records import OutboundRecord, Record
from streaming.handling import Incoming
from streaming.seal.seal import Sealer, new_key
from streaming.state.table import Table

NOW = datetime.now(UTC)
RULES = (
    RuleDetector(),
    KnownValueDetector(),
    InjectionPhraseDetector(),
    CheckDetector(LazyLanguageIdentifier()),
)


def document(policy: PolicyDocument) -> OutboundRecord:
    encoded = encode(policy, event_id=UUID(int=1), source="test", time=NOW)
    return OutboundRecord(POLICIES.name, encoded.key, encoded.value, encoded.headers)


class Running:
    """A guard beside a topic of policies."""

    def __init__(self, broker: MemoryBroker, table: Table[PolicyDocument]) -> None:
        self._broker = broker
        self._table = table
        self._guard = Guard(
            screening=Screener(DetectorSet(rules=RULES, privacy=(), validators=(PluginChecks({}, 1.0),))),
            policies=table,
            sealer=Sealer.from_text(new_key()),
            limits=RequestLimits(),
        )

    async def write(self, key: str, value: Mapping[str, object] | bytes | None) -> None:
        """Put a record on the topic by hand, and wait until the table stands behind it."""
        raw = json.dumps(value).encode() if isinstance(value, Mapping) else value
        await self._send(
            OutboundRecord(POLICIES.name, key.encode(), raw, document(PolicyDocument(name="any")).headers)
        )

    async def publish(self, policy: PolicyDocument) -> None:
        await self._send(document(policy))

    async def _send(self, record: OutboundRecord) -> None:
        before = self._table.get("mark")
        mark = PolicyDocument(name="mark", version=before.version + 1 if before else 1)
        for one in (record, document(mark)):
            await (await self._broker.producer.send(one))
        async with asyncio.timeout(5):
            while self._table.get("mark") == before:
                await asyncio.sleep(0.01)

    async def verdict(
        self, text: str = "mail jane@example.com", tenant: str = "acme", model: str = "small"
    ) -> Verdict:
        event = LlmRequest.model_validate(
            {"tenant": tenant, "model": model, "messages": [{"role": "user", "content": text}]}
        )
        record = Record("llm.requests", 0, 1, int(NOW.timestamp() * 1000), None, b"")
        async with asyncio.timeout(5):
            (screened,) = await self._guard.screen(Incoming(event, UUID(int=41), record, NOW))
        assert isinstance(screened, ScreenedRequest)
        return screened.verdict


@pytest.fixture
async def running() -> AsyncIterator[Running]:
    broker, table = MemoryBroker(), Table(PolicyDocument)
    await broker.admin.create_topics(kafka_topics(1))
    keeper = asyncio.create_task(table.keep(broker))
    await table.ready()
    yield Running(broker, table)
    keeper.cancel()
    with suppress(asyncio.CancelledError):
        await keeper


def mails(name: str, action: Action, version: int = 1) -> PolicyDocument:
    return PolicyDocument(
        name=name, version=version, rules=(Rule(kind="EMAIL_ADDRESS", direction="input", action=action),)
    )


async def test_a_published_policy_holds_from_the_next_request_on_and_a_tombstone_ends_it(
    running: Running,
) -> None:
    seen = [await running.verdict()]
    await running.publish(mails("acme", "block", 4))
    seen.append(await running.verdict())
    await running.publish(mails("acme", "flag", 5))
    seen.append(await running.verdict())
    await running.write("acme", None)
    seen.append(await running.verdict())
    assert [(one.action, one.policy, one.policy_version) for one in seen] == [
        ("modify", "default", 1),
        ("block", "acme", 4),
        ("allow", "acme", 5),
        ("modify", "default", 1),
    ]


async def test_the_narrowest_name_decides(running: Running) -> None:
    for name in ("default", "default/small", "acme", "acme/small"):
        await running.publish(mails(name, "block"))
    places = (("acme", "small"), ("acme", "large"), ("globex", "small"), ("globex", "large"))
    assert [(await running.verdict(tenant=tenant, model=route)).policy for tenant, route in places] == [
        "acme/small",
        "acme",
        "default/small",
        "default",
    ]


@pytest.mark.parametrize(
    "value",
    [
        b"{",
        b"\xff\xfe",
        b"[]",
        b"null",
        b"[" * 100_000,
        {"name": "acme", "version": "many"},
        {"name": "acme", "rules": [{"kind": "PERSON", "direction": "sideways", "action": "block"}]},
    ],
)
async def test_a_record_that_is_no_policy_leaves_the_one_before_it(
    running: Running, value: Mapping[str, object] | bytes
) -> None:
    await running.publish(mails("acme", "block", 4))
    await running.write("acme", value)
    assert ((await running.verdict()).action, (await running.verdict()).policy_version) == ("block", 4)


@pytest.mark.parametrize(
    "fields",
    [
        {
            "rules": [
                {"kind": "FROM_THE_FUTURE", "direction": "input", "action": "block", "detector": "unheard-of"}
            ]
        },
        {
            "rules": [{"kind": "PERSON", "direction": "input", "action": "block", "unless": "it rains"}],
            "more": 1,
        },
        {
            "allow": [
                {"pattern": "(", "kinds": ["EMAIL_ADDRESS"]},
                {"pattern": "(?=x)y"},
                {"value": "x", "kinds": ["FROM_THE_FUTURE"]},
            ]
        },
        {"allow": [{"pattern": "(((a{1,30}){1,30}){1,30}){1,30}"}]},
        {"checks": [{"name": "a", "type": "regex", "pattern": "(", "on": ["output"]}]},
        {"checks": [{"name": "a", "type": "json_schema", "json_schema": {"$ref": "#"}, "on": ["output"]}]},
        {"tests": [{"name": "t", "text": "x", "expect": "block", "finds": ["NOTHING"]}]},
    ],
)
async def test_a_policy_that_no_push_would_take_still_screens(
    running: Running, fields: Mapping[str, object]
) -> None:
    await running.write("acme", {"name": "acme", "version": 9, **fields})
    seen = await running.verdict("mail jane@example.com " + "a" * 20_000)
    assert (seen.action, seen.policy, seen.policy_version) == ("modify", "acme", 9)


async def test_a_check_of_a_plugin_that_this_process_lacks_leaves_texts_unscanned(running: Running) -> None:
    check = {"name": "a", "type": "from-another-process", "on": ["input"]}
    await running.write("acme", {"name": "acme", "version": 5, "checks": [check]})

    verdict = await running.verdict()

    assert (verdict.action, verdict.policy_version) == ("block", 5)
    assert "UNSCANNED" in [finding.kind for finding in verdict.findings if finding.is_found]
