"""The shipped table, the page for users and the cards of the models say the same about languages."""

import importlib.util
from pathlib import Path
from typing import Any

import orjson
import pytest

from schemas.detections import DETECTORS, UNVERIFIED_LANGUAGE
from services.guard.domain.language_table import CAPABILITIES, SCRIPTS, LanguageTable, language_table

ROOT = Path(__file__).parents[4]
PAGES = (
    "docs/guard/languages.md",
    "services/guard/models/encoder/card.md",
    "services/guard/models/rampart/card.md",
)


def script() -> Any:
    specification = importlib.util.spec_from_file_location("pages", ROOT / "training/languages/pages.py")
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.mark.parametrize("page", PAGES)
def test_a_page_shows_the_figures_of_the_table(page: str) -> None:
    pages, content = script(), (ROOT / page).read_text(encoding="utf-8")
    table = orjson.loads(pages.TABLE.read_bytes())

    assert pages.BEGIN in content
    assert pages.with_table(content, table, pages.PAGES[ROOT / page]) == content, (
        "run python training/languages/pages.py"
    )


def test_every_capability_has_a_bar_and_a_detector_that_may_report_it() -> None:
    assert {each.id for each in CAPABILITIES} == set(language_table().bars)
    assert all(UNVERIFIED_LANGUAGE in DETECTORS[each.detector].kinds for each in CAPABILITIES)


def test_english_is_verified_for_everything() -> None:
    assert all("en" in language_table().verified(each.id) for each in CAPABILITIES)


def test_a_figure_below_the_bar_and_a_missing_one_do_not_verify() -> None:
    table = LanguageTable({"names": 0.75}, {"en": {"names": 0.75}, "de": {"names": 0.74}, "fr": {}})
    assert table.verified("names") == {"en"}


def test_the_scripts_of_verified_languages_are_known() -> None:
    table = LanguageTable({"names": 0.5}, {"en": {"names": 1.0}, "ja": {"names": 1.0}, "ru": {"names": 0.1}})
    assert table.verified_scripts("names") == {"Kana", "Hani"}


def test_measured_languages_of_other_scripts_name_their_script() -> None:
    latin = {
        "cs",
        "da",
        "de",
        "en",
        "es",
        "fi",
        "fr",
        "hu",
        "id",
        "it",
        "nl",
        "pl",
        "pt",
        "ro",
        "sv",
        "tr",
        "vi",
    }
    assert set(language_table().figures) - latin <= set(SCRIPTS)
