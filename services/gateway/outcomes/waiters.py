"""Matches each outcome that the follower reads to the calls that wait for it."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Hashable
from uuid import UUID

from schemas.cloudevents import InvalidEventError, decode
from schemas.outcomes import Completion
from schemas.topics import COMPLETIONS, REQUESTS
from services.gateway.outcomes.cache import OutcomeCache
from services.gateway.outcomes.outcome import DeadLetter, Outcome, RequestKey, RequestPosition, request_key
from streaming.brokers.records import Record
from streaming.events.dead_letters import source_of

log = logging.getLogger(__name__)

MAX_OPEN = 100_000


class ClosingError(Exception):
    """The gateway is shutting down before the outcome has arrived; the request itself is not cancelled."""


class OutcomeWaiters:
    """One follower serves all calls; an outcome that arrives before its call waits for it is cached."""

    def __init__(self, keep_bytes: int) -> None:
        """`keep_bytes` bounds the cache by the size of the outcomes' records."""
        self._recent = OutcomeCache(keep_bytes)
        self._waiting: dict[Hashable, set[asyncio.Future[Outcome]]] = {}
        self._published: OrderedDict[RequestPosition, RequestKey] = OrderedDict()
        self._open: dict[RequestKey, RequestPosition] = {}
        self._is_closing = False

    def consume(self, record: Record) -> None:
        """Keep the outcome in a record of a followed topic and pass it to the calls that wait for it."""
        if record.topic == COMPLETIONS.name:
            self._consume_completion(record)
        else:
            self._consume_dead_letter(record)

    def note_published(self, position: RequestPosition, key: RequestKey) -> None:
        """Remember which request is at a position, since a dead letter holds only the position."""
        outcome = self._outcome_at(position, key)
        if isinstance(outcome, DeadLetter):
            self._recent.set_dead_letter_key(outcome, key)
        if outcome is not None:
            return
        self._published[position] = key
        self._open[key] = position
        if len(self._published) > MAX_OPEN:
            self._forget_oldest()

    async def wait_for_position(self, position: RequestPosition, key: RequestKey) -> Outcome:
        """The outcome of the record at a position, if it is this request's; waits without a time limit."""
        return self._outcome_at(position, key) or await self._wait((position, key))

    async def wait_for_record(self, record_id: UUID) -> Outcome:
        """The outcome of a record, published by any producer; waits without a time limit."""
        return self._recent.of_record(record_id) or await self._wait(record_id)

    def find_request(self, key: RequestKey) -> Outcome | None:
        """The outcome of a request, if it is still in the cache."""
        return self._recent.of_request(key)

    def is_open(self, key: RequestKey) -> bool:
        """Whether this gateway published the request and has not seen its outcome."""
        return key in self._open

    def close(self) -> None:
        """Let all calls that wait, now or later, fail with ClosingError."""
        self._is_closing = True
        for futures in self._waiting.values():
            for future in futures:
                if not future.done():
                    future.set_exception(ClosingError())

    def _outcome_at(self, position: RequestPosition, key: RequestKey) -> Outcome | None:
        outcome = self._recent.at(position)
        # A position of a topic that was created anew may still lead to another request's outcome.
        return None if isinstance(outcome, Completion) and request_key(outcome) != key else outcome

    async def _wait(self, name: Hashable) -> Outcome:
        if self._is_closing:
            raise ClosingError
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(name, set()).add(future)
        try:
            return await future
        finally:
            futures = self._waiting.get(name, set())
            futures.discard(future)
            if not futures:
                self._waiting.pop(name, None)

    def _consume_completion(self, record: Record) -> None:
        try:
            event = decode(record.topic, record.value, record.headers)
        except InvalidEventError as error:
            log.error(  # noqa: TRY400 - a trace may quote content
                "completion left out",
                extra={"partition": record.partition, "offset": record.offset, "because": str(error)},
            )
            return
        if not isinstance(event, Completion):
            return
        if not self._recent.add_completion(event, len(record.value or b"")):
            return
        source = event.request.source
        position, key = RequestPosition(source.partition, source.offset), request_key(event)
        self._published.pop(position, None)
        if self._open.get(key) == position:
            del self._open[key]
        self._resolve((position, key), event)
        self._resolve(event.request.record_id, event)

    def _consume_dead_letter(self, record: Record) -> None:
        dead_letter = _dead_letter_in(record)
        if dead_letter is None:
            return
        key = self._published.pop(dead_letter.position, None)
        is_new = self._recent.add_dead_letter(dead_letter, key, len(record.value or b""))
        if is_new and key is not None:
            self._open.pop(key, None)
            self._resolve((dead_letter.position, key), dead_letter)

    def _resolve(self, name: Hashable, outcome: Outcome) -> None:
        for future in self._waiting.get(name, set()):
            if not future.done():
                future.set_result(outcome)

    def _forget_oldest(self) -> None:
        position, key = self._published.popitem(last=False)
        if self._open.get(key) == position:
            del self._open[key]


def _dead_letter_in(record: Record) -> DeadLetter | None:
    source = source_of(record)
    if source is None or source[0] != REQUESTS.name:
        log.error(
            "dead letter left out: its headers do not name the position of its record",
            extra={"partition": record.partition, "offset": record.offset},
        )
        return None
    _, partition, offset = source
    reason, message = (
        (record.header(name) or b"").decode("utf-8", "replace") for name in ("weir-reason", "weir-error")
    )
    return DeadLetter(
        RequestPosition(partition, offset), reason or "unknown", message or "the request could not be handled"
    )
