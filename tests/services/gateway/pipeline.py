"""A guard, router and meter in one: ends every request of the gateway's tests as its model's name says."""

import asyncio
import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID, uuid4

from schemas.answers import RouteDecision
from schemas.cloudevents import decode, encode
from schemas.outcomes import Completion, StageTimes, TokenUsage
from schemas.requests import LlmRequest, RequestFacts
from schemas.topics import COMPLETIONS, REQUESTS
from schemas.values import ErrorFacts, SourcePosition
from schemas.verdicts import Verdict
from streaming.brokers.port import Broker
from streaming.brokers.records import OutboundRecord, Record
from streaming.events.publishing import Publisher
from streaming.handling import position_id
from streaming.seal.content import opened_request, seal_pseudonyms
from streaming.seal.seal import Sealer, new_key
from tests.services.gateway.moderating import moderating_verdict

SEAL_KEY = new_key()


SEALER = Sealer.from_text(SEAL_KEY)


FAILURES: Mapping[str, tuple[str, ErrorFacts | None]] = {
    "blocked": ("blocked", None),
    "nowhere": (
        "rejected",
        ErrorFacts(code="unknown_model", message="there is no route 'nowhere'; there are: small"),
    ),
    "promptless": ("rejected", ErrorFacts(code="unknown_prompt", message="there is no prompt of that name")),
    "wrong": ("rejected", ErrorFacts(code="invalid", message="not acceptable")),
    "poor": ("rejected", ErrorFacts(code="budget_exceeded", message="the month's budget is spent")),
    "spent-tokens": (
        "rejected",
        ErrorFacts(code="token_budget_exceeded", message="the day's tokens are spent"),
    ),
    "spent-requests": (
        "rejected",
        ErrorFacts(code="request_budget_exceeded", message="the day's requests are spent"),
    ),
    "unpriced": ("rejected", ErrorFacts(code="price_unknown", message="publish a price")),
    "crowded": (
        "rejected",
        ErrorFacts(code="concurrency_exceeded", message="wait until one has ended", retry_after_s=1.0),
    ),
    "hasty": (
        "rejected",
        ErrorFacts(code="rate_limit_exceeded", message="too many requests", retry_after_s=6.2),
    ),
    "too-long": (
        "rejected",
        ErrorFacts(
            code="rate_limit_exceeded", message="the request alone asks for more than the rate ever allows"
        ),
    ),
    "other-body": (
        "rejected",
        ErrorFacts(code="duplicate_other_body", message="another body was sent under this request id"),
    ),
    "broken": ("failed", ErrorFacts(code="provider_unavailable", message="no answer over route 'broken'")),
    "late": ("expired", None),
}


class EchoPipeline:
    """Ends a request as `FAILURES` says for its model, else echoes its last message; `silent` never ends."""

    def __init__(self, broker: Broker) -> None:
        self.broker = broker
        self.places: list[tuple[Completion, int, int]] = []
        self.start: Literal["beginning", "end"] = "beginning"
        self.opened = asyncio.Event()
        self.requests: list[LlmRequest] = []
        self.published: list[LlmRequest] = []
        self.held: list[Completion] = []
        self._first: dict[tuple[str, str], tuple[UUID, str]] = {}

    async def run(self) -> None:
        async with self.broker.follow([REQUESTS.name], start=self.start) as follower:
            self.opened.set()
            while True:
                for record in await follower.poll(max_records=100, timeout_s=1):
                    await self._end(record)

    async def _end(self, record: Record) -> None:
        published = decode(record.topic, record.value, record.headers)
        assert isinstance(published, LlmRequest)
        self.published.append(published)
        request = opened_request(SEALER, published)
        self.requests.append(request)
        if request.model == "oversized":
            await Publisher(self.broker.producer, group="guard", sealer=SEALER).send_dead_letter(
                record, "too_large", "the request holds 300000 characters"
            )
        elif request.model == "unforeseen":
            await Publisher(self.broker.producer, group="guard", sealer=SEALER).send_dead_letter(
                record, "unexpected_error", "KeyError in guard"
            )
        elif request.model == "held":
            self.held.append(self._completion(record, request))
        elif request.model != "silent":
            await self.append(self._completion(record, request))

    async def append(self, completion: Completion) -> int:
        encoded = encode(completion, event_id=uuid4(), source="meter", time=datetime.now(UTC))
        offset = await (
            await self.broker.producer.send(
                OutboundRecord(COMPLETIONS.name, encoded.key, encoded.value, encoded.headers, 0)
            )
        )
        self.places.append((completion, 0, offset))
        return offset

    def _completion(self, record: Record, request: LlmRequest) -> Completion:
        facts = facts_of(record, request)
        messages = request.messages or ()
        text = messages[-1].content if messages else ""
        digest = hashlib.sha256(text.encode()).hexdigest()
        first_id, first_digest = self._first.setdefault(
            (facts.tenant, facts.request_id), (facts.record_id, digest)
        )
        if first_id != facts.record_id:
            error = (
                None
                if first_digest == digest
                else ErrorFacts(
                    code="duplicate_other_body", message="another body was sent under this request id"
                )
            )
            return completion_of(
                facts,
                "rejected" if error else "duplicate",
                error=error,
                duplicate_of=None if error else first_id,
            )
        if request.model in FAILURES:
            status, error = FAILURES[request.model]
            return completion_of(
                facts, status, error=error, input_verdict=blocking_verdict() if status == "blocked" else None
            )
        if request.screen_only:
            return completion_of(
                facts, "screened", input_verdict=moderating_verdict(text), cost_usd=Decimal(0)
            )
        masked = text.replace("Ada Lovelace", "<PERSON_1>")
        pseudonyms = seal_pseudonyms(
            SEALER, facts.tenant, facts.record_id, {"<PERSON_1>": "Ada Lovelace"}, datetime.now(UTC)
        )
        return completion_of(
            facts,
            "answered",
            output=f"You said: {masked}",
            pseudonyms=pseudonyms if masked != text else None,
            finish_reason="length" if request.max_tokens == 1 else "stop",
            route=RouteDecision(route=facts.model, provider="local", model="smollm2", candidate=0),
            usage=TokenUsage(input=7, cache_read=3, cache_write=0, output=5, reasoning=0),
            cost_usd=Decimal("0.00000108"),
        )


def facts_of(record: Record, request: LlmRequest) -> RequestFacts:
    return RequestFacts(
        record_id=position_id(record),
        tenant=request.tenant,
        request_id=request.request_id or "",
        model=request.model,
        source=SourcePosition(
            topic=record.topic, partition=record.partition, offset=record.offset, appended_at=record.moment
        ),
        received_at=record.moment,
        screened_at=record.moment,
        deadline=request.deadline or record.moment + timedelta(seconds=60),
        content_digest="00",
    )


def completion_of(facts: RequestFacts, status: str, **fields: Any) -> Completion:
    times = StageTimes(received_at=facts.received_at)
    return Completion.model_validate(
        {"request": facts, "status": status, "times": times, "completed_at": datetime.now(UTC), **fields}
    )


def blocking_verdict() -> Verdict:
    return Verdict(
        direction="input",
        action="block",
        reason="prompt injection",
        policy="default",
        policy_version=1,
        took_ms=Decimal(1),
    )
