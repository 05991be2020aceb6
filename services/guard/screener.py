"""All detectors over all texts of one event, the policy's actions on what they find, and one verdict."""

import asyncio
import dataclasses
import time
from collections.abc import Sequence
from decimal import Decimal
from typing import Protocol

from services.guard.domain.plain import plain
from services.guard.domain.pseudonyms import Replacement, places_of, replace
from services.guard.domain.screened import Case, Reading, Screened, SeenText, Signal, Subject
from services.guard.domain.spans import Span, outside
from services.guard.domain.verdict import Judged, dearest, is_blocked, judge, verdict_of

Readings = Sequence[list[Reading]]


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


@dataclasses.dataclass(frozen=True, slots=True)
class Detectors:
    """Who is asked, in order of price.

    `privacy` is asked always, since a blocked text is stored too; `models` only where the rules have not blocked already.
    """

    rules: Sequence[Rules]
    privacy: Sequence[Model]
    models: Sequence[Model] = ()


class Screener:
    """Every score stays on the verdict, whatever the policy does with it; a shadow rule scores and does nothing."""

    def __init__(self, detectors: Detectors) -> None:
        """Take the detectors in order of price."""
        self._detectors = detectors

    async def screen(self, subjects: Sequence[Subject], case: Case) -> Screened:
        """Screen all texts of one event together."""
        started = time.perf_counter()
        texts = [SeenText(subject, plain(subject.text)) for subject in subjects]
        readings: list[list[Reading]] = [[] for _ in texts]
        for rules in self._detectors.rules:
            _add(readings, rules.read(texts, case))
        asked = list(self._detectors.privacy)
        if not any(is_blocked(judge(text, found, case)) for text, found in zip(texts, readings, strict=True)):
            asked += self._detectors.models
        for found in await _asked(asked, texts, case):
            _add(readings, found)
        merged = [_without_placeholders(text, found, case) for text, found in zip(texts, readings, strict=True)]
        judged = [judge(text, [reading], case) for text, reading in zip(texts, merged, strict=True)]
        clean, pseudonyms = _replaced(texts, judged, case)
        tier = dearest(signal.tier for reading in merged for signal in reading.signals)
        took_ms = Decimal(str(round((time.perf_counter() - started) * 1000, 3)))
        verdict = verdict_of([one for ones in judged for one in ones], case, tier, tuple(model.version for model in asked), took_ms)
        return Screened(clean, verdict, pseudonyms, tuple(merged))


async def _asked(models: Sequence[Model], texts: Sequence[SeenText], case: Case) -> list[Sequence[Reading]]:
    """What each model says, in the order of the models; they run side by side, each in its own thread. The first error ends all."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(_reading(model, texts, case)) for model in models]
    except BaseExceptionGroup as errors:
        # The stream tells a bad event from a broken service by the error itself.
        raise errors.exceptions[0] from errors
    return [task.result() for task in tasks]


async def _reading(model: Model, texts: Sequence[SeenText], case: Case) -> Sequence[Reading]:
    return await model.read(texts, case)


def _add(readings: Readings, found: Sequence[Reading]) -> None:
    for known, reading in zip(readings, found, strict=True):
        known.append(reading)


def _without_placeholders(text: SeenText, readings: Sequence[Reading], case: Case) -> Reading:
    """All readings of a text as one; a placeholder that the guard itself put there is no finding."""
    spans = [span for reading in readings for span in reading.spans]
    kept = outside(text.subject.text, spans, places_of(text.subject.text, case.known))
    return Reading(tuple(kept), tuple(signal for reading in readings for signal in reading.signals))


def _replaced(texts: Sequence[SeenText], judged: Sequence[Sequence[Judged]], case: Case) -> tuple[tuple[str, ...], dict[str, str]]:
    """The texts as they may go on; where a signal of the whole text is masked, nothing of the text does."""
    places = [
        [Replacement(one.found, one.decision.action == "pseudonymise") for one in ones if one.replaces and isinstance(one.found, Span)]
        for ones in judged
    ]
    clean, pseudonyms = replace([text.subject.text for text in texts], places, case.known)
    masks = [next((one.found.kind for one in ones if one.replaces and isinstance(one.found, Signal)), None) for ones in judged]
    return tuple(text if kind is None else f"[{kind}]" for text, kind in zip(clean, masks, strict=True)), pseudonyms
