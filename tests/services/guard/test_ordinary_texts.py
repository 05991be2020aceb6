"""Ordinary texts of many kinds and languages pass the guard unchanged; none of them holds a value."""

from pathlib import Path

from benchmarks.guard_precision import rows_of, screened
from benchmarks.guard_precision_readings import ScreenedText
from services.guard.library import Guardian

TEXTS = Path(__file__).with_name("ordinary_texts.jsonl")


def test_ordinary_texts_pass_unchanged() -> None:
    rows = list(rows_of([TEXTS]))
    with Guardian.load() as guardian:
        scans = list(guardian.scan_many(row.text for row in rows))
    texts = [screened(row, scan) for row, scan in zip(rows, scans, strict=True)]
    assert len({text.language for text in texts}) >= 18
    assert [_shown(text) for text in texts if text.is_changed or text.is_blocked] == []


def _shown(text: ScreenedText) -> str:
    hits = [f"{hit.kind} {text.text[hit.start : hit.end]}" for hit in text.hits]
    return f"{text.id}: {'; '.join(hits)}"
