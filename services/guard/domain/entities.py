"""Puts a token classifier's labels together: words into names and addresses, and what alone is no personal data left out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from services.guard.domain.spans import Span

DETECTOR = "ner"
KINDS: Mapping[str, str] = MappingProxyType(
    {
        "GIVEN_NAME": "PERSON",
        "SURNAME": "PERSON",
        "PHONE": "PHONE_NUMBER",
        "TAX_ID": "TAX_ID",
        "BANK_ACCOUNT": "BANK_ACCOUNT",
        "ROUTING_NUMBER": "BANK_ACCOUNT",
        "GOVERNMENT_ID": "GOVERNMENT_ID",
        "PASSPORT": "PASSPORT",
        "DRIVERS_LICENSE": "DRIVERS_LICENSE",
        "BUILDING_NUMBER": "ADDRESS",
        "STREET_NAME": "ADDRESS",
        "SECONDARY_ADDRESS": "ADDRESS",
        "CITY": "ADDRESS",
        "STATE": "ADDRESS",
        "ZIP_CODE": "ADDRESS",
    }
)
NUMBERED = frozenset({"PHONE_NUMBER", "TAX_ID", "BANK_ACCOUNT", "GOVERNMENT_ID", "PASSPORT", "DRIVERS_LICENSE"})
FEWEST_DIGITS = 5
PHONE_DIGITS = 7
LEAST_SCORE = 0.6
WIDEST_GAP = 2
ADDRESS_GAP = 12


@dataclass(frozen=True, slots=True)
class Token:
    """A token's place in the text, its label without B- or I-, and the model's probability."""

    start: int
    end: int
    label: str
    score: float


def entities(text: str, tokens: Iterable[Token]) -> list[Span]:
    """Personal data that the labels show; a city alone is a LOCATION, with a street it is an ADDRESS."""
    groups: list[list[Token]] = []
    for token in sorted((token for token in tokens if token.label in KINDS), key=lambda token: (token.start, token.end)):
        if groups and _belongs(text, groups[-1], token):
            groups[-1].append(token)
        else:
            groups.append([token])
    return [span for group in groups if (span := _span(text, group)) is not None]


def _belongs(text: str, group: Sequence[Token], token: Token) -> bool:
    last, kind = group[-1], KINDS[group[-1].label]
    gap = text[last.end : token.start]
    if KINDS[token.label] != kind or "\n" in gap:
        return False
    return len(gap) <= (ADDRESS_GAP if kind == "ADDRESS" else WIDEST_GAP)


def _span(text: str, group: Sequence[Token]) -> Span | None:
    start, end = group[0].start, group[-1].end
    labels = {token.label for token in group}
    kind = KINDS[group[0].label]
    score = sum(token.score for token in group) / len(group)
    digits = sum(character.isdigit() for character in text[start:end])
    if score < LEAST_SCORE or not _is_personal(kind, labels, digits):
        return None
    if kind == "ADDRESS" and "STREET_NAME" not in labels:
        kind = "LOCATION"
    if kind == "PERSON" and (end - start < 2 or not text[start:end].strip()):  # noqa: PLR2004 - an initial is no name
        return None
    return Span(start, end, kind, round(score, 4), DETECTOR)


def _is_personal(kind: str, labels: set[str], digits: int) -> bool:
    if kind == "ADDRESS":
        return bool(labels & {"STREET_NAME", "CITY", "STATE"})
    if kind in NUMBERED:
        return digits >= (PHONE_DIGITS if kind == "PHONE_NUMBER" else FEWEST_DIGITS)
    return True
