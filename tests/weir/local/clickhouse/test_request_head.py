"""The gate decides by the head of a request, without its body."""

import base64
from http import HTTPStatus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weir.local.clickhouse.access import DatabaseUser, PasswordDigests, password
from weir.local.clickhouse.request_head import (
    RequestHead,
    RequestHeadGate,
    RequestHeadRefusedError,
    check_outgoing,
    read,
)


@pytest.fixture
def door(tmp_path_factory: pytest.TempPathFactory) -> RequestHeadGate:
    home = tmp_path_factory.getbasetemp() / "door"
    for user in DatabaseUser:
        password(home, user)
    return RequestHeadGate.at(8123, PasswordDigests.from_folder(home))


def head(*headers: tuple[bytes, bytes], query: bytes = b"") -> RequestHead:
    return read("POST", "/", query, [(b"host", b"localhost:8123"), *headers])


@pytest.mark.parametrize(
    ("name", "value", "passes"),
    [
        (b"host", b"127.0.0.1:8123", True),
        (b"host", b"[::1]:8123", True),
        (b"host", b"127.0.0.1:8124", False),
        (b"host", b"rebound.example:8123", False),
        (b"host", b"", False),
        (b"sec-fetch-site", b"none", True),
        (b"sec-fetch-site", b"same-origin", True),
        (b"sec-fetch-site", b"same-site", False),
        (b"sec-fetch-site", b"", False),
        (b"origin", b"http://127.0.0.1:8123", True),
        (b"origin", b"http://localhost:8123", False),
        (b"origin", b"null", False),
    ],
)
def test_only_own_names_and_own_pages_pass(
    door: RequestHeadGate, name: bytes, value: bytes, passes: bool
) -> None:
    head = read(
        "GET", "/", b"", [(name, value)] if name == b"host" else [(b"host", b"127.0.0.1:8123"), (name, value)]
    )

    if passes:
        door.check_site(head)
        return
    with pytest.raises(RequestHeadRefusedError) as caught:
        door.check_site(head)
    assert caught.value.status is HTTPStatus.FORBIDDEN


def test_a_call_without_host_is_refused(door: RequestHeadGate) -> None:
    with pytest.raises(RequestHeadRefusedError):
        door.check_site(read("GET", "/", b"", []))


@given(text=st.text(max_size=30), name=st.text(max_size=10))
def test_no_guess_opens_the_door(tmp_path_factory: pytest.TempPathFactory, name: str, text: str) -> None:
    passwords = PasswordDigests.from_folder(tmp_path_factory.getbasetemp() / "guessed")
    encoded = base64.b64encode(f"{name}:{text}".encode()).decode()

    assert passwords.user_of({"authorization": f"Basic {encoded}"}, {}) is None
    assert passwords.user_of({"x-clickhouse-user": name, "x-clickhouse-key": text}, {}) is None
    assert passwords.user_of({}, {"user": name, "password": text}) is None


def test_a_missing_password_is_asked_for_and_a_wrong_one_refused(door: RequestHeadGate) -> None:
    with pytest.raises(RequestHeadRefusedError) as missing:
        door.user_of(head())
    with pytest.raises(RequestHeadRefusedError) as wrong:
        door.user_of(head((b"x-clickhouse-user", b"weir"), (b"x-clickhouse-key", b"x")))

    assert (missing.value.status, wrong.value.status) == (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)


@given(st.text(max_size=250))
def test_what_goes_back_in_a_header_is_visible_ascii(value: str) -> None:
    try:
        passed = check_outgoing("query_id", value)
    except RequestHeadRefusedError as refusal:
        passed = ""
        assert refusal.status is HTTPStatus.BAD_REQUEST  # noqa: PT017 - both endings are right, and each has its rule
    assert all("!" <= letter <= "~" for letter in passed)


@given(query=st.binary(max_size=60))
def test_no_query_string_breaks_the_reader(query: bytes) -> None:
    try:
        assert read("GET", "/", query, []).path == "/"
    except RequestHeadRefusedError as refusal:
        assert refusal.status is HTTPStatus.BAD_REQUEST  # noqa: PT017 - as above
