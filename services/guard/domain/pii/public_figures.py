"""Names that are no secret: a prompt about Einstein is not about a customer, unless other personal data stands in the same text."""

import dataclasses
from collections.abc import Sequence

from schemas.detections import PERSONAL_KINDS
from services.guard.domain.detection import Detection
from services.guard.domain.pii.names import is_introduced
from services.guard.domain.pii.well_known_names import FULL_NAMES, SINGLE_NAMES

KIND = "PUBLIC_FIGURE"
TELLING_NOTHING = frozenset({"PERSON", "LOCATION", KIND, "DATE_OF_BIRTH"})
"""What may stand beside a public figure: other people, places, and when it was born."""
ENDINGS = ("'s", "\u2019s", "'", "\u2019")


def with_public_figures(
    text: str, names: Sequence[Detection], others: Sequence[Detection]
) -> list[Detection]:
    """`names` with those of public figures under a kind of their own; `others` is what else was found in the text."""
    if any(span.kind in PERSONAL_KINDS and span.kind not in TELLING_NOTHING for span in (*names, *others)):
        return list(names)
    written = {span: _folded(text[span.start : span.end]) for span in names if span.kind == "PERSON"}
    whole = [name for name in written.values() if name in FULL_NAMES]
    known = {word for name in whole for word in name.split()} | set(whole) | SINGLE_NAMES
    return [
        dataclasses.replace(span, kind=KIND)
        if written.get(span) in known and not is_introduced(text, span.start)
        else span
        for span in names
    ]


def _folded(name: str) -> str:
    """As the lists are: small, one space between words, without points and a genitive's ending."""
    small = " ".join(name.casefold().replace(".", "").split())
    return next((small.removesuffix(ending) for ending in ENDINGS if small.endswith(ending)), small)
