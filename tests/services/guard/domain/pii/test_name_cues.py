"""Names are found by the words before them: introductions, titles, and verbs before known given names."""

import pytest

from services.guard.domain.pii.name_cues import introduced_names


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("My name is Zorvath Quimbel.", "Zorvath Quimbel"),
        ("ich heiße Zorvath", "Zorvath"),
        ("as Mr. Young said", "Young"),
        ("für Frau von der Zorv", None),
        ("an Herrn Zorvath Quimbel", "Zorvath Quimbel"),
        ("Was antworte ich Jürgen auf die Frage?", "Jürgen"),
        ("Que répondre à Thierry ?", "Thierry"),
        ("tell Sabine van der Voet that", "Sabine van der Voet"),
        ("tell Congress that", None),
        ("ask Albert Einstein", None),
        ("call Python from C", None),
    ],
)
def test_names_are_found_behind_the_words_that_introduce_them(text: str, name: str | None) -> None:
    assert [text[start:end] for start, end in introduced_names(text)] == ([] if name is None else [name])
