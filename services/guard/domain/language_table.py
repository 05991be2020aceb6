"""The declared table of languages: what each capability was measured to be worth in each of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

import orjson

from schemas.verdicts import Direction


@dataclass(frozen=True, slots=True)
class Capability:
    """Something the guard detects by words, so that it is worth more in some languages than in others."""

    id: str
    detector: str
    """The detector whose silence means little in a language below the bar."""
    directions: frozenset[Direction]
    """The directions in which it is asked."""


CAPABILITIES = (
    Capability("toxicity", "toxicity", frozenset({"input", "indirect", "output"})),
    Capability("injection", "injection", frozenset({"input", "indirect"})),
    Capability("names", "ner", frozenset({"input", "indirect", "output"})),
)
SCRIPTS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        **dict.fromkeys(("ru", "uk", "bg", "sr", "be", "mk", "kk"), frozenset({"Cyrl"})),
        **dict.fromkeys(("ar", "fa", "ur"), frozenset({"Arab"})),
        **dict.fromkeys(("hi", "mr", "ne"), frozenset({"Deva"})),
        "bn": frozenset({"Beng"}),
        "el": frozenset({"Grek"}),
        "he": frozenset({"Hebr"}),
        "ja": frozenset({"Kana", "Hani"}),
        "ko": frozenset({"Hang"}),
        "th": frozenset({"Thai"}),
        "zh": frozenset({"Hani"}),
    }
)
"""The scripts other than Latin in which a language of the table is written."""


@dataclass(frozen=True, slots=True)
class LanguageTable:
    """The bar of each capability, and by language (ISO 639-1) the figures that were measured."""

    bars: Mapping[str, float]
    figures: Mapping[str, Mapping[str, float]]

    def verified(self, capability: str) -> frozenset[str]:
        """The languages whose figure reaches the bar; one without a figure does not."""
        bar = self.bars[capability]
        return frozenset(
            language for language, figures in self.figures.items() if figures.get(capability, 0.0) >= bar
        )

    def verified_scripts(self, capability: str) -> frozenset[str]:
        """The scripts other than Latin in which a text may be in a language that reaches the bar."""
        return frozenset(
            script for language in self.verified(capability) for script in SCRIPTS.get(language, ())
        )


@cache
def language_table() -> LanguageTable:
    """The shipped table, which `training/languages/measure.py` writes."""
    content = files("services.guard.domain").joinpath("data", "languages.json").read_bytes()
    table = orjson.loads(content)
    return LanguageTable(table["bars"], table["figures"])
