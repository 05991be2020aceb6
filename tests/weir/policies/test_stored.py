"""Findings as they come from the query, and the parameters of a selection."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weir.policies.stored import CompletionSelection, finding_of, names_of

WORDS = st.text(st.characters(exclude_characters="\t,"), min_size=1)


def row(**fields: str) -> str:
    """A finding as the query writes it."""
    parts = {
        "direction": "input",
        "detector": "rules",
        "kind": "PERSON",
        "action": "block",
        "shadow": "",
        "score": "0.75",
        "points": "",
        "is_found": "1",
        "is_many": "",
    }
    return "\t".join({**parts, **fields}.values())


@given(st.floats(0, 1), st.booleans(), st.booleans(), WORDS, st.lists(WORDS, max_size=3))
def test_a_finding_comes_back_to_the_last_bit(
    score: float, is_found: bool, is_many: bool, kind: str, points: list[str]
) -> None:
    stored = finding_of(
        row(
            score=repr(score),
            is_found="1" if is_found else "",
            is_many="1" if is_many else "",
            kind=kind,
            points=",".join(points),
        )
    ).stored

    assert (stored.score, stored.is_found, stored.may_be_many) == (score, is_found, is_many)
    assert stored.kind == kind
    assert stored.points == (tuple(points) if points != ["?"] else None)


def test_points_that_were_not_stored_are_not_taken_for_none_reached() -> None:
    assert finding_of(row(points="?")).stored.points is None
    assert finding_of(row(points="")).stored.points == ()


@pytest.mark.parametrize(
    ("action", "shadow", "was_blocked"), [("block", "", True), ("block", "1", False), ("mask", "", False)]
)
def test_a_finding_in_shadow_has_not_blocked(action: str, shadow: str, was_blocked: bool) -> None:
    assert finding_of(row(action=action, shadow=shadow)).was_blocked is was_blocked


@pytest.mark.parametrize(
    ("text", "direction"),
    [("input", "input"), ("output", "output"), ("indirect", "indirect"), ("", "input")],
)
def test_a_finding_of_before_directions_were_stored_is_of_the_request(text: str, direction: str) -> None:
    assert finding_of(row(direction=text)).stored.direction == direction


def test_models_are_compared_without_their_versions() -> None:
    assert names_of(["a@1", "a@2", "b", ""]) == {"a", "b"}


def test_an_empty_tenant_or_route_selects_all() -> None:
    at = datetime(2026, 11, 20, tzinfo=UTC)

    assert CompletionSelection(at, at).parameters() == {"since": at, "until": at, "tenant": "", "route": ""}
