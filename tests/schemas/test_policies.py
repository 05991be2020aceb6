"""Policies: what contradicts itself is refused, what is unknown is named, a change gets the next version."""

from typing import Any

import pytest
from pydantic import ValidationError

from schemas.policies import AllowListEntry, PolicyDocument, PolicyTest, Rule
from tests.schemas.examples import example

EMAIL: dict[str, Any] = {"kind": "EMAIL_ADDRESS", "direction": "input", "action": "mask"}


def policy(**fields: Any) -> PolicyDocument:
    return PolicyDocument.model_validate({"name": "acme", **fields})


@pytest.mark.parametrize(
    ("kind", "fields", "message"),
    [
        (Rule, {**EMAIL, "at": "fpr_1%", "at_least": 0.5}, "two ways to say one thing"),
        (Rule, {**EMAIL, "at_least": 1.5}, "less than or equal to 1"),
        (AllowListEntry, {}, "give either 'value' or 'pattern'"),
        (AllowListEntry, {"value": "a", "pattern": "a"}, "give either 'value' or 'pattern'"),
        (PolicyTest, {"name": "t", "expect": "allow"}, "give either 'text' or 'messages'"),
        (PolicyTest, {"name": "t", "expect": "allow", "text": "a", "messages": []}, "give either 'text'"),
    ],
)
def test_what_contradicts_itself_is_refused(
    kind: type[Rule | AllowListEntry | PolicyTest], fields: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValidationError, match=message):
        kind.model_validate(fields)


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"rules": [EMAIL]}, None),
        ({"rules": [{**EMAIL, "detector": "rules"}]}, None),
        ({"rules": [{**EMAIL, "kind": "EMAIL"}]}, "rules.0: there is no kind 'EMAIL'"),
        (
            {"rules": [{**EMAIL, "kind": "TOXICTY"}]},
            "there is no kind 'TOXICTY' (did you mean 'TOXICITY'?)",
        ),
        (
            {"rules": [EMAIL, {**EMAIL, "detector": "rulse"}]},
            "rules.1: there is no detector 'rulse' (did you",
        ),
        ({"rules": [{**EMAIL, "detector": "toxicity"}]}, "detector 'toxicity' does not find EMAIL_ADDRESS"),
        (
            {"checks": [{"name": "a", "type": "length"}, {"name": "a", "type": "length"}]},
            "checks: two are named 'a'",
        ),
        ({"allow": [{"value": "x", "kinds": ["EMAIL"]}]}, "allow.0: there is no kind 'EMAIL'"),
        (
            {"tests": [{"name": "t", "text": "a", "expect": "allow", "finds": ["nothing"]}]},
            "tests: 't' names 'nothing', which nothing finds",
        ),
        (
            {
                "checks": [{"name": "short", "type": "length"}],
                "tests": [{"name": "t", "text": "a", "expect": "allow", "finds_not": ["short"]}],
            },
            None,
        ),
    ],
)
def test_an_unknown_name_is_said_with_its_place(fields: dict[str, Any], problem: str | None) -> None:
    found = policy(**fields).problem()

    if problem is None:
        assert found is None
    else:
        assert found is not None
        assert found.startswith("policy acme: ")
        assert problem in found


@pytest.mark.parametrize(
    ("version", "published", "expected"),
    [(1, None, 1), (1, 4, 5), (4, 4, 5), (7, 4, 7)],
)
def test_a_changed_policy_is_the_next_version(version: int, published: int | None, expected: int) -> None:
    before = policy(version=published) if published is not None else None

    after = policy(version=version, description="changed").after(before)

    assert after.version == expected


def test_a_policy_that_is_published_again_keeps_its_version() -> None:
    published: PolicyDocument = example(PolicyDocument)
    published = published.model_copy(update={"version": 4})

    again = published.model_copy(update={"version": 1}).after(published)

    assert again == published
