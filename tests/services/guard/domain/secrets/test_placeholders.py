"""Templates stand for a secret; weak passwords, in brackets or with a digit in other languages, do not."""

import pytest

from services.guard.domain.secrets.placeholders import is_placeholder, without_brackets


@pytest.mark.parametrize(
    "value", ["${DB_PASSWORD}", "<your password>", "xxxx", "changeme", "password1", "contraseña", "...", "]x"]
)
def test_templates_are_placeholders(value: str) -> None:
    assert is_placeholder(value)


@pytest.mark.parametrize("value", ["contraseña9", "user1!", "senha123", "<kT9>vQ2zRw8", "...Abc1!"])
def test_weak_passwords_are_none(value: str) -> None:
    assert not is_placeholder(value)


def test_only_a_password_loses_its_brackets() -> None:
    assert without_brackets("(Zk8!vTq2Lm)") == "Zk8!vTq2Lm"
    assert without_brackets("<Zk8vTq2Lm9>") == "Zk8vTq2Lm9"
    assert without_brackets("<password>") == "<password>"
    assert without_brackets("(optional)") == "(optional)"


@pytest.mark.parametrize("value", ["my-Xy7!q9Zp", "a_9xK!q2Lm", "Nox9!", "no7!z", "int4x!", "myself.X9!q2"])
def test_a_password_may_begin_as_a_placeholder(value: str) -> None:
    assert not is_placeholder(value)


@pytest.mark.parametrize(
    "value", ["my-password-2", "your_Pass", "test12", "none!", "required.", "self.Name1", "no"]
)
def test_words_about_values_stay_placeholders(value: str) -> None:
    assert is_placeholder(value)
