"""Passwords in arguments, client files and headers are found; variables, prompts and placeholders are not."""

import pytest

from services.guard.domain.pii.registry import recognise
from services.guard.domain.secrets.commands import command_secrets
from services.guard.domain.spans import merged
from tests.services.guard.domain.secrets.secret_texts import COMMANDS


@pytest.mark.parametrize(("text", "secret"), COMMANDS)
def test_the_password_of_a_command_is_found(text: str, secret: str) -> None:
    whole = text.format(secret)
    assert [whole[span.start : span.end] for span in merged(recognise(whole)) if span.kind == "SECRET"] == [
        secret
    ]


@pytest.mark.parametrize(
    "text",
    [
        "mysql -u root -p shop",
        "docker run -p 8080:80 nginx",
        "sshpass -p $PW ssh host",
        "curl -u user:$TOKEN https://x.org",
        "Authorization: Bearer YOUR_API_TOKEN_HERE",
        "Basic dXNlcjpwYXNzd29yZA==",
        "main.c:1010:error:in:expected",
        "login jane password <password>",
        "docker run -u 1000:1000 nginx",
        "chown -u bob:staff",
        "curl -u user:password https://x.org",
        "snmp-server community public RO",
        "login: bob / guest",
    ],
)
def test_variables_prompts_and_placeholders_are_none(text: str) -> None:
    assert list(command_secrets(text)) == []


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("curl -u bob:[Abc123!] https://x.org", "bob:[Abc123!]"),
        ("requirepass Nhsd81Ssuqf", "Nhsd81Ssuqf"),
        ("snmp-server community Tncv92MmeVT RO", "Tncv92MmeVT"),
        ("jdbc:oracle:thin:app/Cncw46P0LyC@db1:1521/XE", "Cncw46P0LyC"),
        ("sqlplus scott/tiger9@orcl", "tiger9"),
        ("net use z: \\\\srv\\share Xwak02PEr3z /user:bob", "Xwak02PEr3z"),
        ("login: bob / Abkq27QFPd5", "Abkq27QFPd5"),
    ],
)
def test_passwords_of_servers_and_devices_are_found(text: str, secret: str) -> None:
    assert [text[start:end] for start, end in command_secrets(text)] == [secret]


@pytest.mark.parametrize(
    "text",
    [
        "Login: OAuth2 / SAML2.0",
        "login: v1.2 / api/v2",
        "user: v3 / REST2",
        "login: a / 10.2",
        "Login: OIDC / OpenAPI3.1",
    ],
)
def test_a_protocol_or_version_is_no_password_of_a_user(text: str) -> None:
    assert list(command_secrets(text)) == []


@pytest.mark.parametrize("password", ["Abc1!x9", "hunter2", "Summer2024"])
def test_a_password_behind_a_user_and_a_slash_is_found(password: str) -> None:
    text = f"login: bob / {password}"

    assert [text[start:end] for start, end in command_secrets(text)] == [password]
