"""The progress of a request: the calls that were made for it, and the result of each."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid5

from schemas.answers import Attempt, AttemptResult
from schemas.documents import Candidate
from schemas.requests import AdmittedRequest
from services.router.domain.call_results import (
    distinct,
    failed_result,
    finished_result,
    next_number,
    unknown_result,
)
from services.router.domain.prepared_call import PreparedRequest
from services.router.domain.provider_call import ProviderError, ProviderReply
from services.router.domain.routing import CallFailure, RoutingState

MAX_INTERRUPTED = 1_000


@dataclass(frozen=True, slots=True)
class StartedCall:
    """A call whose attempt is in the journal; `provider_kind` is the protocol by which its usage is read."""

    candidate_index: int
    attempt: Attempt
    provider_kind: str


@dataclass(slots=True)
class RequestProgress:
    """One request while it is answered: `unknown` calls of former processes, `results` of its own calls."""

    admitted: AdmittedRequest
    unknown: tuple[Attempt, ...]
    results: list[AttemptResult] = field(default_factory=list[AttemptResult])
    failures: list[CallFailure] = field(default_factory=list[CallFailure])

    @property
    def attempts(self) -> tuple[AttemptResult, ...]:
        """All calls, those of former processes first."""
        return (*(unknown_result(attempt) for attempt in self.unknown), *self.results)

    def routing_state(self, prepared: PreparedRequest) -> RoutingState:
        """What the next routing decision depends on."""
        request = self.admitted.request
        return RoutingState(
            request.record_id,
            prepared.route,
            request.deadline,
            self.unknown,
            tuple(self.failures),
            prepared.granted,
        )

    def next_attempt(self, candidate: Candidate, owner: str, now: datetime) -> Attempt:
        """The journal entry of the next call; its id is derived from request, owner and number."""
        request = self.admitted.request
        number = next_number(result.number for result in self.attempts)
        return Attempt(
            attempt_id=uuid5(request.record_id, f"{owner}/{number}"),
            record_id=request.record_id,
            tenant=request.tenant,
            number=number,
            owner=owner,
            provider=candidate.provider,
            model=candidate.model,
            started_at=now,
            # The request's, not the call's: until then this process may retry, and no other may call.
            deadline=request.deadline,
        )

    def note_not_configured(self, candidate: int, now: datetime) -> None:
        """Note a candidate whose provider is not in the settings; no call was made."""
        message = "no provider of this name is configured"
        self.failures.append(CallFailure(candidate, "configuration", now, message))

    def note_failed(self, call: StartedCall, error: ProviderError, now: datetime) -> None:
        """Note a call without a usable answer."""
        self.results.append(failed_result(call.attempt, call.provider_kind, error, now))
        self.failures.append(
            CallFailure(call.candidate_index, error.kind, now, str(error), error.retry_after_s)
        )

    def note_finished(self, call: StartedCall, reply: ProviderReply, now: datetime) -> None:
        """Note the call that gave the answer."""
        self.results.append(finished_result(call.attempt, call.provider_kind, reply, now))


class InterruptedRequests:
    """The progress of requests that this process did not finish; only the newest MAX_INTERRUPTED are kept."""

    def __init__(self) -> None:
        self._by_record: dict[UUID, RequestProgress] = {}

    def keep(self, progress: RequestProgress) -> None:
        """Keep a request that will be delivered again."""
        self._by_record[progress.admitted.request.record_id] = progress
        while len(self._by_record) > MAX_INTERRUPTED:
            del self._by_record[next(iter(self._by_record))]

    def pop(self, record_id: UUID) -> RequestProgress | None:
        """Remove and return the progress of a record; None if nothing was kept."""
        return self._by_record.pop(record_id, None)

    def resume(self, admitted: AdmittedRequest, journaled: Sequence[object]) -> RequestProgress:
        """The progress kept for a request; journaled attempts without a result are unknown calls."""
        kept = self.pop(admitted.request.record_id)
        results = kept.results if kept else []
        with_result = {result.attempt_id for result in results}
        unknown = [
            entry for entry in journaled if isinstance(entry, Attempt) and entry.attempt_id not in with_result
        ]
        return RequestProgress(admitted, distinct(unknown), results, kept.failures if kept else [])
