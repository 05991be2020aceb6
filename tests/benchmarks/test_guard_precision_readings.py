"""What readers say decides which texts are wrongly changed."""

import json
import math
from pathlib import Path

import pytest

from benchmarks.guard_precision_readings import Hit, Readings, ScreenedText, Share, precision


def _text(name: str, *hits: Hit, is_blocked: bool = False) -> ScreenedText:
    return ScreenedText(
        name, "mail", "en", f"text of {name}", hits, is_changed=bool(hits), is_blocked=is_blocked
    )


NAME, CARD = Hit("PERSON", 0, 4), Hit("CREDIT_CARD", 5, 7)


def test_a_key_tells_hits_apart_and_holds_no_text() -> None:
    keys = {hit.key(text) for hit in (NAME, CARD, Hit("PERSON", 0, 5)) for text in ("text of a", "text of b")}
    assert len(keys) == 6
    assert all(key.isalnum() and len(key) == 20 for key in keys)


def test_a_text_is_wrong_if_any_reader_calls_any_of_its_hits_wrong() -> None:
    text = _text("a", NAME, CARD)
    name, card = NAME.key(text.text), CARD.key(text.text)
    assert Readings({"x": {name: True, card: True}, "y": {name: True}}).is_text_right(text) is True
    assert Readings({"x": {name: True, card: True}, "y": {card: False}}).is_text_right(text) is False
    assert Readings({"x": {name: True}}).is_text_right(text) is None
    assert Readings({"x": {name: False}}).is_text_right(text) is False


def test_unread_texts_count_like_the_read_ones_and_without_a_reading_all_are_wrong() -> None:
    texts = [_text(str(number), NAME) for number in range(4)] + [_text(f"o{number}") for number in range(6)]
    texts.append(_text("b", is_blocked=True))
    read = {NAME.key("text of 0"): True, NAME.key("text of 1"): False}
    result = precision(texts, Readings({"x": read}))
    assert (result.changed, result.blocked) == (Share(4, 11), Share(1, 11))
    assert (result.read, result.wrong) == (Share(2, 4), Share(1, 2))
    assert result.wrongly_changed_percent == pytest.approx(100 * 4 / 11 / 2)
    assert precision(texts, Readings({})).wrongly_changed_percent == pytest.approx(100 * 4 / 11)


def test_the_interval_is_wilsons() -> None:
    low, high = Share(5, 1_000).interval
    assert (round(low, 3), round(high, 3)) == (0.214, 1.165)
    assert Share(0, 0).interval == (0.0, 100.0)


def test_agreement_of_two_readers() -> None:
    first = {"a": True, "b": True, "c": False, "d": False}
    alike, kappa = Readings({"x": first, "y": {**first, "d": True}}).agreement()
    assert alike == Share(3, 4)
    assert kappa == pytest.approx(0.5)
    assert math.isnan(Readings({"x": first}).agreement()[1])


def test_readings_come_from_a_file_a_reader(tmp_path: Path) -> None:
    files = [tmp_path / "first.jsonl", tmp_path / "second.jsonl"]
    for file, right in zip(files, (True, False), strict=True):
        file.write_text(json.dumps({"key": "k", "right": right}) + "\n\n", encoding="utf-8")
    assert Readings.read(files[:1]).is_right("k") is True
    assert Readings.read(files).is_right("k") is False
    assert Readings.read(files).is_right("other") is None
