"""Answers an admitted request: journal first, then the provider, until one answers or nothing is left to try."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID, uuid5

from schemas.answers import Attempt, AttemptResult, ModelAnswer
from schemas.documents import Candidate, PromptDocument, RouteDocument
from schemas.requests import AdmittedRequest, request_in
from schemas.values import ErrorFacts
from services.router.domain.call_results import (
    distinct,
    failed_result,
    finished_result,
    next_number,
    unknown_result,
)
from services.router.domain.prepared_call import (
    PreparedRequest,
    ReferencedDocuments,
    UnroutableRequestError,
    prepare_request,
)
from services.router.domain.prompts import split_reference
from services.router.domain.provider_call import ProviderCall, ProviderError, ProviderReply
from services.router.domain.routing import (
    CallCandidate,
    CallFailure,
    GiveUp,
    RetryLater,
    RoutingState,
    call_timeout_s,
    next_step,
)
from streaming.errors import StreamingError
from streaming.handling import DeadLetteredRecord, Incoming, Journal
from streaming.partitions.permits import permit_released
from streaming.seal.content import seal_answer
from streaming.seal.seal import Sealer

MAX_INTERRUPTED = 1_000

log = logging.getLogger(__name__)


class PromptTable(Protocol):
    """The prompts as they are now."""

    def get(self, name: str) -> PromptDocument | None:
        """The prompt of that name."""
        ...

    def names(self) -> Sequence[str]:
        """All names."""
        ...


class RouteTable(Protocol):
    """The routes as they are now."""

    def get(self, name: str) -> RouteDocument | None:
        """The route of that name."""
        ...

    def names(self) -> Sequence[str]:
        """All names."""
        ...


class ChatProvider(Protocol):
    """Somebody who sells answers."""

    @property
    def kind(self) -> str:
        """Which protocol it speaks: how its usage block is read."""
        ...

    async def complete(self, call: ProviderCall) -> ProviderReply:
        """Make one call; raises ProviderError, and nothing takes longer than `call.timeout_s`."""
        ...


class Clock(Protocol):
    """Time from outside."""

    def now(self) -> datetime:
        """The time in UTC."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return after that many seconds."""
        ...


@dataclass(slots=True)
class _RequestProgress:
    """One request while it is answered: calls of former processes first, then its own with how they failed."""

    admitted: AdmittedRequest
    unknown: tuple[Attempt, ...]
    results: list[AttemptResult] = field(default_factory=list[AttemptResult])
    failures: list[CallFailure] = field(default_factory=list[CallFailure])

    @property
    def attempts(self) -> tuple[AttemptResult, ...]:
        return (*(unknown_result(attempt) for attempt in self.unknown), *self.results)

    def dispatch(self, order: PreparedRequest) -> RoutingState:
        request = self.admitted.request
        return RoutingState(
            request.record_id,
            order.route,
            request.deadline,
            self.unknown,
            tuple(self.failures),
            order.granted,
        )


class Router:
    """Gives every admitted request exactly one answer; no call is made that the journal does not hold, none after the deadline."""

    def __init__(
        self,
        *,
        prompts: PromptTable,
        routes: RouteTable,
        providers: Mapping[str, ChatProvider],
        sealer: Sealer,
        clock: Clock,
    ) -> None:
        self._prompts = prompts
        self._routes = routes
        self._providers = providers
        self._sealer = sealer
        self._clock = clock
        self._interrupted: dict[UUID, _RequestProgress] = {}

    async def answer(self, incoming: Incoming[AdmittedRequest], journal: Journal) -> ModelAnswer:
        """The answer, or why there is none; calls of a former process are listed as `unknown` and come before its own."""
        work = self._work(incoming.event, journal)
        try:
            answer = await self._answered(work, journal)
        except BaseException:
            # The loop offers the request again; the calls made so far cost money and must not fall out of its answer.
            self._keep(work)
            raise
        return answer

    def close(self, unhandled: DeadLetteredRecord) -> ModelAnswer | None:
        """What ends a request whose record became a dead letter: a failure with all calls that were made for it."""
        admitted = unhandled.event if isinstance(unhandled.event, AdmittedRequest) else None
        request = admitted.request if admitted is not None else request_in(unhandled.record.value)
        if request is None:
            return None
        unwritten = (
            unhandled.oversized_output if isinstance(unhandled.oversized_output, ModelAnswer) else None
        )
        begun = self._interrupted.pop(request.record_id, None)
        results = (
            unwritten.attempts if unwritten is not None else tuple(begun.results) if begun is not None else ()
        )
        known = {result.attempt_id for result in results}
        calls = distinct(
            call for call in unhandled.calls if isinstance(call, Attempt) and call.attempt_id not in known
        )
        return ModelAnswer(
            request=request,
            status="failed",
            attempts=(*map(unknown_result, calls), *results),
            route=unwritten.route if unwritten is not None else None,
            error=unhandled.error(),
            answered_at=unhandled.now,
        )

    def _work(self, admitted: AdmittedRequest, journal: Journal) -> _RequestProgress:
        begun = self._interrupted.pop(admitted.request.record_id, None)
        results = begun.results if begun else []
        own = {result.attempt_id for result in results}
        past = [
            attempt
            for attempt in journal.past
            if isinstance(attempt, Attempt) and attempt.attempt_id not in own
        ]
        return _RequestProgress(admitted, distinct(past), results, begun.failures if begun else [])

    def _keep(self, work: _RequestProgress) -> None:
        self._interrupted[work.admitted.request.record_id] = work
        while len(self._interrupted) > MAX_INTERRUPTED:
            del self._interrupted[next(iter(self._interrupted))]

    async def _answered(self, work: _RequestProgress, journal: Journal) -> ModelAnswer:
        try:
            order = prepare_request(work.admitted, self._configured(work.admitted))
        except UnroutableRequestError as error:
            return self._unanswered(
                work, None, GiveUp("failed", ErrorFacts(code=error.code, message=str(error)))
            )
        while True:
            step = next_step(work.dispatch(order), self._clock.now())
            if isinstance(step, GiveUp):
                return self._unanswered(work, order, step)
            if isinstance(step, RetryLater):
                async with permit_released():
                    await self._clock.sleep(step.seconds)
                continue
            reply = await self._called(work, order, step, journal)
            if reply is not None:
                return self._sealed(work, order, step.candidate, reply)

    def _configured(self, admitted: AdmittedRequest) -> ReferencedDocuments:
        reference = admitted.request.prompt
        prompt = self._prompts.get(split_reference(reference)[0]) if reference is not None else None
        return ReferencedDocuments(
            self._routes.get(admitted.request.model), prompt, self._routes.names(), self._prompts.names()
        )

    async def _called(
        self, work: _RequestProgress, order: PreparedRequest, step: CallCandidate, journal: Journal
    ) -> ProviderReply | None:
        candidate = order.route.candidates[step.candidate]
        provider = self._providers.get(candidate.provider)
        if provider is None:
            work.failures.append(
                CallFailure(
                    step.candidate,
                    "configuration",
                    self._clock.now(),
                    "no provider of this name is configured",
                )
            )
            return None
        attempt = self._attempt(work, candidate, journal.owner)
        # A crash from here on leaves an entry for a call that may never have been made: counted too often, never too seldom.
        await journal.write(attempt)
        try:
            reply = await self._complete(provider, order, attempt, candidate)
        except ProviderError as error:
            self._note_failure(work, step, (attempt, provider.kind), error)
            return None
        except StreamingError:
            # The loop's own: it knows whether to wait, to stop or to leave; the call stands in the journal.
            raise
        except Exception as error:  # noqa: BLE001 - whatever an adapter did not foresee is the end of its call, never of the process
            kind = type(error).__name__
            message = "the adapter of provider %s failed with %s; the call counts as failed"
            log.error(message, candidate.provider, kind)  # noqa: TRY400 - message and trace may quote what was sent or answered
            self._note_failure(
                work,
                step,
                (attempt, provider.kind),
                ProviderError("adapter_error", f"its adapter failed with {kind}"),
            )
            return None
        work.results.append(finished_result(attempt, provider.kind, reply, self._clock.now()))
        return reply

    def _note_failure(
        self, work: _RequestProgress, step: CallCandidate, called: tuple[Attempt, str], error: ProviderError
    ) -> None:
        attempt, kind = called
        now = self._clock.now()
        work.results.append(failed_result(attempt, kind, error, now))
        work.failures.append(CallFailure(step.candidate, error.kind, now, str(error), error.retry_after_s))

    async def _complete(
        self, provider: ChatProvider, order: PreparedRequest, attempt: Attempt, candidate: Candidate
    ) -> ProviderReply:
        timeout_s = call_timeout_s(candidate, attempt.deadline, self._clock.now())
        if timeout_s <= 0:
            raise ProviderError("not_sent", "the deadline passed while the journal was written")
        call = ProviderCall(
            model=candidate.model,
            messages=order.messages,
            sampling=order.sampling,
            max_tokens=order.max_tokens,
            attempt_id=attempt.attempt_id,
            idempotency_key=str(uuid5(attempt.record_id, f"{candidate.provider}/{candidate.model}")),
            timeout_s=timeout_s,
        )
        return await provider.complete(call)

    def _attempt(self, work: _RequestProgress, candidate: Candidate, owner: str) -> Attempt:
        request = work.admitted.request
        number = next_number(result.number for result in work.attempts)
        return Attempt(
            attempt_id=uuid5(request.record_id, f"{owner}/{number}"),
            record_id=request.record_id,
            tenant=request.tenant,
            number=number,
            owner=owner,
            provider=candidate.provider,
            model=candidate.model,
            started_at=self._clock.now(),
            # The request's, not the call's: until then this process may be waiting for its next try, and nobody else may call.
            deadline=request.deadline,
        )

    def _sealed(
        self, work: _RequestProgress, order: PreparedRequest, candidate: int, reply: ProviderReply
    ) -> ModelAnswer:
        request, now = work.admitted.request, self._clock.now()
        sealed = seal_answer(self._sealer, request.tenant, request.record_id, reply.content, now)
        return ModelAnswer(
            request=request,
            status="answered",
            messages=order.messages,
            sealed=sealed,
            pseudonyms=work.admitted.pseudonyms,
            finish_reason=work.results[-1].finish_reason,
            attempts=work.attempts,
            route=order.route_decision(candidate),
            answered_at=now,
        )

    def _unanswered(self, work: _RequestProgress, order: PreparedRequest | None, step: GiveUp) -> ModelAnswer:
        return ModelAnswer(
            request=work.admitted.request,
            status=step.status,
            messages=order.messages if order else (),
            pseudonyms=work.admitted.pseudonyms,
            attempts=work.attempts,
            route=order.route_decision(None) if order else None,
            error=step.error,
            answered_at=self._clock.now(),
        )
