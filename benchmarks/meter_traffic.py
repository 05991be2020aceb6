"""Requests and answers of known cost, as the guard publishes them, for the benchmarks of the meter."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from uuid import UUID, uuid5

from schemas.answers import AttemptResult, RouteDecision, ScreenedAnswer
from schemas.budgets import BudgetDocument
from schemas.documents import Candidate, Document, RouteDocument
from schemas.event import Event
from schemas.prices import Period, PriceDocument
from schemas.requests import RequestFacts, ScreenedRequest
from schemas.values import Message, SourcePosition
from schemas.verdicts import Finding, Verdict
from streaming.events.publishing import Publisher, acknowledged

SPACE = UUID("7d5b2f0e-3c64-5a51-9a0e-1f6d1f1f2b11")
INPUT_USD, OUTPUT_USD = Decimal("0.5"), Decimal("1.5")
MILLION = Decimal(1_000_000)
MAX_IN_FLIGHT = 2_000
TEXT = (
    "Where is my parcel? I ordered two lamps and a table on <DATE_1>, "
    "and the last message I have is from <PERSON_1>. Order number {number}."
)


def documents() -> Sequence[Document]:
    """A route with one model, its price, and a hard budget for all tenants that is never reached."""
    period = Period(
        valid_from=datetime(2026, 1, 1, tzinfo=UTC),
        input_usd_per_mtok=INPUT_USD,
        output_usd_per_mtok=OUTPUT_USD,
    )
    price = PriceDocument(name="local/m", version=1, periods=(period,))
    route = RouteDocument(
        name="small",
        max_output_tokens=256,
        candidates=(Candidate(provider="local", model="m", max_attempts=1),),
    )
    return route, price, BudgetDocument(name="default", monthly_usd=Decimal(1_000_000))


@dataclass(frozen=True, slots=True)
class Traffic:
    """Requests by number; a number always gives the same request, tenant and tokens."""

    tenants: int
    begun: datetime

    def request(self, number: int) -> ScreenedRequest:
        """The request after the guard has screened it."""
        return _screened(self.begun).model_copy(
            update={
                "request": self.facts(number),
                "messages": (Message(role="user", content=TEXT.format(number=number)),),
            }
        )

    def facts(self, number: int) -> RequestFacts:
        """The facts that all events of the request carry."""
        own = {
            "record_id": record_id(number),
            "tenant": f"tenant-{number % self.tenants}",
            "request_id": f"r{number}",
        }
        return _facts(self.begun).model_copy(update=own)

    def answer(self, number: int) -> ScreenedAnswer:
        """The answer after one call, with the usage that the provider reported."""
        request, (tokens_in, tokens_out) = self.facts(number), tokens(number)
        usage = {
            "prompt_tokens": tokens_in,
            "completion_tokens": tokens_out,
            "total_tokens": tokens_in + tokens_out,
        }
        attempt = _attempt(self.begun).model_copy(update={"attempt_id": attempt_id(number), "usage": usage})
        return _answer(self.begun).model_copy(update={"request": request, "attempts": (attempt,)})


def record_id(number: int) -> UUID:
    """The id of a request's record."""
    return uuid5(SPACE, str(number))


def attempt_id(number: int) -> UUID:
    """The id of the only provider call of a request."""
    return uuid5(SPACE, f"{number}/call")


def event_id(event: ScreenedRequest | ScreenedAnswer) -> UUID:
    """The derived id of an event, the same each time it is published."""
    return uuid5(event.request.record_id, event.TYPE)


def tokens(number: int) -> tuple[int, int]:
    """Input and output tokens that the provider reports."""
    return 20 + number % 41, 1 + number * 7 % 199


def cost(number: int) -> Decimal:
    """What the call costs, in USD."""
    tokens_in, tokens_out = tokens(number)
    return (tokens_in * INPUT_USD + tokens_out * OUTPUT_USD) / MILLION


async def publish(publisher: Publisher, events: Iterable[ScreenedRequest | ScreenedAnswer]) -> None:
    """Append events with at most 2,000 in flight, and wait until the broker has acknowledged all."""
    pending = []
    for event in events:
        pending.append(await publisher.send(event, event_id(event), None))
        if len(pending) >= MAX_IN_FLIGHT:
            await acknowledged(pending)
            pending = []
    await acknowledged(pending)


async def publish_documents(publisher: Publisher) -> None:
    """Append the documents to their topics."""
    named: Mapping[str, Event] = {f"{document.TYPE}/{document.name}": document for document in documents()}
    await acknowledged(
        [await publisher.send(document, uuid5(SPACE, name), None) for name, document in named.items()]
    )


@lru_cache(maxsize=8)
def _facts(now: datetime) -> RequestFacts:
    return RequestFacts(
        record_id=SPACE,
        tenant="none",
        request_id="none",
        model="small",
        project="shop",
        user="bob",
        tags={"feature": "orders"},
        source=SourcePosition(topic="llm.requests", partition=0, offset=0, appended_at=now),
        received_at=now,
        screened_at=now,
        deadline=now + timedelta(hours=2),
        content_digest="9f86d081884c7d659a2feaa0c55ad015",
    )


@lru_cache(maxsize=8)
def _screened(now: datetime) -> ScreenedRequest:
    finding = Finding(detector="entities", kind="person", count=1, score=0.98, action="pseudonymise")
    verdict = Verdict(
        direction="input",
        action="modify",
        findings=(finding,),
        policy="default",
        policy_version=1,
        took_ms=Decimal("3.1"),
    )
    return ScreenedRequest(request=_facts(now), messages=(), pseudonyms="v1.c2VhbGVk" * 8, verdict=verdict)


@lru_cache(maxsize=8)
def _attempt(now: datetime) -> AttemptResult:
    return AttemptResult(
        attempt_id=SPACE,
        number=1,
        provider="local",
        model="m",
        state="finished",
        status_code=200,
        finish_reason="stop",
        started_at=now,
        ended_at=now,
    )


@lru_cache(maxsize=8)
def _answer(now: datetime) -> ScreenedAnswer:
    verdict = Verdict(
        direction="output", action="allow", policy="default", policy_version=1, took_ms=Decimal("2.2")
    )
    return ScreenedAnswer(
        request=_facts(now),
        status="answered",
        messages=(Message(role="user", content=TEXT.format(number="<ORDER_1>")),),
        output="Your parcel left our warehouse this morning and will be with you tomorrow before noon.",
        pseudonyms="v1.c2VhbGVk" * 8,
        finish_reason="stop",
        route=RouteDecision(route="small", provider="local", model="m", candidate=0),
        verdict=verdict,
        answered_at=now,
        screened_at=now,
    )
