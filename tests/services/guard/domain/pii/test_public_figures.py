"""Well-known names are public figures, unless other personal data is beside them."""

import pytest

from services.guard.domain.detection import Detection, Span
from services.guard.domain.pii.public_figures import with_public_figures


def kinds(text: str, name: str, *others: str) -> list[str]:
    start = text.index(name)
    beside = [Detection(kind, "rules", 1.0, Span(0, 1)) for kind in others]
    return [
        span.kind
        for span in with_public_figures(
            text, [Detection("PERSON", "ner", 0.9, Span(start, start + len(name)))], beside
        )
    ]


@pytest.mark.parametrize(
    "name",
    ["Albert Einstein", "Shakespeare's", "J. K. Rowling", "Angela  Merkel", "ELON MUSK", "Tesla", "Jira"],
)
def test_a_well_known_name_is_a_public_figure(name: str) -> None:
    assert kinds(f"Explain what {name} did", name) == ["PUBLIC_FIGURE"]


@pytest.mark.parametrize("name", ["Anna Schmidt", "Albert", "Michael", "Jordan Einstein"])
def test_other_names_are_persons(name: str) -> None:
    assert kinds(f"Explain what {name} did", name) == ["PERSON"]


def test_an_introduced_name_is_a_person() -> None:
    assert kinds("my name is Michael Jordan", "Michael Jordan") == ["PERSON"]


def test_a_name_beside_personal_data_is_a_person() -> None:
    assert kinds("ask Michael Jordan about it", "Michael Jordan", "EMAIL_ADDRESS") == ["PERSON"]
    assert kinds("ask Michael Jordan about it", "Michael Jordan", "LOCATION") == ["PUBLIC_FIGURE"]


def test_a_surname_counts_if_the_full_name_is_in_the_same_text() -> None:
    text = "Elon Musk said so; why did Zetsche or Musk?"
    spans = [
        Detection("PERSON", "ner", 0.9, Span(0, 9)),
        Detection("PERSON", "ner", 0.9, Span(27, 34)),
        Detection("PERSON", "ner", 0.9, Span(38, 42)),
    ]
    assert [span.kind for span in with_public_figures(text, spans, [])] == [
        "PUBLIC_FIGURE",
        "PERSON",
        "PUBLIC_FIGURE",
    ]
