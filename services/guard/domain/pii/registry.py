"""All recognisers, and what they find in a text; repeats in patterns are bounded, so that none is slow."""

import importlib
import pkgutil
import re
from collections.abc import Iterator, Mapping
from functools import cache

from services.guard.domain import pii, secrets
from services.guard.domain.detection import CERTAIN_SCORE, Detection, Span
from services.guard.domain.pii.national_ids import national_ids
from services.guard.domain.pii.recogniser import Recogniser
from services.guard.domain.text.normalization import NormalisedText, normalise
from services.guard.domain.text.types import CharSpan

DETECTOR = "rules"
DIGIT = re.compile(r"\d")
MIN_NATIONAL_ID_DIGITS = 4


@cache
def recognisers() -> tuple[Recogniser, ...]:
    """The recognisers of all modules of `pii` and `secrets`, by rank."""
    found = (
        recogniser
        for package in (secrets, pii)
        for module in pkgutil.iter_modules(package.__path__)
        for recogniser in getattr(
            importlib.import_module(f"{package.__name__}.{module.name}"), "RECOGNISERS", ()
        )
    )
    return tuple(sorted(found, key=lambda recogniser: recogniser.rank))


@cache
def _id_recognisers() -> tuple[Recogniser, ...]:
    return tuple(recogniser for recogniser in recognisers() if recogniser.is_for_ids)


def recognise(text: str) -> list[Detection]:
    """All detections of the recognisers, with spans of the original text."""
    return recognise_in(normalise(text))


def recognise_in(normalised: NormalisedText) -> list[Detection]:
    """As `recognise`, for a normalised text; a span has the kind of the first recogniser that finds it."""
    text = normalised.text
    digits = len(DIGIT.findall(text))
    candidates: dict[CharSpan, tuple[str, float]] = {}
    if digits >= MIN_NATIONAL_ID_DIGITS:
        candidates.update({span: (kind, CERTAIN_SCORE) for kind, span in national_ids(text)})
    for recogniser in recognisers():
        if digits >= recogniser.min_digits and recogniser.required in text:
            for span in recogniser.find(text):
                candidates.setdefault(span, (recogniser.kind, recogniser.score))
    return [
        Detection(kind, DETECTOR, score, Span(*normalised.original_span(*span)))
        for span, (kind, score) in _outermost(candidates)
    ]


def _outermost(
    candidates: Mapping[CharSpan, tuple[str, float]],
) -> Iterator[tuple[CharSpan, tuple[str, float]]]:
    """Drop spans inside another span of the same kind."""
    ends: dict[str, int] = {}
    for span in sorted(candidates, key=_start_then_longest):
        kind, score = candidates[span]
        if span[1] > ends.get(kind, 0):
            ends[kind] = span[1]
            yield span, (kind, score)


def _start_then_longest(span: CharSpan) -> tuple[int, int]:
    return span[0], -span[1]


def holds_personal_identifier(text: str) -> bool:
    """Whether an id, such as a request id, holds an e-mail address, an IBAN or a key."""
    return any(True for recogniser in _id_recognisers() for _ in recogniser.find(text))
