"""Distinguishes public figures from private persons: a name such as Einstein is not personal data."""

import dataclasses
from collections.abc import Iterable, Sequence

from schemas.detections import PERSONAL_KINDS
from services.guard.domain.detection import Detection
from services.guard.domain.pii.name_introductions import is_introduced
from services.guard.domain.text.word_lists import read_sections


def _normalised(name: str) -> str:
    """In lower case, with single spaces and without full stops."""
    return " ".join(name.casefold().replace(".", "").split())


_SECTIONS = read_sections("public_figures.txt")
FULL_NAMES = frozenset(map(_normalised, _SECTIONS["full"]))
SINGLE_NAMES = frozenset(map(_normalised, _SECTIONS["single"]))
KIND = "PUBLIC_FIGURE"
NOT_TELLING_KINDS = frozenset({"PERSON", "LOCATION", KIND, "DATE_OF_BIRTH"})
"""Kinds that may occur beside a public figure: other people, places, and a date of birth."""
GENITIVE_ENDINGS = ("'s", "\u2019s", "'", "\u2019")


def with_public_figures(
    text: str, names: Sequence[Detection], others: Sequence[Detection]
) -> list[Detection]:
    """`names` with the kind PUBLIC_FIGURE for well-known names that nothing introduces as a person's own.

    All are unchanged if these or the `others`, detections in the same text, include other personal data.
    """
    if _has_personal_data(names) or _has_personal_data(others):
        return list(names)
    persons = [span for span in names if span.kind == "PERSON"]
    written = {span: _without_genitive(text[span.start : span.end]) for span in persons}
    known = _known_names(written.values())
    return [
        dataclasses.replace(span, kind=KIND)
        if written.get(span) in known and not is_introduced(text, span.start)
        else span
        for span in names
    ]


def _has_personal_data(spans: Iterable[Detection]) -> bool:
    return any(span.kind in PERSONAL_KINDS and span.kind not in NOT_TELLING_KINDS for span in spans)


def _known_names(names: Iterable[str]) -> frozenset[str]:
    """The well-known single names, and the full names among `names` with each of their words."""
    full_names = FULL_NAMES.intersection(names)
    words = {word for name in full_names for word in name.split()}
    return SINGLE_NAMES | full_names | words


def _without_genitive(name: str) -> str:
    normalised = _normalised(name)
    ending = next((ending for ending in GENITIVE_ENDINGS if normalised.endswith(ending)), "")
    return normalised.removesuffix(ending)
