"""The example of docs/guard/languages.md can be published, and its cases hold with the shipped table."""

import asyncio
import re
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from schemas.policies import PolicyDocument
from schemas.values import Message
from services.guard.adapters.language_id import LazyLanguageIdentifier
from services.guard.domain.language_detector import UnverifiedLanguageDetector
from services.guard.domain.origins import segments_of
from services.guard.domain.types import ScreeningContext
from services.guard.screener import DetectorSet, Screener

PAGE = Path(__file__).parents[3] / "docs" / "guard" / "languages.md"
SCREENER = Screener(
    DetectorSet(rules=(UnverifiedLanguageDetector(LazyLanguageIdentifier().shares),), privacy=())
)


def policy() -> PolicyDocument:
    read: Any = YAML(typ="safe")
    (block,) = re.findall(r"```yaml\n(.*?)\n```\n", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    return PolicyDocument.model_validate(read.load(block))


def test_the_policy_of_the_page_can_be_published_and_its_cases_hold() -> None:
    document = policy()
    assert document.problem() is None
    assert document.tests

    for case in document.tests:
        segments = segments_of([Message(role="user", content=case.text or "")], {}, ())
        verdict = asyncio.run(SCREENER.screen(segments, ScreeningContext(case.direction, document))).verdict
        found = {finding.kind for finding in verdict.findings if finding.count}

        assert verdict.action == case.expect, case.name
        assert set(case.finds) <= found
        assert not set(case.finds_not) & found
