"""The guard as a library: verdicts for texts, in process and without a stream.

```python
from services.guard.library import Guardian

with Guardian.load() as guardian:
    verdict = guardian.scan("Mail me at anna@example.com", direction="input")
    print(verdict.action, verdict.scores.pii.kinds, verdict.texts)
```
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from itertools import islice
from pathlib import Path
from threading import Thread
from types import TracebackType
from typing import Protocol, Self, TypeVar

from schemas.document_files import DocumentFileError, read_documents
from schemas.policies import PolicyDocument
from schemas.values import Message
from schemas.verdicts import Direction
from services.guard.adapters.plugin_loading import load_check_plugins, load_detector_plugins
from services.guard.app import offline_screener
from services.guard.domain.origins import segments_of
from services.guard.domain.policy import DEFAULT
from services.guard.domain.policy_validation import policy_problems
from services.guard.domain.scan.clock import SharedClock
from services.guard.domain.scan.result import ScanResult, scanned_of
from services.guard.domain.text.surrogates import without_surrogates
from services.guard.domain.types import ScreeningContext, ScreeningResult, TextSegment
from services.guard.settings import GuardSettings
from streaming.errors import BadEventError

IN_FLIGHT = 8
T = TypeVar("T")


class UnscannableError(ValueError):
    """A text cannot be scanned; the message gives the reason and the remedy, without content."""


class LibraryScreener(Protocol):
    """Screens texts by the detectors and a policy."""

    async def screen(self, segments: Sequence[TextSegment], context: ScreeningContext) -> ScreeningResult:
        """Screen all texts of one event together."""
        ...

    async def run_off_loop(self, chars: int, work: Callable[[], T]) -> T:
        """Run other CPU work on a text of `chars` characters, in a thread if the text is long."""
        ...


class Guardian:
    """Scans texts, from any thread and any event loop; close it, or use it in a `with` statement.

    A text gets the verdict that the stream would give it under the same policy; a text that the stream would
    refuse raises UnscannableError.
    """

    def __init__(
        self, screening: LibraryScreener, policy: PolicyDocument = DEFAULT, max_chars: int = 131_072
    ) -> None:
        """Take the screener, the policy, and the most characters of a text or conversation."""
        self._screening = screening
        self._policy = policy
        self._max_chars = max_chars
        self._clock = SharedClock()
        # One loop for all callers, since the models' futures belong to the loop that awaits them.
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, name="guardian", daemon=True)
        self._thread.start()

    @classmethod
    def load(cls, policy: PolicyDocument | Path | None = None) -> Self:
        """Load the shipped models; raises ModelFileError for a model, DocumentFileError for the policy."""
        settings = GuardSettings.offline()
        # What plug-ins declare must be known before a policy is checked; models take longer and come last.
        load_detector_plugins(settings.plugins)
        load_check_plugins(settings.plugins)
        chosen = _checked_policy(_read_policy(policy) if isinstance(policy, Path) else policy or DEFAULT)
        return cls(offline_screener(settings), chosen, settings.guard_content_chars)

    def scan(self, text: str, direction: Direction = "input") -> ScanResult:
        """Scan one text and wait for the result."""
        return self.submit(text, direction).result()

    def scan_messages(self, messages: Sequence[Message]) -> ScanResult:
        """Scan a conversation, in which roles give the origin of each message, and wait for the result."""
        return self.submit_messages(messages).result()

    def scan_many(
        self, texts: Iterable[str], direction: Direction = "input", in_flight: int = IN_FLIGHT
    ) -> Iterator[ScanResult]:
        """Scan texts, `in_flight` of them at once, and yield the results in order; reads no further ahead."""
        waiting = iter(texts)
        futures = deque(self.submit(text, direction) for text in islice(waiting, max(1, in_flight)))
        while futures:
            yield futures.popleft().result()
            futures.extend(self.submit(text, direction) for text in islice(waiting, 1))

    async def screen(self, text: str, direction: Direction = "input") -> ScanResult:
        """Scan one text without blocking the caller's event loop."""
        return await asyncio.wrap_future(self.submit(text, direction))

    async def screen_messages(self, messages: Sequence[Message]) -> ScanResult:
        """Scan a conversation without blocking the caller's event loop."""
        return await asyncio.wrap_future(self.submit_messages(messages))

    def submit(self, text: str, direction: Direction = "input") -> Future[ScanResult]:
        """Start to scan one text."""
        return self._run(
            lambda: _segments(text, direction), "output" if direction == "output" else "input", len(text)
        )

    def submit_messages(self, messages: Sequence[Message]) -> Future[ScanResult]:
        """Start to scan a conversation."""
        return self._run(
            lambda: segments_of(messages, {}, ()), "input", sum(len(message.content) for message in messages)
        )

    def close(self) -> None:
        """Cancel the texts in flight and end the event loop."""
        if not self._loop.is_closed():
            asyncio.run_coroutine_threadsafe(_cancel_others(), self._loop).result()
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()

    def _run(
        self, segment: Callable[[], Sequence[TextSegment]], direction: Direction, chars: int
    ) -> Future[ScanResult]:
        if self._loop.is_closed():
            raise RuntimeError("this guardian is closed: load another one")
        return asyncio.run_coroutine_threadsafe(self._scan(segment, direction, chars), self._loop)

    async def _scan(
        self, segment: Callable[[], Sequence[TextSegment]], direction: Direction, chars: int
    ) -> ScanResult:
        if chars > self._max_chars:
            raise UnscannableError(
                f"the text has {chars} characters; at most {self._max_chars} are scanned: "
                "split it, or set WEIR_GUARD_CONTENT_CHARS"
            )
        segments = await self._screening.run_off_loop(chars, segment)
        try:
            screened, seconds = await self._screen_timed(
                segments, ScreeningContext(direction, self._policy, runs_all_detectors=True)
            )
        except BadEventError as error:
            raise UnscannableError(str(error)) from error
        return await self._screening.run_off_loop(
            chars, lambda: scanned_of(screened, segments, round(seconds * 1000, 3))
        )

    async def _screen_timed(
        self, segments: Sequence[TextSegment], context: ScreeningContext
    ) -> tuple[ScreeningResult, float]:
        started, seconds = self._clock.start(time.perf_counter()), 0.0
        try:
            screened = await self._screening.screen(segments, context)
        finally:
            seconds = self._clock.end(started, time.perf_counter())
        return screened, seconds


def _segments(text: str, direction: Direction) -> Sequence[TextSegment]:
    """The segments of one text; an input is cut like a user message."""
    clean = without_surrogates(text)
    return (
        segments_of([Message(role="user", content=clean)], {}, ())
        if direction == "input"
        else [TextSegment(clean, direction)]
    )


async def _cancel_others() -> None:
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _checked_policy(policy: PolicyDocument) -> PolicyDocument:
    problems = [problem for problem in [policy.problem()] if problem is not None]
    problems += [f"policy {policy.name}: {problem}" for problem in policy_problems(policy)]
    if problems:
        raise DocumentFileError("\n".join(problems))
    return policy


def _read_policy(path: Path) -> PolicyDocument:
    documents = read_documents(path, PolicyDocument, "policies")
    if len(documents) != 1:
        raise DocumentFileError(
            f"{path}: it holds {len(documents)} policies; a scan needs one: put it into a file of its own"
        )
    return documents[0]
