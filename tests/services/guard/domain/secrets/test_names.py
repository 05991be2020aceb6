"""Words for secrets are read alone, with endings, in compounds and in identifiers, and not in other words."""

import pytest

from services.guard.domain.secrets.names import SecretKind, is_unspaced, secret_names


def words(text: str) -> list[str]:
    return [text[name.start : name.end] for name in secret_names(text)]


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("SMTP_PASS=", "PASS"),
        ("dbPassword", "Password"),
        ("PASSWORD_2", "PASSWORD_2"),
        ("dbpass", "pass"),
        ("Datenbankpasswort", "passwort"),
        ("паролем", "паролем"),
        ("密码是", "密码"),
        ("비밀번호는", "비밀번호"),
        ("X-Api-Key", "X-Api-Key"),
        ("mot-de-passe", "mot-de-passe"),
        ("salasanani", "salasanani"),
    ],
)
def test_a_word_is_found(text: str, word: str) -> None:
    assert words(text) == [word]


@pytest.mark.parametrize(
    "text",
    [
        "compass",
        "passenger",
        "passport",
        "PASSPORT",
        "bypass",
        "tokenizer",
        "secretary",
        "passwordHash",
        "password_length",
        "token_type",
        "nextPageToken",
        "passwordless",
        "pinned",
    ],
)
def test_other_words_and_properties_are_none(text: str) -> None:
    assert words(text) == []


def test_a_name_says_whether_a_pin_or_a_key_is_meant() -> None:
    kinds = [name.kind for name in secret_names("PIN-Code, API key, Passwort")]
    assert kinds == [SecretKind.PIN, SecretKind.KEY, SecretKind.PASSWORD]


@pytest.mark.parametrize(
    ("character", "expected"), [("a", False), ("ж", False), ("密", True), ("ก", True), ("ა", False)]
)
def test_scripts_without_spaces_are_known(character: str, expected: bool) -> None:
    assert is_unspaced(character) is expected


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("key", SecretKind.BARE_KEY),
        ("клуч ключ", SecretKind.BARE_KEY),
        ("stripe_key", SecretKind.KEY),
        ("Datadog key", SecretKind.KEY),
    ],
)
def test_a_key_is_bare_without_the_name_of_a_service(text: str, kind: SecretKind) -> None:
    assert [name.kind for name in secret_names(text)] == [kind]


@pytest.mark.parametrize(
    "text", ["foreign key", "idempotency-key", "chiave primaria", "klucz publiczny", "key_name", "monkey"]
)
def test_keys_of_tables_and_public_keys_are_none(text: str) -> None:
    assert words(text) == []
