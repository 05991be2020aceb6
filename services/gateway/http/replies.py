"""HTTP replies: JSON, OpenAI's error body, server-sent events, and their headers."""

from collections.abc import Mapping, Sequence
from math import ceil

import orjson
from starlette.responses import Response

from services.gateway.domain.moderations import moderation
from services.gateway.domain.problems import Problem
from services.gateway.domain.replies import Json, OutcomeReply, chat_chunks, chat_completion, cost_text

JSON = "application/json"
EVENTS = "text/event-stream"
UNAUTHORIZED, TOO_MANY_REQUESTS = 401, 429
# With `x-should-retry: false` OpenAI's clients do not retry: these would cost again, or fail again.
NO_RETRY = frozenset({402, 403, 409, 504})


def json_reply(body: Json, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON reply."""
    return Response(orjson.dumps(body), status, headers, JSON)


def error_body(problem: Problem) -> Json:
    """OpenAI's error body, with the `request_id` under which the outcome can be looked up."""
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
    """The reply of a problem, with the headers for retries and authentication."""
    headers: dict[str, str] = {}
    if problem.request_id is not None:
        headers["x-request-id"] = problem.request_id
    if problem.retry_after_s is not None:
        headers["retry-after"] = str(ceil(problem.retry_after_s))
    if problem.status == UNAUTHORIZED:
        headers["www-authenticate"] = "Bearer"
    if problem.is_duplicate:
        headers["weir-duplicate"] = "true"
    # A 429 without Retry-After is over its limit at any time: OpenAI's clients would retry it.
    is_never_accepted = problem.status == TOO_MANY_REQUESTS and problem.retry_after_s is None
    if problem.status in NO_RETRY or is_never_accepted:
        headers["x-should-retry"] = "false"
    return json_reply(error_body(problem), problem.status, headers)


def answer_reply(answer: OutcomeReply) -> Response:
    """The whole answer at once."""
    return json_reply(chat_completion(answer), headers=_answer_headers(answer))


def moderation_reply(name: str, answers: Sequence[OutcomeReply]) -> Response:
    """The verdicts of all inputs of a moderation."""
    return json_reply(moderation(name, answers), headers={"x-request-id": name})


def outcome_body(answer: OutcomeReply) -> Json:
    """An outcome in the shape of the call that it belongs to: a moderation or a chat completion."""
    if answer.completion.status == "screened":
        return moderation(answer.completion.request.request_id, [answer])
    return chat_completion(answer)


def events_reply(answer: OutcomeReply, *, include_usage: bool) -> Response:
    """The answer as server-sent events, sent at once, since the whole answer is known."""
    events = sse(chat_chunks(answer, include_usage=include_usage))
    return Response(
        events, headers={**_answer_headers(answer), "cache-control": "no-cache"}, media_type=EVENTS
    )


def sse(chunks: Sequence[Json]) -> bytes:
    """Chunks as server-sent events with OpenAI's end mark; JSON has no line breaks: each event is a line."""
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
