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
    ],
)
def test_variables_prompts_and_placeholders_are_none(text: str) -> None:
    assert list(command_secrets(text)) == []
