"""The less supports a name, the surer the classifier must be."""

from services.guard.domain.pii import name_scores


def test_scores_grow_as_support_falls() -> None:
    in_order = [
        name_scores.GIVEN_NAME_SCORE,
        name_scores.INTRODUCED_SCORE,
        name_scores.FULL_NAME_SCORE,
        name_scores.MANIFEST_NAME_SCORE,
        name_scores.UNKNOWN_NAME_SCORE,
        name_scores.LIKELY_NAME_SCORE,
        name_scores.AMBIGUOUS_NAME_SCORE,
        name_scores.UNLIKELY_NAME_SCORE,
        name_scores.UNSUPPORTED_SCORE,
        name_scores.IMPROBABLE_NAME_SCORE,
    ]

    assert in_order == sorted(in_order)
    assert in_order[-1] < 1 < name_scores.NEVER
