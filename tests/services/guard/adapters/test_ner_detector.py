"""Labelled tokens become detections at spans of the original; well-known names are public figures."""

import re
from collections.abc import Sequence

from services.guard.adapters.ner_detector import NerDetector
from services.guard.domain.detection import Detection, Span
from services.guard.domain.pii.decoded_text import decode_in_place
from services.guard.domain.pii.token_entities import LabelledToken
from services.guard.domain.text.normalization import normalise
from services.guard.domain.threads import InlineThreads
from services.guard.domain.types import DetectorInput, ScreeningContext, TextSegment


class NameList:
    """Labels the names of a list, and notes the texts that it gets."""

    def __init__(self, **labels: str) -> None:
        self.texts: list[str] = []
        self._labels = labels

    async def label(self, texts: Sequence[str]) -> list[list[LabelledToken]]:
        self.texts += texts
        return [
            [
                LabelledToken(*match.span(), self._labels[match.group()], 0.99)
                for match in re.finditer(r"\w+", text)
                if match.group() in self._labels
            ]
            for text in texts
        ]


ALBERT = NameList(Albert="GIVEN_NAME", Einstein="SURNAME", Anna="GIVEN_NAME", Schmidt="SURNAME")


async def detections(text: str, *rule_spans: Detection, labels: NameList = ALBERT) -> list[tuple[str, str]]:
    detector = NerDetector(labels, "names@1", InlineThreads())
    seen = DetectorInput(TextSegment(text), normalise(text), rule_spans=rule_spans)
    (of_text,) = await detector.detect([seen], ScreeningContext("input"))
    return [(each.kind, text[each.start : each.end]) for each in of_text]


async def test_a_name_is_found_at_its_span_of_the_original_text() -> None:
    labels = NameList(Anna="GIVEN_NAME")

    found = await detections("🙂 Ａｎ\u200bｎａ called", labels=labels)

    assert labels.texts == ["🙂 Anna called"]
    assert found == [("PERSON", "Ａｎ\u200bｎａ")]


async def test_a_public_figure_is_told_from_a_private_person() -> None:
    assert await detections("What did Albert Einstein say?") == [("PUBLIC_FIGURE", "Albert Einstein")]
    assert await detections("What did Anna Schmidt say?") == [("PERSON", "Anna Schmidt")]


async def test_a_public_name_beside_personal_data_of_the_rules_stays_a_person() -> None:
    email = Detection("EMAIL_ADDRESS", "rules", 1.0, Span(0, 13))

    assert await detections("a@example.com is Albert Einstein", email) == [("PERSON", "Albert Einstein")]


async def test_each_text_gets_its_own_detections_in_order() -> None:
    texts = [DetectorInput(TextSegment(text), normalise(text)) for text in ("hello", "Anna Schmidt", "")]

    found = await NerDetector(ALBERT, "names@1", InlineThreads()).detect(texts, ScreeningContext("input"))

    assert [[each.kind for each in of_text] for of_text in found] == [[], ["PERSON"], []]


async def decoded_detections(text: str, labels: NameList) -> list[tuple[str, str]]:
    normalised = normalise(text)
    seen = DetectorInput(TextSegment(text), normalised, decoded=decode_in_place(normalised))
    (of_text,) = await NerDetector(labels, "names@1", InlineThreads()).detect(
        [seen], ScreeningContext("input")
    )
    return [(each.kind, text[each.start : each.end]) for each in of_text]


async def test_a_name_with_encoded_letters_is_found_as_a_whole() -> None:
    labels = NameList(Jürgen="GIVEN_NAME", Müller="SURNAME")

    found = await decoded_detections("GET /?name=J%C3%BCrgen%20M%C3%BCller&a=1", labels)

    assert found == [("PERSON", "J%C3%BCrgen%20M%C3%BCller")]


async def test_the_model_reads_a_decoded_text_only_where_letters_changed() -> None:
    labels = NameList(Anna="GIVEN_NAME")
    text = f'Anna {"word " * 60} J&uuml;rgen {"word " * 60} 5 &lt; 6 and \\"quoted\\" and 4111_1111_1111_1111'

    assert await decoded_detections(text, labels) == [("PERSON", "Anna")]
    assert [seen == text or ("Jürgen" in seen and len(seen) < 260) for seen in labels.texts] == [True, True]


async def test_an_identifier_in_base64_is_not_read_by_the_model() -> None:
    labels = NameList(Bot41898282="GIVEN_NAME")
    text = "node_id: MDM6Qm90NDE4OTgyODI="

    assert await decoded_detections(text, labels) == []
    assert labels.texts == [text]


async def test_a_text_full_of_encoded_letters_is_read_once_and_decoded() -> None:
    labels = NameList(Jürgen="GIVEN_NAME", Müller="SURNAME")
    text = "J&uuml;rgen M&uuml;ller f&auml;hrt &uuml;ber die Br&uuml;cke. " * 20

    found = await decoded_detections(text, labels)

    assert found == [("PERSON", "J&uuml;rgen M&uuml;ller")] * 20
    assert sum(map(len, labels.texts)) < len(text)
