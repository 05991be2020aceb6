"""A value is judged by its form and by how surely the text calls it a secret."""

import pytest

from services.guard.domain.secrets.names import SecretKind
from services.guard.domain.secrets.values import (
    Evidence,
    entropy,
    has_special,
    is_key_tail,
    is_placeholder,
    is_random,
    is_secret_value,
    takes_marks,
)

PASSWORD, PIN, KEY = SecretKind.PASSWORD, SecretKind.PIN, SecretKind.KEY


@pytest.mark.parametrize(
    "value",
    [
        "<your password>",
        "${DB_PASS}",
        "****",
        "xxxx",
        "changeme",
        "your_api_key",
        "$DB_PASS",
        "{{ x }}",
        "%DB%",
        "password1",
    ],
)
def test_placeholders_are_never_secrets(value: str) -> None:
    assert is_placeholder(value)
    assert not any(is_secret_value(value, PASSWORD, evidence) for evidence in Evidence)


@pytest.mark.parametrize("value", ["$2Zk8!vTq", "%Zk8vTq2", "!Zk8vTq2", "@Zk8vTq2Lm", "p@ssw0rd!9"])
def test_passwords_may_begin_with_a_special_character(value: str) -> None:
    assert is_secret_value(value, PASSWORD, Evidence.ASSIGNED)


@pytest.mark.parametrize(
    ("value", "kind", "least"),
    [
        ("Zk8!vTq2Lm", PASSWORD, Evidence.NEAR),
        ("kotik123", PASSWORD, Evidence.ADJACENT),
        ("Blau-7-Kiste", PASSWORD, Evidence.PROSE),
        ("123456", PASSWORD, Evidence.PROSE),
        ("kWpRtZxLmQ", PASSWORD, Evidence.ASSIGNED),
        ("sesame", PASSWORD, Evidence.EXACT),
        ("4821", PIN, Evidence.ADJACENT),
        ("q7xw2lr9tm4kp8vz", KEY, Evidence.PROSE),
    ],
)
def test_the_weaker_a_value_the_more_evidence_it_needs(value: str, kind: SecretKind, least: Evidence) -> None:
    assert next(level for level in Evidence if is_secret_value(value, kind, level)) is least


@pytest.mark.parametrize(
    "value", ["SHA256", "8-stellig", "2026-11-30", "/etc/app1.conf", "varchar(255)", "jane1@example.org"]
)
def test_technical_words_measures_paths_and_types_are_no_secrets(value: str) -> None:
    assert not is_secret_value(value, PASSWORD, Evidence.ASSIGNED)


def test_a_name_of_code_behind_an_equals_sign_is_no_secret() -> None:
    assert not is_secret_value("user2", PASSWORD, Evidence.ASSIGNED, is_equation=True)
    assert is_secret_value("kotik42x", PASSWORD, Evidence.ASSIGNED, is_equation=True)


def test_randomness_is_entropy_without_uuids() -> None:
    assert is_random("kJ8sLq2Zx9Vb4Nm7Rt6Yp1Wd3")
    assert not is_random("550e8400-e29b-41d4-a716-446655440000")
    assert entropy("abcd") == 2


def test_an_exclamation_mark_at_the_end_is_punctuation() -> None:
    assert not has_special("wrong!")
    assert has_special("wr!ong")


@pytest.mark.parametrize(
    ("value", "expected"),
    [("Wq7xZ2pLmT9r", True), ("plain-words-2024", False), ("2", False), ("abcd1234efgh5678ijkl", True)],
)
def test_the_tail_of_a_key_holds_a_run_that_is_no_words(value: str, expected: object) -> None:
    assert is_key_tail(value) is expected


@pytest.mark.parametrize(("value", "expected"), [("(aB3!dE5", False), ("(aB3!dE5)", True), ("[see1", True)])
def test_a_bracket_without_its_partner_makes_no_placeholder_of_a_mixture(
    value: str, expected: object
) -> None:
    assert is_placeholder(value) is expected


def test_a_bare_key_is_long_and_random() -> None:
    bare = SecretKind.BARE_KEY
    assert is_secret_value("pQ4rT6uW8yZ1bN3m", bare, Evidence.ADJACENT)
    assert not is_secret_value("pQ4rT6uW8yZ1bN3m", bare, Evidence.NEAR)
    assert not any(is_secret_value("pQ4rT6uW", bare, evidence) for evidence in Evidence)
    assert not any(is_secret_value("InvoiceTotal22Sum", bare, evidence) for evidence in Evidence)


def test_a_mark_may_belong_to_a_password_with_digits_inside() -> None:
    assert takes_marks("Kost33lesy")
    assert not takes_marks("sunshine")
