"""The field of a user before that of the password, by which also an ordinary-looking word is a password."""

# ruff: noqa: RUF001 - letters of several languages

import re

from services.guard.domain.secrets.values import STATES

USER_PREFIX = re.compile(
    r"(?<![^\W_])(?:user(?:[ _-]?(?:name|id))?|login|usr|uid|benutzer(?:name)?|utilisateur|usuario|utente"
    r"|identifiant|gebruiker(?:snaam)?"
    r"|użytkownik|логин|пользователь|kullanıcı(?: adı)?|användare|用户名|ユーザー名)[ ]{0,2}[:=][ ]{0,2}"
    r"(?![^\s]{0,40}(?:your|<)|[^\s]{0,40}name(?!\w))(?P<user>[^\s:=,;]{2,60})"
    r"(?:[,;&][ ]{0,2}|[ ]{1,2}(?:and |und |et |y |e )?|[ ]?\n[ \t]{0,8})\Z",
    re.IGNORECASE,
)
"""A user's name before the password in a line, such as `user: bob, password: sunshine`."""
END_OF_FIELD = re.compile(r"(?P<value>[^\s,;&\"'<>(){}\[\]]{4,80})(?:[,;&]|[.]?(?:\s|\Z))")
SENTENCE = re.compile(
    r"(?=[^\n]{0,120}\?)[^\W\d_]{2,20}(?:['\u2019-][^\W\d_]{1,12})?(?:[ ][^\s]{1,20}){1,12}"
    r"|[^\W\d_]{2,20}(?:[ ][^\W\d_]{1,20}){3,12}"
)
"""A question or a row of words, which stands where a form asks for the password."""
MARKS = ".!?:*\"'`()[]"


def is_value_beside_user(before: str, text: str, start: int) -> bool:
    """Whether a user stands before the word for a password, and at `start` the value of a field.

    No user and no value are the names of types and fields, states such as *disabled*, requests and questions.
    """
    user = USER_PREFIX.search(before)
    field = END_OF_FIELD.match(text, start) if user else None
    if user is None or field is None or _is_state(user["user"]) or _is_state(field["value"]):
        return False
    return SENTENCE.match(text, start) is None


def _is_state(value: str) -> bool:
    return value.strip(MARKS).casefold() in STATES
