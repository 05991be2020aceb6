"""Replies on the wire: JSON, OpenAI's error body, server-sent events, and the headers that go with them."""

from collections.abc import Mapping, Sequence
from math import ceil

import orjson
from starlette.responses import Response

from services.gateway.domain.moderations import moderation
from services.gateway.domain.problems import Problem
from services.gateway.domain.replies import Json, OutcomeReply, chat_chunks, chat_completion, cost_text

JSON = "application/json"
EVENTS = "text/event-stream"
# A second try would be a second request with its own cost, or fail the same way; OpenAI's clients obey this header.
NO_RETRY = frozenset({402, 403, 409, 504})


def json_reply(body: Json, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON reply."""
    return Response(orjson.dumps(body), status, headers, JSON)


def error_body(problem: Problem) -> Json:
    """The problem as OpenAI's clients read it; `request_id` says what to ask for later."""
    error: dict[str, object] = {
        "message": problem.message,
        "type": problem.type,
        "param": problem.param,
        "code": problem.code,
    }
    if problem.request_id is not None:
        error["request_id"] = problem.request_id
    return {"error": error}


def problem_reply(problem: Problem) -> Response:
    """The reply of a problem, with the headers that tell a client what to do."""
    headers: dict[str, str] = {}
    if problem.request_id is not None:
        headers["x-request-id"] = problem.request_id
    if problem.retry_after_s is not None:
        headers["retry-after"] = str(ceil(problem.retry_after_s))
    if problem.status == 401:  # noqa: PLR2004 - RFC 9110 asks for the scheme here
        headers["www-authenticate"] = "Bearer"
    if problem.is_duplicate:
        headers["weir-duplicate"] = "true"
    # A 429 without a time never fits: OpenAI's clients would try it again by themselves.
    if problem.status in NO_RETRY or (problem.status == 429 and problem.retry_after_s is None):  # noqa: PLR2004 - RFC 6585's too many requests
        headers["x-should-retry"] = "false"
    return json_reply(error_body(problem), problem.status, headers)


def answer_reply(answer: OutcomeReply) -> Response:
    """The whole answer at once."""
    return json_reply(chat_completion(answer), headers=_answer_headers(answer))


def moderation_reply(name: str, answers: Sequence[OutcomeReply]) -> Response:
    """All verdicts of a moderation."""
    return json_reply(moderation(name, answers), headers={"x-request-id": name})


def outcome_body(answer: OutcomeReply) -> Json:
    """An outcome as the call that asked for it would have read it."""
    if answer.completion.status == "screened":
        return moderation(answer.completion.request.request_id, [answer])
    return chat_completion(answer)


def events_reply(answer: OutcomeReply, *, include_usage: bool) -> Response:
    """The answer as a stream of server-sent events; it is there already, so that it ends without a pause."""
    events = sse(chat_chunks(answer, include_usage=include_usage))
    return Response(
        events, headers={**_answer_headers(answer), "cache-control": "no-cache"}, media_type=EVENTS
    )


def sse(chunks: Sequence[Json]) -> bytes:
    """Chunks as server-sent events with OpenAI's end mark; JSON holds no line break, so each event is one line."""
    return b"".join(
        b"data: " + part + b"\n\n" for part in (*(orjson.dumps(chunk) for chunk in chunks), b"[DONE]")
    )


def _answer_headers(answer: OutcomeReply) -> Mapping[str, str]:
    request = answer.completion.request
    headers = {"x-request-id": request.request_id, "weir-record-id": str(request.record_id)}
    cost = cost_text(answer.completion)
    if cost is not None:
        headers["weir-cost-usd"] = cost
    if answer.is_duplicate:
        headers["weir-duplicate"] = "true"
    return headers
