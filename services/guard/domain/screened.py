"""What goes into screening and what comes out."""

from collections.abc import Mapping
from dataclasses import dataclass

from schemas.verdicts import Verdict


@dataclass(frozen=True, slots=True)
class Subject:
    """A text to screen; instructions of the application itself are not taken for attacks."""

    text: str
    is_instruction: bool = False


@dataclass(frozen=True, slots=True)
class Screened:
    """Texts in the order they were given, without clear personal data; `pseudonyms` maps each placeholder to what it stands for."""

    texts: tuple[str, ...]
    verdict: Verdict
    pseudonyms: Mapping[str, str]
