"""The HTTP server of the interface: loopback only, bounded heads, and a clean end on SIGTERM."""

import contextlib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from weir.local.clickhouse.server import MAX_HEAD_BYTES, bind
from weir.local.parts import free_port, stop, tcp_probe

SERVER = """
import asyncio, sys
from weir.local.clickhouse import server

async def app(scope, receive, send):
    if scope["path"] == "/slow":
        await asyncio.sleep(0.5)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"done"})

server.HEAD_TIMEOUT_S = 0.3
server.serve(app, server.bind(int(sys.argv[1])), 5.0)
sys.exit(7)
"""


class Served:
    """A server in a process of its own; a head may take 0.3 seconds."""

    def __init__(self, port: int, process: "subprocess.Popen[bytes]") -> None:
        self.port = port
        self.process = process

    def send(self, head: bytes) -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=10)
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(head)
        return connection


@pytest.fixture
def served() -> Iterator[Served]:
    port = free_port()
    process = subprocess.Popen((sys.executable, "-c", SERVER, str(port)))
    deadline = time.monotonic() + 20
    while not tcp_probe(port)() and time.monotonic() < deadline:
        time.sleep(0.02)
    yield Served(port, process)
    stop(process, 10)


def answer(connection: socket.socket) -> bytes:
    """Everything until the server closes the connection."""
    received = b""
    with connection, contextlib.suppress(ConnectionResetError):
        while piece := connection.recv(65_536):
            received += piece
    return received


def test_a_running_request_is_finished_and_the_caller_of_serve_goes_on_after_sigterm(served: Served) -> None:
    slow = served.send(b"GET /slow HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    time.sleep(0.2)

    served.process.terminate()

    assert answer(slow).endswith(b"done\r\n0\r\n\r\n")
    assert served.process.wait(10) == 7


def test_a_head_that_comes_too_slowly_loses_its_connection_and_a_slow_answer_does_not(served: Served) -> None:
    slow_head = served.send(b"GET / HTTP/1.1\r\nHost:")
    slow_answer = served.send(b"GET /slow HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")

    assert answer(slow_head) == b""
    assert answer(slow_answer).endswith(b"done\r\n0\r\n\r\n")


def test_a_head_that_is_too_large_is_refused(served: Served) -> None:
    head = b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X: " + b"a" * MAX_HEAD_BYTES + b"\r\n"

    assert not answer(served.send(head)).startswith(b"HTTP/1.1 200")


def test_a_taken_port_is_an_error_and_a_bound_one_is_of_loopback() -> None:
    with bind(0) as listener:
        listener.listen()
        host, port = listener.getsockname()

        assert host == "127.0.0.1"
        with pytest.raises(OSError, match="in use"):
            bind(port)
