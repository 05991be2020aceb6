"""The guard as a library: from threads and event loops, with scores of whatever detectors there are."""

import asyncio
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from schemas.document_files import DocumentFileError
from schemas.policies import PolicyDocument
from services.guard.domain.detection import Detection, Span
from services.guard.domain.types import DetectorInput, ScreeningContext
from services.guard.library import Guardian, UnscannableError
from services.guard.screener import DetectorSet, Screener
from streaming.errors import BadEventError

POINTS = ("fpr_5%", "fpr_1%")


KINDS = (("insult", "INSULT"), ("threat", "THREAT"), ("toxic", "TOXICITY"))


class WordDetector:
    """Scores texts by words in them; `huge` is refused, `slow` takes time, `broken` is a fault."""

    version = "words@1"

    async def detect(
        self, texts: Sequence[DetectorInput], context: ScreeningContext
    ) -> list[list[Detection]]:
        return [await self._detections(text) for text in texts]

    async def _detections(self, text: DetectorInput) -> list[Detection]:
        words = text.normalised.text.split()
        if "huge" in words:
            raise BadEventError("too_large", "split it")
        await asyncio.sleep(0.05 if "slow" in words else 0)
        scores = [
            Detection(
                kind,
                "toxicity",
                0.8 if word in words else 0.1,
                is_found=word in words,
                points=POINTS if word in words else (),
                tier="rules",
            )
            for word, kind in KINDS
        ]
        scores += (
            [Detection("PROMPT_INJECTION", "injection", 0.7, is_found=True, points=POINTS, tier="linear")]
            if "attack" in words
            else []
        )
        return [*self._spans(text.normalised.text), *scores]

    def _spans(self, text: str) -> Iterator[Detection]:
        for kind in ("LOCATION", "PERSON", "SECRET"):
            if kind in text:
                start = text.index(kind)
                yield Detection(
                    kind, "rules" if kind == "SECRET" else "ner", 0.6, Span(start, start + len(kind))
                )
                yield Detection("PERSON", "ner", 0.9, Span(start + 1, start + 3))


@pytest.fixture
def guardian() -> Iterator[Guardian]:
    with Guardian(
        Screener(DetectorSet(rules=(), privacy=(), models=(WordDetector(),))), max_chars=100
    ) as made:
        yield made


def test_scores_come_from_the_scores_that_there_are(guardian: Guardian) -> None:
    calm, rude = guardian.scan("hello"), guardian.scan("toxic insult attack")
    assert (
        calm.scores.toxicity.score,
        calm.scores.toxicity.flagged,
        calm.scores.toxicity.labels["insult"],
    ) == (0.1, False, 0.1)
    assert (
        rude.scores.toxicity.score,
        rude.scores.toxicity.flagged,
        rude.scores.toxicity.flagged_labels,
    ) == (0.8, True, ("insult",))
    assert rude.scores.injection is not None
    assert (rude.scores.injection.layers, rude.scores.injection.flagged, rude.tier) == (
        {"model": 0.7},
        True,
        "linear",
    )


@pytest.mark.parametrize(
    ("text", "is_personal", "kinds", "is_secret"),
    [("hello", False, (), False), ("PERSON", True, ("PERSON",), False), ("SECRET", True, ("PERSON",), True)],
)
def test_personal_data_and_secrets_are_told_apart(
    guardian: Guardian, text: str, is_personal: bool, kinds: tuple[str, ...], is_secret: bool
) -> None:
    scores = guardian.scan(text).scores
    assert (scores.pii.flagged, scores.pii.kinds, scores.secrets.flagged) == (is_personal, kinds, is_secret)


def test_places_that_overlap_are_one(guardian: Guardian) -> None:
    assert [(place.type, place.start, place.end) for place in guardian.scan("a LOCATION").spans] == [
        ("LOCATION", 2, 10)
    ]


def test_many_texts_come_back_in_order_and_only_as_many_are_taken_as_are_in_flight(
    guardian: Guardian,
) -> None:
    taken: list[int] = []

    def texts() -> Iterator[str]:
        for number in range(20):
            taken.append(number)
            yield "slow insult" if number % 3 == 0 else f"text {number}"

    results = guardian.scan_many(texts(), in_flight=4)
    first = next(results)
    assert (first.scores.toxicity.flagged_labels, len(taken)) == (("insult",), 4)
    flags = [bool(result.scores.toxicity.flagged_labels) for result in results]
    assert flags == [number % 3 == 0 for number in range(1, 20)]


async def test_a_text_is_scanned_from_inside_an_event_loop_and_from_many_threads(guardian: Guardian) -> None:
    awaited = await asyncio.gather(*(guardian.screen(f"insult {number}") for number in range(10)))
    assert guardian.scan("insult").scores.toxicity.flagged_labels == ("insult",)
    with ThreadPoolExecutor(4) as threads:
        threaded = list(threads.map(guardian.scan, ["insult"] * 10))
    assert {result.scores.toxicity.flagged_labels for result in (*awaited, *threaded)} == {("insult",)}


@pytest.mark.parametrize("text", ["huge", "x" * 101])
def test_what_the_stream_refuses_cannot_be_scanned_and_the_next_text_can(
    guardian: Guardian, text: str
) -> None:
    with pytest.raises(UnscannableError, match="split"):
        guardian.scan(text)
    assert guardian.scan("hello").action == "allow"


def test_a_policy_that_cannot_be_as_written_is_refused(tmp_path: Path) -> None:
    two = tmp_path / "two.yaml"
    two.write_text("[{name: a}, {name: b}]")
    bad = PolicyDocument.model_validate(
        {"name": "bad", "checks": [{"type": "regex", "name": "r", "pattern": "(", "on": ["input"]}]}
    )
    for policy, says in ((two, "holds 2 policies"), (bad, "checks 'r'")):
        with pytest.raises(DocumentFileError, match=says):
            Guardian.load(policy)


def test_a_guardian_closes_once_and_again_and_cancels_what_is_in_flight(guardian: Guardian) -> None:
    in_flight = guardian.submit("slow")
    guardian.close()
    assert in_flight.cancelled()
    guardian.close()
    with pytest.raises(RuntimeError):
        guardian.scan("hello")
