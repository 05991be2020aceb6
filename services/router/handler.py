"""Answers an admitted request: prepares it and calls candidates until one answers or all have failed."""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol
from uuid import uuid5

from schemas.answers import Attempt, ModelAnswer
from schemas.documents import Candidate, PromptDocument, RouteDocument
from schemas.requests import AdmittedRequest
from schemas.values import ErrorFacts
from services.router.domain.model_answers import answered, closed, request_of, unanswered
from services.router.domain.prepared_call import (
    PreparedRequest,
    ReferencedDocuments,
    UnroutableRequestError,
    prepare_request,
)
from services.router.domain.progress import InterruptedRequests, RequestProgress, StartedCall
from services.router.domain.prompts import split_reference
from services.router.domain.provider_call import ProviderCall, ProviderError, ProviderReply
from services.router.domain.routing import CallCandidate, GiveUp, RetryLater, call_timeout_s, next_decision
from streaming.errors import StreamingError
from streaming.handling import DeadLetteredRecord, Incoming, Journal
from streaming.partitions.permits import permit_released
from streaming.seal.content import seal_answer
from streaming.seal.seal import Sealer

log = logging.getLogger(__name__)


class PromptTable(Protocol):
    """The newest prompts."""

    def get(self, name: str) -> PromptDocument | None:
        """The prompt of this name."""
        ...

    def names(self) -> Sequence[str]:
        """All names."""
        ...


class RouteTable(Protocol):
    """The newest routes."""

    def get(self, name: str) -> RouteDocument | None:
        """The route of this name."""
        ...

    def names(self) -> Sequence[str]:
        """All names."""
        ...


class ChatProvider(Protocol):
    """A provider of model answers."""

    @property
    def kind(self) -> str:
        """The protocol, by which its usage block is read."""
        ...

    async def complete(self, call: ProviderCall) -> ProviderReply:
        """Make one call within `call.timeout_s`; raises ProviderError."""
        ...


class Clock(Protocol):
    """The source of time."""

    def now(self) -> datetime:
        """The time in UTC."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait for this many seconds."""
        ...


class Router:
    """Answers every admitted request once; calls are journaled first, none starts after the deadline."""

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
        self._interrupted = InterruptedRequests()

    async def answer(self, incoming: Incoming[AdmittedRequest], journal: Journal) -> ModelAnswer:
        """The answer, or the reason for its absence; calls of an earlier process come first, as `unknown`."""
        progress = self._interrupted.resume(incoming.event, journal.past)
        try:
            return await self._answer(progress, journal)
        except BaseException:
            # The request will be delivered again; the calls made so far cost money and must be in its answer.
            self._interrupted.keep(progress)
            raise

    def close(self, unhandled: DeadLetteredRecord) -> ModelAnswer | None:
        """The failure of a request whose record became a dead letter; None if the record holds no request."""
        request = request_of(unhandled)
        if request is None:
            return None
        return closed(request, unhandled, self._interrupted.pop(request.record_id))

    async def _answer(self, progress: RequestProgress, journal: Journal) -> ModelAnswer:
        try:
            prepared = prepare_request(progress.admitted, self._documents(progress.admitted))
        except UnroutableRequestError as error:
            decision = GiveUp("failed", ErrorFacts(code=error.code, message=str(error)))
            return unanswered(progress, None, decision, self._clock.now())
        while True:
            decision = next_decision(progress.routing_state(prepared), self._clock.now())
            if isinstance(decision, GiveUp):
                return unanswered(progress, prepared, decision, self._clock.now())
            if isinstance(decision, RetryLater):
                async with permit_released():
                    await self._clock.sleep(decision.seconds)
                continue
            reply = await self._call(progress, prepared, decision, journal)
            if reply is not None:
                return self._sealed_answer(progress, prepared, decision.candidate_index, reply)

    def _documents(self, admitted: AdmittedRequest) -> ReferencedDocuments:
        reference = admitted.request.prompt
        prompt = self._prompts.get(split_reference(reference)[0]) if reference is not None else None
        return ReferencedDocuments(
            self._routes.get(admitted.request.model), prompt, self._routes.names(), self._prompts.names()
        )

    async def _call(
        self, progress: RequestProgress, prepared: PreparedRequest, decision: CallCandidate, journal: Journal
    ) -> ProviderReply | None:
        """Make one call and note its result; None if it failed."""
        candidate = prepared.route.candidates[decision.candidate_index]
        provider = self._providers.get(candidate.provider)
        if provider is None:
            progress.note_not_configured(decision.candidate_index, self._clock.now())
            return None
        attempt = progress.next_attempt(candidate, journal.owner, self._clock.now())
        # A crash from here on may leave an entry without a call: counted too often, never too rarely.
        await journal.write(attempt)
        call = StartedCall(decision.candidate_index, attempt, provider.kind)
        try:
            reply = await self._complete(provider, prepared, attempt, candidate)
        except ProviderError as error:
            progress.note_failed(call, error, self._clock.now())
            return None
        progress.note_finished(call, reply, self._clock.now())
        return reply

    async def _complete(
        self, provider: ChatProvider, prepared: PreparedRequest, attempt: Attempt, candidate: Candidate
    ) -> ProviderReply:
        """Call a provider; an unexpected exception of its adapter becomes a ProviderError `adapter_error`."""
        timeout_s = call_timeout_s(candidate, attempt.deadline, self._clock.now())
        if timeout_s <= 0:
            raise ProviderError("not_sent", "the deadline passed while the journal was written")
        call = ProviderCall(
            model=candidate.model,
            messages=prepared.messages,
            sampling=prepared.sampling,
            max_tokens=prepared.max_tokens,
            attempt_id=attempt.attempt_id,
            idempotency_key=str(uuid5(attempt.record_id, f"{candidate.provider}/{candidate.model}")),
            timeout_s=timeout_s,
        )
        try:
            return await provider.complete(call)
        except (ProviderError, StreamingError):
            # A StreamingError is for the loop, which waits or stops; the call is in the journal.
            raise
        except Exception as error:
            kind = type(error).__name__
            message = "the adapter of provider %s failed with %s; the call counts as failed"
            log.error(message, candidate.provider, kind)  # noqa: TRY400 - message and trace may quote content
            raise ProviderError("adapter_error", f"its adapter failed with {kind}") from error

    def _sealed_answer(
        self, progress: RequestProgress, prepared: PreparedRequest, candidate: int, reply: ProviderReply
    ) -> ModelAnswer:
        request, now = progress.admitted.request, self._clock.now()
        sealed = seal_answer(self._sealer, request.tenant, request.record_id, reply.content, now)
        return answered(progress, prepared, candidate, sealed, now)
