"""Turns every exception of a call, also the framework's own, into OpenAI's error body."""

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from services.gateway.domain.problems import Problem, ProblemError, unavailable
from services.gateway.http.replies import problem_reply
from services.gateway.http.routes.disconnect import CLIENT_GONE
from streaming.errors import DependencyDownError

_CODES = {404: "not_found", 405: "method_not_allowed"}
RETRY_SOON_S = 2


def install_error_handlers(app: FastAPI) -> None:
    """Register the exception handlers."""

    @app.exception_handler(ProblemError)
    async def refused(_: Request, error: ProblemError) -> Response:
        return problem_reply(error.problem)

    @app.exception_handler(DependencyDownError)
    async def down(_: Request, error: DependencyDownError) -> Response:
        return problem_reply(unavailable("stream_down", str(error), RETRY_SOON_S).problem)

    @app.exception_handler(HTTPException)
    async def framework(request: Request, error: HTTPException) -> Response:
        reply = problem_reply(
            Problem(
                error.status_code,
                "invalid_request_error",
                _CODES.get(error.status_code, "http_error"),
                _message(request, error),
            )
        )
        reply.headers.update(error.headers or {})
        return reply

    @app.exception_handler(RequestValidationError)
    async def invalid_call(_: Request, error: RequestValidationError) -> Response:
        fields = ", ".join(".".join(str(part) for part in problem["loc"]) for problem in error.errors()[:5])
        return problem_reply(
            Problem(
                400,
                "invalid_request_error",
                "invalid_request",
                f"these parts of the call are not valid: {fields}",
            )
        )

    @app.exception_handler(ClientDisconnect)
    async def client_disconnected(_: Request, __: ClientDisconnect) -> Response:
        return Response(status_code=CLIENT_GONE)


def _message(request: Request, error: HTTPException) -> str:
    if error.status_code == 404:  # noqa: PLR2004 - not found
        return (
            "there is nothing at this path; try POST /v1/chat/completions, or GET /openapi.json for all paths"
        )
    if error.status_code == 405:  # noqa: PLR2004 - as above
        allowed = (error.headers or {}).get("Allow", "another method")
        return f"{request.method} is not possible here; use {allowed}"
    return str(error.detail)
