"""Where calls wait for their outcome: fed by one follower, asked by position, so that no call needs a topic of its own."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Hashable
from uuid import UUID

from schemas.cloudevents import InvalidEventError, decode
from schemas.outcomes import Completion
from schemas.topics import COMPLETIONS, REQUESTS
from services.gateway.domain.outcomes import DeadLetter, Outcome, RequestPosition
from services.gateway.outcomes.cache import OutcomeCache, RequestKey
from streaming.brokers.records import Record
from streaming.events.dead_letters import source_of

log = logging.getLogger(__name__)

MAX_OPEN = 100_000


class ClosingError(Exception):
    """The gateway ends before the outcome is there; the request goes on without it."""


class OutcomeWaiters:
    """Matches endings to the calls that wait for them; an ending that comes before its call asks is kept for it."""

    def __init__(self, keep_bytes: int) -> None:
        """Keep endings up to that many bytes of their records."""
        self._recent = OutcomeCache(keep_bytes)
        self._waiting: dict[Hashable, set[asyncio.Future[Outcome]]] = {}
        self._asked: OrderedDict[RequestPosition, RequestKey] = OrderedDict()
        self._open: dict[RequestKey, RequestPosition] = {}
        self._is_closing = False

    def consume(self, record: Record) -> None:
        """Take a record of a followed topic."""
        if record.topic == COMPLETIONS.name:
            self._take_completion(record)
        else:
            self._take_letter(record)

    def note_published(self, position: RequestPosition, key: RequestKey) -> None:
        """Remember whose record stands at a position: a dead letter does not say it."""
        ending = self._ended(position, key)
        if isinstance(ending, DeadLetter):
            self._recent.name_letter(ending, key)
        if ending is not None:
            return
        self._asked[position] = key
        self._open[key] = position
        if len(self._asked) > MAX_OPEN:
            self._drop_oldest()

    async def wait_for_position(self, position: RequestPosition, key: RequestKey) -> Outcome:
        """What becomes of the record at a position, published as this request; waits for it without an end of its own."""
        return self._ended(position, key) or await self._wait((position, key))

    async def wait_for_record(self, record_id: UUID) -> Outcome:
        """The outcome of a record, whoever published it; waits for it without an end of its own."""
        return self._recent.of_record(record_id) or await self._wait(record_id)

    def find_request(self, key: RequestKey) -> Outcome | None:
        """The ending of a request, if it was seen lately."""
        return self._recent.of_request(key)

    def is_open(self, key: RequestKey) -> bool:
        """Whether this gateway published the request and has not seen its ending."""
        return key in self._open

    def close(self) -> None:
        """End all waiting, now and later, with ClosingError."""
        self._is_closing = True
        for futures in self._waiting.values():
            for future in futures:
                if not future.done():
                    future.set_exception(ClosingError())

    def _ended(self, position: RequestPosition, key: RequestKey) -> Outcome | None:
        ending = self._recent.at(position)
        # A position of a topic that was created anew may be remembered for somebody else's record.
        return None if isinstance(ending, Completion) and _key(ending) != key else ending

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

    def _take_completion(self, record: Record) -> None:
        try:
            event = decode(record.topic, record.value, record.headers)
        except InvalidEventError as error:
            log.error(
                "completion left out",
                extra={"partition": record.partition, "offset": record.offset, "because": str(error)},
            )
            return
        if not isinstance(event, Completion) or not self._recent.add_completion(
            event, len(record.value or b"")
        ):
            return
        source = event.request.source
        position, key = RequestPosition(source.partition, source.offset), _key(event)
        self._asked.pop(position, None)
        if self._open.get(key) == position:
            del self._open[key]
        self._resolve((position, key), event)
        self._resolve(event.request.record_id, event)

    def _take_letter(self, record: Record) -> None:
        letter = _letter_in(record)
        if letter is None:
            return
        key = self._asked.pop(letter.position, None)
        if self._recent.add_letter(letter, key, len(record.value or b"")) and key is not None:
            self._open.pop(key, None)
            self._resolve((letter.position, key), letter)

    def _resolve(self, name: Hashable, ending: Outcome) -> None:
        for future in self._waiting.get(name, set()):
            if not future.done():
                future.set_result(ending)

    def _drop_oldest(self) -> None:
        position, key = self._asked.popitem(last=False)
        if self._open.get(key) == position:
            del self._open[key]


def _key(completion: Completion) -> RequestKey:
    return completion.request.tenant, completion.request.request_id


def _letter_in(record: Record) -> DeadLetter | None:
    source = source_of(record)
    if source is None or source[0] != REQUESTS.name:
        log.error(
            "dead letter left out: it does not say where its record stood",
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
