"""The endings that were seen lately, found by position, by record id and by request id; bounded by size."""

from collections import deque
from uuid import UUID

from schemas.outcomes import Completion
from services.gateway.domain.outcomes import DeadLetter, Outcome, RequestPosition

RequestKey = tuple[str, str]
"""Tenant and request id: never one without the other, so that no tenant finds another's outcome."""


class OutcomeCache:
    """Remembers the newest endings up to `keep_bytes` of their records; the first ending of a position wins, as in the log."""

    def __init__(self, keep_bytes: int) -> None:
        self._left = keep_bytes
        self._order: deque[tuple[RequestPosition, Outcome, int]] = deque()
        self._at: dict[RequestPosition, Outcome] = {}
        self._of_record: dict[UUID, Completion] = {}
        self._of_request: dict[RequestKey, Outcome] = {}
        self._letters: dict[RequestPosition, RequestKey] = {}

    def add_completion(self, completion: Completion, size: int) -> bool:
        """Remember an outcome; False where its request has ended before (a repeated record)."""
        facts = completion.request
        position, key = (
            RequestPosition(facts.source.partition, facts.source.offset),
            (facts.tenant, facts.request_id),
        )
        known = self._at.get(position)
        # After a topic was created anew its positions start again, and must not lead to endings of the old one.
        if isinstance(known, Completion) and known.request.record_id == facts.record_id:
            return False
        self._of_record[facts.record_id] = completion
        if completion.status != "duplicate" or key not in self._of_request:
            self._of_request[key] = completion
        self._remember(position, completion, size)
        return True

    def add_letter(self, letter: DeadLetter, key: RequestKey | None, size: int) -> bool:
        """Remember a dead letter; its request is known only where this gateway published it. False for a repeat."""
        if self._at.get(letter.position) == letter:
            return False
        self._remember(letter.position, letter, size)
        if key is not None:
            self.name_letter(letter, key)
        return True

    def name_letter(self, letter: DeadLetter, key: RequestKey) -> None:
        """Say whose request a remembered dead letter was."""
        self._of_request[key] = letter
        self._letters[letter.position] = key

    def at(self, position: RequestPosition) -> Outcome | None:
        """What became of the record at a position."""
        return self._at.get(position)

    def of_record(self, record_id: UUID) -> Completion | None:
        """The outcome of a record."""
        return self._of_record.get(record_id)

    def of_request(self, key: RequestKey) -> Outcome | None:
        """The outcome of a request; the first one where later calls were duplicates."""
        return self._of_request.get(key)

    def _remember(self, position: RequestPosition, ending: Outcome, size: int) -> None:
        self._at[position] = ending
        self._order.append((position, ending, size))
        self._left -= size
        while self._left < 0 and len(self._order) > 1:
            self._forget(*self._order.popleft())

    def _forget(self, position: RequestPosition, ending: Outcome, size: int) -> None:
        self._left += size
        if self._at.get(position) is ending:
            del self._at[position]
        key = self._letters.pop(position, None)
        if isinstance(ending, Completion):
            self._of_record.pop(ending.request.record_id, None)
            key = ending.request.tenant, ending.request.request_id
        if key is not None and self._of_request.get(key) is ending:
            del self._of_request[key]
