"""Opens and closes every request: each method is one decision, made from the accounts and written as one event."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol
from uuid import UUID
from weakref import WeakKeyDictionary

from schemas.answers import AttemptResult, ScreenedAnswer, calls_in
from schemas.bounds import later
from schemas.budgets import BudgetDocument
from schemas.documents import RouteDocument
from schemas.outcomes import BookedAttempt, Completion, Correction
from schemas.requests import AdmittedRequest, Claim, RequestFacts, Reservation, ScreenedRequest, request_in
from schemas.values import ErrorFacts
from services.meter.domain.accounts.accounts import Accounts
from services.meter.domain.limits.admission import ReservationRequest, claims_of, count_moderation, reserve
from services.meter.domain.limits.gauges import limit_utilisation
from services.meter.domain.limits.windows import month_of
from services.meter.domain.pricing.quotes import RouteQuoter
from services.meter.domain.pricing.types import PriceBook
from services.meter.domain.settlement import corrections, outcomes
from services.meter.domain.settlement.booking import book
from services.meter.domain.settlement.outcomes import AdmissionRefusedError
from services.meter.domain.tokens.estimate import TokenCounter
from services.meter.metrics import SOFT_LIMITS_PASSED, BookingMetrics, BudgetGauges
from streaming.errors import BadEventError
from streaming.handling import DeadLetteredRecord, Incoming, LedgerDecision, position_id

MAX_NAMED_MODELS = 50
DEFAULT = "default"
NO_LIMITS = BudgetDocument(name=DEFAULT)
GAUGES_EVERY = timedelta(seconds=15)
LONG_AGO = datetime.min.replace(tzinfo=UTC)


class RouteDocuments(Protocol):
    """The routes as they are now."""

    def get(self, name: str) -> RouteDocument | None:
        """Find the route that a model name means."""
        ...

    def names(self) -> Sequence[str]:
        """List all model names."""
        ...


class BudgetDocuments(Protocol):
    """The limits as they are now."""

    def get(self, name: str) -> BudgetDocument | None:
        """Find the limits of a tenant, or of `default`."""
        ...


class PromptTokens(Protocol):
    """What a prompt adds to a request."""

    def tokens_of(self, prompt: str, variables: Mapping[str, str], model: str) -> int:
        """Estimate a prompt's own tokens from above; 0 for an unknown prompt, which the router refuses."""
        ...


@dataclass(frozen=True, slots=True)
class MeterLookups:
    """Where the meter looks things up."""

    routes: RouteDocuments
    budgets: BudgetDocuments
    prices: PriceBook
    tokens: TokenCounter
    prompts: PromptTokens


class Meter:
    """One decision for each event; a decision that the accounts already hold is not made again."""

    def __init__(self, books: MeterLookups, grace: timedelta) -> None:
        """`grace` is how long after its deadline a request waits for an answer that is on its way."""
        self._lookups = books
        self._grace = grace
        self._gauges = BudgetGauges()
        self._gauges_at = WeakKeyDictionary[Accounts, datetime]()
        self._booking_metrics = BookingMetrics()

    def admit(self, state: Accounts, incoming: Incoming[ScreenedRequest]) -> LedgerDecision | None:
        """Admit a request with its reservation, or close it: blocked, duplicate, expired, rejected, or a moderation that is screened.

        Only an admission and a moderation count as a request.
        """
        event, request, now = incoming.event, incoming.event.request, incoming.now
        if state.is_decided(request.record_id):
            return None
        try:
            if request.screen_only:
                return _outcome(
                    outcomes.screened_completion(event, self._count_moderation(state, event, now), now)
                )
            reservation = self._reserve(state, event, now)
        except AdmissionRefusedError as refusal:
            return _outcome(outcomes.refused_completion(event, refusal, now))
        admitted = AdmittedRequest(
            request=request,
            messages=event.messages,
            variables=event.variables,
            pseudonyms=event.pseudonyms,
            verdict=event.verdict,
            reservation=reservation,
            admitted_at=now,
            expires_at=later(request.deadline, self._grace),
        )
        return LedgerDecision(admitted, f"{request.record_id}/admission")

    def settle(self, state: Accounts, incoming: Incoming[ScreenedAnswer]) -> LedgerDecision | None:
        """Close an open request with what its calls cost; an answer after the outcome books its new calls as an adjustment.

        A request that is neither open nor closed was admitted by a former owner: its calls are booked all the same, but none that
        started before all that is remembered, since those are the calls of an answer that is read once more.
        """
        return self._settled(state, incoming.event, f"{incoming.event_id}/late", incoming.now)

    def _settled(
        self, state: Accounts, answer: ScreenedAnswer, late_name: str, now: datetime
    ) -> LedgerDecision | None:
        record_id, tenant = answer.request.record_id, answer.request.tenant
        fresh = [result for result in answer.attempts if not state.is_booked(result.attempt_id)]
        entry = state.open_request(record_id)
        if entry is not None:
            return _outcome(outcomes.settled_completion(entry, answer, self._book(tenant, fresh, now), now))
        is_awaited = state.awaits_answer(record_id)
        late = [
            result for result in fresh if is_awaited or not state.is_outside_dedup_window(result.started_at)
        ]
        if not late and not is_awaited:
            return None
        counts_in = _held_in(state, record_id) or self._counts_in(answer.request, late[0].started_at)
        return LedgerDecision(
            outcomes.late_answer_adjustment(answer, self._book(tenant, late, now), counts_in, now), late_name
        )

    def correct(self, state: Accounts, incoming: Incoming[Correction]) -> LedgerDecision | None:
        """Replace a booking by another, once: a wish that comes second, a repeat or another one, finds its booking replaced and changes nothing.

        A wish that is older than the accounts remember is refused, since they cannot tell any more whether its booking was replaced.
        """
        wish, now = incoming.event, incoming.now
        fault = corrections.correction_problem(wish, now)
        if fault is not None:
            raise BadEventError("invalid_correction", fault)
        decision = LedgerDecision(
            corrections.book_correction(wish, now), corrections.decision_name(wish.replaces)
        )
        if state.is_corrected(decision.event_id):
            return None
        if state.is_outside_dedup_window(wish.asked_at - corrections.CLOCK_TOLERANCE):
            raise BadEventError(
                "stale_correction",
                f"asked for at {wish.asked_at.isoformat()}, before what is remembered: ask again",
            )
        return decision

    def close_request(self, state: Accounts, unhandled: DeadLetteredRecord) -> LedgerDecision | None:
        """End a request that became a dead letter before it was admitted: no call was made for it."""
        event = unhandled.event if isinstance(unhandled.event, ScreenedRequest) else None
        request = event.request if event is not None else request_in(unhandled.record.value)
        if request is None or state.is_decided(request.record_id):
            return None
        return _outcome(
            outcomes.dead_letter_completion(
                request, event.verdict if event is not None else None, unhandled.error(), unhandled.now
            )
        )

    def close_answer(self, state: Accounts, unhandled: DeadLetteredRecord) -> LedgerDecision | None:
        """Do as an answer would that became a dead letter; its calls are booked, without the usage that may be the reason of it.

        After the outcome an answer whose calls cannot be read says nothing: not even that none was made.
        """
        answer = unhandled.event if isinstance(unhandled.event, ScreenedAnswer) else None
        request = answer.request if answer is not None else request_in(unhandled.record.value)
        if request is None:
            return None
        results = outcomes.bookable_attempts(
            answer.attempts if answer is not None else calls_in(unhandled.record.value), unhandled.reason
        )
        if not results and state.open_request(request.record_id) is None:
            return None
        failed = outcomes.failed_answer(request, answer, results, unhandled.error(), unhandled.now)
        return self._settled(state, failed, f"{position_id(unhandled.record)}/late", unhandled.now)

    def expire(self, state: Accounts, now: datetime) -> Sequence[LedgerDecision]:
        """Close what nobody answered in time, and let the accounts forget what is too old to matter; refreshes the gauges now and then."""
        state.drop_expired()
        if now - self._gauges_at.get(state, LONG_AGO) >= GAUGES_EVERY:
            self._gauges_at[state] = now
            default = self._lookups.budgets.get(DEFAULT) or NO_LIMITS
            self._gauges.show(
                limit_utilisation(state, self._lookups.budgets.get, default, now), now.timestamp()
            )
        return [_outcome(outcomes.expired_completion(entry, now)) for entry in state.expired(now)]

    def _book(self, tenant: str, results: Sequence[AttemptResult], now: datetime) -> Sequence[BookedAttempt]:
        lines = book(self._lookups.prices, tenant, results, now)
        self._booking_metrics.count(lines)
        self._booking_metrics.add_cost(tenant, lines)
        return lines

    def _reserve(self, state: Accounts, event: ScreenedRequest, now: datetime) -> Reservation:
        """Set the worst case aside, or raise RefusedError with the first reason not to."""
        request = event.request
        _check_admissible(state, event, now)
        route = self._route(request.model)
        longest = min(request.sampling.max_tokens or route.max_output_tokens, route.max_output_tokens)
        granted = reserve(
            state,
            ReservationRequest(
                request, self._budget_of(request.tenant), lambda: self._quoter(event, route, now), longest
            ),
            now,
        )
        for limit in granted.exceeded_soft_limits:
            SOFT_LIMITS_PASSED.labels(request.tenant, limit).inc()
        return granted.reservation

    def _count_moderation(self, state: Accounts, event: ScreenedRequest, now: datetime) -> Reservation:
        """Find where a moderation counts, or raise RefusedError: its model is no route, and nobody is paid for it."""
        _check_admissible(state, event, now)
        return count_moderation(state, event.request, self._budget_of(event.request.tenant), now)

    def _counts_in(self, request: RequestFacts, at: datetime) -> tuple[str, Sequence[Claim]]:
        """Where calls count whose reservation is forgotten: by the limits of today."""
        return month_of(at), claims_of(request, self._budget_of(request.tenant), at)

    def _budget_of(self, tenant: str) -> BudgetDocument:
        return self._lookups.budgets.get(tenant) or self._lookups.budgets.get(DEFAULT) or NO_LIMITS

    def _quoter(self, event: ScreenedRequest, route: RouteDocument, now: datetime) -> RouteQuoter:
        input_tokens = [self._input_tokens(event, f"{one.provider}/{one.model}") for one in route.candidates]
        return RouteQuoter(self._lookups.prices, event.request.tenant, route, input_tokens, now)

    def _input_tokens(self, event: ScreenedRequest, model: str) -> int:
        prompt = event.request.prompt
        own = self._lookups.prompts.tokens_of(prompt, event.variables, model) if prompt is not None else 0
        return self._lookups.tokens.estimate(event.messages, model) + own

    def _route(self, model: str) -> RouteDocument:
        route = self._lookups.routes.get(model)
        if route is not None:
            return route
        names = self._lookups.routes.names()
        known = ", ".join(names[:MAX_NAMED_MODELS]) + (
            f" and {len(names) - MAX_NAMED_MODELS} more" if len(names) > MAX_NAMED_MODELS else ""
        )
        raise AdmissionRefusedError(
            ErrorFacts(
                code="unknown_model", message=f"there is no model '{model}'; models here: {known or 'none'}"
            )
        )


def _check_admissible(state: Accounts, event: ScreenedRequest, now: datetime) -> None:
    request = event.request
    first = state.first_request(request.tenant, request.request_id)
    if first is not None and first.record_id != request.record_id:
        raise outcomes.duplicate_refusal(request, first)
    if event.verdict.action == "block" and not request.screen_only:
        raise AdmissionRefusedError(outcomes.blocked_error(event.verdict, "request"), "blocked")
    if request.deadline <= now:
        raise outcomes.expired_refusal(request)


def _held_in(state: Accounts, record_id: UUID) -> tuple[str, Sequence[Claim]] | None:
    places = state.held_account_keys(record_id)
    return (
        (places[0][1], [Claim(scope=scope, window=window) for scope, window in places[1:]])
        if places is not None
        else None
    )


def _outcome(completion: Completion) -> LedgerDecision:
    return LedgerDecision(completion, f"{completion.request.record_id}/outcome")
