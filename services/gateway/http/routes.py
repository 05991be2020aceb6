"""The routes: each reads a call, asks the gateway, writes the reply."""

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar
from urllib.parse import quote

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import Response

from schemas.requests import LlmRequest
from services.gateway.domain.problems import Problem
from services.gateway.handler import Gateway, Pending
from services.gateway.http.keys import ApiKeys, Caller
from services.gateway.http.moderation_bodies import ModerationBody, without_images
from services.gateway.http.replies import (
    answer_reply,
    error_body,
    events_reply,
    json_reply,
    moderation_reply,
    outcome_body,
)
from services.gateway.http.request_bodies import ChatBody, FeedbackBody, RequestBody
from services.gateway.http.request_parsing import (
    DeadlineLimits,
    deadline_of,
    known_request_id,
    parse,
    read_fields,
    request_id_of,
)
from services.gateway.http.unsupported import without_unsupported

T = TypeVar("T")

CLIENT_GONE = 499


class ModelNames(Protocol):
    """The names that `model` may have."""

    def names(self) -> Sequence[str]:
        """All names in order."""
        ...


class ReadinessCheck(Protocol):
    """Whether calls can be served now."""

    @property
    def problems(self) -> Sequence[str]:
        """What keeps the gateway from serving; empty where nothing does."""
        ...


@dataclass(frozen=True, slots=True)
class RouteDependencies:
    """All that the routes need."""

    gateway: Gateway
    keys: ApiKeys
    models: ModelNames
    health: ReadinessCheck
    deadlines: DeadlineLimits
    max_body_bytes: int

    def caller(self, request: Request) -> Caller:
        """Whose key a call came with."""
        return self.keys.caller(request.headers.get("authorization"))

    def event(self, request: Request, caller: Caller, body: RequestBody) -> LlmRequest:
        """The event of a body."""
        event = body.to_request(
            caller.tenant, request_id_of(request, body), deadline_of(request, body, self.deadlines)
        )
        return event.model_copy(update={"key": caller.key})


def routes(edges: RouteDependencies) -> APIRouter:
    """All routes of the gateway."""
    router = APIRouter()
    _add_requests(router, edges)
    _add_moderations(router, edges)
    _add_side_routes(router, edges)
    _add_operations(router, edges)
    return router


def _add_requests(router: APIRouter, edges: RouteDependencies) -> None:
    @router.post("/v1/chat/completions", openapi_extra=_json_body(ChatBody))
    async def chat(request: Request) -> Response:
        """Answer a chat completion; with `stream` as server-sent events."""
        caller = edges.caller(request)
        body = parse(ChatBody, without_unsupported(await read_fields(request, edges.max_body_bytes)))
        answer = await _cancel_on_disconnect(
            request, edges.gateway.complete(edges.event(request, caller, body))
        )
        if answer is None:
            return Response(status_code=CLIENT_GONE)
        return (
            events_reply(answer, include_usage=body.includes_usage) if body.stream else answer_reply(answer)
        )

    @router.post("/v1/requests", status_code=202, openapi_extra=_json_body(RequestBody))
    async def submit(request: Request) -> Response:
        """Accept a request without waiting for its outcome."""
        caller = edges.caller(request)
        event = edges.event(
            request, caller, parse(RequestBody, await read_fields(request, edges.max_body_bytes))
        )
        await edges.gateway.submit(event)
        request_id = event.request_id or ""
        url = f"/v1/requests/{quote(request_id, safe='')}"
        return json_reply(
            {"id": request_id, "status": "pending", "status_url": url},
            202,
            {"location": url, "x-request-id": request_id},
        )

    @router.get("/v1/requests/{request_id:path}")
    async def outcome(request: Request, request_id: str) -> Response:
        """What became of a request."""
        found = await edges.gateway.look_up(edges.caller(request).tenant, known_request_id(request_id))
        if isinstance(found, Pending):
            return json_reply({"id": request_id, "status": "pending"})
        if isinstance(found, Problem):
            return json_reply(
                {
                    "id": request_id,
                    "status": found.outcome_status,
                    "http_status": found.status,
                    **error_body(found),
                }
            )
        return json_reply(
            {
                "id": request_id,
                "status": found.completion.status,
                "http_status": 200,
                "response": outcome_body(found),
            }
        )


def _add_moderations(router: APIRouter, edges: RouteDependencies) -> None:
    @router.post("/v1/moderations", openapi_extra=_json_body(ModerationBody))
    async def moderate(request: Request) -> Response:
        """Screen texts and answer with their verdicts; a blocked text is a result, not an error."""
        caller = edges.caller(request)
        body = parse(ModerationBody, without_images(await read_fields(request, edges.max_body_bytes)))
        name = request_id_of(request, body)
        events = body.to_requests(caller.tenant, name, deadline_of(request, body, edges.deadlines))
        answers = await _cancel_on_disconnect(
            request,
            edges.gateway.complete_all([event.model_copy(update={"key": caller.key}) for event in events]),
        )
        return Response(status_code=CLIENT_GONE) if answers is None else moderation_reply(name, answers)


def _add_side_routes(router: APIRouter, edges: RouteDependencies) -> None:
    @router.get("/v1/models")
    async def models(request: Request) -> Response:
        """All routes that `model` may name."""
        edges.caller(request)
        listed = [
            {"id": name, "object": "model", "created": 0, "owned_by": "weir"} for name in edges.models.names()
        ]
        return json_reply({"object": "list", "data": listed})

    @router.post("/v1/feedback", status_code=202, openapi_extra=_json_body(FeedbackBody))
    async def feedback(request: Request) -> Response:
        """Accept an opinion of an answer."""
        tenant = edges.caller(request).tenant
        opinion = parse(FeedbackBody, await read_fields(request, edges.max_body_bytes)).to_feedback(tenant)
        await edges.gateway.give_feedback(opinion)
        return json_reply(
            {"id": str(opinion.feedback_id), "request_id": opinion.request_id, "status": "accepted"}, 202
        )


def _add_operations(router: APIRouter, edges: RouteDependencies) -> None:
    @router.get("/healthz")
    async def is_alive() -> Response:
        """Whether the process serves at all."""
        return json_reply({"status": "ok"})

    @router.get("/readyz")
    async def is_ready() -> Response:
        """Whether requests would be accepted now, and if not, why."""
        refusal = edges.gateway.refusal()
        if refusal is None:
            return json_reply({"status": "ready"})
        problem, because = refusal.problem, list(edges.health.problems) or [refusal.problem.message]
        return json_reply(
            {"status": "not ready", "code": problem.code, "because": because},
            problem.status,
            {"retry-after": str(problem.retry_after_s)},
        )

    @router.get("/startupz")
    async def has_started() -> Response:
        """Whether the gateway is connected and hears outcomes; a late stream is nothing that a restart would help."""
        problems = list(edges.health.problems)
        return (
            json_reply({"status": "starting", "because": problems}, 503)
            if problems
            else json_reply({"status": "started"})
        )

    @router.get("/metrics")
    async def metrics() -> Response:
        """Metrics for Prometheus."""
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


async def _cancel_on_disconnect(request: Request, work: Coroutine[object, object, T]) -> T | None:
    """The work's result; None as soon as the caller has hung up: the request goes on, only nobody waits for it here."""
    task, gone = asyncio.ensure_future(work), asyncio.ensure_future(_disconnected(request))
    try:
        await asyncio.wait({task, gone}, return_when=asyncio.FIRST_COMPLETED)
        return task.result() if task.done() else None
    finally:
        task.cancel()
        gone.cancel()
        await asyncio.wait({task, gone})


async def _disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _json_body(kind: type[RequestBody | FeedbackBody | ModerationBody]) -> dict[str, object]:
    return {
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": kind.model_json_schema()}},
        }
    }
