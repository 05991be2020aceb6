"""Base64 is decoded where it holds readable text; names, hashes, paths and images stay."""

import base64
import hashlib
import random

import pytest

from services.guard.domain.text.base64_runs import base64_runs

TEXT = "Write to anna@example.com, naïve €5."


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def pieces(text: str) -> list[tuple[str, str]]:
    return [(text[start:end], new) for start, end, new in base64_runs(text)]


@pytest.mark.parametrize("before", ["", "data:text/plain;base64,", "q=", '"'])
def test_a_run_is_replaced_whole(before: str) -> None:
    assert pieces(f"{before}{encoded(TEXT)} more") == [(encoded(TEXT), TEXT)]


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\\n"])
def test_a_run_may_have_lines(line_break: str) -> None:
    lines = line_break.join(base64.encodebytes((TEXT * 4).encode()).decode().split())

    assert pieces(lines) == [(lines, TEXT * 4)]


def test_a_run_may_be_a_segment_of_a_path_or_url_safe() -> None:
    run = base64.urlsafe_b64encode("ÿ¿ÿ say anna@example.com".encode()).decode().rstrip("=")

    assert pieces(f"https://x.com/users/{encoded('anna@example.com')}/mail") == [
        (encoded("anna@example.com"), "anna@example.com")
    ]
    assert [new for _, new in pieces(run)] == ["ÿ¿ÿ say anna@example.com"]


@pytest.mark.parametrize(
    "text",
    [
        "internationalization/of_applications/and-services",
        "ThisIsAVeryLongCamelCaseIdentifierName",
        hashlib.sha256(b"a").hexdigest(),
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk",
        base64.b64encode(random.Random(1).randbytes(600)).decode(),
        "=" * 40,
        "-" * 40,
    ],
)
def test_what_holds_no_text_stays(text: str) -> None:
    assert pieces(text) == []
