"""Each text of a moderation becomes a request that ends with its verdict, with an id of its own."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from services.gateway.domain.problems import ProblemError
from services.gateway.http.moderation_bodies import (
    MAX_INPUTS,
    MAX_REQUEST_ID_CHARS,
    ModerationBody,
    without_images,
)

DEADLINE = datetime(2026, 11, 20, tzinfo=UTC)
PART = {"type": "text", "text": "one"}


@pytest.mark.parametrize(
    ("given", "texts", "request_ids"),
    [
        ("one", ["one"], ["r-1"]),
        (["one"], ["one"], ["r-1"]),
        (["one", "", "one"], ["one", "", "one"], ["r-1:0", "r-1:1", "r-1:2"]),
        ([PART, {"type": "text", "text": "two"}], ["one\ntwo"], ["r-1"]),
    ],
)
def test_each_text_is_a_request_and_parts_make_up_one_text(
    given: object, texts: list[str], request_ids: list[str]
) -> None:
    body = ModerationBody.model_validate({"input": given})

    requests = body.to_requests("acme", "r-1", DEADLINE)

    assert [[message.content for message in request.messages or ()] for request in requests] == [
        [text] for text in texts
    ]
    assert [request.request_id for request in requests] == request_ids
    assert all(request.screen_only and request.deadline == DEADLINE for request in requests)


def test_every_request_of_a_call_has_the_callers_fields_and_the_tenant_of_the_key() -> None:
    fields: Mapping[str, Any] = {
        "model": "strict",
        "user": "u-1",
        "project": "shop",
        "tags": {"team": "care"},
    }
    body = ModerationBody.model_validate({"input": ["one", "two"], **fields})

    requests = body.to_requests("acme", "r-1", DEADLINE)

    assert [request.model_dump(include=set(fields)) for request in requests] == [fields, fields]
    assert {request.tenant for request in requests} == {"acme"}


def test_a_request_id_leaves_room_for_the_number_of_the_last_input() -> None:
    body = ModerationBody.model_validate({"input": ["x"] * MAX_INPUTS})

    requests = body.to_requests("acme", "r" * MAX_REQUEST_ID_CHARS, DEADLINE)

    assert requests[-1].request_id == "r" * MAX_REQUEST_ID_CHARS + f":{MAX_INPUTS - 1}"
    with pytest.raises(ProblemError, match="at most 124 characters"):
        body.to_requests("acme", "r" * (MAX_REQUEST_ID_CHARS + 1), DEADLINE)


def test_a_single_input_may_have_the_longest_request_id() -> None:
    body = ModerationBody.model_validate({"input": "x"})

    (request,) = body.to_requests("acme", "r" * 128, DEADLINE)

    assert request.request_id == "r" * 128


@pytest.mark.parametrize(
    ("given", "code", "message"),
    [
        ([], "invalid_request", "0 texts"),
        (["x"] * (MAX_INPUTS + 1), "invalid_request", "65 texts"),
        ([PART, {"type": "image_url", "image_url": {"url": "u"}}], "unsupported_content", "'input.1'"),
    ],
)
def test_too_many_inputs_and_images_are_refused_with_the_way_out(
    given: object, code: str, message: str
) -> None:
    with pytest.raises(ProblemError, match=message) as refused:
        without_images({"input": given})

    assert (refused.value.problem.code, refused.value.problem.param) == (code, "input")


@pytest.mark.parametrize("given", ["x", ["x"] * MAX_INPUTS, [PART], 7, None])
def test_other_inputs_are_left_to_the_validation_of_the_body(given: object) -> None:
    assert without_images({"input": given}) == {"input": given}
