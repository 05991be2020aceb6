"""A request is prepared for its calls, or refused with the code of what is missing."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from schemas.documents import Candidate, PromptDocument, PromptVersion, RouteDocument
from schemas.requests import AdmittedRequest
from schemas.values import Message
from services.router.domain.prepared_call import (
    MAX_MESSAGES_BYTES,
    ReferencedDocuments,
    UnroutableRequestError,
    prepare_request,
)
from streaming.handling import Incoming

Arrive = Callable[..., Incoming[AdmittedRequest]]

ROUTE = RouteDocument(
    name="small", candidates=(Candidate(provider="first", model="a"),), max_output_tokens=64
)
PROMPT = PromptDocument(
    name="support",
    versions=(PromptVersion(version=3, messages=(Message(role="system", content="Answer {{ tone }}."),)),),
)
ALL = ReferencedDocuments(ROUTE, PROMPT, ["small"], ["support"])


@pytest.mark.parametrize(
    ("requested", "reserved", "sent"), [(None, 100, 64), (10, 100, 10), (500, 40, 40), (500, 100, 64)]
)
def test_no_more_output_is_bought_than_asked_allowed_and_reserved(
    arrive: Arrive, requested: int | None, reserved: int, sent: int
) -> None:
    admitted = arrive({"sampling": {"max_tokens": requested}}, reserved_tokens=reserved).event

    assert prepare_request(admitted, ALL).max_tokens == sent


def test_the_prompt_comes_first_and_the_decision_names_its_version(arrive: Arrive) -> None:
    order = prepare_request(arrive({"prompt": "support"}, variables={"tone": "kindly"}).event, ALL)

    assert [message.content for message in order.messages] == [
        "Answer kindly.",
        "Where is <PERSON_1>'s invoice?",
    ]
    assert (
        order.route_decision(0).model,
        order.route_decision(None).model,
        order.route_decision(None).prompt_version,
    ) == ("a", None, 3)


@pytest.mark.parametrize(
    ("configured", "facts", "rest", "code", "named"),
    [
        (
            ReferencedDocuments(None, None, ["small", "big"], []),
            {},
            {},
            "unknown_model",
            "there are: big, small",
        ),
        (
            ReferencedDocuments(ROUTE, None, ["small"], ["support"]),
            {"prompt": "suport"},
            {},
            "unknown_prompt",
            "there are: support",
        ),
        (ALL, {"prompt": "support@9"}, {}, "unknown_prompt", "versions: 3"),
        (ALL, {"prompt": "support"}, {}, "missing_variable", "tone"),
        (ALL, {"prompt": "support"}, {"variables": {"tone": "x", "more": "y"}}, "unknown_variable", "tone"),
        (ALL, {}, {"variables": {"tone": "x"}}, "unknown_variable", "name one in 'prompt'"),
        (ALL, {}, {"messages": ()}, "no_messages", "send one of them"),
        (
            ALL,
            {},
            {"messages": (Message(role="user", content="x" * (MAX_MESSAGES_BYTES + 1)),)},
            "prompt_too_large",
            "send less",
        ),
        (
            ALL,
            {},
            {"messages": (Message(role="user", content="\x01" * (MAX_MESSAGES_BYTES // 6 + 1)),)},
            "prompt_too_large",
            "send less",
        ),
        (
            ALL,
            {},
            {"messages": (Message(role="user", content='"' * (MAX_MESSAGES_BYTES // 2)),)},
            "prompt_too_large",
            "send less",
        ),
        (ALL, {}, {"reserved_tokens": 0}, "nothing_reserved", "reserved"),
        (ALL, {}, {"granted": (1, 2)}, "nothing_reserved", "have left route 'small'"),
    ],
)
def test_what_cannot_be_sent_has_a_code_and_a_way_out(
    arrive: Arrive,
    configured: ReferencedDocuments,
    facts: Mapping[str, str],
    rest: Mapping[str, Any],
    code: str,
    named: str,
) -> None:
    with pytest.raises(UnroutableRequestError) as caught:
        prepare_request(arrive(facts, **rest).event, configured)

    assert caught.value.code == code
    assert named in str(caught.value)
