"""Moderations: texts are screened, and nothing is sent to a provider."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from services.gateway.http.moderation_bodies import ModerationBody, without_images
from services.gateway.http.replies import moderation_reply
from services.gateway.http.request_parsing import deadline_of, parse, read_fields, request_id_of
from services.gateway.http.routes.dependencies import RouteDependencies
from services.gateway.http.routes.disconnect import CLIENT_GONE, cancel_on_disconnect
from services.gateway.http.routes.openapi import json_body


def moderation_routes(dependencies: RouteDependencies) -> APIRouter:
    """`POST /v1/moderations`."""
    router = APIRouter()

    @router.post("/v1/moderations", openapi_extra=json_body(ModerationBody))
    async def moderate(request: Request) -> Response:
        """Screen texts and answer with their verdicts; a blocked text is a result, not an error."""
        caller = dependencies.caller(request)
        body = parse(ModerationBody, without_images(await read_fields(request, dependencies.max_body_bytes)))
        name = request_id_of(request, body)
        events = [
            event.model_copy(update={"key": caller.key})
            for event in body.to_requests(
                caller.tenant, name, deadline_of(request, body, dependencies.deadlines)
            )
        ]
        answers = await cancel_on_disconnect(request, dependencies.gateway.complete_all(events))
        return Response(status_code=CLIENT_GONE) if answers is None else moderation_reply(name, answers)

    return router
