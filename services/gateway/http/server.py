"""The HTTP server of the process: ends within ten seconds of a SIGTERM, and tells waiting callers how to go on."""

import asyncio
import signal
import socket

import uvicorn

from services.gateway.app import GatewayApp

RELEASE_WAITERS_AFTER_S = 4.0
FINISH_S = 6
KEEP_ALIVE_S = 30


class GatewayServer(uvicorn.Server):
    """Takes no new calls after a signal, gives those that wait `let_go_s`, then answers them with 503 and where to ask later."""

    def __init__(self, site: GatewayApp, host: str, port: int, *, let_go_s: float) -> None:
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
                timeout_graceful_shutdown=FINISH_S,
            )
        )
        self._let_go = site.release_waiters
        self._let_go_s = let_go_s

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Finish what can be finished."""
        asyncio.get_running_loop().call_later(self._let_go_s, self._let_go)
        await super().shutdown(sockets)


def serve(site: GatewayApp, host: str, port: int) -> int:
    """Serve until a signal; returns the exit code."""
    # uvicorn raises the signal again when it has finished, which would end the process as if it had been killed.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    server = GatewayServer(site, host, port, let_go_s=RELEASE_WAITERS_AFTER_S)
    server.run()
    return 0 if server.started else 1
