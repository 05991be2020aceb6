"""Feedback of callers on answers."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from services.gateway.http.replies import json_reply
from services.gateway.http.request_bodies import FeedbackBody
from services.gateway.http.request_parsing import parse, read_fields
from services.gateway.http.routes.dependencies import RouteDependencies
from services.gateway.http.routes.openapi import json_body


def feedback_routes(dependencies: RouteDependencies) -> APIRouter:
    """`POST /v1/feedback`."""
    router = APIRouter()

    @router.post("/v1/feedback", status_code=202, openapi_extra=json_body(FeedbackBody))
    async def feedback(request: Request) -> Response:
        """Accept feedback on an answer."""
        tenant = dependencies.caller(request).tenant
        event = parse(FeedbackBody, await read_fields(request, dependencies.max_body_bytes)).to_feedback(
            tenant
        )
        await dependencies.gateway.give_feedback(event)
        return json_reply(
            {"id": str(event.feedback_id), "request_id": event.request_id, "status": "accepted"}, 202
        )

    return router
