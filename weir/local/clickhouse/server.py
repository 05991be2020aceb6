"""The HTTP server of the interface: uvicorn on loopback, with limits for slow and large request heads."""

import asyncio
import signal
import socket
from asyncio import TimerHandle

import uvicorn
from starlette.types import ASGIApp
from typing_extensions import override
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_TIMEOUT_S = 10.0
MAX_HEAD_BYTES = 2 * 1024**2
KEEP_ALIVE_S = 60
MAX_CONNECTIONS = 1_024
BACKLOG = 256


class BoundedProtocol(HttpToolsProtocol):
    """Closes a connection whose request head takes more than ten seconds or is larger than 2 MiB."""

    _timer: TimerHandle | None = None
    _head_bytes = 0
    _is_in_head = True

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:
        super().connection_made(transport)
        self._await_head()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()
        super().connection_lost(exc)

    @override
    def data_received(self, data: bytes) -> None:
        if self._is_in_head:
            self._head_bytes += len(data)
        super().data_received(data)
        if self._is_in_head and self._head_bytes > MAX_HEAD_BYTES and not self.transport.is_closing():
            self.send_400_response("The head of the request is too large.")

    @override
    def on_message_begin(self) -> None:
        super().on_message_begin()
        if not self._is_in_head:
            self._await_head()

    @override
    def on_headers_complete(self) -> None:
        self._stop_timer()
        self._is_in_head, self._head_bytes = False, 0
        super().on_headers_complete()

    def _await_head(self) -> None:
        self._is_in_head = True
        self._stop_timer()
        self._timer = self.loop.call_later(HEAD_TIMEOUT_S, self.transport.close)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def bind(port: int) -> socket.socket:
    """Bind a loopback port; raises OSError if another program uses it."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
    except OSError:
        listener.close()
        raise
    return listener


def serve(app: ASGIApp, listener: socket.socket, finish_s: float) -> None:
    """Serve until SIGTERM or SIGINT; running requests have `finish_s` seconds to finish."""
    # uvicorn raises the signal again at its end, which would end the process before the engine is closed.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    config = uvicorn.Config(
        app,
        http=BoundedProtocol,
        ws="none",
        lifespan="off",
        access_log=False,
        log_config=None,
        log_level="warning",
        server_header=False,
        proxy_headers=False,
        backlog=BACKLOG,
        limit_concurrency=MAX_CONNECTIONS,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=int(finish_s),
    )
    uvicorn.Server(config).run(sockets=[listener])
