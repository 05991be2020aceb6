"""Asks the stream for a caller: seal, publish, wait for the one outcome, and open what is the caller's own."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Protocol
from uuid import UUID

from schemas.event import Event
from schemas.outcomes import Completion
from schemas.quality import Feedback
from schemas.requests import LlmRequest
from services.gateway.domain.outcomes import (
    DeadLetter,
    Outcome,
    RequestPosition,
    is_duplicate_request,
    problem_of,
    problem_of_letter,
)
from services.gateway.domain.problems import Problem, ProblemError, not_found, unavailable
from services.gateway.domain.replies import OutcomeReply
from services.gateway.domain.restore import restore
from services.gateway.domain.stream_lag import RETRY_SOON_S, OverloadLimits, StreamLag, overload_problem
from services.gateway.metrics import WAITING
from services.gateway.outcomes.follow import ClosingError, OutcomeWaiters
from streaming.errors import BadEventError, DependencyDownError, RecordTooLargeError
from streaming.seal.content import open_pseudonyms, sealed_request
from streaming.seal.seal import Sealer

LOOK_AGAIN_S, LONGEST_PAUSE_S = 1.0, 30.0


class RequestLog(Protocol):
    """The stream as the gateway uses it."""

    @property
    def problems(self) -> Sequence[str]:
        """Why nothing can be published now; empty where all is well."""
        ...

    async def publish(self, request: Event) -> RequestPosition:
        """Append a request and return where it stands."""
        ...

    async def send(self, event: Event) -> None:
        """Append any other event."""
        ...

    async def completion_at(self, partition: int, offset: int) -> Completion | None:
        """The outcome at a place of its log; None where it is gone."""
        ...


class LagSource(Protocol):
    """How late the stream is."""

    def delay(self) -> StreamLag:
        """What was last measured."""
        ...


class OutcomeIndex(Protocol):
    """Where outcomes stand that left the gateway's memory."""

    async def find(self, tenant: str, request_id: str) -> tuple[int, int] | None:
        """Partition and offset of the newest outcome that is no duplicate; raises DependencyDownError."""
        ...

    async def close(self) -> None:
        """Let go of its connection."""
        ...


class Pending:
    """The request is on its way and has no outcome yet."""


GatewayResult = OutcomeReply | Problem


class Gateway:
    """One call, one published request, one outcome; what was published is never lost, whatever its caller does."""

    def __init__(
        self,
        *,
        log: RequestLog,
        lag: LagSource,
        outcomes: OutcomeWaiters,
        index: OutcomeIndex,
        sealer: Sealer,
        limits: OverloadLimits,
    ) -> None:
        self._log = log
        self._lag = lag
        self._outcomes = outcomes
        self._index = index
        self._sealer = sealer
        self._limits = limits
        self._waiting = 0

    async def complete(self, request: LlmRequest) -> OutcomeReply:
        """Publish and wait until the deadline; raises RefusedError with the reply that the ending asks for."""
        request_id = request.request_id or ""
        async with self._waits(request_id):
            position = await self._published(request)
            try:
                async with asyncio.timeout(_seconds_until(request.deadline)):
                    result = await self._answered(
                        await self._outcomes.wait_for_position(position, (request.tenant, request_id)),
                        request_id,
                    )
            except TimeoutError as error:
                raise ProblemError(_late(request_id)) from error
            except ClosingError as error:
                raise _closing(request_id) from error
        if isinstance(result, Problem):
            raise ProblemError(result)
        return result

    async def complete_all(self, requests: Sequence[LlmRequest]) -> Sequence[OutcomeReply]:
        """Ask for all at once and wait for all; the first refusal is raised once every request has ended, so that none is left behind."""
        results = await asyncio.gather(
            *(self.complete(request) for request in requests), return_exceptions=True
        )
        answers = [result for result in results if not isinstance(result, BaseException)]
        if len(answers) < len(results):
            raise next(result for result in results if isinstance(result, BaseException))
        return answers

    async def submit(self, request: LlmRequest) -> None:
        """Publish and return once the log has it."""
        await self._published(request)

    async def look_up(self, tenant: str, request_id: str) -> GatewayResult | Pending:
        """What became of a tenant's request; raises RefusedError where it is unknown or cannot be looked up."""
        key = (tenant, request_id)
        ending = self._outcomes.find_request(key)
        if ending is None and self._outcomes.is_open(key):
            return Pending()
        if (
            isinstance(ending, Completion)
            and is_duplicate_request(ending)
            and ending.duplicate_of is not None
        ):
            return await self._stored(tenant, request_id, ending.duplicate_of) or Pending()
        if ending is not None:
            return self._restored(ending, request_id)
        found = await self._stored(tenant, request_id, None)
        if found is None:
            raise not_found(
                f"there is no request '{request_id}' of this tenant, or it has no outcome yet",
                code="request_not_found",
            )
        return found

    async def give_feedback(self, feedback: Feedback) -> None:
        """Publish an opinion of an answer."""
        try:
            await self._log.send(feedback)
        except DependencyDownError as error:
            raise unavailable(
                "stream_down", f"the feedback was not accepted: {error}", RETRY_SOON_S
            ) from error

    async def _published(self, request: LlmRequest) -> RequestPosition:
        request_id = request.request_id or ""
        self._check_stream(request_id)
        try:
            position = await self._log.publish(sealed_request(self._sealer, request, datetime.now(UTC)))
        except DependencyDownError as error:
            message = f"{error}; it is not known whether the request was accepted: send it again under the same request id, it runs once"
            raise unavailable("stream_down", message, RETRY_SOON_S).about(request_id) from error
        except RecordTooLargeError as error:
            raise ProblemError(
                Problem(413, "invalid_request_error", "too_large", str(error), request_id=request_id)
            ) from error
        self._outcomes.note_published(position, (request.tenant, request_id))
        return position

    def refusal(self) -> ProblemError | None:
        """Why a request would not be accepted now; None where it would."""
        if problems := self._log.problems:
            return unavailable(
                "stream_down", f"the request was not accepted: {'; '.join(problems)}", RETRY_SOON_S
            )
        return overload_problem(self._lag.delay(), self._limits)

    def _check_stream(self, request_id: str) -> None:
        if refusal := self.refusal():
            raise refusal.about(request_id)

    async def _answered(self, ending: Outcome, request_id: str) -> GatewayResult:
        if (
            isinstance(ending, Completion)
            and is_duplicate_request(ending)
            and ending.duplicate_of is not None
        ):
            return await self._first_outcome(ending.request.tenant, request_id, ending.duplicate_of)
        return self._restored(ending, request_id)

    async def _first_outcome(self, tenant: str, request_id: str, record_id: UUID) -> GatewayResult:
        """The outcome that a repeated call repeats: already known, kept in the log, or still on its way.

        One that came before this gateway started may not be in the index yet, and does not come by the log again: it is looked up until then.
        """
        pause_s = LOOK_AGAIN_S
        while (found := await self._stored_so_far(tenant, request_id, record_id)) is None:
            with suppress(TimeoutError):
                async with asyncio.timeout(pause_s):
                    return self._restored(
                        await self._outcomes.wait_for_record(record_id), request_id, is_duplicate=True
                    )
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
        return found

    async def _stored_so_far(self, tenant: str, request_id: str, record_id: UUID) -> GatewayResult | None:
        try:
            return await self._stored(tenant, request_id, record_id)
        except ProblemError as error:
            # The index only knows old outcomes; one that is still on its way comes by the log.
            if error.problem.code != "index_down":
                raise
            return None

    async def _stored(self, tenant: str, request_id: str, record_id: UUID | None) -> GatewayResult | None:
        """The outcome of a record (of any, without one) from memory or from the log; only where both names are the caller's."""
        known = self._outcomes.find_request((tenant, request_id))
        if isinstance(known, Completion) and known.request.record_id == record_id:
            return self._restored(known, request_id, is_duplicate=True)
        try:
            place = await self._index.find(tenant, request_id)
            completion = await self._log.completion_at(*place) if place is not None else None
        except DependencyDownError as error:
            raise unavailable("index_down", f"old outcomes cannot be looked up: {error}", RETRY_SOON_S).about(
                request_id
            ) from error
        if completion is None or (completion.request.tenant, completion.request.request_id) != (
            tenant,
            request_id,
        ):
            return None
        if record_id is not None and completion.request.record_id != record_id:
            return None
        return self._restored(completion, request_id, is_duplicate=record_id is not None)

    def _restored(self, ending: Outcome, request_id: str, *, is_duplicate: bool = False) -> GatewayResult:
        if isinstance(ending, DeadLetter):
            return problem_of_letter(ending, request_id)
        problem = problem_of(ending)
        if problem is not None:
            return replace(problem, is_duplicate=is_duplicate)
        output = ending.output or ""
        if ending.pseudonyms is not None:
            try:
                output = restore(
                    output,
                    open_pseudonyms(
                        self._sealer, ending.request.tenant, ending.request.record_id, ending.pseudonyms
                    ),
                )
            except BadEventError as error:
                return Problem(
                    500,
                    "server_error",
                    error.reason,
                    str(error),
                    request_id=request_id,
                    outcome_status=ending.status,
                )
        return OutcomeReply(ending, output, is_duplicate)

    @asynccontextmanager
    async def _waits(self, request_id: str) -> AsyncGenerator[None, None]:
        if self._waiting >= self._limits.waiting:
            message = f"{self._waiting} requests wait for their outcome, as many as may: the request was not accepted"
            raise unavailable("too_many_waiting", message, RETRY_SOON_S).about(request_id)
        self._waiting += 1
        WAITING.set(self._waiting)
        try:
            yield
        finally:
            self._waiting -= 1
            WAITING.set(self._waiting)


def _seconds_until(deadline: datetime | None) -> float | None:
    return None if deadline is None else (deadline - datetime.now(UTC)).total_seconds()


def _late(request_id: str) -> Problem:
    message = f"no outcome before the deadline; nothing is lost: ask GET /v1/requests/{request_id} later, or send it again under the same request id"
    return Problem(504, "timeout", "deadline_exceeded", message, request_id=request_id)


def _closing(request_id: str) -> ProblemError:
    message = f"the gateway is restarting; the request goes on: ask GET /v1/requests/{request_id}, or send it again under the same request id"
    return unavailable("restarting", message, RETRY_SOON_S).about(request_id)
