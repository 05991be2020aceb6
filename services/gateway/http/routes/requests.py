"""Requests: chat completions, requests without waiting, and the outcome of a request."""

from urllib.parse import quote

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from services.gateway.domain.problems import Problem
from services.gateway.domain.replies import Json, OutcomeReply
from services.gateway.http.replies import answer_reply, error_body, events_reply, json_reply, outcome_body
from services.gateway.http.request_bodies import ChatBody, RequestBody
from services.gateway.http.request_parsing import known_request_id, parse, read_fields
from services.gateway.http.routes.dependencies import RouteDependencies
from services.gateway.http.routes.disconnect import CLIENT_GONE, cancel_on_disconnect
from services.gateway.http.routes.openapi import json_body
from services.gateway.http.unsupported import without_unsupported
from services.gateway.outcomes.outcome import Pending


def request_routes(dependencies: RouteDependencies) -> APIRouter:
    """`POST /v1/chat/completions`, `POST /v1/requests` and `GET /v1/requests/{request_id}`."""
    router = APIRouter()

    @router.post("/v1/chat/completions", openapi_extra=json_body(ChatBody))
    async def chat(request: Request) -> Response:
        """Answer a chat completion; with `stream` as server-sent events."""
        caller = dependencies.caller(request)
        body = parse(ChatBody, without_unsupported(await read_fields(request, dependencies.max_body_bytes)))
        event = dependencies.event(request, caller, body)
        answer = await cancel_on_disconnect(request, dependencies.gateway.complete(event))
        if answer is None:
            return Response(status_code=CLIENT_GONE)
        if body.stream:
            return events_reply(answer, include_usage=body.includes_usage)
        return answer_reply(answer)

    @router.post("/v1/requests", status_code=202, openapi_extra=json_body(RequestBody))
    async def submit(request: Request) -> Response:
        """Accept a request without waiting for its outcome."""
        caller = dependencies.caller(request)
        body = parse(RequestBody, await read_fields(request, dependencies.max_body_bytes))
        event = dependencies.event(request, caller, body)
        await dependencies.gateway.submit(event)
        request_id = event.request_id or ""
        url = f"/v1/requests/{quote(request_id, safe='')}"
        return json_reply(
            {"id": request_id, "status": "pending", "status_url": url},
            202,
            {"location": url, "x-request-id": request_id},
        )

    @router.get("/v1/requests/{request_id:path}")
    async def outcome(request: Request, request_id: str) -> Response:
        """The outcome of a request, or that it is still pending."""
        tenant = dependencies.caller(request).tenant
        result = await dependencies.gateway.look_up(tenant, known_request_id(request_id))
        return json_reply({"id": request_id, **_status(result)})

    return router


def _status(result: OutcomeReply | Problem | Pending) -> Json:
    match result:
        case Pending():
            return {"status": "pending"}
        case Problem():
            return {"status": result.outcome_status, "http_status": result.status, **error_body(result)}
        case OutcomeReply():
            status = result.completion.status
            return {"status": status, "http_status": 200, "response": outcome_body(result)}
