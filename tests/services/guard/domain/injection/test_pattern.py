"""A pattern matches text without accents, line by line, and keeps the words that it requires."""

import pytest

from services.guard.domain.injection.pattern import injection_pattern


@pytest.mark.parametrize(
    ("key", "is_matched"), [(b"obey now", True), (b"first\nobey now", True), (b"please obey now", False)]
)
def test_accents_in_a_pattern_do_not_count(key: bytes, is_matched: bool) -> None:
    pattern = injection_pattern("order", 0.5, "obéy écho", r"^obéy now")

    assert pattern.required_words == (b"obey", b"echo")
    assert any(pattern.pattern.finditer(key)) is is_matched
