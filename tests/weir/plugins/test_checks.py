"""What a package imports to add a check type is enough to write one that the guard runs."""

from collections.abc import Iterator

import pytest

import weir.plugins.checks as offered
from schemas.checks import PLUGIN_CHECKS
from schemas.policies import PolicyDocument
from services.guard.adapters.plugin_checks import PluginChecks
from services.guard.domain.text.normalization import normalise
from services.guard.domain.types import DetectorInput, ScreeningContext, TextSegment

CHECK = {"name": "short", "type": "brief", "arguments": {"most": 3}}


def brief(text: str, arguments: offered.Arguments) -> offered.CheckResult:
    most = arguments.get("most")
    return offered.FAILED if isinstance(most, int) and len(text) > most else offered.PASSED


PLUGIN = offered.CheckPlugin(offered.CheckDeclaration("brief", "few characters"), brief)


@pytest.fixture(autouse=True)
def declared() -> Iterator[None]:
    PLUGIN_CHECKS.declare(PLUGIN.declaration, "acme")
    yield
    PLUGIN_CHECKS.withdraw("acme")


@pytest.mark.parametrize(("text", "is_found"), [("long", True), ("ok", False)])
async def test_a_check_written_with_these_names_decides_texts(text: str, is_found: bool) -> None:
    context = ScreeningContext("output", PolicyDocument.model_validate({"name": "acme", "checks": [CHECK]}))
    subject = DetectorInput(TextSegment(text, "output"), normalise(text))

    ((detection,),) = await PluginChecks({"brief": PLUGIN}, 5.0).detect([subject], context)

    assert (detection.kind, detection.detector, detection.is_found) == ("short", "brief", is_found)


def test_every_name_that_is_offered_is_there_once() -> None:
    assert len(set(offered.__all__)) == len(offered.__all__)
    assert [name for name in offered.__all__ if not hasattr(offered, name)] == []
