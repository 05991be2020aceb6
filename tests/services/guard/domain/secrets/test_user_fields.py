"""A word behind the field of a user is a password, unless it is a state, a type, a question or a sentence."""

import pytest

from services.guard.domain.pii.registry import recognise


def secrets(text: str) -> list[str]:
    return [text[span.start : span.end] for span in recognise(text) if span.kind == "SECRET"]


@pytest.mark.parametrize("user", ["bob", "astrid", "j.strong", "admin", "anna_7"])
@pytest.mark.parametrize("password", ["bluebird", "dragonfly", "tulip", "Granada", "sunshine", "where2go"])
@pytest.mark.parametrize(
    "text",
    ["user: {}, password: {}", "User: {}\nPassword: {}", "login={} password={}", "Usuario: {}\nClave: {}"],
)
def test_a_word_beside_a_user_is_a_password(text: str, user: str, password: str) -> None:
    assert secrets(text.format(user, password)) == [password]


@pytest.mark.parametrize(
    "text",
    [
        "User: Bob\nPassword: Where can I find it?",
        "User: Anna\nPassword: Lost somewhere?",
        "User: Anna\nPassword: Somebody took it yesterday evening",
        "user: admin, password: same as above",
        "Login: SSO, password: disabled",
        "user: admin and password: unchanged",
        "Username: email\nPassword: case-sensitive",
        "uid: int, password: bytes",
        "username: varchar, password: varchar",
        "login: click, password: reset",
        "login: email, password: bluebird",
        "Login: email, Passwort: vergessen",
        "usuario: correo, contraseña: obligatoria",
        "utilisateur: admin, mot de passe: oublié",
        "utente: admin, password: scaduta",
        "пользователь: admin, пароль: забыл",
    ],
)
def test_a_state_a_type_and_a_question_are_none(text: str) -> None:
    assert secrets(text) == []
