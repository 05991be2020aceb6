"""The list of model names, in the shape of OpenAI's."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from services.gateway.http.replies import json_reply
from services.gateway.http.routes.dependencies import RouteDependencies


def model_routes(dependencies: RouteDependencies) -> APIRouter:
    """`GET /v1/models`."""
    router = APIRouter()

    @router.get("/v1/models")
    async def models(request: Request) -> Response:
        """All routes that `model` may name."""
        dependencies.caller(request)
        listed = [
            {"id": name, "object": "model", "created": 0, "owned_by": "weir"}
            for name in dependencies.models.names()
        ]
        return json_reply({"object": "list", "data": listed})

    return router
