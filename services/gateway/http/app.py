"""The HTTP application: its routes, its error bodies, and the middleware around every call."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from fastapi import FastAPI

from services.gateway.http.errors import install_error_handlers
from services.gateway.http.middleware import ExceptionMiddleware
from services.gateway.http.routes.dependencies import RouteDependencies
from services.gateway.http.routes.feedback import feedback_routes
from services.gateway.http.routes.models import model_routes
from services.gateway.http.routes.moderations import moderation_routes
from services.gateway.http.routes.operations import operation_routes
from services.gateway.http.routes.requests import request_routes

ROUTES = (request_routes, moderation_routes, model_routes, feedback_routes, operation_routes)


def http_app(
    dependencies: RouteDependencies, lifespan: Callable[[FastAPI], AbstractAsyncContextManager[None]]
) -> FastAPI:
    """The ASGI application; `lifespan` runs while it serves."""
    app = FastAPI(title="Weir gateway", lifespan=lifespan, docs_url=None, redoc_url=None)
    app.add_middleware(ExceptionMiddleware)
    install_error_handlers(app)
    for routes in ROUTES:
        app.include_router(routes(dependencies))
    return app
