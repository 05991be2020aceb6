"""Where a model is missing, every text is unscanned, and the verdict names the model."""

import pytest

from schemas.policies import PolicyDocument
from schemas.verdicts import Direction
from services.guard.adapters.unscanned import UnavailableDetector
from services.guard.domain.types import ScreeningContext, TextSegment
from services.guard.screener import DetectorSet, Screener

SCREENER = Screener(DetectorSet(rules=(), privacy=(UnavailableDetector("rampart"),)))


@pytest.mark.parametrize("direction", ["input", "output"])
async def test_a_text_that_no_model_scanned_is_blocked_unless_the_policy_allows_it(
    direction: Direction,
) -> None:
    segments = [TextSegment("Good morning.", direction), TextSegment("", direction)]
    allowing = PolicyDocument(name="acme", when_unscanned="allow")

    blocked = await SCREENER.screen(segments, ScreeningContext(direction))
    allowed = await SCREENER.screen(segments, ScreeningContext(direction, allowing))

    assert (blocked.verdict.action, allowed.verdict.action) == ("block", "allow")
    assert [finding.kind for finding in blocked.verdict.findings] == ["UNSCANNED"]
    assert "rampart@missing" in blocked.verdict.models
