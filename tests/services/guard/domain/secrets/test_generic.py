"""Secrets are found by the name that they are assigned to and by their entropy, and code is no secret."""

import pytest

from services.guard.domain.pii.registry import recognise
from services.guard.domain.secrets.generic import entropy
from services.guard.domain.spans import merged


def secrets(text: str) -> list[str]:
    return [text[span.start : span.end] for span in merged(recognise(text)) if span.kind == "SECRET"]


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ('password = "hunter2"', "hunter2"),
        ("DB_PASSWORD=correcthorse", "correcthorse"),
        ("my password is Tr0ub4dor&3.", "Tr0ub4dor&3"),
        ("Mein Passwort lautet Sommer2024!", "Sommer2024"),
        ("mot de passe : Soleil42", "Soleil42"),
        ("pwd=123456", "123456"),
        ("  password: hunter2\n", "hunter2"),
        ("api_key: 9f8e7d6c5b4a39281706", "9f8e7d6c5b4a39281706"),
        ('"api_key": "abcd1234efgh5678"', "abcd1234efgh5678"),
        ("Server=db;User Id=sa;Password=P@ssw0rd1;", "P@ssw0rd1"),
        (
            "the secret key is wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        ),
        ("AZURE_CLIENT_SECRET=Q~8abcDEFghiJKLmnoPQRstuVWXyz012345", "Q~8abcDEFghiJKLmnoPQRstuVWXyz012345"),
        ("Here is the key you asked for: kJ8sLq2Zx9Vb4Nm7Rt6Yp1Wd3", "kJ8sLq2Zx9Vb4Nm7Rt6Yp1Wd3"),
        ("Authorization: Bearer abcdef0123456789abcdef", "abcdef0123456789abcdef"),
        ("curl -u admin:S3cr3tPass https://example.org", "admin:S3cr3tPass"),
        (
            "https://hooks.slack.com/services/T00000000/B00000000/aBcDeFgHiJkLmNoPqRsTuVwX",
            "T00000000/B00000000/aBcDeFgHiJkLmNoPqRsTuVwX",
        ),
        (
            "bot 123456789:AAEhBP0av28abcdefghij-klmnopqrstuvw",
            "123456789:AAEhBP0av28abcdefghij-klmnopqrstuvw",
        ),
        ("gsk_" + "aB3" * 16, "gsk_" + "aB3" * 16),
    ],
)
def test_a_secret_is_found_by_its_name_or_format(text: str, secret: str) -> None:
    assert secrets(text) == [secret]


@pytest.mark.parametrize(
    "text",
    [
        "the password is required",
        "password: str",
        "password=password",
        "def login(user, password=None):",
        "token = get_token()",
        "tokens: Sequence[Token]",
        "max_tokens=123456",
        "password: ${DB_PASSWORD}",
        '"password": "Enter your password"',
        "postgres://u:${PW}@h/x",
        "api_key = os.environ['OPENAI_API_KEY']",
        "api_key=YOUR_API_KEY",
        "commit 3f786850e387550fdab836ed7e6dc881de23001b",
        "key sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        '"integrity": "sha512-abc123ABC456def789ghi012JKL345mno678pqr901STU234vwx567yzA890bcd=="',
        "request key 550e8400-e29b-41d4-a716-446655440000",
        "What is the secret of a good token economy?",
        "The key to success is perseverance1",
    ],
)
def test_code_and_sentences_about_passwords_hold_no_secret(text: str) -> None:
    assert secrets(text) == []


def test_entropy_is_in_bits_per_character() -> None:
    assert entropy("aaaa") == 0
    assert entropy("abcd") == 2
