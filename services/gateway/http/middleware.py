"""Counts and times every call, and answers an unexpected exception with 500 and no content."""

import logging
import time
import traceback

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.gateway.domain.problems import Problem
from services.gateway.http.replies import problem_reply
from services.gateway.metrics import REPLIES, REPLY_SECONDS

log = logging.getLogger(__name__)

UNKNOWN_ROUTE = "other"
MAX_FRAMES = 6


class ExceptionMiddleware:
    """Logs only the type and the frames of an exception, since its message may hold content."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one ASGI connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status = time.monotonic(), 0

        async def send_and_note_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, send_and_note_status)
        except Exception as error:  # noqa: BLE001 - the last line of defence: every call gets a reply
            _log_frames(error)
            if status == 0:
                problem = Problem(
                    500,
                    "server_error",
                    "internal_error",
                    f"the gateway failed ({type(error).__name__}): tell the operator when",
                )
                await problem_reply(problem)(scope, receive, send_and_note_status)
        finally:
            route = getattr(scope.get("route"), "path", UNKNOWN_ROUTE)
            REPLIES.labels(route, str(status or 499)).inc()
            REPLY_SECONDS.labels(route).observe(time.monotonic() - started)


def _log_frames(error: Exception) -> None:
    frames = [
        f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno} {frame.name}"
        for frame in traceback.extract_tb(error.__traceback__)[-MAX_FRAMES:]
    ]
    log.error("call failed", extra={"error": type(error).__name__, "frames": frames})
