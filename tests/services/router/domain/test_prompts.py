"""Prompts: the version that a reference selects, and its messages with variables filled in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.documents import PromptDocument, PromptVersion
from schemas.values import Message
from services.router.domain.prompts import (
    MAX_RENDERED_BYTES,
    PromptError,
    ResolvedPrompt,
    render,
    resolve,
    split_reference,
)


def version(number: int, text: str = "Answer {{ customer }} shortly.") -> PromptVersion:
    return PromptVersion(version=number, messages=(Message(role="system", content=text),))


def prompt(text: str) -> ResolvedPrompt:
    return ResolvedPrompt("support", version(3, text))


DOCUMENT = PromptDocument(
    name="support",
    versions=(version(1), version(4), version(2)),
    labels={"production": 2, "staging": 4, "broken": 9, "2025": 1},
)
UNLABELLED = DOCUMENT.model_copy(update={"labels": {}})


@pytest.mark.parametrize(
    ("reference", "document", "number"),
    [
        ("support", DOCUMENT, 2),
        ("support", UNLABELLED, 4),
        ("support@staging", DOCUMENT, 4),
        ("support@1", DOCUMENT, 1),
        ("support@2025", DOCUMENT, 1),
        ("support@production", DOCUMENT, 2),
    ],
)
def test_a_reference_means_one_version(reference: str, document: PromptDocument, number: int) -> None:
    resolved = resolve(reference, document, ["support"])

    assert (resolved.name, resolved.version.version) == ("support", number)


@pytest.mark.parametrize("reference", ["support@3", "support@nightly", "support@broken"])
def test_a_reference_to_nothing_names_the_labels_and_versions_there_are(reference: str) -> None:
    with pytest.raises(PromptError, match=r"production, staging.*versions: 1, 2, 4") as caught:
        resolve(reference, DOCUMENT, ["support"])

    assert caught.value.code == "unknown_prompt"


def test_an_unknown_name_names_the_prompts_there_are() -> None:
    with pytest.raises(PromptError, match="there are: greet, support") as caught:
        resolve("suport@1", None, ["support", "greet"])

    assert caught.value.code == "unknown_prompt"


def test_a_reference_splits_into_name_and_selector() -> None:
    assert split_reference("a/b:c@3") == ("a/b:c", "3")
    assert split_reference("a/b:c") == ("a/b:c", None)


def test_places_are_filled_and_roles_kept() -> None:
    assert render(prompt("Answer {{ customer|upper }}."), {"customer": "<PERSON_1>"}) == (
        Message(role="system", content="Answer <PERSON_1>."),
    )


def test_a_condition_may_ask_for_a_variable_that_is_optional() -> None:
    text = (
        "{% if tone is defined %}Be {{ tone }}.{% else %}Be kind.{% endif %}"
        " Sign as {{ team|default('us') }}."
    )

    assert render(prompt(text), {})[0].content == "Be kind. Sign as us."
    assert render(prompt(text), {"tone": "brief", "team": "them"})[0].content == "Be brief. Sign as them."


@given(
    value=st.text()
    | st.sampled_from(["{{ 7*7 }}", "{% raw %}", "{{ customer }}", "{# x #}", "{{ ''.__class__ }}"])
)
def test_a_value_is_never_read_as_a_template(value: str) -> None:
    rendered = render(prompt("[{{ customer }}]"), {"customer": value})

    assert rendered[0].content == f"[{value}]"


def test_missing_variables_are_named() -> None:
    with pytest.raises(PromptError, match="not sent: city, country") as caught:
        render(prompt("{{ customer }} in {{ city }}, {{ country }}"), {"customer": "x"})

    assert caught.value.code == "missing_variable"


def test_unknown_variables_are_counted_but_never_repeated() -> None:
    with pytest.raises(
        PromptError, match=r"does not use 1 of the given variables; it uses: customer"
    ) as caught:
        render(prompt("{{ customer }}"), {"customer": "x", "jane.doe@example.com": "y"})

    assert caught.value.code == "unknown_variable"
    assert "jane" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "{% for i in range(100000) %}x{% endfor %}",
        "{{ 'a' * 1000000000 }}",
        "{{ 10 ** 10 ** 10 }}",
        "{{ ''.__class__.__mro__ }}",
        "{{ customer['x'] }}",
        "{{ cycler() }}",
        "{{ customer|replace('a', 'b') }}",
        "{% set x = 1 %}",
        "{% macro m() %}{% endmacro %}",
        "{% include 'x' %}",
        "{{ customer ~ customer }}",
        "{{ customer",
        "{{ customer|no_such_filter }}",
        "{% if customer is no_such_test %}{% endif %}",
        "{% if customer < 3 %}{% endif %}",
        "{{ customer|upper('x') }}",
        "{{ customer|trim(3) }}",
    ],
)
def test_a_template_that_does_more_than_place_and_test_is_refused(text: str) -> None:
    with pytest.raises(PromptError) as caught:
        render(prompt(text), {"customer": "x"})

    assert caught.value.code == "broken_prompt"
    assert "support" in str(caught.value)


def test_a_prompt_that_grows_too_large_is_refused_before_it_fills_the_memory() -> None:
    with pytest.raises(PromptError) as caught:
        render(prompt("{{ customer }}" * 50), {"customer": "x" * (MAX_RENDERED_BYTES // 40)})

    assert caught.value.code == "prompt_too_large"


def test_the_size_is_bounded_over_all_messages_together() -> None:
    messages = tuple(Message(role="user", content="{{ customer }}") for _ in range(50))
    many = ResolvedPrompt("support", PromptVersion(version=1, messages=messages))

    with pytest.raises(PromptError, match="grows over"):
        render(many, {"customer": "x" * (MAX_RENDERED_BYTES // 40)})
