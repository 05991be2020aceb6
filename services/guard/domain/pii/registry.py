"""All recognisers, and what they find in a text; repeats in patterns are bounded, so that none is slow."""

import importlib
import pkgutil
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache

from services.guard.domain import pii, secrets
from services.guard.domain.detection import CERTAIN_SCORE, Detection, Span
from services.guard.domain.pii.decoded_text import DecodedText, decode_in_place
from services.guard.domain.pii.labelled_documents import labelled_documents
from services.guard.domain.pii.national_ids import national_ids
from services.guard.domain.pii.recogniser import FORMAT_ONLY_SCORE, Recogniser
from services.guard.domain.spans import merged, united
from services.guard.domain.text.normalization import NormalisedText, normalise
from services.guard.domain.text.types import CharSpan

DETECTOR = "rules"
SECRET = "SECRET"  # noqa: S105 - the name of a kind
DIGIT = re.compile(r"\d")
MIN_NATIONAL_ID_DIGITS = 4
CHECKED_KINDS = frozenset({"CREDIT_CARD", "IBAN_CODE"})


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
    """All detections of the recognisers, also in what is encoded, with spans of the original text."""
    normalised = normalise(text)
    return recognise_in(normalised, decode_in_place(normalised))


def recognise_in(normalised: NormalisedText, decoded: DecodedText | None = None) -> list[Detection]:
    """As `recognise`, for a normalised text and what is decoded in it.

    A span has the kind of the first recogniser that finds it.
    """
    detections = [
        Detection(kind, DETECTOR, score, Span(*normalised.original_span(*span)))
        for span, (kind, score) in _recognised(normalised.text)
    ]
    if decoded is None:
        return detections
    of_decoded = [*_recognised_in_decoded(decoded)]
    return united(_outside_checked(detections, of_decoded), of_decoded)


def _outside_checked(plain: Sequence[Detection], decoded: Iterable[Detection]) -> list[Detection]:
    """The detections that are not a part of a decoded number with check digits, taken for something else."""
    checked = merged(each for each in decoded if each.kind in CHECKED_KINDS)
    starts = [each.start for each in checked]

    def is_outside(detection: Detection) -> bool:
        index = bisect_right(starts, detection.start) - 1
        return index < 0 or checked[index].end < detection.end

    return [each for each in plain if is_outside(each)]


def _recognised_in_decoded(decoded: DecodedText) -> Iterator[Detection]:
    for window in decoded.windows():
        for span, (kind, score) in _recognised(window.text):
            original = window.original_span(*span)
            if original is not None:
                yield Detection(kind, DETECTOR, score, Span(*original))


def _recognised(text: str) -> Iterator[tuple[CharSpan, tuple[str, float]]]:
    digits = len(DIGIT.findall(text))
    candidates: dict[CharSpan, tuple[str, float]] = {}
    if digits >= MIN_NATIONAL_ID_DIGITS:
        candidates.update({span: (kind, CERTAIN_SCORE) for kind, span in national_ids(text)})
    for recogniser in recognisers():
        if digits >= recogniser.min_digits and recogniser.required in text:
            for span in recogniser.find(text):
                candidates.setdefault(span, (recogniser.kind, recogniser.score))
    if digits >= MIN_NATIONAL_ID_DIGITS:
        for kind, span in labelled_documents(text):
            candidates.setdefault(span, (kind, FORMAT_ONLY_SCORE))
    return _outermost(candidates)


def _outermost(
    candidates: Mapping[CharSpan, tuple[str, float]],
) -> Iterator[tuple[CharSpan, tuple[str, float]]]:
    """Drop spans inside another span of the same kind, and those that begin in a secret and end behind it.

    The latter take the end of a password and the host behind it, `word@db.example.com`, for an address.
    """
    ends: dict[str, int] = {}
    secret_end = 0
    for span in sorted(candidates, key=lambda span: (span[0], candidates[span][0] != SECRET, -span[1])):
        kind, score = candidates[span]
        if kind == SECRET:
            secret_end = max(secret_end, span[1])
        elif span[0] < secret_end < span[1]:
            continue
        if span[1] > ends.get(kind, 0):
            ends[kind] = span[1]
            yield span, (kind, score)


def holds_personal_identifier(text: str) -> bool:
    """Whether an id, such as a request id, holds an e-mail address, an IBAN or a key."""
    decoded = decode_in_place(normalise(text))
    written = (text,) if decoded is None else (text, decoded.text)
    return any(True for each in written for recogniser in _id_recognisers() for _ in recogniser.find(each))
