"""A plug-in's detector: its detections are used, and whatever goes wrong in it leaves a text unscanned."""

import threading
from collections.abc import Callable, Iterable

import pytest

from schemas.detections import DetectorDeclaration
from services.guard.adapters.plugin_detectors import MAX_DETECTIONS, PluginDetector
from services.guard.domain.detection import UNSCANNED, Detection, Span
from services.guard.domain.plugins import DetectorPlugin
from services.guard.domain.text.normalization import normalise
from services.guard.domain.types import DetectorInput, ScreeningContext, TextSegment

TEXT = "Ask ACME-104233."
FOUND = Detection("SECRET", "somebody-else", 0.9, Span(4, 15))


def detector(detect: Callable[[str], Iterable[Detection]], timeout_s: float = 5.0) -> PluginDetector:
    declaration = DetectorDeclaration("acme", frozenset({"SECRET"}))
    return PluginDetector(DetectorPlugin(declaration, detect), "1.0", timeout_s)


async def detections(plugin: PluginDetector, text: str = TEXT) -> list[Detection]:
    subject = DetectorInput(TextSegment(text), normalise(text))
    (found,) = await plugin.detect([subject], ScreeningContext("input"))
    return list(found)


def broken(_: str) -> Iterable[Detection]:
    msg = TEXT
    raise ValueError(msg)


async def test_a_detection_carries_the_plugins_id_and_the_verdict_its_version() -> None:
    plugin = detector(lambda _: [FOUND])

    assert await detections(plugin) == [Detection("SECRET", "acme", 0.9, Span(4, 15))]
    assert plugin.version == "acme@1.0"


@pytest.mark.parametrize(
    "result",
    [
        [Detection("PERSON", "acme", 0.9, Span(0, 3))],
        [Detection("SECRET", "acme", 1.1, Span(0, 3))],
        [Detection("SECRET", "acme", float("nan"), Span(0, 3))],
        [Detection("SECRET", "acme", 0.9, Span(0, 17))],
        [Detection("SECRET", "acme", 0.9, Span(3, 3))],
        [Detection("SECRET", "acme", 0.9, Span(-1, 3))],
        [FOUND] * (MAX_DETECTIONS + 1),
        [Detection("SECRET", "acme", 0.9, Span(0.0, 3.0))],  # pyright: ignore[reportArgumentType] - untyped
        [Detection("SECRET", "acme", True, Span(0, 3))],
        "no detections",
        None,
    ],
)
async def test_an_invalid_result_leaves_the_text_unscanned(result: Iterable[Detection]) -> None:
    assert await detections(detector(lambda _: result)) == [UNSCANNED]


async def test_a_detection_is_made_anew_of_what_is_checked() -> None:
    odd = Detection("SECRET", "rules", 1, is_found="no", points=("fpr_1%",), tier="bogus", replacement="x")  # pyright: ignore[reportArgumentType] - untyped

    assert await detections(detector(lambda _: [odd])) == [
        Detection("SECRET", "acme", 1.0, is_found=False, tier="model")
    ]


async def test_an_endless_result_is_bounded() -> None:
    def endless(_: str) -> Iterable[Detection]:
        while True:
            yield FOUND

    assert await detections(detector(endless)) == [UNSCANNED]


async def test_an_error_leaves_the_text_unscanned_and_its_message_out_of_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert await detections(detector(broken)) == [UNSCANNED]
    assert "ACME" not in caplog.text


async def test_a_detector_that_never_returns_leaves_the_text_unscanned() -> None:
    ended = threading.Event()
    try:
        assert await detections(detector(lambda _: [FOUND] * ended.wait(60), timeout_s=0.05)) == [UNSCANNED]
    finally:
        ended.set()
