"""Credentials in URLs are found with any characters, and hosts, ports and paths are left."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.guard.domain.pii.registry import recognise
from services.guard.domain.secrets.url_credentials import url_credentials
from services.guard.domain.spans import merged
from tests.services.guard.domain.secrets.secret_texts import URLS

ANY = "abcXYZ019!$&()*+,;=:@%-._~"


def found(text: str) -> list[str]:
    return [text[start:end] for start, end in url_credentials(text)]


@pytest.mark.parametrize(("text", "secret"), URLS)
def test_only_the_credentials_are_masked(text: str, secret: str) -> None:
    whole = text.format(secret)
    assert [whole[span.start : span.end] for span in merged(recognise(whole)) if span.kind == "SECRET"] == [
        secret
    ]


@pytest.mark.parametrize(
    "text",
    [
        "https://example.org:8080/a@b",
        "https://medium.com/@user/post",
        "ssh://git@host:org/repo@v1",
        "postgres://user:password@localhost/db",
        "postgres://${USER}:${PASS}@host/db",
        "https://example.org?mail=a:b@c.org",
        "https://0123456789abcdef0123456789abcdef@o1.ingest.sentry.io/1",
        "://a:b@c",
    ],
)
def test_urls_without_a_password_are_left(text: str) -> None:
    assert found(text) == []


def test_a_token_as_the_user_and_two_urls_in_a_row_are_read() -> None:
    assert found("https://abc123DEF456ghi789JKL@github.com/x") == ["abc123DEF456ghi789JKL"]
    assert found("postgres://a:b1@h,postgres://c:d1@h") == ["a:b1", "c:d1"]


@given(st.text(ANY, min_size=4, max_size=20).filter(lambda value: any(map(str.isalnum, value))))
def test_any_password_in_an_authority_is_covered(password: str) -> None:
    secret = f"app:9{password}7"
    assert found(f"postgres://{secret}@db.example.com:5432/shop") == [secret]
