"""Probes and metrics, without an API key."""

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.responses import Response

from services.gateway.http.replies import json_reply
from services.gateway.http.routes.dependencies import RouteDependencies


def operation_routes(dependencies: RouteDependencies) -> APIRouter:
    """`GET /healthz`, `/readyz`, `/startupz` and `/metrics`."""
    router = APIRouter()

    @router.get("/healthz")
    async def is_alive() -> Response:
        """Whether the process is running."""
        return json_reply({"status": "ok"})

    @router.get("/readyz")
    async def is_ready() -> Response:
        """Whether requests would be accepted now, and if not, why."""
        refusal = dependencies.gateway.refusal()
        if refusal is None:
            return json_reply({"status": "ready"})
        problem, because = refusal.problem, list(dependencies.health.problems) or [refusal.problem.message]
        return json_reply(
            {"status": "not ready", "code": problem.code, "because": because},
            problem.status,
            {"retry-after": str(problem.retry_after_s)},
        )

    @router.get("/startupz")
    async def has_started() -> Response:
        """Whether the gateway is connected and follows outcomes; a lag does not count: no restart helps."""
        problems = list(dependencies.health.problems)
        if problems:
            return json_reply({"status": "starting", "because": problems}, 503)
        return json_reply({"status": "started"})

    @router.get("/metrics")
    async def metrics() -> Response:
        """Metrics for Prometheus."""
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return router
