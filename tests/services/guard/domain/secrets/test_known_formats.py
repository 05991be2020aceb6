"""Keys are found by their format, also inside other text, and words that only look similar are not."""

import pytest

from services.guard.domain.pii.registry import recognise

BODY = "A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8S9t0"


def secrets(text: str) -> list[str]:
    return [text[span.start : span.end] for span in recognise(text) if span.kind == "SECRET"]


@pytest.mark.parametrize(
    "key",
    [
        "sk-ant-api03-" + BODY,
        "ASIA" + BODY[:16].upper(),
        "ghp_" + BODY[:36],
        "github_pat_" + BODY,
        "glpat-" + BODY[:20],
        "xoxb-123456789012-abc",
        "AIza" + BODY[:35],
        "sk_live_" + BODY[:24],
        "hf_" + BODY[:34],
        "npm_" + BODY[:36],
        "SG." + BODY[:22] + "." + BODY,
        "weir_" + BODY,
        "eyJ" + BODY + ".eyJ" + BODY + "." + BODY,
        "-----BEGIN RSA PRIVATE KEY-----\n" + BODY + "\n-----END RSA PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n"
        + (BODY + "\n") * 400
        + "-----END PRIVATE KEY-----",
    ],
)
@pytest.mark.parametrize("around", ["use {} please", "{}", "KEY={}"])
def test_a_key_is_found(key: str, around: str) -> None:
    assert secrets(around.format(key)) == [key]


def test_a_private_key_without_its_end_is_found() -> None:
    assert secrets("-----BEGIN PRIVATE KEY-----\n" + BODY) == ["-----BEGIN PRIVATE KEY-----\n" + BODY]


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("postgres://app:hunter2secret@db.internal:5432/x", "app:hunter2secret"),
        ("AccountKey=" + BODY + "==;", BODY + "=="),
        ("aws_secret_access_key = " + BODY, BODY),
    ],
)
def test_a_password_inside_a_url_or_assignment_is_found(text: str, secret: str) -> None:
    assert secrets(text) == [secret]


@pytest.mark.parametrize(
    "text",
    [
        "https://example.org:8080/a@b",
        "the sk-learn package",
        "task-force-of-twenty-people",
        "see ghp_ or AIza",
        "eyJust.eyJoking",
    ],
)
def test_words_that_look_similar_are_no_keys(text: str) -> None:
    assert secrets(text) == []
