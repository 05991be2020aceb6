"""Users of the local ClickHouse: only the right password opens, wherever a client puts it."""

import base64
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weir.local.clickhouse.access import DatabaseUser, PasswordDigests, address, password

WRITER, ANALYST = DatabaseUser.WRITER, DatabaseUser.ANALYST


def basic(text: str) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(text.encode()).decode()}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def digests(home: Path) -> PasswordDigests:
    return PasswordDigests.from_folder(home)


@pytest.mark.parametrize("user", DatabaseUser)
def test_a_user_is_known_by_each_of_the_three_ways(
    home: Path, digests: PasswordDigests, user: DatabaseUser
) -> None:
    text = password(home, user)

    assert digests.user_of(basic(f"{user}:{text}"), {}) is user
    assert digests.user_of({"x-clickhouse-user": user, "x-clickhouse-key": text}, {}) is user
    assert digests.user_of({}, {"user": user, "password": text}) is user


def test_the_right_password_of_another_user_opens_nothing(home: Path, digests: PasswordDigests) -> None:
    assert digests.user_of({}, {"user": WRITER, "password": password(home, ANALYST)}) is None
    assert digests.user_of(basic(f"{ANALYST}:{password(home, WRITER)}"), {}) is None


def test_of_several_credentials_all_must_be_right_and_of_one_user(
    home: Path, digests: PasswordDigests
) -> None:
    writer, analyst = password(home, WRITER), password(home, ANALYST)
    right = basic(f"{WRITER}:{writer}")

    assert digests.user_of(right, {"user": WRITER, "password": writer}) is WRITER
    assert digests.user_of(right, {"user": WRITER, "password": "wrong"}) is None
    assert digests.user_of(right, {"user": ANALYST, "password": analyst}) is None


@pytest.mark.parametrize(
    ("headers", "parameters"),
    [
        ({}, {}),
        ({"authorization": "Basic %%%"}, {}),
        ({"authorization": "Basic /w=="}, {}),
        ({"authorization": "Bearer d2VpcjphYg=="}, {}),
        ({"authorization": ""}, {}),
        ({"x-clickhouse-user": "weir"}, {}),
        ({}, {"user": "weir"}),
        ({}, {"password": ""}),
        ({}, {"user": "default", "password": ""}),
    ],
)
def test_missing_and_malformed_credentials_open_nothing(
    digests: PasswordDigests, headers: Mapping[str, str], parameters: Mapping[str, str]
) -> None:
    assert digests.user_of(headers, parameters) is None


@given(st.text(), st.text())
def test_no_guess_opens(name: str, text: str) -> None:
    digests = PasswordDigests({user: bytes(32) for user in DatabaseUser})

    assert digests.user_of(basic(f"{name}:{text}"), {"user": name, "password": text}) is None


def test_an_address_holds_its_credentials_unescaped_and_stays_the_same(home: Path) -> None:
    url = address(home, 18123, ANALYST)

    assert url == f"http://analyst:{password(home, ANALYST)}@127.0.0.1:18123"
    assert password(home, ANALYST).isalnum()
    assert password(home, ANALYST) != password(home, WRITER)
