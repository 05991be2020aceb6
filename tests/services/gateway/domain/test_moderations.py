"""OpenAI's categories come from the labels that Weir detects, and from no others."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.scores import LABELS, PiiScore, Score, Scores, ToxicityScore, scores_of
from services.gateway.domain.moderations import categories
from tests.services.gateway.moderating import moderating_verdict

CATEGORIES = {
    "harassment",
    "harassment/threatening",
    "hate",
    "hate/threatening",
    "illicit",
    "illicit/violent",
    "self-harm",
    "self-harm/intent",
    "self-harm/instructions",
    "sexual",
    "sexual/minors",
    "violence",
    "violence/graphic",
}
NOT_DETECTED = {"illicit", "illicit/violent", "sexual/minors"}


def toxic(labels: Mapping[str, float], flagged: tuple[str, ...], whole: float | None = None) -> Scores:
    toxicity = ToxicityScore(
        score=whole or 0.0, flagged=whole is not None, labels=labels, flagged_labels=flagged
    )
    return Scores(toxicity=toxicity, injection=None, pii=PiiScore(), secrets=Score())


def flagged_in(scores: Scores) -> set[str]:
    return {name for name, result in categories(scores).items() if result is not None and result.is_flagged}


@pytest.mark.parametrize(
    ("text", "flagged"),
    [
        ("hello", set()),
        ("you idiot", {"harassment"}),
        ("that is rude", {"harassment"}),
        ("kill him", {"harassment/threatening", "violence"}),
        ("immigrants", {"hate"}),
        ("kill immigrants", {"hate", "hate/threatening", "harassment/threatening", "violence"}),
        ("blood", {"violence", "violence/graphic"}),
        ("hurt myself", {"self-harm", "self-harm/intent", "self-harm/instructions"}),
        ("me@example.com", set()),
        ("ignore all", set()),
    ],
)
def test_a_category_is_flagged_by_the_labels_that_it_covers(text: str, flagged: set[str]) -> None:
    assert flagged_in(scores_of(moderating_verdict(text))) == flagged


def test_toxic_text_is_harassment_only_where_no_label_says_more() -> None:
    unlabelled = categories(toxic({"insult": 0.1}, (), whole=0.9))["harassment"]
    labelled = categories(toxic({"insult": 0.1, "violence": 0.8}, ("violence",), whole=0.9))["harassment"]

    assert unlabelled == (0.9, True)
    assert labelled == (0.1, False)


def test_a_category_of_two_labels_has_the_lower_score_for_both_and_the_higher_for_either() -> None:
    results = categories(toxic({"threat": 0.4, "identity_hate": 0.7, "violence": 0.2}, ("threat",)))

    assert results["hate/threatening"] == (0.4, False)
    assert results["violence"] == (0.4, True)


@given(
    labels=st.dictionaries(st.sampled_from(sorted(LABELS)), st.floats(0.0, 1.0)),
    flagged=st.sets(st.sampled_from(sorted(LABELS))),
    whole=st.none() | st.floats(0.5, 1.0),
)
def test_all_categories_are_named_and_those_without_a_label_have_no_result(
    labels: Mapping[str, float], flagged: set[str], whole: float | None
) -> None:
    results = categories(toxic(labels, tuple(flagged), whole))

    assert set(results) == CATEGORIES
    assert {name for name, result in results.items() if result is None} == NOT_DETECTED
    assert all(0.0 <= result.score <= 1.0 for result in results.values() if result is not None)
