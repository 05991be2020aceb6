"""The HTTP server of the process; it ends within ten seconds of SIGTERM and answers calls that still wait."""

import asyncio
import signal
import socket

import uvicorn

from services.gateway.app import GatewayApp

RELEASE_WAITERS_AFTER_S = 4.0
GRACEFUL_SHUTDOWN_S = 6
KEEP_ALIVE_S = 30


class GatewayServer(uvicorn.Server):
    """Accepts no calls after a signal; calls still waiting after `release_after_s` get status 503."""

    def __init__(self, site: GatewayApp, host: str, port: int, *, release_after_s: float) -> None:
        super().__init__(
            uvicorn.Config(
                site.app,
                host=host,
                port=port,
                access_log=False,
                log_config=None,
                log_level="warning",
                server_header=False,
                timeout_keep_alive=KEEP_ALIVE_S,
                timeout_graceful_shutdown=GRACEFUL_SHUTDOWN_S,
            )
        )
        self._release_waiters = site.release_waiters
        self._release_after_s = release_after_s

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Wait for the calls in progress, up to the limits above."""
        asyncio.get_running_loop().call_later(self._release_after_s, self._release_waiters)
        await super().shutdown(sockets)


def serve(site: GatewayApp, host: str, port: int) -> int:
    """Serve until a signal; returns 0, or 1 if the server did not start."""
    # uvicorn raises the signal again when it has finished; the default handler would then kill the process.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    server = GatewayServer(site, host, port, release_after_s=RELEASE_WAITERS_AFTER_S)
    server.run()
    return 0 if server.started else 1
