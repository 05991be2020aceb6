"""Admits and closes every request: each method makes one decision from the accounts and returns one event."""

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
from services.meter.domain.settlement.booking import CLOCK_TOLERANCE, book
from services.meter.domain.settlement.outcomes import AdmissionRefusedError, BookingAccounts
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
    """The current routes."""

    def get(self, name: str) -> RouteDocument | None:
        """Return the route of a model name."""
        ...

    def names(self) -> Sequence[str]:
        """List all model names."""
        ...


class BudgetDocuments(Protocol):
    """The current budgets."""

    def get(self, name: str) -> BudgetDocument | None:
        """Return the budget with this name: a tenant, or `default`; None if there is no such budget."""
        ...


class PromptTokens(Protocol):
    """Estimates the tokens that a prompt adds to a request."""

    def tokens_of(self, prompt: str, variables: Mapping[str, str], model: str) -> int:
        """Return an upper bound of a prompt's tokens; 0 for an unknown prompt, which the router refuses."""
        ...


@dataclass(frozen=True, slots=True)
class MeterLookups:
    """The documents, prices and estimates that the meter reads."""

    routes: RouteDocuments
    budgets: BudgetDocuments
    prices: PriceBook
    tokens: TokenCounter
    prompts: PromptTokens


class Meter:
    """Makes one decision for each event; one that the accounts have already is not made again."""

    def __init__(self, lookups: MeterLookups, grace: timedelta) -> None:
        """`grace` is how long after its deadline a request waits for an answer that is on its way."""
        self._lookups = lookups
        self._grace = grace
        self._gauges = BudgetGauges()
        self._gauges_at = WeakKeyDictionary[Accounts, datetime]()
        self._booking_metrics = BookingMetrics()

    def admit(self, state: Accounts, incoming: Incoming[ScreenedRequest]) -> LedgerDecision | None:
        """Admit a request with its reservation, or close it: blocked, duplicate, expired, rejected, screened.

        Only an admission and a moderation (screened) count as a request.
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
        """Close an open request with the cost of its calls; afterwards, book new calls by an adjustment.

        A request that is neither open nor closed was admitted by a former owner of the partition: its calls
        are booked too, except those that started before the dedup window, which belong to a redelivered
        answer.
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
        accounts = _held_accounts(state, record_id) or self._current_accounts(
            answer.request, late[0].started_at
        )
        return LedgerDecision(
            outcomes.late_answer_adjustment(answer, self._book(tenant, late, now), accounts, now), late_name
        )

    def correct(self, state: Accounts, incoming: Incoming[Correction]) -> LedgerDecision | None:
        """Replace a booking by another, once: a second request to replace it changes nothing.

        A request from before the dedup window is refused, since it is no longer known whether its booking was
        replaced.
        """
        correction, now = incoming.event, incoming.now
        problem = corrections.correction_problem(correction, now)
        if problem is not None:
            raise BadEventError("invalid_correction", problem)
        decision = LedgerDecision(
            corrections.book_correction(correction, now), corrections.decision_name(correction.replaces)
        )
        if state.is_corrected(decision.event_id):
            return None
        if state.is_outside_dedup_window(correction.asked_at - CLOCK_TOLERANCE):
            raise BadEventError(
                "stale_correction",
                f"asked for at {correction.asked_at.isoformat()}, before what is remembered: ask again",
            )
        return decision

    def close_request(self, state: Accounts, unhandled: DeadLetteredRecord) -> LedgerDecision | None:
        """Close a request whose record became a dead letter before its admission; no call was made."""
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
        """Settle with an answer that became a dead letter: its calls are booked, mostly without usage.

        If its calls cannot be parsed, an open request is closed, and a closed one is not changed.
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
        """Close expired requests, drop entries past their retention, and refresh the gauges every 15 s."""
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
        """Reserve the worst case, or raise AdmissionRefusedError with the first reason not to."""
        request = event.request
        _check_admissible(state, event, now)
        route = self._route(request.model)
        output_tokens = min(request.sampling.max_tokens or route.max_output_tokens, route.max_output_tokens)
        granted = reserve(
            state,
            ReservationRequest(
                request,
                self._budget_of(request.tenant),
                lambda: self._quoter(event, route, now),
                output_tokens,
            ),
            now,
        )
        for limit in granted.exceeded_soft_limits:
            SOFT_LIMITS_PASSED.labels(request.tenant, limit).inc()
        return granted.reservation

    def _count_moderation(self, state: Accounts, event: ScreenedRequest, now: datetime) -> Reservation:
        """Count a moderation, or raise AdmissionRefusedError; it needs no route, since no model is called."""
        _check_admissible(state, event, now)
        return count_moderation(state, event.request, self._budget_of(event.request.tenant), now)

    def _current_accounts(self, request: RequestFacts, at: datetime) -> BookingAccounts:
        """Return the accounts of calls whose reservation is no longer stored, by the current limits."""
        return BookingAccounts(month_of(at), claims_of(request, self._budget_of(request.tenant), at))

    def _budget_of(self, tenant: str) -> BudgetDocument:
        return self._lookups.budgets.get(tenant) or self._lookups.budgets.get(DEFAULT) or NO_LIMITS

    def _quoter(self, event: ScreenedRequest, route: RouteDocument, now: datetime) -> RouteQuoter:
        input_tokens = [
            self._input_tokens(event, f"{candidate.provider}/{candidate.model}")
            for candidate in route.candidates
        ]
        return RouteQuoter(self._lookups.prices, event.request.tenant, route, input_tokens, now)

    def _input_tokens(self, event: ScreenedRequest, model: str) -> int:
        prompt = event.request.prompt
        tokens = self._lookups.tokens.estimate(event.messages, model)
        if prompt is not None:
            tokens += self._lookups.prompts.tokens_of(prompt, event.variables, model)
        return tokens

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


def _held_accounts(state: Accounts, record_id: UUID) -> BookingAccounts | None:
    """Return where a request's reservation is held, so that its late calls count there."""
    keys = state.held_account_keys(record_id)
    if keys is None:
        return None
    month, *others = keys
    return BookingAccounts(month.window, tuple(Claim(scope=key.scope, window=key.window) for key in others))


def _outcome(completion: Completion) -> LedgerDecision:
    return LedgerDecision(completion, f"{completion.request.record_id}/outcome")
