"""Finds the outcome of a published request: in memory, else in the index, else by waiting for it."""

import asyncio
from contextlib import suppress
from uuid import UUID

from schemas.outcomes import Completion
from services.gateway.outcomes.index import StoredOutcomes
from services.gateway.outcomes.outcome import (
    Pending,
    RequestKey,
    RequestOutcome,
    RequestPosition,
    first_record_id,
)
from services.gateway.outcomes.waiters import OutcomeWaiters
from streaming.errors import DependencyDownError

FIRST_LOOKUP_PAUSE_S, MAX_LOOKUP_PAUSE_S = 1.0, 30.0


class Outcomes:
    """Finds the outcome of each published request, or for a duplicate the first outcome of its request id."""

    def __init__(self, waiters: OutcomeWaiters, stored: StoredOutcomes) -> None:
        self._waiters = waiters
        self._stored = stored

    def note_published(self, position: RequestPosition, key: RequestKey) -> None:
        """Remember which request is at a position, so that its outcome can be waited for and looked up."""
        self._waiters.note_published(position, key)

    async def first(self, position: RequestPosition, key: RequestKey) -> RequestOutcome:
        """Wait for the outcome of a published request, or for the first outcome that it duplicates.

        Waits without a time limit of its own; raises ClosingError if the gateway ends meanwhile.
        """
        outcome = await self._waiters.wait_for_position(position, key)
        first_id = first_record_id(outcome)
        if first_id is None:
            return RequestOutcome(outcome)
        return await self._first_of(key, first_id)

    async def find(self, key: RequestKey) -> RequestOutcome | Pending | None:
        """The current outcome of a request, without waiting; Pending if it has none, None if it is unknown.

        Raises DependencyDownError if an old outcome cannot be looked up.
        """
        outcome = self._waiters.find_request(key)
        if outcome is None:
            if self._waiters.is_open(key):
                return Pending()
            stored = await self._stored.find(key)
            return None if stored is None else RequestOutcome(stored)
        first_id = first_record_id(outcome)
        if first_id is None:
            return RequestOutcome(outcome)
        return await self._known(key, first_id) or Pending()

    async def _first_of(self, key: RequestKey, record_id: UUID) -> RequestOutcome:
        """The first outcome under a request id: cached, stored, or awaited.

        One from before this gateway started may not be in the index yet, and is not followed again:
        it is looked up at growing intervals while the follower is waited for.
        """
        pause_s = FIRST_LOOKUP_PAUSE_S
        while (known := await self._known_or_none_if_down(key, record_id)) is None:
            with suppress(TimeoutError):
                async with asyncio.timeout(pause_s):
                    outcome = await self._waiters.wait_for_record(record_id)
                    return RequestOutcome(outcome, is_duplicate=True)
            pause_s = min(2 * pause_s, MAX_LOOKUP_PAUSE_S)
        return known

    async def _known_or_none_if_down(self, key: RequestKey, record_id: UUID) -> RequestOutcome | None:
        # The index only knows old outcomes; one that is still to come arrives through the follower.
        with suppress(DependencyDownError):
            return await self._known(key, record_id)
        return None

    async def _known(self, key: RequestKey, record_id: UUID) -> RequestOutcome | None:
        recent = self._waiters.find_request(key)
        if isinstance(recent, Completion) and recent.request.record_id == record_id:
            return RequestOutcome(recent, is_duplicate=True)
        stored = await self._stored.find(key, record_id)
        return None if stored is None else RequestOutcome(stored, is_duplicate=True)
