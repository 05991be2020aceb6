"""No HTTP request splits an answer, fills the memory or holds a connection."""

import base64
import gzip
import os
import socket
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread

import httpx
import lz4.frame
import psutil
import pytest
from backports import zstd

from weir.local.clickhouse.access import DatabaseUser, address
from weir.local.clickhouse.engine import EngineLimits
from weir.local.clickhouse.server import HEAD_TIMEOUT_S, MAX_HEAD_BYTES
from weir.local.stack import running_clickhouse

pytestmark = pytest.mark.integration

MIB = 1024**2
BOMB = bytes(600 * MIB)
PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": lambda body: gzip.compress(body, 1),
    "deflate": lambda body: zlib.compress(body, 1),
    "lz4": lz4.frame.compress,
    "zstd": zstd.compress,
}


class Server:
    """A running ClickHouse and its process."""

    def __init__(self, home: Path, url: str) -> None:
        self.url = url
        self.port = int(url.rsplit(":", 1)[1])
        self.analyst = address(home, self.port, DatabaseUser.ANALYST)
        self.process = psutil.Process(int((home / "clickhouse" / "owner.lock").read_text()))

    def is_alive(self) -> bool:
        return httpx.post(self.url, content="SELECT 1", timeout=10).text == "1\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    home = tmp_path_factory.mktemp("server")
    with running_clickhouse(home) as url:
        yield Server(home, url)


@pytest.mark.parametrize(
    "value", ["a\r\nX-Planted: 1", "a\nb", "a\rb", "a\0b", "a\tb", "a b", "ü", "x" * 201]
)
def test_a_query_id_that_could_end_a_header_is_refused(server: Server, value: str) -> None:
    for answer in (
        httpx.get(server.url, params={"query": "SELECT 1", "query_id": value}),
        httpx.post(server.url, params={"query_id": value}, content="SELECT 1"),
    ):
        assert answer.status_code == 400
        assert "X-Planted" not in answer.headers


@pytest.mark.parametrize(
    "name", ["default_format", "database", "session_id", "query", "no_such\r\nX-Planted: 1"]
)
def test_no_other_input_reaches_a_header(server: Server, name: str) -> None:
    value = "a\r\nX-Planted: 1"

    answers = (
        httpx.post(server.url, params={name: value, "enable_http_compression": "1"}, content="SELECT 1"),
        httpx.post(
            server.url, params={name: value}, content="SELECT 1", headers={"Accept-Encoding": "gzip, x"}
        ),
    )

    assert all("X-Planted" not in answer.headers for answer in answers)


@pytest.mark.parametrize("encoding", PACKERS)
def test_a_body_that_unpacks_to_too_much_is_refused_in_bounded_memory(server: Server, encoding: str) -> None:
    body = PACKERS[encoding](BOMB)
    before = server.process.memory_info().rss

    answer = httpx.post(
        server.url,
        params={"query": "SELECT 1 FORMAT TSV"},
        content=body,
        headers={"Content-Encoding": encoding},
        timeout=60,
    )

    assert answer.status_code == 413
    assert server.process.memory_info().rss - before < 450 * MIB
    assert server.is_alive()


def test_a_body_packed_in_an_unknown_way_is_refused(server: Server) -> None:
    for encoding in ("br", "gzip, gzip", "x"):
        assert httpx.post(server.url, content=b"x", headers={"Content-Encoding": encoding}).status_code == 501


def test_a_body_that_is_cut_is_refused(server: Server) -> None:
    for encoding, pack in PACKERS.items():
        body = pack(os.urandom(5_000))[:-20]
        assert httpx.post(server.url, content=body, headers={"Content-Encoding": encoding}).status_code == 400


def test_a_body_that_is_too_long_is_refused_before_it_is_sent(server: Server) -> None:
    request = f"POST / HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n"
    head = f"{request}Authorization: Basic {basic(server)}\r\nContent-Length: 2000000000\r\n\r\n"

    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(head.encode())
        assert connection.recv(64).startswith(b"HTTP/1.1 413 ")


def test_a_head_without_end_is_cut(server: Server) -> None:
    def pour(connection: socket.socket) -> None:
        for _ in range(8 * MAX_HEAD_BYTES // 65_536):
            connection.sendall(b"X-A: " + b"a" * 65_529 + b"\r\n")
            time.sleep(0.001)

    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\n")
        with pytest.raises(OSError, match=r"reset|Broken pipe"):
            pour(connection)
    assert server.is_alive()


def test_a_head_that_comes_slowly_loses_its_connection(server: Server) -> None:
    silent, dripping = (
        socket.create_connection(("127.0.0.1", server.port), timeout=HEAD_TIMEOUT_S + 5) for _ in range(2)
    )
    with silent, dripping:
        dripping.sendall(b"GET / HTTP/1.1\r\nX-A: ")
        for _ in range(int(HEAD_TIMEOUT_S) - 1):
            time.sleep(1)
            dripping.sendall(b"a")
        assert silent.recv(1) == b""
        assert dripping.recv(1) == b""
    assert server.is_alive()


def test_a_hundred_silent_connections_keep_nobody_out(server: Server) -> None:
    held = [socket.create_connection(("127.0.0.1", server.port), timeout=10) for _ in range(100)]
    try:
        assert server.is_alive()
    finally:
        for connection in held:
            connection.close()


def test_an_answer_without_end_is_cut_in_bounded_memory(server: Server) -> None:
    before = server.process.memory_info().rss

    answer = httpx.post(
        server.analyst, content="SELECT number FROM system.numbers FORMAT RowBinary", timeout=90
    )

    assert answer.headers["X-ClickHouse-Exception-Code"] == "396"
    assert len(answer.content) < MIB
    assert server.process.memory_info().rss - before < 2_000 * MIB
    assert server.is_alive()


def test_queries_of_analysts_leave_slots_to_the_services(server: Server) -> None:
    endless = (
        "SELECT sum(number) FROM numbers(1000000000000) SETTINGS max_threads = 1, max_execution_time = 4"
    )
    analysts = [
        Thread(target=httpx.post, args=(server.analyst,), kwargs={"content": endless, "timeout": 60})
        for _ in range(EngineLimits().running)
    ]
    for analyst in analysts:
        analyst.start()
    time.sleep(1)

    assert server.is_alive()
    assert all(analyst.is_alive() for analyst in analysts)
    for analyst in analysts:
        analyst.join()


@pytest.mark.parametrize("query", ["session_id=a&session_timeout=x", "query=%ff", "&".join(["a=b"] * 2_000)])
def test_what_cannot_be_read_is_the_callers_error(server: Server, query: str) -> None:
    assert httpx.post(f"{server.url}/?{query}", content="SELECT 1").status_code == 400


def basic(server: Server) -> str:
    return base64.b64encode(httpx.URL(server.url).userinfo).decode()
