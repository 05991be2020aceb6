"""A name in a script without capitals is one by a label, an introduction or an honorific alone."""

import pytest

from services.guard.domain.pii.caseless_names import has_no_case, needed_of_caseless_name
from services.guard.domain.pii.name_candidate import NameCandidate
from services.guard.domain.pii.name_scores import INTRODUCED_SCORE, NEVER, UNKNOWN_NAME_SCORE


def needed(marked: str) -> float:
    """The score needed for the words in brackets."""
    start, end = marked.index("["), marked.index("]") - 1
    text = marked.replace("[", "").replace("]", "")
    return needed_of_caseless_name(NameCandidate(text, [(start, end)], 0.9))


@pytest.mark.parametrize(
    ("marked", "score"),
    [
        ("担当：[高木健太]", INTRODUCED_SCORE),
        ("患者: [李国强]", INTRODUCED_SCORE),
        ("담당자: [한지우]", INTRODUCED_SCORE),
        ("제 이름은 [한지우입니다]", INTRODUCED_SCORE),
        ("[高木様]、こんにちは", UNKNOWN_NAME_SCORE),
        ("[한지우] 씨와 회의", UNKNOWN_NAME_SCORE),
        ("[お客様]、こんにちは", NEVER),
        ("[고객님] 안녕하세요", NEVER),
        ("新しい[高木]の本", NEVER),
    ],
)
def test_only_the_words_around_support_a_name_without_capitals(marked: str, score: float) -> None:
    assert needed(marked) == score


def test_letters_with_a_case_are_told_from_others() -> None:
    assert has_no_case("高木健太")
    assert not has_no_case("anna")
