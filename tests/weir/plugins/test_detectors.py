"""What a package imports to add a detector is enough to write one that the guard runs."""

from collections.abc import Iterator

import weir.plugins.detectors as offered
from services.guard.adapters.plugin_detectors import PluginDetector
from services.guard.domain.text.normalization import normalise
from services.guard.domain.types import DetectorInput, ScreeningContext, TextSegment


def parcels(text: str) -> Iterator[offered.Detection]:
    start = text.find("PX-")
    if start >= 0:
        yield offered.Detection("PARCEL", "parcels", 0.9, offered.Span(start, start + 6))


KIND = offered.KindDeclaration("PARCEL", "the number of a parcel")
PLUGIN = offered.DetectorPlugin(offered.DetectorDeclaration("parcels", frozenset({KIND.id})), parcels)


async def test_a_detector_written_with_these_names_finds_its_kind() -> None:
    texts = [
        DetectorInput(TextSegment(text), normalise(text)) for text in ("Where is PX-104?", "Where is it?")
    ]

    first, second = await PluginDetector(PLUGIN, "1.0", 5.0).detect(texts, ScreeningContext("input"))

    assert [(found.kind, found.span) for found in first] == [("PARCEL", offered.Span(9, 15))]
    assert list(second) == []


def test_every_name_that_is_offered_is_there_once() -> None:
    assert len(set(offered.__all__)) == len(offered.__all__)
    assert [name for name in offered.__all__ if not hasattr(offered, name)] == []
