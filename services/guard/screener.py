"""All detectors over all texts of one event, the policy's actions on what they find, and one verdict."""

import asyncio
import dataclasses
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from decimal import Decimal
from typing import Protocol, TypeVar

from services.guard.domain.allow_list import without_allowed
from services.guard.domain.origins import unmarked
from services.guard.domain.redaction import places_of, replace
from services.guard.domain.segments import changes_of, settled, texts_with_meaning, whole_texts
from services.guard.domain.spans import outside
from services.guard.domain.text.deobfuscation import variants
from services.guard.domain.text.normalization import plain
from services.guard.domain.types import Case, Reading, Screened, SeenText, Subject
from services.guard.domain.verdict import Judged, dearest, is_blocked, judge, verdict_of

Readings = Sequence[list[Reading]]
T = TypeVar("T")


class Threads(Protocol):
    """Where work is done that takes time in proportion to a text."""

    def room_for(self, chars: int) -> AbstractAsyncContextManager[None]:
        """Wait until a text of so many characters may be screened."""
        ...

    async def run(self, chars: int, work: Callable[[], T]) -> T:
        """Do the work of a text of so many characters."""
        ...


class NoThreads:
    """Does all work at once: for those who have no event loop to keep going."""

    @asynccontextmanager
    async def room_for(self, chars: int) -> AsyncGenerator[None]:
        """There is always room."""
        del chars
        yield

    async def run(self, chars: int, work: Callable[[], T]) -> T:
        """What the work gives."""
        del chars
        return work()


class Rules(Protocol):
    """A detector that answers at once."""

    def read(self, texts: Sequence[SeenText], case: Case) -> Sequence[Reading]:
        """What it finds in each text."""
        ...


class Model(Protocol):
    """A detector that takes its time; `version` names it on the verdict."""

    @property
    def version(self) -> str:
        """Its name and version, as `name@version`."""
        ...

    async def read(self, texts: Sequence[SeenText], case: Case) -> Sequence[Reading]:
        """What it finds in each text."""
        ...


class Validators(Protocol):
    """Checks that take their time and are no model of the guard."""

    async def read(self, texts: Sequence[SeenText], case: Case) -> Sequence[Reading]:
        """What they find in each text."""
        ...


class Afterthought(Protocol):
    """A detector that judges by what the others found."""

    def reread(self, texts: Sequence[SeenText], readings: Sequence[Reading], case: Case) -> Sequence[Reading]:
        """What it adds to each text's reading."""
        ...


@dataclasses.dataclass(frozen=True, slots=True)
class Detectors:
    """Who is asked, in order of price.

    `privacy` is asked always, since a blocked text is stored too; `models` and `validators` only where the rules have not blocked already.
    `after` is asked last, with what all others found.
    """

    rules: Sequence[Rules]
    privacy: Sequence[Model]
    models: Sequence[Model] = ()
    validators: Sequence[Validators] = ()
    after: Sequence[Afterthought] = ()
    unheard: Callable[[], int] = lambda: 0
    """Characters that the rules have to read before the next text, since they have heard of known attacks."""


@dataclasses.dataclass(frozen=True, slots=True)
class _Begun:
    """The texts of one event after the rules."""

    texts: Sequence[SeenText]
    readings: Readings
    is_blocked: bool


class Screener:
    """Every score stays on the verdict, whatever the policy does with it; a shadow rule scores and does nothing."""

    def __init__(self, detectors: Detectors, threads: Threads | None = None) -> None:
        """Take the detectors in order of price, and where the work of long texts is done: without, at once."""
        self._detectors = detectors
        self._threads: Threads = threads or NoThreads()

    async def aside(self, chars: int, work: Callable[[], T]) -> T:
        """Do other work on a text of so many characters where its rules are run."""
        return await self._threads.run(chars, work)

    async def screen(self, subjects: Sequence[Subject], case: Case) -> Screened:
        """Screen all texts of one event together."""
        started, chars = time.perf_counter(), chars_of(subjects, case) + self._detectors.unheard()
        async with self._threads.room_for(chars):
            begun = await self._threads.run(chars, lambda: self._begin(subjects, case))
            asked = await self._ask(begun, case)
            return await self._threads.run(chars, lambda: self._conclude(begun, case, [model.version for model in asked], started))

    def _begin(self, subjects: Sequence[Subject], case: Case) -> _Begun:
        """Make the texts plain and read them by the rules."""
        texts = [_seen(subject) for subject in subjects]
        readings: list[list[Reading]] = [[] for _ in texts]
        for rules in self._detectors.rules:
            _add(readings, rules.read(texts, case))
        texts = [_with_spans(text, found) for text, found in zip(texts, readings, strict=True)]
        found = _merged(texts, readings, case)
        return _Begun(texts, readings, any(is_blocked(judge(text, reading, case)) for text, reading in zip(texts, found, strict=True)))

    def _conclude(self, begun: _Begun, case: Case, models: Sequence[str], started: float) -> Screened:
        """Judge all that was found, and replace it."""
        texts, readings = begun.texts, begun.readings
        merged = _merged(texts, readings, case)
        added = [after.reread(texts, merged, case) for after in self._detectors.after]
        if any(reading.spans or reading.signals for found in added for reading in found):
            for found in added:
                _add(readings, found)
            merged = _merged(texts, readings, case)
        judged = [judge(text, reading, case) for text, reading in zip(texts, merged, strict=True)]
        clean, pseudonyms = _replaced(texts, judged, case)
        tier = dearest(signal.tier for reading in merged for signal in reading.signals)
        took_ms = Decimal(str(round((time.perf_counter() - started) * 1000, 3)))
        verdict = verdict_of([one for ones in judged for one in ones], case, tier, tuple(models), took_ms)
        return Screened(clean, verdict, pseudonyms, tuple(merged))

    async def _ask(self, begun: _Begun, case: Case) -> list[Model]:
        """Add what is found by all that take their time, and say which models were asked."""
        texts, readings = begun.texts, begun.readings
        models, others = self._detectors.models, self._detectors.validators
        if begun.is_blocked and not case.asks_all:
            models, others = (), ()
        whole, meaning = whole_texts(texts), texts_with_meaning(texts)
        asked = [(model, whole) for model in self._detectors.privacy] + [(one, meaning) for one in (*models, *others)]
        for (_, places), results in zip(asked, await _asked(asked, texts, case), strict=True):
            for place, reading in zip(places, results, strict=True):
                readings[place].append(reading)
        return [*self._detectors.privacy, *models]


def chars_of(subjects: Sequence[Subject], case: Case) -> int:
    """How much there is to read: the texts with their parts, and for an answer what it is compared with."""
    compared = sum(len(message.content) for message in case.prompt) + sum(map(len, case.known.values()))
    return sum(len(subject.text) for subject in subjects) + compared


async def _asked(asked: Sequence[tuple[Validators, Sequence[int]]], texts: Sequence[SeenText], case: Case) -> list[Sequence[Reading]]:
    """What each says of its texts, in the order they are given; they run side by side. The first error ends all."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(_reading(model, [texts[place] for place in places], case)) for model, places in asked]
    except BaseExceptionGroup as errors:
        # The stream tells a bad event from a broken service by the error itself.
        raise errors.exceptions[0] from errors
    return [task.result() for task in tasks]


async def _reading(model: Validators, texts: Sequence[SeenText], case: Case) -> Sequence[Reading]:
    return await model.read(texts, case) if texts else ()


def _seen(subject: Subject) -> SeenText:
    normal = plain(subject.text)
    found, without = variants(subject.text, normal.text), unmarked(normal.text)
    return SeenText(subject, normal, found if without == normal.text else (without, *found))


def _with_spans(text: SeenText, readings: Sequence[Reading]) -> SeenText:
    return dataclasses.replace(text, spans=tuple(span for reading in readings for span in reading.spans))


def _add(readings: Readings, found: Sequence[Reading]) -> None:
    for known, reading in zip(readings, found, strict=True):
        known.append(reading)


def _merged(texts: Sequence[SeenText], readings: Readings, case: Case) -> list[Reading]:
    """All readings of each text as one; a placeholder that the guard itself put there is no finding."""
    return settled(texts, [_without_placeholders(text, found, case) for text, found in zip(texts, readings, strict=True)])


def _without_placeholders(text: SeenText, readings: Sequence[Reading], case: Case) -> Reading:
    """A placeholder that the guard itself put there is no finding, nor is what the policy allows."""
    spans = without_allowed(case.policy, text.subject.text, [span for reading in readings for span in reading.spans])
    kept = outside(text.subject.text, spans, places_of(text.subject.text, case.known))
    return Reading(tuple(kept), tuple(signal for reading in readings for signal in reading.signals))


def _replaced(texts: Sequence[SeenText], judged: Sequence[Sequence[Judged]], case: Case) -> tuple[tuple[str, ...], dict[str, str]]:
    """The whole texts as they may go on; where a signal of the whole text is masked, nothing of the text does."""
    changes = changes_of(texts, judged)
    clean, pseudonyms = replace([change.text for change in changes], [change.places for change in changes], case.known)
    return tuple(change.finished(text) for change, text in zip(changes, clean, strict=True)), pseudonyms
