"""Opens and closes every request: each method is one decision, made from the accounts and written as one event."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Protocol
from uuid import UUID

from schemas.answers import AttemptResult
from schemas.documents import BudgetDocument, RouteDocument
from schemas.outcomes import Adjustment, BookedAttempt, Completion, StageTimes
from schemas.requests import AdmittedRequest, RequestFacts, Reservation, ScreenedRequest
from schemas.answers import ScreenedAnswer
from schemas.values import ErrorFacts, Message
from services.meter.domain.account import Account, FirstRequest, OpenRequest
from services.meter.domain.accounts import ZERO, Accounts
from services.meter.domain.limits import Balance, month_of, wait_for_rate
from services.meter.domain.pricing import Call, Priced, PriceBook, ceiling
from services.meter.domain.usage import normalise, total
from streaming.handling import Decision, Incoming

NOT_CALLED = frozenset({"not_sent", "unreachable"})
MAY_HAVE_COST = frozenset({"timeout", "connection_lost", "cut_off", "bad_reply"})


class Routes(Protocol):
    """The routes as they are now."""

    def get(self, name: str) -> RouteDocument | None:
        """The route that a model name means."""
        ...

    def names(self) -> Sequence[str]:
        """All model names."""
        ...


class Budgets(Protocol):
    """The limits as they are now."""

    def get(self, name: str) -> BudgetDocument | None:
        """The limits of a tenant, or of `default`."""
        ...


class TokenCounter(Protocol):
    """Estimates input tokens before a call."""

    def estimate(self, messages: Sequence[Message]) -> int:
        """An upper estimate."""
        ...


class PromptSizes(Protocol):
    """What a prompt adds to a request."""

    def tokens_of(self, prompt: str) -> int:
        """An upper estimate of a prompt's own tokens; 0 for an unknown prompt, which the router refuses."""
        ...


@dataclass(frozen=True, slots=True)
class Books:
    """Where the meter looks things up."""

    routes: Routes
    budgets: Budgets
    prices: PriceBook
    tokens: TokenCounter
    prompts: PromptSizes


class Refusal(Exception):  # noqa: N818 - a verdict on one request, caught by `admit`
    """A request that is not admitted, with what its caller is told."""

    def __init__(self, error: ErrorFacts) -> None:
        super().__init__(error.code)
        self.error = error


class Meter:
    """One decision for each event; a decision that the accounts already hold is not made again."""

    def __init__(self, books: Books, grace: timedelta) -> None:
        """`grace` is how long after its deadline a request waits for an answer that is on its way."""
        self._books = books
        self._grace = grace

    def admit(self, state: Accounts, incoming: Incoming[ScreenedRequest]) -> Decision | None:
        """Admit a request with its reservation, or close it: blocked, duplicate, expired or rejected."""
        event, request, now = incoming.event, incoming.event.request, incoming.now
        account = state.of(request.tenant)
        if request.record_id in account.open or request.record_id in account.closed:
            return None
        if event.verdict.action == "block":
            error = ErrorFacts(code="blocked", message=f"the request was blocked by policy: {event.verdict.reason or 'no reason given'}")
            return _outcome(_refused(event, "blocked", error, now))
        first = account.requests.get(request.request_id)
        if first is not None and first.record_id != request.record_id:
            return _outcome(_duplicate(event, first, now))
        if request.deadline <= now:
            error = ErrorFacts(code="deadline_exceeded", message=f"the deadline {request.deadline.isoformat()} had passed before the request was admitted")
            return _outcome(_refused(event, "expired", error, now))
        try:
            reservation = self._reserve(account, event, now)
        except Refusal as refusal:
            return _outcome(_refused(event, "rejected", refusal.error, now))
        admitted = AdmittedRequest(
            request=request,
            messages=event.messages,
            variables=event.variables,
            pseudonyms=event.pseudonyms,
            verdict=event.verdict,
            reservation=reservation,
            admitted_at=now,
            expires_at=request.deadline + self._grace,
        )
        return Decision(admitted, f"{request.record_id}/admission")

    def settle(self, state: Accounts, incoming: Incoming[ScreenedAnswer]) -> Decision | None:
        """Close an open request with what its calls cost; an answer after the outcome books its new calls as an adjustment."""
        answer, now = incoming.event, incoming.now
        account = state.of(answer.request.tenant)
        fresh = [result for result in answer.attempts if result.attempt_id not in account.booked]
        booked = tuple(self._book(answer.request, result, now) for result in fresh)
        entry = account.open.get(answer.request.record_id)
        if entry is not None:
            return _outcome(_settled(entry, answer, booked, now))
        if not booked:
            return None
        return Decision(_late(answer, booked, now), f"{incoming.event_id}/late")

    def expire(self, state: Accounts, now: datetime) -> Sequence[Decision]:
        """Close what nobody answered in time."""
        return [_outcome(_expired(entry, now)) for entry in state.expired(now)]

    def _reserve(self, account: Account, event: ScreenedRequest, now: datetime) -> Reservation:
        request = event.request
        route = self._books.routes.get(request.model)
        if route is None:
            names = ", ".join(self._books.routes.names()) or "none"
            raise Refusal(ErrorFacts(code="unknown_model", message=f"there is no model '{request.model}'; models here: {names}"))
        budget = self._books.budgets.get(request.tenant) or self._books.budgets.get("default") or BudgetDocument(name="default")
        self._check_rate(account, budget, now)
        input_tokens = self._books.tokens.estimate(event.messages) + sum(len(value.encode()) for value in event.variables.values())
        input_tokens += self._books.prompts.tokens_of(request.prompt) if request.prompt else 0
        output_tokens = min(request.sampling.max_tokens or route.max_output_tokens, route.max_output_tokens)
        calls = [(one, Call(request.tenant, one.provider, one.model, now)) for one in route.candidates]
        worst = ceiling(self._books.prices, calls, input_tokens, output_tokens)
        self._check_budget(account, budget, worst, now)
        return Reservation(
            budget=request.tenant,
            period=month_of(now),
            amount_usd=worst.cost_usd,
            estimated_input_tokens=input_tokens,
            max_output_tokens=output_tokens,
            unit_price_source=worst.source,
        )

    def _check_rate(self, account: Account, budget: BudgetDocument, now: datetime) -> None:
        if budget.requests_per_minute is None:
            return
        burst = budget.burst or budget.requests_per_minute
        wait_s = wait_for_rate(account.admitted, now.timestamp(), budget.requests_per_minute, burst)
        if wait_s > 0:
            message = f"more than {budget.requests_per_minute} requests per minute (burst {burst}): try again in {wait_s:.2f} s"
            raise Refusal(ErrorFacts(code="rate_limit_exceeded", message=message, retry_after_s=round(wait_s, 3)))

    def _check_budget(self, account: Account, budget: BudgetDocument, worst: Priced, now: datetime) -> None:
        """A hard limit cannot be promised for a price that nobody knows, so such a request is refused."""
        if budget.monthly_usd is None:
            return
        if worst.cost_usd is None:
            message = f"the tenant has a hard budget, and the price is unknown ({worst.reason}): publish one on llm.prices"
            raise Refusal(ErrorFacts(code="price_unknown", message=message))
        balance = balance_of(account, budget.monthly_usd, month_of(now))
        if worst.cost_usd > balance.available:
            raise Refusal(ErrorFacts(code="budget_exceeded", message=balance.explain(worst.cost_usd, month_of(now))))

    def _book(self, request: RequestFacts, result: AttemptResult, now: datetime) -> BookedAttempt:
        usage = normalise(result.provider_kind, result.usage)
        if result.state == "unknown":
            return BookedAttempt(result=result, cost_status="unknown", reason="a crash left the call's result unknown", booked_at=now)
        if usage is None and result.state == "failed" and result.error not in MAY_HAVE_COST:
            return BookedAttempt(result=result, cost_usd=ZERO, cost_status="none", reason=f"not billed: {result.error}", booked_at=now)
        if usage is None:
            return BookedAttempt(result=result, cost_status="held", reason="the provider reported no usage", booked_at=now)
        priced = self._books.prices.price(Call(request.tenant, result.provider, result.model, result.started_at), usage)
        status = "held" if priced.cost_usd is None else "priced"
        return BookedAttempt(
            result=result,
            usage=usage,
            cost_usd=priced.cost_usd,
            cost_status=status,
            reason=priced.reason,
            price_source=priced.source,
            price_version=priced.version,
            price_valid_at=priced.valid_at,
            booked_at=now,
        )


def balance_of(account: Account, limit: Decimal, period: str) -> Balance:
    """A tenant's budget of one month."""
    return Balance(limit, account.captured.get(period, ZERO), account.reserved.get(period, ZERO), account.held(period))


def _outcome(completion: Completion) -> Decision:
    return Decision(completion, f"{completion.request.record_id}/outcome")


def _times(request: RequestFacts) -> StageTimes:
    return StageTimes(received_at=request.received_at, screened_at=request.screened_at)


def _refused(event: ScreenedRequest, status: str, error: ErrorFacts, now: datetime, duplicate_of: UUID | None = None) -> Completion:
    """An outcome without a call: it is known to cost nothing."""
    return Completion.model_validate(
        {
            "request": event.request,
            "status": status,
            "error": error,
            "duplicate_of": duplicate_of,
            "messages": event.messages,
            "pseudonyms": event.pseudonyms,
            "input_verdict": event.verdict,
            "cost_usd": ZERO,
            "times": _times(event.request),
            "completed_at": now,
        }
    )


def _duplicate(event: ScreenedRequest, first: FirstRequest, now: datetime) -> Completion:
    is_same = first.content_digest == event.request.content_digest
    code = "duplicate" if is_same else "duplicate_other_body"
    text = "the same request was sent before" if is_same else "another request was sent before under this request id: use a new one"
    return _refused(event, "duplicate", ErrorFacts(code=code, message=text), now, first.record_id)


def _settled(entry: OpenRequest, answer: ScreenedAnswer, booked: tuple[BookedAttempt, ...], now: datetime) -> Completion:
    is_blocked = answer.status == "answered" and answer.verdict is not None and answer.verdict.action == "block"
    error = answer.error
    if is_blocked:
        reason = answer.verdict.reason if answer.verdict else None
        error = ErrorFacts(code="blocked", message=f"the answer was blocked by policy: {reason or 'no reason given'}")
    times = _times(entry.request).model_copy(
        update={"admitted_at": entry.admitted_at, "answered_at": answer.answered_at, "answer_screened_at": answer.screened_at}
    )
    return Completion(
        request=entry.request,
        status="blocked" if is_blocked else answer.status,
        error=error,
        messages=answer.messages,
        output=None if is_blocked else answer.output,
        pseudonyms=answer.pseudonyms,
        finish_reason=answer.finish_reason,
        input_verdict=entry.verdict,
        output_verdict=answer.verdict,
        route=answer.route,
        attempts=booked,
        reservation=entry.reservation,
        usage=total(line.usage for line in booked),
        cost_usd=_sum(booked),
        times=times,
        completed_at=now,
    )


def _late(answer: ScreenedAnswer, booked: tuple[BookedAttempt, ...], now: datetime) -> Adjustment:
    request = answer.request
    return Adjustment(
        record_id=request.record_id,
        tenant=request.tenant,
        request_id=request.request_id,
        model=request.model,
        reason="late_answer",
        budget=request.tenant,
        period=month_of(booked[0].result.started_at),
        attempts=booked,
        cost_usd=_sum(booked),
        booked_at=now,
    )


def _expired(entry: OpenRequest, now: datetime) -> Completion:
    deadline = entry.request.deadline.astimezone(UTC).isoformat()
    return Completion(
        request=entry.request,
        status="expired",
        error=ErrorFacts(code="deadline_exceeded", message=f"no answer came by the deadline {deadline}"),
        input_verdict=entry.verdict,
        reservation=entry.reservation,
        times=_times(entry.request).model_copy(update={"admitted_at": entry.admitted_at}),
        completed_at=now,
    )


def _sum(booked: Sequence[BookedAttempt]) -> Decimal | None:
    """NULL as soon as one call's cost is not known: a sum without it would be too low."""
    costs = [line.cost_usd for line in booked]
    known = [cost for cost in costs if cost is not None]
    return sum(known, ZERO) if len(known) == len(costs) else None
