"""Parts of the stack: their probes, their ports, and the way they start and end."""

import os
import socket
import stat
import struct
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psutil
import pytest

from weir.local.errors import PortBusyError
from weir.local.parts import (
    PortNeed,
    StackPart,
    check_ports,
    free_port,
    http_probe,
    kafka_probe,
    launch,
    stop,
    tcp_probe,
)

STUBBORN = (
    "import signal, subprocess, sys, time\n"
    "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
    "print(child.pid, flush=True)\n"
    "time.sleep(60)"
)


def part(script: str, **fields: object) -> StackPart:
    made = {"name": "part", "command": [sys.executable, "-c", script], "is_ready": lambda: True, **fields}
    return StackPart(**made)  # pyright: ignore[reportArgumentType] - the fields of the dataclass, by name


class Page(BaseHTTPRequestHandler):
    """Has a page `/health` and no other."""

    def do_GET(self) -> None:
        self.send_response_only(200 if self.path == "/health" else 503)
        self.end_headers()


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield listening


def test_a_tcp_probe_needs_a_listener(listener: socket.socket) -> None:
    port = listener.getsockname()[1]

    assert tcp_probe(port)()

    listener.close()

    assert not tcp_probe(port)()


def test_an_http_probe_needs_a_200() -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        port = server.server_port

        assert http_probe(port, "/health")()
        assert not http_probe(port, "/other")()

        server.shutdown()
        thread.join()
    assert not http_probe(port, "/health")()


@pytest.mark.parametrize(
    ("reply", "is_ready"),
    [
        (struct.pack(">iii", 20, 1, 1), True),
        (struct.pack(">iii", 20, 1, 0), False),
        (b"HTTP", False),
        (b"", False),
    ],
)
def test_a_kafka_probe_needs_a_broker_in_the_metadata(
    listener: socket.socket, reply: bytes, is_ready: bool
) -> None:
    def answer() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(1_000)
            connection.sendall(reply)

    thread = threading.Thread(target=answer)
    thread.start()

    assert kafka_probe(listener.getsockname()[1])() is is_ready

    thread.join()


def test_a_taken_port_is_named_with_its_part_and_its_setting(listener: socket.socket) -> None:
    taken = listener.getsockname()[1]
    parts = [
        part("", ports=[PortNeed(free_port(), "kafka.port")]),
        part("", name="gateway", ports=[PortNeed(taken, "gateway.port")]),
    ]

    check_ports(parts[:1])
    with pytest.raises(PortBusyError, match=f"{taken}.*") as refused:
        check_ports(parts)

    assert "gateway.port" in str(refused.value)


def test_a_part_gets_its_own_variables_and_writes_a_private_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEIR_TEST_SECRET", "planted")
    monkeypatch.setenv("WEIR_TEST_NEEDED", "needed")
    log = tmp_path / "logs" / "part.log"
    script = "import os; print(sorted(name for name in os.environ if name.startswith('WEIR_TEST')))"

    for _ in range(2):
        process = launch(part(script, environment={"WEIR_TEST_OWN": "1"}, inherits=["WEIR_TEST_N*"]), log)
        assert process.wait(20) == 0

    assert log.read_text().splitlines() == ["['WEIR_TEST_NEEDED', 'WEIR_TEST_OWN']"] * 2
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


def test_a_part_leads_a_session_of_its_own(tmp_path: Path) -> None:
    process = launch(part("import time; time.sleep(60)"), tmp_path / "part.log")

    assert os.getsid(process.pid) == process.pid

    stop(process, 10)

    assert process.returncode == -15
    stop(process, 0)


def test_a_part_that_ignores_sigterm_is_killed_with_its_children(tmp_path: Path) -> None:
    log = tmp_path / "part.log"
    process = launch(part(STUBBORN), log)
    deadline = time.monotonic() + 20
    while not log.read_text().strip() and time.monotonic() < deadline:
        time.sleep(0.02)
    child = psutil.Process(int(log.read_text()))

    stop(process, 0.2)

    assert process.returncode == -9
    assert child.wait(10) is None or not child.is_running()
