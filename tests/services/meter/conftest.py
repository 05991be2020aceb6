"""A meter without a stream for tests: takes requests and answers, folds and returns decisions."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Generic, TypeVar
from uuid import UUID, uuid5

import pytest

from schemas.answers import AttemptResult, ScreenedAnswer
from schemas.budgets import BudgetDocument
from schemas.documents import Candidate, Document, PromptDocument, RouteDocument
from schemas.event import Event
from schemas.prices import PriceDocument
from schemas.requests import RequestFacts, ScreenedRequest
from schemas.values import Message, SourcePosition
from schemas.verdicts import Verdict
from services.meter.adapters.genai_price_list import GenaiPriceList
from services.meter.adapters.own_prices import OverridingPriceBook
from services.meter.adapters.prompt_sizes import PromptTableTokens
from services.meter.domain.accounts.accounts import Accounts
from services.meter.domain.limits.limits import LimitBalance
from services.meter.domain.limits.windows import month_of
from services.meter.handler import Meter, MeterLookups
from streaming.brokers.records import Record
from streaming.handling import Incoming, LedgerDecision

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
SPACE = UUID("00000000-0000-5000-8000-000000000001")
RECORD = Record("llm.requests.screened", 0, 0, 0, None, None)
D = TypeVar("D", bound=Document)


class Documents(Generic[D]):
    """A table of documents that tests fill."""

    def __init__(self, *documents: D) -> None:
        self._by_name = {document.name: document for document in documents}

    def get(self, name: str) -> D | None:
        return self._by_name.get(name)

    def names(self) -> tuple[str, ...]:
        return tuple(sorted(self._by_name))

    def put(self, document: D) -> None:
        self._by_name[document.name] = document


class TenTokensEach:
    """Estimates without an encoding: ten tokens for each message, one for each character of a single text."""

    def estimate(self, messages: Sequence[Message], model: str) -> int:
        return 10 * len(messages)

    def count(self, text: str, model: str) -> int:
        return len(text)


class Desk:
    """One meter and partition; 100 tokens cost 0.10 USD, requests reserve 10 of input, up to 90 of output."""

    NOON = NOON
    SPACE = SPACE
    Documents = Documents

    def __init__(
        self,
        monthly: str | None = "1.00",
        per_minute: int | None = None,
        burst: int | None = None,
        max_attempts: int = 1,
    ) -> None:
        usd = None if monthly is None else Decimal(monthly)
        candidate = Candidate(provider="local", model="m", max_attempts=max_attempts)
        unpriced = Candidate(provider="local", model="never-heard-of")
        self.routes = Documents(
            RouteDocument(name="small", candidates=(candidate,), max_output_tokens=90),
            RouteDocument(name="unpriced", candidates=(unpriced,), max_output_tokens=90),
        )
        self.budgets = Documents(
            BudgetDocument(name="acme", monthly_usd=usd, requests_per_minute=per_minute, burst=burst)
        )
        self.prices = Documents(self.price("local/m"))
        self.prompts = Documents[PromptDocument]()
        counter = TenTokensEach()
        books = MeterLookups(
            self.routes,
            self.budgets,
            OverridingPriceBook(self.prices, GenaiPriceList()),
            counter,
            PromptTableTokens(self.prompts, counter),
        )
        self.meter = Meter(books, timedelta(seconds=10))
        self.state = Accounts()
        self.now = NOON
        self.log: list[LedgerDecision] = []

    @staticmethod
    def price(name: str, usd_per_mtok: str = "1000", **fields: object) -> PriceDocument:
        shared = {
            "input_usd_per_mtok": usd_per_mtok,
            "output_usd_per_mtok": usd_per_mtok,
            "version": 1,
            "valid_from": NOON - timedelta(days=90),
        }
        return PriceDocument.model_validate({"name": name, **shared, **fields})

    @staticmethod
    def budget(*limits: Mapping[str, object], **terms: object) -> BudgetDocument:
        return BudgetDocument.model_validate({"name": "acme", **terms, "limits": limits})

    def facts(self, number: int, **fields: object) -> RequestFacts:
        shared: Mapping[str, object] = {
            "record_id": uuid5(SPACE, str(number)),
            "tenant": "acme",
            "request_id": f"r{number}",
            "model": "small",
            "source": SourcePosition(topic="llm.requests", partition=0, offset=number, appended_at=self.now),
            "received_at": self.now,
            "screened_at": self.now,
            "deadline": self.now + timedelta(seconds=60),
            "content_digest": f"d{number}",
        }
        return RequestFacts.model_validate({**shared, **fields})

    def incoming(self, event: Any, number: int = 0) -> Incoming[Any]:
        return Incoming(event, uuid5(SPACE, f"event {number}"), RECORD, self.now)

    def screened(self, request: RequestFacts, action: str = "allow", **fields: object) -> ScreenedRequest:
        verdict = Verdict.model_validate(
            {
                "direction": "input",
                "action": action,
                "reason": "card",
                "policy": "p",
                "policy_version": 1,
                "took_ms": 1,
            }
        )
        messages = (Message(role="user", content="hi"),)
        return ScreenedRequest.model_validate(
            {"request": request, "messages": messages, "pseudonyms": "sealed", "verdict": verdict, **fields}
        )

    def answer(self, request: RequestFacts, *calls: AttemptResult, **fields: object) -> ScreenedAnswer:
        shared: Mapping[str, object] = {
            "status": "answered",
            "output": "ok",
            "answered_at": self.now,
            "screened_at": self.now,
        }
        return ScreenedAnswer.model_validate({"request": request, "attempts": calls, **shared, **fields})

    def admit(self, request: RequestFacts, action: str = "allow", **fields: object) -> Event | None:
        return self.take(
            self.meter.admit(self.state, self.incoming(self.screened(request, action, **fields)))
        )

    def call(
        self, request: RequestFacts, output: int = 90, number: int = 1, **fields: object
    ) -> AttemptResult:
        shared: Mapping[str, object] = {
            "attempt_id": uuid5(request.record_id, str(number)),
            "number": number,
            "provider": "local",
            "model": "m",
            "state": "finished",
            "usage": {"prompt_tokens": 10, "completion_tokens": output, "total_tokens": 10 + output},
            "started_at": request.received_at,
        }
        return AttemptResult.model_validate({**shared, **fields})

    def settle(self, request: RequestFacts, *calls: AttemptResult, **fields: object) -> Event | None:
        answer = self.answer(request, *calls, **fields)
        return self.take(self.meter.settle(self.state, self.incoming(answer, len(self.log))))

    def expire(self) -> list[Event]:
        return [
            event
            for decision in self.meter.expire(self.state, self.now)
            if (event := self.take(decision)) is not None
        ]

    def take(self, decision: LedgerDecision | None) -> Event | None:
        if decision is None:
            return None
        self.state.fold(decision.event, decision.event_id)
        self.log.append(decision)
        return decision.event

    def later(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def balance(self, limit: str = "1.00") -> LimitBalance:
        return self.state.balance("acme", Decimal(limit), month_of(self.now))


@pytest.fixture(scope="session")
def desk_of() -> type[Desk]:
    """Give the class, since property tests need a fresh desk for every example."""
    return Desk
