"""An address in configuration is usable, without credentials and private, and a message never quotes it."""

import pytest
from pydantic import TypeAdapter, ValidationError

from schemas.addresses import PrivateUrl

URLS: TypeAdapter[str] = TypeAdapter(PrivateUrl)


@pytest.mark.parametrize(
    "url",
    [
        "https://checks.example.com/advice?x=1",
        "https://checks.example.com:8443",
        "http://127.0.0.1:9000/check",
        "http://localhost/check",
        "http://[::1]:9000/check",
        "https://[2001:db8::1]/check",
    ],
)
def test_a_usable_address_is_kept_as_it_is(url: str) -> None:
    assert URLS.validate_python(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://checks.example/c",
        "ftp://checks.example/c",
        "https://a b/",
        "https://127.0.0.1:99999/",
        "https://127.0.0.1:abc/",
        "https://127.0.0.1:0/",
        "https://x.example/\x07",
        "https://x.example/\u202e",
        "https://[::1/",
        "https://-x/",
        "https://bob:s3cret@x.example/",
        "https://bob@x.example/",
        "https://x.example/" + "y" * 3_000,
    ],
)
def test_an_address_that_leaks_or_cannot_be_called_is_refused_without_being_quoted(url: str) -> None:
    with pytest.raises(ValidationError) as refused:
        URLS.validate_python(url)

    messages = [error["msg"] for error in refused.value.errors()]
    assert messages
    assert not any("s3cret" in message or "bob" in message for message in messages)
