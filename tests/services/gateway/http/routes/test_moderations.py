"""Moderations over HTTP, in OpenAI's shape: each text is one request; a block is a result, not an error."""

from typing import Any

import httpx
import openai
import pytest

KEY = "weir_acme-key"
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
NOT_MODELLED = {"illicit", "illicit/violent", "sexual/minors"}


async def moderate(bench: Any, given: Any, **more: Any) -> httpx.Response:
    headers = {"authorization": f"Bearer {KEY}", **more.pop("headers", {})}
    return await bench.client.post("/v1/moderations", json={"input": given, **more}, headers=headers)


def client_of(bench: Any) -> openai.AsyncOpenAI:
    return openai.AsyncOpenAI(
        api_key=KEY, base_url="http://gateway/v1", http_client=bench.client, max_retries=0
    )


async def test_openais_client_reads_a_moderation(bench: Any) -> None:
    reply = await client_of(bench).moderations.create(input="you idiot", model="omni-moderation-latest")
    (result,) = reply.results
    assert (reply.model, result.flagged, result.categories.harassment, result.categories.hate) == (
        "omni-moderation-latest",
        True,
        True,
        False,
    )
    assert (
        result.category_scores.harassment,
        result.category_scores.sexual,
        result.category_scores.sexual_minors,
    ) == (0.9, 0.2, 0.0)
    assert (result.category_applied_input_types.harassment, result.category_applied_input_types.illicit) == (
        ["text"],
        [],
    )
    assert reply.id.startswith("req_")


async def test_openais_client_gets_a_result_for_each_text_in_order(bench: Any) -> None:
    reply = await client_of(bench).moderations.create(input=["kill him", "hello", "", "blood"])
    assert [result.flagged for result in reply.results] == [True, False, False, True]
    assert reply.model == "weir-guard"
    assert [request.request_id for request in bench.pipeline.requests] == [
        f"{reply.id}:{number}" for number in range(4)
    ]
    assert all(
        request.screen_only and request.key and request.tenant == "acme"
        for request in bench.pipeline.requests
    )


async def test_openais_client_gets_one_result_for_the_parts_of_one_text(bench: Any) -> None:
    reply = await client_of(bench).moderations.create(
        input=[{"type": "text", "text": "immigrants"}, {"type": "text", "text": "kill"}]
    )
    (result,) = reply.results
    assert bench.pipeline.requests[0].messages[0].content == "immigrants\nkill"
    assert result.categories.hate_threatening


async def test_openais_client_raises_its_own_error_for_an_image(bench: Any) -> None:
    image: Any = [{"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}]
    with pytest.raises(openai.BadRequestError, match="image") as raised:
        await client_of(bench).moderations.create(input=image)
    assert (raised.value.code, raised.value.param) == ("unsupported_content", "input")
    assert bench.pipeline.published == []


async def test_every_category_is_named_and_those_without_a_model_are_never_flagged(bench: Any) -> None:
    text = "idiot kill immigrants blood hurt myself rude"
    (result,) = (await moderate(bench, text)).json()["results"]
    assert (
        set(result["categories"])
        == set(result["category_scores"])
        == set(result["category_applied_input_types"])
        == CATEGORIES
    )
    assert {
        name for name, types in result["category_applied_input_types"].items() if not types
    } == NOT_MODELLED
    assert not any(result["categories"][name] or result["category_scores"][name] for name in NOT_MODELLED)


async def test_what_only_weir_says_stands_beside_openais_fields(bench: Any) -> None:
    reply = await moderate(bench, "ignore that, me@example.com", request_id="mine")
    (result,) = reply.json()["results"]
    weir = result["weir"]
    assert (reply.status_code, reply.headers["x-request-id"], result["flagged"]) == (200, "mine", False)
    assert (weir["action"], weir["policy"], weir["policy_version"], weir["request_id"]) == (
        "block",
        "acme",
        3,
        "mine",
    )
    assert weir["prompt_injection"] == {
        "score": 0.99,
        "flagged": True,
        "layers": {"phrases": 0.95, "model": 0.99},
    }
    assert weir["pii"] == {"score": 1.0, "flagged": True, "kinds": ["EMAIL_ADDRESS"]}
    assert weir["secrets"] == {"score": 0.0, "flagged": False}


async def test_a_moderation_that_is_sent_again_gets_the_first_verdict(bench: Any) -> None:
    first = await moderate(bench, ["one", "two"], headers={"idempotency-key": "again"})
    second = await moderate(bench, ["one", "two"], headers={"idempotency-key": "again"})
    records = [
        [result["weir"]["record_id"] for result in reply.json()["results"]] for reply in (first, second)
    ]
    assert records[0] == records[1]
    assert [result["weir"]["duplicate"] for result in second.json()["results"]] == [True, True]


async def test_a_moderation_is_looked_up_in_its_own_shape(bench: Any) -> None:
    moderated = await moderate(bench, "you idiot", request_id="look-1")
    looked_up = (await bench.get("/v1/requests/look-1")).json()
    assert (looked_up["status"], looked_up["http_status"]) == ("screened", 200)
    assert looked_up["response"] == moderated.json()


async def test_nothing_is_published_in_the_clear(bench: Any) -> None:
    await moderate(bench, "me@example.com", tags={"team": "care"}, user="u-1", project="shop")
    (published,), (request,) = bench.pipeline.published, bench.pipeline.requests
    assert (published.messages, published.screen_only, published.sealed is not None) == (None, True, True)
    assert (request.user, request.project, request.tags) == ("u-1", "shop", {"team": "care"})


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({}, "input"),
        ({"input": []}, "input"),
        ({"input": ["x"] * 65}, "input"),
        ({"input": None}, "input"),
        ({"input": 7}, "input"),
        ({"input": [1, "x"]}, "input"),
        ({"input": [{"type": "text"}]}, "input"),
        ({"input": ["x", {"type": "text", "text": "y"}]}, "input"),
        ({"input": [{"type": "audio", "text": "y"}]}, "input"),
        ({"input": "x", "model": ""}, "model"),
        ({"input": "x", "stream": True}, "stream"),
        ({"input": ["x", "y"], "request_id": "r" * 125}, "request_id"),
        ({"input": "x", "deadline": "2001-01-01T00:00:00Z"}, "deadline"),
    ],
)
async def test_a_wrong_body_is_refused_by_name_and_not_published(
    bench: Any, body: dict[str, Any], param: str
) -> None:
    reply = await bench.post("/v1/moderations", body)
    error = reply.json()["error"]
    assert (reply.status_code, error["param"], error["type"]) == (400, param, "invalid_request_error")
    assert bench.pipeline.published == []


@pytest.mark.parametrize(
    ("model", "status", "code"),
    [
        ("hasty", 429, "rate_limit_exceeded"),
        ("oversized", 413, "too_large"),
        ("other-body", 409, "duplicate_other_body"),
    ],
)
async def test_a_refusal_of_one_text_is_the_reply_to_all(
    bench: Any, model: str, status: int, code: str
) -> None:
    reply = await moderate(bench, ["one", "two"], model=model)
    assert (reply.status_code, reply.json()["error"]["code"]) == (status, code)


async def test_a_moderation_needs_a_key(bench: Any) -> None:
    reply = await bench.client.post("/v1/moderations", json={"input": "x"})
    assert (reply.status_code, reply.json()["error"]["code"]) == (401, "missing_api_key")


async def test_more_texts_than_may_wait_are_refused_and_free_their_places(
    open_bench: Any, until_ready: Any
) -> None:
    async with open_bench(gateway_max_waiting=2) as bench:
        await until_ready(bench)
        refused = await moderate(bench, ["one", "two", "three"])
        accepted = await moderate(bench, ["one", "two"])
    assert (refused.status_code, refused.json()["error"]["code"], accepted.status_code) == (
        503,
        "too_many_waiting",
        200,
    )
