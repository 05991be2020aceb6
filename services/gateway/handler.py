"""Serves a call from the stream: seal, publish, await the outcome, restore pseudonyms, reply."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Protocol

from schemas.event import Event
from schemas.outcomes import Completion
from schemas.quality import Feedback
from schemas.requests import LlmRequest
from services.gateway.domain.overload import RETRY_SOON_S, OverloadLimits, StreamLag, overload_problem
from services.gateway.domain.problems import Problem, ProblemError, not_found, unavailable
from services.gateway.domain.replies import OutcomeReply
from services.gateway.domain.restore import restored_output
from services.gateway.metrics import WAITING
from services.gateway.outcomes.outcome import (
    DeadLetter,
    Pending,
    RequestKey,
    RequestOutcome,
    RequestPosition,
)
from services.gateway.outcomes.outcomes import Outcomes
from services.gateway.outcomes.problem import completion_problem, dead_letter_problem
from services.gateway.outcomes.waiters import ClosingError
from streaming.errors import BadEventError, DependencyDownError, RecordTooLargeError
from streaming.seal.content import open_pseudonyms, sealed_request
from streaming.seal.seal import Sealer


class RequestLog(Protocol):
    """The topics that the gateway writes to."""

    @property
    def problems(self) -> Sequence[str]:
        """Why nothing can be published now; empty if nothing is wrong."""
        ...

    async def publish(self, request: Event) -> RequestPosition:
        """Append a request and return its position; raises DependencyDownError or RecordTooLargeError."""
        ...

    async def send(self, event: Event) -> None:
        """Append any other event; raises DependencyDownError."""
        ...


class LagSource(Protocol):
    """Measures the lag of the stream."""

    def lag(self) -> StreamLag:
        """The lag when it was last measured."""
        ...


class Gateway:
    """Publishes a request for each call and returns its outcome; a disconnect does not cancel a request."""

    def __init__(
        self, *, log: RequestLog, lag: LagSource, outcomes: Outcomes, sealer: Sealer, limits: OverloadLimits
    ) -> None:
        self._log = log
        self._lag = lag
        self._outcomes = outcomes
        self._sealer = sealer
        self._limits = limits
        self._waiting = 0

    async def complete(self, request: LlmRequest) -> OutcomeReply:
        """Publish a request and wait for its outcome until the deadline; raises ProblemError for an error."""
        async with self._counted_as_waiting(request):
            position = await self._publish(request)
            outcome = await self._first_outcome(position, request)
        reply = self._reply(outcome, request.request_id or "")
        if isinstance(reply, Problem):
            raise ProblemError(reply)
        return reply

    async def complete_all(self, requests: Sequence[LlmRequest]) -> Sequence[OutcomeReply]:
        """Complete all requests at once; the first error is raised after every one has ended."""
        results = await asyncio.gather(
            *(self.complete(request) for request in requests), return_exceptions=True
        )
        replies = [result for result in results if not isinstance(result, BaseException)]
        if len(replies) < len(results):
            raise next(result for result in results if isinstance(result, BaseException))
        return replies

    async def submit(self, request: LlmRequest) -> None:
        """Publish a request and return once the log has acknowledged it; raises ProblemError."""
        await self._publish(request)

    async def look_up(self, tenant: str, request_id: str) -> OutcomeReply | Problem | Pending:
        """The outcome of a tenant's request; raises ProblemError if it is unknown or cannot be looked up."""
        try:
            outcome = await self._outcomes.find((tenant, request_id))
        except DependencyDownError as error:
            message = f"old outcomes cannot be looked up: {error}"
            raise unavailable("index_down", message, RETRY_SOON_S).about(request_id) from error
        if outcome is None:
            message = f"there is no request '{request_id}' of this tenant, or it has no outcome yet"
            raise not_found(message, code="request_not_found")
        return outcome if isinstance(outcome, Pending) else self._reply(outcome, request_id)

    async def give_feedback(self, feedback: Feedback) -> None:
        """Publish feedback; raises ProblemError."""
        try:
            await self._log.send(feedback)
        except DependencyDownError as error:
            message = f"the feedback was not accepted: {error}"
            raise unavailable("stream_down", message, RETRY_SOON_S) from error

    def refusal(self) -> ProblemError | None:
        """Why a request would not be accepted now; None if it would be."""
        if problems := self._log.problems:
            message = f"the request was not accepted: {'; '.join(problems)}"
            return unavailable("stream_down", message, RETRY_SOON_S)
        return overload_problem(self._lag.lag(), self._limits)

    async def _publish(self, request: LlmRequest) -> RequestPosition:
        request_id = request.request_id or ""
        if refusal := self.refusal():
            raise refusal.about(request_id)
        try:
            position = await self._log.publish(sealed_request(self._sealer, request, datetime.now(UTC)))
        except DependencyDownError as error:
            message = (
                f"{error}; it is not known whether the request was accepted:"
                " send it again under the same request id, it runs once"
            )
            raise unavailable("stream_down", message, RETRY_SOON_S).about(request_id) from error
        except RecordTooLargeError as error:
            raise ProblemError(
                Problem(413, "invalid_request_error", "too_large", str(error), request_id=request_id)
            ) from error
        self._outcomes.note_published(position, _key(request))
        return position

    async def _first_outcome(self, position: RequestPosition, request: LlmRequest) -> RequestOutcome:
        request_id = request.request_id or ""
        try:
            async with asyncio.timeout(_seconds_until(request.deadline)):
                return await self._outcomes.first(position, _key(request))
        except TimeoutError as error:
            raise ProblemError(_deadline_problem(request_id)) from error
        except ClosingError as error:
            raise _closing_error(request_id) from error

    def _reply(self, request_outcome: RequestOutcome, request_id: str) -> OutcomeReply | Problem:
        outcome = request_outcome.outcome
        if isinstance(outcome, DeadLetter):
            return dead_letter_problem(outcome, request_id)
        problem = completion_problem(outcome)
        if problem is not None:
            return replace(problem, is_duplicate=request_outcome.is_duplicate)
        try:
            output = self._restored_output(outcome)
        except BadEventError as error:
            return Problem(
                500,
                "server_error",
                error.reason,
                str(error),
                request_id=request_id,
                outcome_status=outcome.status,
            )
        return OutcomeReply(outcome, output, request_outcome.is_duplicate)

    def _restored_output(self, completion: Completion) -> str:
        """The output with the caller's own values in place of the placeholders; raises BadEventError."""
        request = completion.request
        if completion.pseudonyms is None:
            return completion.output or ""
        return restored_output(
            completion,
            open_pseudonyms(self._sealer, request.tenant, request.record_id, completion.pseudonyms),
        )

    @asynccontextmanager
    async def _counted_as_waiting(self, request: LlmRequest) -> AsyncGenerator[None, None]:
        """Count a call among those that wait; raises ProblemError if the limit is reached."""
        if self._waiting >= self._limits.waiting:
            message = (
                f"{self._waiting} requests wait for their outcome, as many as may:"
                " the request was not accepted"
            )
            raise unavailable("too_many_waiting", message, RETRY_SOON_S).about(request.request_id or "")
        self._waiting += 1
        WAITING.set(self._waiting)
        try:
            yield
        finally:
            self._waiting -= 1
            WAITING.set(self._waiting)


def _key(request: LlmRequest) -> RequestKey:
    return request.tenant, request.request_id or ""


def _seconds_until(deadline: datetime | None) -> float | None:
    return None if deadline is None else (deadline - datetime.now(UTC)).total_seconds()


def _deadline_problem(request_id: str) -> Problem:
    message = (
        f"no outcome before the deadline; nothing is lost: ask GET /v1/requests/{request_id} later,"
        " or send it again under the same request id"
    )
    return Problem(504, "timeout", "deadline_exceeded", message, request_id=request_id)


def _closing_error(request_id: str) -> ProblemError:
    message = (
        f"the gateway is restarting; the request goes on: ask GET /v1/requests/{request_id},"
        " or send it again under the same request id"
    )
    return unavailable("restarting", message, RETRY_SOON_S).about(request_id)
