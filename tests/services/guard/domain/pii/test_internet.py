"""E-mail addresses and addresses of hosts are found whole; versions, netmasks and loopback are not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.guard.domain.pii.internet import RECOGNISERS


def found(text: str) -> list[tuple[str, str]]:
    return [
        (recogniser.kind, text[start:end])
        for recogniser in RECOGNISERS
        if recogniser.required in text
        for start, end in recogniser.find(text)
    ]


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("mail jane.doe+news@mail.example.co.uk.", "EMAIL_ADDRESS", "jane.doe+news@mail.example.co.uk"),
        ("<o'neil@example.com>", "EMAIL_ADDRESS", "o'neil@example.com"),
        ("a@bücher.example", "EMAIL_ADDRESS", "a@bücher.example"),
        ("a@b.xn--p1ai", "EMAIL_ADDRESS", "a@b.xn--p1ai"),
        ("from 203.0.113.7:8080", "IP_ADDRESS", "203.0.113.7"),
        ("from 10.0.0.1, then", "IP_ADDRESS", "10.0.0.1"),
        ("ping 2001:db8::7 now", "IP_ADDRESS", "2001:db8::7"),
        ("fe80:0:0:0:1:2:3:4", "IP_ADDRESS", "fe80:0:0:0:1:2:3:4"),
    ],
)
def test_an_address_is_found_whole(text: str, kind: str, value: str) -> None:
    assert found(text) == [(kind, value)]


@pytest.mark.parametrize(
    "text",
    [
        "a@b",
        "@example.com",
        "version 10.5.2.1",
        "v1.2.3.4",
        "1.2.3.4.5",
        "256.1.1.1",
        "127.0.0.1",
        "0.0.0.0",  # noqa: S104 - no server listens to a text
        "255.255.255.0",
        "::1",
        "12:30:45",
        "std::vector::iterator",
        "1:2:3:4:5:6:7:8:9",
    ],
)
def test_what_only_looks_like_an_address_is_not_found(text: str) -> None:
    assert found(text) == []


@given(st.ip_addresses(v=4).filter(lambda address: not str(address).startswith(("0.", "127.", "255."))))
def test_every_address_of_a_host_is_found(address: object) -> None:
    assert found(f"host {address}, please") == [("IP_ADDRESS", str(address))]
