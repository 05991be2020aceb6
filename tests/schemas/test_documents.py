"""Configuration documents: stored by name, and refused where labels and versions contradict each other."""

import pytest
from pydantic import ValidationError

from schemas.documents import NAMED, Document, PromptDocument, PromptVersion, RouteDocument
from schemas.topics import TOPICS
from schemas.values import Message
from tests.schemas.examples import example


def prompt(versions: list[int], labels: dict[str, int]) -> PromptDocument:
    messages = (Message(role="system", content="Be brief."),)
    return PromptDocument(
        name="support",
        versions=tuple(PromptVersion(version=version, messages=messages) for version in versions),
        labels=labels,
    )


def test_every_document_lives_on_a_compacted_topic_under_its_name() -> None:
    kinds = [(topic, kind) for topic in TOPICS for kind in topic.events if issubclass(kind, Document)]

    assert kinds
    for topic, kind in kinds:
        document: Document = example(kind)
        assert topic.config["cleanup.policy"] == "compact"
        assert document.partition_key == document.name
        assert document.problem() is None


@pytest.mark.parametrize(
    ("versions", "labels", "problem"),
    [
        ([1, 2], {"production": 2}, None),
        ([1], {"production": 2}, "labels.production: there is no version 2; its versions: 1"),
        ([3, 1, 3], {}, "versions: two are numbered 3; its versions: 1, 3"),
    ],
)
def test_a_label_without_a_version_and_a_number_used_twice_are_named(
    versions: list[int], labels: dict[str, int], problem: str | None
) -> None:
    found = prompt(versions, labels).problem()

    assert found == (None if problem is None else f"prompt support: {problem}")


def test_a_prompt_with_thousands_of_faults_names_a_few() -> None:
    problem = prompt([1], {f"label-{number}": 2 for number in range(5_000)}).problem()

    assert (problem or "").count("there is no version") == NAMED


@pytest.mark.parametrize(
    "candidate", [{"timeout_s": 0}, {"timeout_s": "NaN"}, {"max_attempts": 0}, {"max_attempts": 11}]
)
def test_a_candidate_waits_and_tries_within_bounds(candidate: dict[str, object]) -> None:
    fields = {"name": "small", "candidates": [{"provider": "p", "model": "m", **candidate}]}

    with pytest.raises(ValidationError, match=next(iter(candidate))):
        RouteDocument.model_validate(fields)
