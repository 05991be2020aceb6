"""Looks up outcomes that are no longer in memory: an index gives the offset, the log gives the outcome."""

from typing import Protocol
from uuid import UUID

from schemas.outcomes import Completion
from services.gateway.outcomes.outcome import RequestKey, request_key


class OutcomeIndex(Protocol):
    """Where on `llm.completions` the outcome of a request is."""

    async def find(self, tenant: str, request_id: str) -> tuple[int, int] | None:
        """Partition and offset of the newest outcome that is not a duplicate; raises DependencyDownError."""
        ...

    async def close(self) -> None:
        """Close the connection."""
        ...


class CompletionLog(Protocol):
    """Reads single outcomes from the log."""

    async def completion_at(self, partition: int, offset: int) -> Completion | None:
        """The outcome at an offset of `llm.completions`; None if it was deleted or is not an outcome."""
        ...


class StoredOutcomes:
    """Finds old outcomes; one is returned only if its tenant and request id are those of the call."""

    def __init__(self, index: OutcomeIndex, log: CompletionLog) -> None:
        self._index = index
        self._log = log

    async def find(self, key: RequestKey, record_id: UUID | None = None) -> Completion | None:
        """The outcome of a request, and of this record if one is named; raises DependencyDownError."""
        position = await self._index.find(*key)
        completion = await self._log.completion_at(*position) if position is not None else None
        if completion is None or request_key(completion) != key:
            return None
        return completion if record_id in (None, completion.request.record_id) else None
