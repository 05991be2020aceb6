"""The newest outcomes in memory, by position, record id and request id; bounded by their records' size."""

from collections import deque
from uuid import UUID

from schemas.outcomes import Completion
from services.gateway.outcomes.outcome import DeadLetter, Outcome, RequestKey, RequestPosition, request_key


class OutcomeCache:
    """Keeps the newest outcomes up to `keep_bytes`, at least one; a redelivered outcome changes nothing."""

    def __init__(self, keep_bytes: int) -> None:
        self._bytes_left = keep_bytes
        self._order: deque[tuple[RequestPosition, Outcome, int]] = deque()
        self._by_position: dict[RequestPosition, Outcome] = {}
        self._by_record: dict[UUID, Completion] = {}
        self._by_request: dict[RequestKey, Outcome] = {}
        self._dead_letter_keys: dict[RequestPosition, RequestKey] = {}

    def add_completion(self, completion: Completion, size_bytes: int) -> bool:
        """Keep an outcome; False for a redelivery."""
        facts = completion.request
        position, key = RequestPosition(facts.source.partition, facts.source.offset), request_key(completion)
        known = self._by_position.get(position)
        # Positions of a topic that was created anew start again, and must not lead to its old outcomes.
        if isinstance(known, Completion) and known.request.record_id == facts.record_id:
            return False
        self._by_record[facts.record_id] = completion
        if completion.status != "duplicate" or key not in self._by_request:
            self._by_request[key] = completion
        self._keep(position, completion, size_bytes)
        return True

    def add_dead_letter(self, dead_letter: DeadLetter, key: RequestKey | None, size_bytes: int) -> bool:
        """Keep a dead letter; `key` is None if its request was not published here. False for a redelivery."""
        if self._by_position.get(dead_letter.position) == dead_letter:
            return False
        self._keep(dead_letter.position, dead_letter, size_bytes)
        if key is not None:
            self.set_dead_letter_key(dead_letter, key)
        return True

    def set_dead_letter_key(self, dead_letter: DeadLetter, key: RequestKey) -> None:
        """Note which request a kept dead letter belongs to."""
        self._by_request[key] = dead_letter
        self._dead_letter_keys[dead_letter.position] = key

    def at(self, position: RequestPosition) -> Outcome | None:
        """The outcome of the record at a position."""
        return self._by_position.get(position)

    def of_record(self, record_id: UUID) -> Completion | None:
        """The outcome of a record."""
        return self._by_record.get(record_id)

    def of_request(self, key: RequestKey) -> Outcome | None:
        """The outcome of a request; duplicates do not replace the first one."""
        return self._by_request.get(key)

    def _keep(self, position: RequestPosition, outcome: Outcome, size_bytes: int) -> None:
        self._by_position[position] = outcome
        self._order.append((position, outcome, size_bytes))
        self._bytes_left -= size_bytes
        while self._bytes_left < 0 and len(self._order) > 1:
            self._forget(*self._order.popleft())

    def _forget(self, position: RequestPosition, outcome: Outcome, size_bytes: int) -> None:
        self._bytes_left += size_bytes
        if self._by_position.get(position) is outcome:
            del self._by_position[position]
        key = self._dead_letter_keys.pop(position, None)
        if isinstance(outcome, Completion):
            self._by_record.pop(outcome.request.record_id, None)
            key = request_key(outcome)
        if key is not None and self._by_request.get(key) is outcome:
            del self._by_request[key]
