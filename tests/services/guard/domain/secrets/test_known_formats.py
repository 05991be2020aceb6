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


@pytest.mark.parametrize(
    "text",
    [
        'class="sk-cube-grid-loader-item sk-three-bounce-child-animation"',
        ".sk-yt-video-gallery-widget-19283746 { display: none }",
        "sk-page-section-header-x-2-wide",
        "glpat-put-your-access-token-here",
        "sk-proj-your-own-key-goes-here",
        "MessageDispatcherServiceOne.handle.forward_all_incoming_messages",
        "hvs.name_of_a_module_for_the_vault",
        "xoxb-your-bot-token-here",
    ],
)
def test_names_behind_a_prefix_are_no_keys(text: str) -> None:
    assert secrets(text) == []


@pytest.mark.parametrize(
    "key",
    [
        "sk-1234567890abcdef1234567890abcdef",
        "sk-mNbVcXzLkJhGfDsAqWeR",
        "sk-qwertyuiopasdfghjklzxcvbnm",
        "sk-svcacct-4f5a9c01d2e3b7a69f8e7d6c",
        "glpat-" + "aB3_dE5-Kx7_qR9-z4Wm",
    ],
)
def test_keys_of_one_case_or_without_digits_are_found(key: str) -> None:
    assert secrets(f"use {key} now") == [key]
