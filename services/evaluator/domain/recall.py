"""A cache of recent completions, so that later feedback can be joined to the completion it rates."""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from schemas.outcomes import Completion


@dataclass(frozen=True, slots=True)
class CompletionFacts:
    """The facts of a completion that every evaluation of it repeats."""

    record_id: UUID
    tenant: str
    request_id: str
    route: str | None
    provider: str | None
    model: str | None
    prompt: str | None
    prompt_version: int | None
    completed_at: datetime


def facts_of(completion: Completion) -> CompletionFacts:
    """The facts in a completion."""
    route = completion.route
    return CompletionFacts(
        record_id=completion.request.record_id,
        tenant=completion.request.tenant,
        request_id=completion.request.request_id,
        route=route.route if route else None,
        provider=route.provider if route else None,
        model=route.model if route else None,
        prompt=route.prompt if route else None,
        prompt_version=route.prompt_version if route else None,
        completed_at=completion.completed_at,
    )


class RecentCompletions:
    """The facts of the newest completions by tenant and request id, at most `limit` of them."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._facts: OrderedDict[tuple[str, str], CompletionFacts] = OrderedDict()

    def note(self, completion: Completion) -> None:
        """Cache a completion; a duplicate is ignored, so that it does not replace the first outcome."""
        if completion.status != "duplicate":
            self.add(facts_of(completion))

    def add(self, facts: CompletionFacts) -> None:
        """Cache the facts of a completion; the oldest entries are evicted."""
        key = facts.tenant, facts.request_id
        self._facts[key] = facts
        self._facts.move_to_end(key)
        while len(self._facts) > self._limit:
            self._facts.popitem(last=False)

    def find(self, tenant: str, request_id: str) -> CompletionFacts | None:
        """The facts, if they are still in the cache."""
        return self._facts.get((tenant, request_id))
