"""ClickHouse refuses, unread, whatever a browser on this machine sends for a web page."""

import socket
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from weir.local.clickhouse.access import DatabaseUser, address, password
from weir.local.stack import running_clickhouse

pytestmark = pytest.mark.integration

METHODS = ("GET", "POST", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH")


class Interface:
    """The HTTP interface of a running ClickHouse."""

    def __init__(self, home: Path, port: int) -> None:
        self.home = home
        self.port = port
        self.url = f"http://127.0.0.1:{port}/"

    def credentials(self, user: DatabaseUser = DatabaseUser.WRITER) -> tuple[str, str]:
        return user.value, password(self.home, user)

    def tables(self) -> str:
        return httpx.post(
            address(self.home, self.port, DatabaseUser.ANALYST), content="SHOW TABLES", timeout=10
        ).text


@pytest.fixture(scope="module")
def interface(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Interface]:
    home = tmp_path_factory.mktemp("interface")
    with running_clickhouse(home) as url:
        yield Interface(home, int(url.rsplit(":", 1)[1]))


def assert_nothing_for_a_page(interface: Interface, answer: httpx.Response, table: str) -> None:
    assert answer.status_code in {400, 401, 403, 405}
    assert not [name for name in answer.headers if name.lower().startswith("access-control-")]
    assert table not in interface.tables()


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Host": "evil.example"},
        {"Host": "evil.example:{port}"},
        {"Host": "127.0.0.1.evil.example:{port}"},
        {"Host": "127.0.0.1"},
        {"Host": "127.0.0.1:1"},
        {"Host": "0.0.0.0:{port}"},
        {"Host": "user@127.0.0.1:{port}"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "odd"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:3000"},
        {"Origin": "http://127.0.0.1"},
        {"Origin": "https://127.0.0.1:{port}"},
        {"Origin": "http://localhost:{port}"},
    ],
)
def test_a_page_gets_nothing_whatever_it_sends(
    interface: Interface, method: str, headers: dict[str, str]
) -> None:
    table = f"t{uuid4().hex}"
    sent = {name: value.replace("{port}", str(interface.port)) for name, value in headers.items()}
    # A browser may have stored the password: only the call without any header is refused for the lack of one.
    auth = interface.credentials() if headers else None

    answer = httpx.request(
        method,
        interface.url,
        params={"query": f"CREATE TABLE {table} (a Int8) ENGINE = Memory"},
        headers=sent,
        auth=auth,
        timeout=10,
    )

    assert_nothing_for_a_page(interface, answer, table)


def test_the_names_of_this_machine_are_served(interface: Interface) -> None:
    for host in ("127.0.0.1", "localhost", "LOCALHOST", "[::1]"):
        headers = {"Host": f"{host}:{interface.port}", "Sec-Fetch-Site": "none"}
        assert (
            httpx.post(
                interface.url, content="SELECT 1", headers=headers, auth=interface.credentials(), timeout=10
            ).text
            == "1\n"
        )


def test_a_get_of_the_user_who_writes_only_reads(interface: Interface) -> None:
    table = f"t{uuid4().hex}"
    create = {"query": f"CREATE TABLE {table} (a Int8) ENGINE = Memory"}

    refused = httpx.get(interface.url, params=create, auth=interface.credentials(), timeout=10)

    assert (refused.status_code, refused.headers["X-ClickHouse-Exception-Code"]) == (403, "164")
    assert (
        httpx.get(interface.url, params={"query": "SELECT 1"}, auth=interface.credentials(), timeout=10).text
        == "1\n"
    )


@pytest.mark.parametrize(
    ("auth", "headers", "parameters", "status"),
    [
        (None, {}, {}, 401),
        (("default", ""), {}, {}, 403),
        (("weir", "wrong"), {}, {}, 403),
        (("nobody", "{analyst}"), {}, {}, 403),
        (("analyst", "{weir}"), {}, {}, 403),
        (("weir", "{weir}"), {"X-ClickHouse-User": "analyst", "X-ClickHouse-Key": "{analyst}"}, {}, 403),
        (("weir", "{weir}"), {}, {"user": "weir", "password": "wrong"}, 403),
        (None, {"X-ClickHouse-User": "weir"}, {}, 401),
        (None, {"X-ClickHouse-User": "weir", "X-ClickHouse-Key": "wrong"}, {}, 403),
        (None, {"Authorization": "Bearer {weir}"}, {}, 403),
        (None, {"Authorization": "Basic !!!"}, {}, 403),
        (None, {}, {"user": "default"}, 401),
        (None, {}, {"user": "weir", "password": "wrong"}, 403),
        (("weir", "{weir}"), {}, {}, 200),
        (("analyst", "{analyst}"), {}, {}, 200),
        (None, {"X-ClickHouse-User": "analyst", "X-ClickHouse-Key": "{analyst}"}, {}, 200),
        (None, {}, {"user": "analyst", "password": "{analyst}"}, 200),
    ],
)
def test_only_a_user_with_its_password_is_answered(
    interface: Interface,
    auth: tuple[str, str] | None,
    headers: dict[str, str],
    parameters: dict[str, str],
    status: int,
) -> None:
    def filled(text: str) -> str:
        for user in DatabaseUser:
            text = text.replace("{" + user.value + "}", password(interface.home, user))
        return text

    answer = httpx.post(
        interface.url,
        params={name: filled(value) for name, value in parameters.items()},
        headers={name: filled(value) for name, value in headers.items()},
        auth=None if auth is None else (auth[0], filled(auth[1])),
        content="SELECT 1",
        timeout=10,
    )

    assert answer.status_code == status
    assert answer.text == "1\n" if status == 200 else answer.headers["X-ClickHouse-Exception-Code"] == "516"


def test_a_refused_body_is_not_read(interface: Interface) -> None:
    lines = ("POST / HTTP/1.1", f"Host: evil.example:{interface.port}", "Content-Length: 1000000000", "", "")
    head = "\r\n".join(lines).encode()

    with socket.create_connection(("127.0.0.1", interface.port), timeout=10) as connection:
        connection.sendall(head)
        assert connection.recv(64).startswith(b"HTTP/1.1 403 ")


@pytest.mark.parametrize(
    "name", [b"Host: 127.0.0.1:{port}", b"Origin: http://127.0.0.1:{port}", b"Authorization: Basic eA=="]
)
def test_a_header_that_decides_may_not_stand_twice(interface: Interface, name: bytes) -> None:
    line = name.replace(b"{port}", str(interface.port).encode())
    head = b"\r\n".join(
        (b"GET /?query=SELECT+1 HTTP/1.1", f"Host: 127.0.0.1:{interface.port}".encode(), line, line, b"", b"")
    )

    with socket.create_connection(("127.0.0.1", interface.port), timeout=10) as connection:
        connection.sendall(head)
        assert connection.recv(64).startswith(b"HTTP/1.1 400 ")
